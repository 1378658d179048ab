import GraphIR
import ONNXProto
import Operators
import Tensors

extension ONNXOperators {
  /// Operators that run subgraphs.
  static let control: [ONNXOperator] = [
    ONNXOperator("If", .bool, values: branch), ONNXOperator("Loop", values: loop), ONNXOperator("Scan", since: 8, values: scan),
  ]

  /// Where the condition is known, the nodes of the branch stand in place of the node.
  private static func branch(_ call: ONNXCall) throws(Diagnostic) -> [ONNXValue] {
    let (then, otherwise) = (try call.subgraph("then_branch"), try call.subgraph("else_branch"))
    if let condition = try call.constant(0) {
      return try call.inlined(condition.integers.first != 0 ? then : otherwise, [], "")
    }
    let bodies = try [then, otherwise].map { (graph) throws(Diagnostic) -> ONNXBody in try ONNXBody(graph, call, inputs: []) }
    var captured: [ValueID] = []
    for id in bodies.flatMap(\.captured) where !captured.contains(id) { captured.append(id) }
    let graphs = try bodies.map { (body) throws(Diagnostic) -> Graph in try body.graph(capturing: captured, of: call.writer) }
    return try call.writer.outputs(If(then: graphs[0], else: graphs[1]), [try call.input(0)] + captured, "").map { .tensor($0) }
  }

  private static func loop(_ call: ONNXCall) throws(Diagnostic) -> [ONNXValue] {
    let graph = try call.subgraph("body")
    let condition = try call.constant(1)
    if condition?.integers.first == 0 || !call.hasFixedTypes { return try unrolled(call, graph) }
    let carried = try (2..<max(call.values.count, 2)).map { (position) throws(Diagnostic) -> ValueID in try call.input(position) }
    let body = try ONNXBody(graph, call, inputs: [TensorType(.int64, []), TensorType(.bool, [])] + carried.map { call.writer.type($0) })
    let results = Array(body.outputTypes.dropFirst())
    guard !results.isEmpty, results.count >= carried.count, zip(results, carried).allSatisfy({ $0 == call.writer.type($1) }) else {
      return try unrolled(call, graph)
    }
    let runsOn = (condition != nil || !call.has(1)) && body.alwaysGoesOn
    let (count, isExact) = (try call.constant(0)?.integers.first, results.count == carried.count)
    let trips: Dim? =
      runsOn && count != nil ? Dim(ONNXAttributes.bounded(max(count ?? 0, 0))) : isExact ? nil : try call.boundOfTrips(carried.count)
    let given = [try call.optional(0), runsOn ? nil : try call.optional(1)]
    let operation = WhileLoop(
      try body.graph(capturing: body.captured, of: call.writer), carried: carried.count, trips: trips)
    let inputs = [runsOn && count != nil ? nil : given[0], given[1]] + carried + body.captured
    return try call.writer.outputs(operation, inputs, "").dropLast().map { .tensor($0) }
  }

  /// The body again and again in place of the node, for what changes its type on the way: the number of trips has to be known.
  private static func unrolled(_ call: ONNXCall, _ graph: ONNXGraphProto) throws(Diagnostic) -> [ONNXValue] {
    var state = call.values.dropFirst(2).map { $0 ?? .optional(nil) }
    guard let count = try call.known(0, "the number of trips")?.integers.first, (0...1024).contains(count) else {
      throw Diagnostic(
        "the loop carries sequences or values whose shapes change", hint: "its number of trips has to be known and at most 1024")
    }
    var goesOn = try call.known(1, "the condition")?.integers.first != 0
    var collected: [[ValueID]] = []
    var condition: ONNXValue = .tensor(call.writer.constant(Tensor(.bool, [], integers: [1]), "condition"))
    var trip: Int64 = 0
    while goesOn, trip < count {
      let number = call.writer.constant(Tensor(.int64, [], integers: [trip]), "trip")
      let results = try call.inlined(graph, [.tensor(number), condition] + state, "trip\(trip)")
      guard case .tensor(let next) = results.first, let holds = call.writer.graph.constants[next] else {
        throw Diagnostic("the loop ends by a condition that is computed when the model runs", hint: "give it a fixed number of trips")
      }
      (condition, goesOn) = (.tensor(next), holds.integers.first != 0)
      state = Array(results.dropFirst().prefix(state.count))
      var parts: [ValueID] = []
      for value in results.dropFirst(1 + state.count) { if case .tensor(let id) = value { parts.append(id) } }
      collected.append(parts)
      trip += 1
    }
    return state + (try call.stacked(collected))
  }

