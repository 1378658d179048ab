import GraphIR
import LoopIR
import Tensors

/// One step before the arena is planned.
indirect enum PlannedStep {
  case call(kernel: Int, [PlannedArgument], layer: Int)
  case loop(String, count: Expr, [PlannedStep])
  case settle(dim: String, PlannedArgument, ClosedRange<Int>)
  case repetition(String, counts: ClosedRange<Int>, trips: Slot?, condition: Slot?, [PlannedStep])
  case branch(Slot, then: [PlannedStep], else: [PlannedStep])
}

/// A value that has to get from where it was computed to where it is wanted.
struct Update {
  var name: String
  var type: TensorType
  var source: Slot?
  var target: Slot
}

/// What a user sees of a node, before the arena is planned.
struct PlannedLayer {
  var name: String
  var label: String
  var macs: Dim
  var bytes: Dim
  var outputs: [(value: String, argument: PlannedArgument)]
}

/// Decides where every value lies and which kernels run in which order. Subgraphs are planned by the same code, inside.
struct Planner {
  var roots: [Root] = []
  var factory: KernelFactory
  var constants: [Tensor] = []
  var layers: [PlannedLayer] = []
  /// For roots that are overwritten in place the position of the first node that does it.
  var firstOverwrites: [Int: Int] = [:]
  private var constantRoots: [Tensor: Int] = [:]
  let bounds: DimBounds
  var step = 0
  var loopCount = 0
  /// Names of the nodes around the graph that is planned.
  var path: [String] = []

  init(bounds: DimBounds, factory: KernelFactory) {
    self.bounds = bounds
    self.factory = factory
  }

  mutating func addRoot(_ kind: Root.Kind, _ type: TensorType) throws(Diagnostic) -> Slot {
    let count = try bounds.largest(type.storageCount)
    guard count < 1 << 31 else {
      throw Diagnostic("\(type) has \(count) elements", hint: "a tensor may have up to 2147483647; lower its bounds or split it")
    }
    roots.append(Root(kind: kind, dtype: type.dtype, count: count))
    return Slot(root: roots.count - 1, offset: 0, strides: type.strides)
  }

  mutating func constantSlot(_ tensor: Tensor, _ type: TensorType) throws(Diagnostic) -> Slot {
    let stored = tensor.stored(in: type.layout)
    if let root = constantRoots[stored] { return Slot(root: root, offset: 0, strides: type.strides) }
    constants.append(stored)
    let slot = try addRoot(.constant(constants.count - 1), type)
    constantRoots[stored] = slot.root
    return slot
  }

  private mutating func touch(_ arguments: [PlannedArgument]) {
    for argument in arguments { roots[argument.slot.root].touch(step) }
  }
}

extension Planner {
  /// Plans a graph whose inputs, states and subgraph parameters lie in `slots`, and whose results are wanted in
  /// `destinations`. Returns the steps that compute it, and where each value lies.
  mutating func plan(_ graph: Graph, _ slots: [ValueID: Slot], destinations: [(value: ValueID, slot: Slot)]) throws(Diagnostic)
    -> (steps: [PlannedStep], slots: [ValueID: Slot])
  {
    let scope = Scope(graph, firstOwnRoot: roots.count)
    var slots = slots
    for id in graph.constants.keys.sorted() {
      if let tensor = graph.constants[id] { slots[id] = try constantSlot(tensor, graph.type(id)) }
    }
    for (value, slot) in destinations where slots[value] == nil { slots[value] = slot }
    try placeBackwards(scope, &slots)
    let waiting = graph.dimsBySource
    var steps = waiting.keys.sorted().filter { scope.producers[$0] == nil }.flatMap { settle(waiting[$0] ?? [], graph, slots) }
    for (position, node) in graph.nodes.enumerated() {
      step += 1
      do throws(Diagnostic) {
        try place(node, at: position, scope, &slots)
        steps += try self.steps(for: node, graph, slots)
        steps += node.outputs.flatMap { settle(waiting[$0] ?? [], graph, slots) }
      } catch { throw error.at("\(node.label) \"\(node.name)\"") }
    }
    steps += try self.steps(
      for: destinations.map { Update(name: graph[$0.value].name, type: graph.type($0.value), source: slots[$0.value], target: $0.slot) })
    return (steps, slots)
  }

  /// Reads dimensions from the value that they wait for.
  private mutating func settle(_ names: [String], _ graph: Graph, _ slots: [ValueID: Slot]) -> [PlannedStep] {
    names.compactMap { name in
      guard let source = graph.computedDims[name], var slot = slots[source.value] else { return nil }
      slot.offset = slot.offset + Expr((slot.strides.first ?? 1) * Dim(source.element))
      slot.strides = []
      let argument = PlannedArgument(slot: slot, type: TensorType(graph.type(source.value).dtype, []), isWritten: false)
      touch([argument])
      return .settle(dim: name, argument, bounds.range(name))
    }
  }

  /// The steps of one node whose values have places.
  private mutating func steps(for node: Node, _ graph: Graph, _ slots: [ValueID: Slot]) throws(Diagnostic) -> [PlannedStep] {
    if let control = node.op.control { return try self.steps(for: control, node, graph, slots) }
    let isEmpty = node.outputs.allSatisfy { graph.type($0).shape.contains(0) }
    if isEmpty || isFree(node, graph, slots) { return [] }
    return [try call(node, graph, slots)]
  }

