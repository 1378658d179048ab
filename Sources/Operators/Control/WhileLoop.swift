import GraphIR
import LoopIR
import Tensors

/// A graph that runs again and again, while a condition holds and up to a number of times, as `ControlFlow.loop` tells.
package struct WhileLoop: Operator {
  package static let name = "loop"
  package static var attributes: [Attribute<WhileLoop>] { [.int("carried", \.carried), .dims("trips", \.tripList)] }
  /// One repetition; without states of its own.
  package var body = Graph(name: "body")
  package var carried = 0
  /// How often the body runs: the leading extent of what is collected. Where nothing is, a bound, or `nil` for none.
  package var trips: Dim?

  package init() {}
  package init(_ body: Graph, carried: Int, trips: Dim? = nil) {
    self.body = body
    self.carried = carried
    self.trips = trips
  }

  private var tripList: Shape {
    get { trips.map { [$0] } ?? [] }
    set { trips = newValue.first }
  }

  package var control: ControlFlow? { .loop(body: body, carried: carried, trips: trips) }

  package func mappingBodies(_ transform: (Graph) throws(Diagnostic) -> Graph) throws(Diagnostic) -> any Operator {
    WhileLoop(try transform(body), carried: carried, trips: trips)
  }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    guard (0...max(0, inputs.count - 2)).contains(carried), inputs.count >= 2, body.inputs.count == inputs.count,
      body.outputs.count > carried, body.states.isEmpty
    else {
      throw Diagnostic(
        "a loop of \(carried) carried values has \(inputs.count) inputs and a body of \(body.inputs.count) inputs, "
          + "\(body.outputs.count) outputs and \(body.states.count) states",
        hint: "inputs are the trip count, the condition, the carried values, then others; the body has the same, and no states")
    }
    try checkControl(inputs)
    let given = try inputs.indices.dropFirst(2).map { (position) throws(Diagnostic) in try inputs.required(position) }
    try body.checkTakes(given, from: 2)
    let results = Array(body.outputTypes.dropFirst())
    for position in 0..<carried where !results[position].holdsSame(as: given[position]) {
      throw Diagnostic("carried value \(position) becomes \(results[position])", hint: "it must stay \(given[position])")
    }
    return results[..<carried] + (try collected(results[carried...])) + [TensorType(.int64, [])]
  }

  /// What decides how often the body runs.
  private func checkControl(_ inputs: [TensorType?]) throws(Diagnostic) {
    let (count, condition) = (inputs[0], inputs[1])
    let (number, given, next) = (body.type(body.inputs[0]), body.type(body.inputs[1]), body.outputTypes[0])
    guard count?.isSingle(.int64) ?? true, number.isSingle(.int64) else {
      throw Diagnostic(
        "the trip count of a loop is \(count.map { "\($0)" } ?? "absent"), and its body takes \(number) for the number of the repetition",
        hint: "both must be one element of type int64")
    }
    guard condition?.isSingle(.bool) ?? true, given.isSingle(.bool), next.isSingle(.bool) else {
      throw Diagnostic(
        "the condition of a loop is \(condition.map { "\($0)" } ?? "absent"), its body takes \(given) and gives \(next)",
        hint: "all must be one element of type bool")
    }
    guard count != nil || condition != nil || trips != nil else {
      throw Diagnostic("a loop has no trip count, no condition and no trips", hint: "it would never end")
    }
  }

  private func collected(_ types: ArraySlice<TensorType>) throws(Diagnostic) -> [TensorType] {
    if types.isEmpty { return [] }
    guard let trips else { throw Diagnostic("a loop collects values without knowing its trips", hint: "give it the attribute trips") }
    return types.map { TensorType($0.dtype, [trips] + $0.shape) }
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let given = try inputs.indices.dropFirst(2).map { (position) throws(Diagnostic) in try inputs.required(position) }
    var run = Run(loop: self, state: Array(given[..<carried]), constants: Array(given[carried...]))
    let wanted = try wantedCount(inputs)
    var isWanted = inputs[1]?.holds ?? true
    while isWanted, wanted.map({ run.count < $0 }) ?? true {
      guard run.count < trips?.constant ?? Int(Int32.max) else {
        throw Diagnostic("a loop wants to run more than \(run.count) times", hint: "raise the bound of its trips")
      }
      let goesOn = try run.once()
      isWanted = inputs[1] == nil || goesOn
    }
    if let trips = trips?.constant, run.count < trips, body.outputs.count > 1 + carried {
      throw Diagnostic("a loop that collects \(trips) values runs \(run.count) times", hint: "its trips must be what it runs")
    }
    return run.state + (try run.stacked()) + [Tensor(.int64, [], integers: [Int64(run.count)])]
  }

  /// How often the body may run at most, where something says so.
  private func wantedCount(_ inputs: [Tensor?]) throws(Diagnostic) -> Int64? {
    if let count = inputs[0] { return count.integers.first }
    if inputs[1] != nil { return nil }
    guard let count = trips?.constant else { throw Diagnostic("the trips of a loop are not settled by the inputs") }
    return Int64(count)
  }

  /// A loop is lowered by its body.
  package func lower(_ operands: Operands) -> [Stmt] { preconditionFailure("a loop is lowered by its body") }

  package func substituting(_ dims: [String: Dim]) -> WhileLoop {
    WhileLoop(body.substituting(dims), carried: carried, trips: trips.map { $0.substituting(dims) })
  }

  /// The work of the body, once for each of the trips.
  package func macs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Dim { body.macs * (trips ?? 1) }
}

/// The repetitions of a loop, by the definition.
private struct Run {
  let loop: WhileLoop
  var state: [Tensor]
  let constants: [Tensor]
  var count = 0
  private var parts: [[Tensor]]

  init(loop: WhileLoop, state: [Tensor], constants: [Tensor]) {
    self.loop = loop
    self.state = state
    self.constants = constants
    parts = [[Tensor]](repeating: [], count: loop.body.outputs.count - 1 - loop.carried)
  }

  /// Runs the body once, and tells what it says of going on.
  mutating func once() throws(Diagnostic) -> Bool {
    let results = try Interpreter(loop.body).outputs(bodyInputs)
    state = Array(results[1...loop.carried])
    for (position, tensor) in results.dropFirst(1 + loop.carried).enumerated() { parts[position].append(tensor) }
    count += 1
    return results[0].holds
  }

  private var bodyInputs: [Tensor] {
    func single(_ position: Int, _ value: Int) -> Tensor {
      let type = loop.body.type(loop.body.inputs[position])
      return Tensor(type.dtype, type.shape.map { _ in 1 }, integers: [Int64(value)])
    }
    return [single(0, count), single(1, 1)] + state + constants
  }

  /// What was collected, along a new first axis.
  func stacked() throws(Diagnostic) -> [Tensor] {
    try zip(parts, loop.body.outputTypes.dropFirst(1 + loop.carried)).map { (tensors, type) throws(Diagnostic) in
      let extents = if let first = tensors.first { first.dims } else { try declared(type.shape) }
      return Tensor(type.dtype, [tensors.count] + extents, bytes: Array(tensors.map(\.bytes).joined()))
    }
  }

  /// The extents that the body says its results have: all that is known where it never ran.
  private func declared(_ shape: Shape) throws(Diagnostic) -> [Int] {
    let dims = try loop.body.openDims(of: bodyInputs)
    return try shape.map { (extent) throws(Diagnostic) in
      guard let value = extent.value(dims) else { throw Diagnostic("the extent \(extent) of what a loop collects is not known") }
      return value
    }
  }
}