  /// A scan of our own has time on the first axis and one direction: sequences are turned before, results behind.
  private static func scan(_ call: ONNXCall) throws(Diagnostic) -> [ONNXValue] {
    guard call.opset > 8 else { throw Diagnostic("Scan of opset 8, with a batch of its own", hint: "export the model for a newer opset") }
    let graph = try call.subgraph("body")
    let count = try call.attributes.int("num_scan_inputs", default: 1)
    let carried = call.values.count - count
    guard carried >= 0, count > 0, graph.output.count >= carried else {
      throw Diagnostic("\(call.values.count) inputs, \(count) of them scanned", hint: "the file is damaged; export it again")
    }
    let directions = try call.attributes.ints("scan_input_directions")
    let axes = try call.attributes.ints("scan_input_axes")
    var inputs: [ValueID] = []
    for position in call.values.indices {
      let (x, index) = (try call.input(position), position - carried)
      inputs.append(index < 0 ? x : try call.turned(x, axes[safe: index] ?? 0, directions[safe: index] == 1, "sequence\(index)"))
    }
    let types = inputs.enumerated().map { position, id in
      let type = call.writer.type(id)
      return position < carried ? type : TensorType(type.dtype, Array(type.shape.dropFirst()))
    }
    let body = try ONNXBody(graph, call, inputs: types)
    let operation = Scan(try body.graph(capturing: body.captured, of: call.writer), carried: carried, sequences: count)
    let results = try call.writer.outputs(operation, inputs + body.captured, "")
    let back = try call.attributes.ints("scan_output_directions")
    let places = try call.attributes.ints("scan_output_axes")
    var outputs: [ONNXValue] = []
    for (position, id) in results.enumerated() {
      let index = position - carried
      let isPlain = index < 0 || (back[safe: index] ?? 0) == 0 && (places[safe: index] ?? 0) == 0
      outputs.append(.tensor(isPlain ? id : try call.turnedBack(id, places[safe: index] ?? 0, back[safe: index] == 1, "result\(index)")))
    }
    return outputs
  }
}

extension ONNXCall {
  /// Everything that a loop carries is a tensor.
  fileprivate var hasFixedTypes: Bool {
    values.dropFirst(2).allSatisfy { if case .tensor = $0 { true } else { false } }
  }

  /// The leading extent of what a loop collects, where it is computed: how often the body runs, up to what the file declares.
  fileprivate func boundOfTrips(_ carried: Int) throws(Diagnostic) -> Dim {
    let declared = (carried..<outputCount).compactMap { declaredShape($0)?.first ?? nil }.first
    guard let bound = declared else {
      throw Diagnostic(
        "how often the loop runs is computed, and what it collects has no declared bound", hint: "declare the shape of its outputs")
    }
    return Dim(bound)
  }

  /// Tensors of each trip along a new first axis.
  fileprivate func stacked(_ trips: [[ValueID]]) throws(Diagnostic) -> [ONNXValue] {
    guard let first = trips.first else {
      guard outputCount == values.count - 2 else { throw Diagnostic("a loop that never runs collects values", hint: "leave it out") }
      return []
    }
    return try first.indices.map { (position) throws(Diagnostic) -> ONNXValue in
      let parts = try trips.map { (parts) throws(Diagnostic) -> ValueID in
        guard parts.indices.contains(position) else { throw Diagnostic("the trips of a loop collect unlike numbers of values") }
        return try writer.expandDims(parts[position], 0, "row")
      }
      return .tensor(try writer.concatenate(parts, axis: 0, "collected\(position)"))
    }
  }

  /// With `axis` first, and from its end where `isReversed`.
  fileprivate func turned(_ x: ValueID, _ axis: Int, _ isReversed: Bool, _ label: String) throws(Diagnostic) -> ValueID {
    let position = try normalisedAxis(axis, rank: writer.rank(x))
    let moved = try writer.moved(x, position, to: 0, "\(label)/first")
    return isReversed ? try writer.reverse(moved, axis: 0, "\(label)/reversed") : moved
  }

  fileprivate func turnedBack(_ x: ValueID, _ axis: Int, _ isReversed: Bool, _ label: String) throws(Diagnostic) -> ValueID {
    let position = try normalisedAxis(axis, rank: writer.rank(x))
    let ordered = isReversed ? try writer.reverse(x, axis: 0, "\(label)/reversed") : x
    return try writer.moved(ordered, 0, to: position, "\(label)/moved")
  }
}
