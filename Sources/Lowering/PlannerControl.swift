import GraphIR
import LoopIR
import Tensors

/// A node that runs subgraphs, and where what goes in and out of it lies.
private struct ControlSite {
  let name: String
  /// `nil` where an optional input is absent.
  let inputs: [Slot?]
  let outputs: [Slot]
  /// The leading extent of each input; `nil` for scalars.
  let leading: [Dim?]

  init(_ node: Node, _ graph: Graph, _ slots: [ValueID: Slot]) {
    func slot(_ id: ValueID) -> Slot {
      guard let slot = slots[id] else { preconditionFailure("\(graph[id].name) has no place") }
      return slot
    }
    name = node.name
    inputs = node.inputs.map { $0.map(slot) }
    outputs = node.outputs.map(slot)
    leading = node.inputs.map { id in id.flatMap { graph.type($0).shape.first } }
  }

  /// The places of inputs that are never absent.
  func places(from first: Int) -> [Slot] { inputs.dropFirst(first).compactMap { $0 } }

  var roots: [Int] { (inputs.compactMap { $0 } + outputs).map(\.root) }
}

extension Slot {
  /// The part at one index of the first axis.
  fileprivate func part(_ index: Expr) -> Slot {
    Slot(root: root, offset: offset + index * Expr(strides[0]), strides: Array(strides.dropFirst()))
  }

  /// One element, seen as one of another rank.
  fileprivate func single(_ type: TensorType) -> Slot { Slot(root: root, offset: offset, strides: type.strides) }
}

extension Planner {
  /// The steps of a node that runs subgraphs. What goes in and out keeps its memory from before the first of them to after the last.
  mutating func steps(for control: ControlFlow, _ node: Node, _ graph: Graph, _ slots: [ValueID: Slot]) throws(Diagnostic)
    -> [PlannedStep]
  {
    let site = ControlSite(node, graph, slots)
    path.append(node.name)
    defer { path.removeLast() }
    touchRoots(site.roots)
    let steps: [PlannedStep]
    switch control {
    case .scan(let body, let carried, let sequences, let reversed): steps = try scan(body, carried, sequences, reversed, site)
    case .branch(let then, let otherwise): steps = try branch(then, otherwise, site)
    case .loop(let body, let carried, let trips): steps = try loop(body, carried, trips, site)
    }
    step += 1
    touchRoots(site.roots)
    return steps
  }

  private mutating func branch(_ then: Graph, _ otherwise: Graph, _ site: ControlSite) throws(Diagnostic) -> [PlannedStep] {
    let places = site.places(from: 0)
    let sides = try [then, otherwise].map { (body) throws(Diagnostic) in
      try bodySteps(body, Array(places.dropFirst()), body.outputs[...], carried: [], collected: site.outputs)
    }
    return [.branch(places[0], then: sides[0], else: sides[1])]
  }

  /// Carried values live in the memory of the last carried outputs, from the first copy to the last step.
  private mutating func scan(
    _ body: Graph, _ carried: Int, _ sequences: Int, _ reversed: Bool, _ site: ControlSite
  ) throws(Diagnostic) -> [PlannedStep] {
    guard let count = site.leading[carried] else { return [] }
    let variable = nextVariable()
    let time = reversed ? Expr(count) - 1 - .index(variable) : .index(variable)
    let (inputs, states) = (site.places(from: 0), Array(site.outputs.prefix(carried)))
    let initial = initialCopies(body, inputs, states, from: 0)
    let places = states + inputs[carried..<carried + sequences].map { $0.part(time) } + inputs.dropFirst(carried + sequences)
    let collected = site.outputs.dropFirst(carried).map { $0.part(time) }
    return initial + [
      .loop(variable, count: Expr(count), try bodySteps(body, places, body.outputs[...], carried: states, collected: collected))
    ]
  }

