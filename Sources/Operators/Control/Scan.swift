import GraphIR
import LoopIR
import Tensors

/// A graph that runs once for each index of the leading axis of its sequences, as `ControlFlow.scan` tells. Element `i` of what
/// is collected comes from element `i` of the sequences, also where they are `reversed`.
package struct Scan: Operator {
  package static let name = "scan"
  package static var attributes: [Attribute<Scan>] {
    [.int("carried", \.carried), .int("sequences", \.sequences), .bool("reversed", \.isReversed)]
  }
  /// The steps; without states of its own.
  package var body = Graph(name: "body")
  package var carried = 0
  package var sequences = 1
  /// From the last element of the sequences to the first.
  package var isReversed = false

  package init() {}
  package init(_ body: Graph, carried: Int, sequences: Int, isReversed: Bool = false) {
    self.body = body
    self.carried = carried
    self.sequences = sequences
    self.isReversed = isReversed
  }

  package var control: ControlFlow? { .scan(body: body, carried: carried, sequences: sequences, reversed: isReversed) }

  package func mappingBodies(_ transform: (Graph) throws(Diagnostic) -> Graph) throws(Diagnostic) -> any Operator {
    var copy = self
    copy.body = try transform(body)
    return copy
  }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    guard (0..<inputs.count).contains(carried), (1...inputs.count - carried).contains(sequences),
      body.inputs.count == inputs.count, body.outputs.count >= carried, body.states.isEmpty
    else {
      throw Diagnostic(
        "a scan of \(carried) carried values and \(sequences) sequences has \(inputs.count) inputs and a body of "
          + "\(body.inputs.count) inputs, \(body.outputs.count) outputs and \(body.states.count) states",
        hint: "inputs are the carried values, the sequences (one at least), then others; the body has the same and no states")
    }
    for (position, id) in body.inputs.enumerated() { try check(position, try inputs.required(position), body.type(id)) }
    let count = try steps(inputs)
    let results = body.outputs.map { body.type($0.value) }
    for position in 0..<carried where !matches(results[position], body.type(body.inputs[position])) {
      throw Diagnostic("carried value \(position) becomes \(results[position])", hint: "it must stay \(body.type(body.inputs[position]))")
    }
    return results.enumerated().map { $0.offset < carried ? $0.element : TensorType($0.element.dtype, [count] + $0.element.shape) }
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let given = try inputs.indices.map { (position) throws(Diagnostic) in try inputs.required(position) }
    let count = given[carried].dims[0]
    let interpreter = Interpreter(body)
    var state = Array(given[..<carried])
    var collected = [[Tensor]](repeating: [], count: body.outputs.count - carried)
    for step in isReversed ? Array((0..<count).reversed()) : Array(0..<count) {
      let elements = given[carried..<carried + sequences].map { $0.element(step) }
      let results = try interpreter.outputs(state + elements + given[(carried + sequences)...])
      state = Array(results[..<carried])
      for (position, tensor) in results[carried...].enumerated() { collected[position].append(tensor) }
    }
    let types = body.outputs.dropFirst(carried).map { body.type($0.value) }
    return state + zip(collected, types).map { stacked(isReversed ? $0.reversed() : $0, $1) }
  }

  /// A scan is lowered by its body.
  package func lower(_ operands: Operands) -> [Stmt] { preconditionFailure("a scan is lowered by its body") }

  package func substituting(_ dims: [String: Dim]) -> Scan {
    var copy = self
    copy.body = body.substituting(dims)
    return copy
  }

  /// The work of the body, once for each step.
  package func macs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Dim { body.macs * (inputs[carried]?.shape.first ?? 1) }

  private func check(_ position: Int, _ found: TensorType, _ inner: TensorType) throws(Diagnostic) {
    var seen = found
    if (carried..<carried + sequences).contains(position) {
      guard found.rank > 0 else { throw Diagnostic("sequence \(position - carried) is a scalar", hint: "its first axis is the time") }
      seen.shape.removeFirst()
    }
    guard matches(seen, inner) else {
      throw Diagnostic("input \(position) of a scan is \(found)", hint: "the body takes \(inner) of it in each step")
    }
  }

  private func matches(_ a: TensorType, _ b: TensorType) -> Bool { a.dtype == b.dtype && a.shape == b.shape }

  /// The common length of the sequences, which is the first axis of each.
  private func steps(_ inputs: [TensorType?]) throws(Diagnostic) -> Dim {
    let lengths = try (carried..<carried + sequences).map { (position) throws(Diagnostic) in try inputs.required(position).shape[0] }
    guard lengths.allSatisfy({ $0 == lengths[0] }) else {
      throw Diagnostic("sequences of the lengths \(lengths) are scanned together", hint: "they must be equal")
    }
    return lengths[0]
  }
}

extension Tensor {
  /// The part at an index of the first axis.
  fileprivate func element(_ index: Int) -> Tensor {
    let size = bytes.count / dims[0]
    return Tensor(dtype, Array(dims.dropFirst()), bytes: Array(bytes[index * size..<(index + 1) * size]))
  }
}

/// Tensors of one type along a new first axis. Where there are none, open extents of `type` are taken for 0.
private func stacked(_ tensors: [Tensor], _ type: TensorType) -> Tensor {
  let dims = tensors.first?.dims ?? type.shape.map { $0.constant ?? 0 }
  return Tensor(type.dtype, [tensors.count] + dims, bytes: Array(tensors.map(\.bytes).joined()))
}
