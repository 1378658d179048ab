import GraphIR
import LoopIR
import Tensors

/// An elementwise function of any number of inputs, which are broadcast as NumPy does. Readers make it from the rows of
/// `ElementwiseFunction`; the fusion pass makes chains of them into one.
package struct Map: Operator {
  package static let name = "map"
  package var body: ElementwiseBody
  package var inputCount: Int

  package init() { self.init(ElementwiseBody(ElementwiseBody.input(0, .float32)), inputCount: 1) }

  package init(_ body: ElementwiseBody, inputCount: Int) {
    self.body = body
    self.inputCount = inputCount
  }

  package var elementwise: ElementwiseBody? { body }
  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let types = inputs.compactMap { $0 }
    guard types.count == inputCount else { throw Diagnostic("\(types.count) inputs are given to a function of \(inputCount)") }
    for (position, expected) in inputTypes { try check(position, types[position].dtype, expected) }
    return [TensorType(body.dtype, try Broadcasting.shape(types.map(\.shape)))]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let tensors = inputs.compactMap { $0 }
    let shape = try Broadcasting.shape(tensors.map { Shape($0.dims) })
    return [try body.evaluate(tensors, dims: shape.constants ?? [])]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    loops("i", operands.output.shape) { index in
      operands.store(index, body.applied(to: (0..<inputCount).map { operands.input($0).broadcast(index, to: operands.output.shape) }))
    }
  }

  package func inPlaceInputs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> [Int] {
    inputs.indices.filter { inputs[$0]?.shape == outputs[0].shape && inputs[$0]?.dtype == outputs[0].dtype }
  }

  /// The types of the inputs that the body reads.
  private var inputTypes: [Int: DType] {
    var types: [Int: DType] = [:]
    func visit(_ expr: Expr) {
      if case .variable(let variable) = expr, let position = Int(variable.name.dropFirst()) { types[position] = variable.type.dtype }
      expr.children.forEach(visit)
    }
    visit(body.body)
    return types
  }

  private func check(_ position: Int, _ found: DType, _ expected: DType) throws(Diagnostic) {
    guard found == expected else {
      throw Diagnostic("input \(position) is \(found), \(expected) is expected", hint: "cast it first")
    }
  }
}
