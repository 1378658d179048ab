import GraphIR
import LoopIR
import Tensors

/// The same elements with the axes in another order: axis `a` of the result is axis `permutation[a]` of the input.
package struct Transpose: Operator {
  package static let name = "transpose"
  package static var attributes: [Attribute<Transpose>] {
    [.ints("permutation", \.permutation), .bool("in_place", \.staysInPlace)]
  }
  /// Empty: the axes in reverse order.
  package var permutation: [Int] = []
  /// Nothing moves: whoever reads the result finds the elements where they lie.
  package var staysInPlace = false

  package init() {}
  package init(_ permutation: [Int], staysInPlace: Bool = false) {
    self.permutation = permutation
    self.staysInPlace = staysInPlace
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let x = try inputs.required(0)
    guard permutation.isEmpty || permutation.map({ $0 < 0 ? $0 + x.rank : $0 }).sorted() == Array(0..<x.rank) else {
      throw Diagnostic("the permutation \(permutation) is asked of \(x)", hint: "it names each of the \(x.rank) axes once")
    }
    return [TensorType(x.dtype, order(x.rank).map { x.shape[$0] })]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let x = try inputs.required(0)
    let order = order(x.rank)
    let strides = rowMajorStrides(x.dims)
    return [x.read(order.map { x.dims[$0] }, strides: order.map { strides[$0] })]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let order = order(operands.output.rank)
    return loops("i", operands.output.shape) { index in
      operands.store(index, operands.input(0)[zip(order, index).sorted { $0.0 < $1.0 }.map(\.1)])
    }
  }

  /// Nothing moves where only axes of extent 1 change their place. Where rows stay whole and are long, whoever reads them can as well
  /// find them elsewhere.
  package func aliasing(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Aliasing {
    guard let shape = inputs[0]?.shape else { return .none }
    let order = order(shape.count)
    let moving = order.filter { shape[$0] != 1 }
    if moving == moving.sorted() { return .sameElements }
    let isLong = moving.last.map { $0 == moving.max() && (shape[$0].constant ?? 0) >= 8 } ?? false
    guard staysInPlace || isLong else { return .none }
    return .view(order.map { ViewAxis($0) })
  }

  /// For each axis of the result the one of the input, counted from the front.
  package func order(_ rank: Int) -> [Int] {
    permutation.isEmpty ? (0..<rank).reversed() : permutation.map { $0 < 0 ? $0 + rank : $0 }
  }
}