  /// The copies that make all updates at once: a source that another update overwrites is saved first.
  mutating func steps(for updates: [Update]) throws(Diagnostic) -> [PlannedStep] {
    let updates = updates.filter { $0.source != $0.target && !$0.type.shape.contains(0) }
    let overwritten = Set(updates.map(\.target.root))
    var steps: [PlannedStep] = []
    var pending: [(update: Update, source: Slot)] = []
    for update in updates where update.source != update.target && !update.type.shape.contains(0) {
      guard var source = update.source else { preconditionFailure("\(update.name) has no place") }
      if overwritten.contains(source.root), source.root != update.target.root {
        let safe = try addRoot(.arena, TensorType(update.type.dtype, update.type.shape))
        step += 1
        steps.append(copy(update.name, update.type, from: source, to: safe))
        source = safe
      }
      pending.append((update, source))
    }
    for (update, source) in pending {
      step += 1
      steps.append(copy(update.name, update.type, from: source, to: update.target))
    }
    return steps
  }

  mutating func copy(_ name: String, _ type: TensorType, from source: Slot, to target: Slot) -> PlannedStep {
    let plain = TensorType(type.dtype, type.shape)
    let arguments = [
      PlannedArgument(slot: source, type: plain, isWritten: false), PlannedArgument(slot: target, type: plain, isWritten: true),
    ]
    return call(name, "copy", ["x0", "y0"], arguments) { views in
      loops("i", type.shape) { index in views[1].store(index, views[0][index]) }
    }
  }

  /// A kernel of our own, whose last argument is its result.
  mutating func call(
    _ name: String, _ label: String, _ prefixes: [String], _ arguments: [PlannedArgument], body: ([TensorView]) -> [Stmt]
  ) -> PlannedStep {
    touch(arguments)
    let kernel = factory.kernel(label, prefixes, arguments, body: body)
    let bytes = arguments.reduce(Dim(0)) { $0 + $1.type.shape.elementCount * Dim($1.type.dtype.byteCount) }
    layers.append(
      PlannedLayer(
        name: inPath(name), label: label, macs: 0, bytes: bytes,
        outputs: arguments.suffix(1).map { (value: inPath(name), argument: $0) }))
    return .call(kernel: kernel, arguments, layer: layers.count - 1)
  }

  /// The name of a value or node of a subgraph as the whole program knows it.
  private func inPath(_ name: String) -> String { (path + [name]).joined(separator: "/") }

  private mutating func call(_ node: Node, _ graph: Graph, _ slots: [ValueID: Slot]) throws(Diagnostic) -> PlannedStep {
    func argument(_ id: ValueID, isWritten: Bool) -> PlannedArgument {
      guard let slot = slots[id] else { preconditionFailure("\(graph[id].name) has no place") }
      return PlannedArgument(slot: slot, type: graph.type(id), isWritten: isWritten)
    }
    let (inputTypes, outputTypes) = (graph.types(node.operatorInputs), node.outputs.map { graph.type($0) })
    var workspaces: [PlannedArgument] = []
    for type in node.op.workspaces(inputTypes, outputTypes) {
      workspaces.append(PlannedArgument(slot: try addRoot(.arena, type), type: type, isWritten: true))
    }
    let read = node.inputs.compactMap { $0 }.map { argument($0, isWritten: false) }
    let written = node.outputs.map { argument($0, isWritten: true) }
    let arguments = read + written + workspaces
    touch(arguments)
    let names =
      read.indices.map { "x\($0)" } + written.indices.map { "y\($0)" } + workspaces.indices.map { "w\($0)" }
    let kernel = factory.kernel(node.op.name, names, arguments) { views in
      node.op.lower(Operands(node, views, outputCount: written.count))
    }
    for (name, workspace) in zip(names.suffix(workspaces.count), workspaces) {
      roots[workspace.slot.root].count *= factory.kernels[kernel].copies(of: name)
    }
    let bytes = (read + written).reduce(Dim(0)) { $0 + $1.type.shape.elementCount * Dim($1.type.dtype.byteCount) }
    layers.append(
      PlannedLayer(
        name: inPath(node.name), label: node.label, macs: node.op.macs(inputTypes, outputTypes), bytes: bytes,
        outputs: zip(node.outputs, written).map { (value: inPath(graph[$0].name), argument: $1) }))
    return .call(kernel: kernel, arguments, layer: layers.count - 1)
  }
}

extension Operands {
  /// Deals the views of a kernel's parameters (inputs, operands of the epilogue, outputs, workspaces) out to their roles.
  fileprivate init(_ node: Node, _ views: [TensorView], outputCount: Int) {
    var left = views[...]
    let inputs = node.operatorInputs.map { $0 == nil ? nil : left.popFirst() }
    let epilogue = node.epilogueInputs.compactMap { _ in left.popFirst() }
    let outputs = Array(left.prefix(outputCount))
    self.init(
      inputs: inputs, outputs: outputs, workspaces: Array(left.dropFirst(outputCount)), epilogue: node.epilogue, epilogueOperands: epilogue)
  }
}