  /// As in a scan; the condition has memory of its own, and the number of the repetition that of the last output.
  private mutating func loop(_ body: Graph, _ carried: Int, _ trips: Dim?, _ site: ControlSite) throws(Diagnostic) -> [PlannedStep] {
    let variable = nextVariable()
    let (inputs, states, counter) = (site.places(from: 2), Array(site.outputs.prefix(carried)), site.outputs[site.outputs.count - 1])
    let zero = try constant(Tensor(.int64, [], integers: [0]))
    var initial = [copy("count", TensorType(.int64, []), from: zero, to: counter)]
    var condition = try constant(Tensor(.bool, [], integers: [1]))
    if let given = site.inputs[1] {
      let type = TensorType(.bool, [])
      condition = try addRoot(.arena, type)
      initial.append(copy("condition", type, from: given.single(type), to: condition))
    }
    initial += initialCopies(body, inputs, states, from: 2)
    let header = [counter.single(body.type(body.inputs[0])), condition.single(body.type(body.inputs[1]))]
    let collected = site.outputs.dropFirst(carried).dropLast().map { $0.part(.index(variable)) }
    let isConditional = site.inputs[1] != nil
    let inner = try bodySteps(
      body, header + states + inputs.dropFirst(carried), isConditional ? body.outputs[...] : body.outputs.dropFirst(),
      carried: (isConditional ? [condition] : []) + states, collected: collected)
    let steps = inner + [increment(counter)]
    if isConditional { touchRoots([condition.root]) }
    guard isConditional || site.inputs[0] != nil else { return initial + [.loop(variable, count: Expr(trips ?? 0), steps)] }
    let counts = try allowedCounts(trips, isExact: !collected.isEmpty)
    return initial + [
      .repetition(variable, counts: counts, trips: site.inputs[0], condition: isConditional ? condition : nil, steps)
    ]
  }

  /// How often a loop may run; what it collects has memory for the upper bound.
  private func allowedCounts(_ trips: Dim?, isExact: Bool) throws(Diagnostic) -> ClosedRange<Int> {
    guard let trips else { return 0...Int(Int32.max) }
    let most = try min(max(0, bounds.largest(trips)), Int(Int32.max))
    return isExact ? try min(max(0, bounds.smallest(trips)), most)...most : 0...most
  }

  private mutating func initialCopies(_ body: Graph, _ inputs: [Slot], _ states: [Slot], from first: Int) -> [PlannedStep] {
    states.enumerated().map { position, state in
      let id = body.inputs[first + position]
      return copy("initial \(body[id].name)", body.type(id), from: inputs[position], to: state)
    }
  }

  /// The steps of a body, whose `results` go to `carried` when all are known, and the others to `collected` at once.
  private mutating func bodySteps(
    _ body: Graph, _ places: [Slot], _ results: ArraySlice<Graph.Output>, carried: [Slot], collected: [Slot]
  ) throws(Diagnostic) -> [PlannedStep] {
    let destinations = zip(results.dropFirst(carried.count), collected).map { (value: $0.value, slot: $1) }
    let planned = try plan(body, Dictionary(uniqueKeysWithValues: zip(body.inputs, places)), destinations: destinations)
    let updates = zip(results, carried).map { output, slot in
      Update(name: "carried \(output.name)", type: body.type(output.value), source: planned.slots[output.value], target: slot)
    }
    return planned.steps + (try steps(for: updates))
  }

  private mutating func increment(_ counter: Slot) -> PlannedStep {
    step += 1
    let argument = PlannedArgument(slot: counter, type: TensorType(.int64, []), isWritten: true)
    return call("count", "increment", ["y0"], [argument]) { views in [views[0].store([], views[0][[]] + .constant(1, .int64))] }
  }

  private mutating func constant(_ tensor: Tensor) throws(Diagnostic) -> Slot { try constantSlot(tensor, tensor.type) }

  private mutating func nextVariable() -> String {
    loopCount += 1
    return "step\(loopCount)"
  }

  private mutating func touchRoots(_ touched: [Int]) {
    for root in touched { roots[root].touch(step) }
  }
}
