import GraphIR
import LoopIR
import Tensors

/// What placement asks again and again of one graph.
struct Scope {
  let graph: Graph
  /// Roots from here on were made for this graph; others belong to graphs around it and are never overwritten in place.
  let firstOwnRoot: Int
  let producers: [ValueID: Int]
  /// The position of the last node that reads a value; results are read after the last one.
  private let lastReaders: [ValueID: Int]
  private let readers: [ValueID: [Int]]
  /// For each computed dimension the position of the node after which it is known.
  private let settled: [String: Int]

  init(_ graph: Graph, firstOwnRoot: Int) {
    self.graph = graph
    self.firstOwnRoot = firstOwnRoot
    producers = graph.producers
    readers = graph.readers
    var last = readers.compactMapValues(\.last)
    for id in graph.results { last[id] = graph.nodes.count }
    lastReaders = last
    settled = graph.computedDims.mapValues { [producers] in producers[$0.value] ?? -1 }
  }

  func lastReader(_ id: ValueID) -> Int { lastReaders[id] ?? -1 }

  func isRead(_ id: ValueID, onlyBy position: Int) -> Bool { readers[id] == [position] && lastReader(id) == position }

  /// The place depends on nothing that is unknown when the value is computed.
  func isKnown(_ slot: Slot, for id: ValueID) -> Bool {
    guard !settled.isEmpty, let position = producers[id] else { return true }
    return slot.offset.variables.union(slot.strides.flatMap(\.symbols)).allSatisfy { (settled[$0] ?? -1) < position }
  }

  func aliasing(_ node: Node) -> Aliasing {
    if node.epilogue != nil { return .none }
    return node.op.aliasing(graph.types(node.inputs), node.outputs.map { graph.type($0) })
  }

  /// A value that is computed by a kernel of its own, which can write anywhere.
  func isComputed(_ id: ValueID) -> Bool {
    guard let position = producers[id], graph.nodes[position].op.control == nil else { return false }
    switch aliasing(graph.nodes[position]) {
    case .none, .concatenation: return true
    case .sameElements, .view: return false
    }
  }
}

extension Planner {
  /// From results to inputs: values take the memory that they will be needed in, so that reshapes, concatenations and
  /// elementwise operators in front of an output need no copy.
  mutating func placeBackwards(_ scope: Scope, _ slots: inout [ValueID: Slot]) throws(Diagnostic) {
    for (position, node) in scope.graph.nodes.enumerated().reversed() where node.op.control == nil {
      switch scope.aliasing(node) {
      case .sameElements: placeSource(of: node, scope, &slots)
      case .concatenation(let axis): try placeParts(of: node, axis, scope, &slots)
      case .view(let axes): try placeViewed(node, position, axes, scope, &slots)
      case .none: placeOverwritten(node, position, scope, &slots)
      }
    }
  }

  private func placeSource(of node: Node, _ scope: Scope, _ slots: inout [ValueID: Slot]) {
    guard let input = node.inputs.first ?? nil, slots[input] == nil, scope.producers[input] != nil, let slot = slots[node.outputs[0]] else {
      return
    }
    let type = scope.graph.type(node.outputs[0])
    guard type.isDense(slot.strides) else { return }
    let shared = Slot(root: slot.root, offset: slot.offset, strides: scope.graph.type(input).strides)
    if scope.isKnown(shared, for: input) { slots[input] = shared }
  }

  /// What is only computed to be transposed is written in its new order.
  private mutating func placeViewed(
    _ node: Node, _ position: Int, _ axes: [ViewAxis], _ scope: Scope, _ slots: inout [ValueID: Slot]
  ) throws(Diagnostic) {
    guard let input = node.inputs.first ?? nil, slots[input] == nil, scope.isComputed(input) else { return }
    let (type, output) = (scope.graph.type(input), node.outputs[0])
    let isWhole = axes.allSatisfy { $0.start == 0 && $0.step == 1 } && axes.map(\.axis).sorted() == Array(type.shape.indices)
    guard isWhole, type.shape.elementCount == scope.graph.type(output).shape.elementCount, scope.isRead(input, onlyBy: position) else {
      return
    }
    let whole = try slot(of: output, scope.graph, slots)
    var strides = type.strides
    for (axis, stride) in zip(axes, whole.strides) { strides[axis.axis] = stride }
    let place = Slot(root: whole.root, offset: whole.offset, strides: strides)
    guard scope.isKnown(place, for: input) else { return }
    (slots[output], slots[input]) = (whole, place)
  }

  private mutating func placeParts(of node: Node, _ axis: Int, _ scope: Scope, _ slots: inout [ValueID: Slot]) throws(Diagnostic) {
    let parts = node.inputs.compactMap { $0 }
    var free = parts.filter { id in
      slots[id] == nil && scope.isComputed(id) && parts.filter { $0 == id }.count == 1 && !scope.graph.results.contains(id)
    }
    guard !free.isEmpty else { return }
    let output = node.outputs[0]
    let whole = try slot(of: output, scope.graph, slots)
    slots[output] = whole
    // A part that is read after the whole has been overwritten keeps memory of its own.
    let overwritten = firstOverwrites[whole.root] ?? .max
    free.removeAll { scope.lastReader($0) >= overwritten }
    for (id, slot) in zip(parts, windows(of: whole, parts.map { scope.graph.type($0) }, axis)) where free.contains(id) {
      if scope.isKnown(slot, for: id) { slots[id] = slot }
    }
  }

  /// The places of the parts of a concatenation.
  private func windows(of whole: Slot, _ parts: [TensorType], _ axis: Int) -> [Slot] {
    var start = Dim(0)
    return parts.map { type in
      defer { start += type.shape[axis] }
      return Slot(root: whole.root, offset: whole.offset + Expr(start * whole.strides[axis]), strides: whole.strides)
    }
  }

  /// The input of an elementwise node in front of a result is computed in the memory of the result.
  private mutating func placeOverwritten(_ node: Node, _ position: Int, _ scope: Scope, _ slots: inout [ValueID: Slot]) {
    guard let slot = slots[node.outputs[0]], case .output = roots[slot.root].kind else { return }
    for id in overwritable(node, scope)
    where slots[id] == nil && scope.isComputed(id) && scope.isRead(id, onlyBy: position)
      && scope.isKnown(slot, for: id)
    {
      slots[id] = slot
      firstOverwrites[slot.root] = position
      return
    }
  }
}

extension Planner {
  /// Gives the outputs of a node their places, if they have none yet.
  mutating func place(_ node: Node, at position: Int, _ scope: Scope, _ slots: inout [ValueID: Slot]) throws(Diagnostic) {
    for (number, output) in node.outputs.enumerated() where slots[output] == nil {
      let shared = number == 0 ? sharedSlot(node, at: position, scope, slots) : nil
      if let shared { slots[output] = shared } else { slots[output] = try addRoot(.arena, scope.graph.type(output)) }
    }
  }

  /// The place that a value has, or a new one.
  private mutating func slot(of id: ValueID, _ graph: Graph, _ slots: [ValueID: Slot]) throws(Diagnostic) -> Slot {
    if let slot = slots[id] { return slot }
    return try addRoot(.arena, graph.type(id))
  }

  /// The place of output 0 inside the memory of an input, where that is possible.
  private func sharedSlot(_ node: Node, at position: Int, _ scope: Scope, _ slots: [ValueID: Slot]) -> Slot? {
    if node.op.control != nil { return nil }
    let type = scope.graph.type(node.outputs[0])
    switch scope.aliasing(node) {
    case .none: return overwrittenSlot(node, at: position, scope, slots)
    case .concatenation(let axis):
      let parts = node.inputs.compactMap { $0 }
      guard let whole = parts.first.flatMap({ slots[$0] }) else { return nil }
      return liesJoined(parts, axis, in: whole, scope.graph, slots) ? whole : nil
    case .sameElements:
      guard let (slot, source) = rowMajorInput(node, scope, slots) else { return nil }
      return slot.reshaped(from: source, to: type)
    case .view(let axes):
      guard let (slot, _) = rowMajorInput(node, scope, slots) else { return nil }
      return slot.viewed(axes)
    }
  }

  private func rowMajorInput(_ node: Node, _ scope: Scope, _ slots: [ValueID: Slot]) -> (Slot, TensorType)? {
    guard let id = node.inputs.first ?? nil, let slot = slots[id] else { return nil }
    let type = scope.graph.type(id)
    return type.layout == .rowMajor ? (slot, type) : nil
  }

  /// The memory of an input that nobody reads after this node.
  private func overwrittenSlot(_ node: Node, at position: Int, _ scope: Scope, _ slots: [ValueID: Slot]) -> Slot? {
    let candidates = overwritable(node, scope)
    for id in candidates {
      guard let slot = slots[id], slot.root >= scope.firstOwnRoot, roots[slot.root].kind == .arena else { continue }
      let sharing = slots.filter { $0.value.root == slot.root }
      let isLastUse = sharing.keys.allSatisfy { scope.lastReader($0) <= position && ($0 == id || !node.inputs.contains($0)) }
      let isWhole = scope.graph.type(id).isDense(slot.strides) && slot.offset == 0
      if isLastUse, isWhole { return slot }
    }
    return nil
  }

  /// Inputs, the epilogue's among them, that output 0 may overwrite element by element.
  private func overwritable(_ node: Node, _ scope: Scope) -> [ValueID] {
    let graph = scope.graph
    let output = graph.type(node.outputs[0])
    let own = node.op.inPlaceInputs(graph.types(node.operatorInputs), [output]).compactMap { node.inputs[$0] }
    let behind = node.epilogueInputs.filter { id in
      graph.type(id) == output && !own.contains(id) && !node.operatorInputs.contains(id)
    }
    return own.filter { graph.type($0).storageCount == output.storageCount && graph.type($0).dtype == output.dtype } + behind
  }

  /// Whether the outputs already lie where they belong, so that no kernel has to run.
  func isFree(_ node: Node, _ graph: Graph, _ slots: [ValueID: Slot]) -> Bool {
    guard node.epilogue == nil, let output = slots[node.outputs[0]] else { return false }
    switch node.op.aliasing(graph.types(node.inputs), node.outputs.map { graph.type($0) }) {
    case .none: return false
    case .sameElements:
      guard let input = node.inputs.first ?? nil, let slot = slots[input] else { return false }
      let (source, type) = (graph.type(input), graph.type(node.outputs[0]))
      guard slot.root == output.root, slot.offset == output.offset else { return false }
      return source.isDense(slot.strides) && type.isDense(output.strides) || slot.reshaped(from: source, to: type) == output
    case .view(let axes):
      guard let input = node.inputs.first ?? nil, let slot = slots[input] else { return false }
      return slot.viewed(axes).isSame(as: output, graph.type(node.outputs[0]).shape)
    case .concatenation(let axis):
      return liesJoined(node.inputs.compactMap { $0 }, axis, in: output, graph, slots)
    }
  }

  /// The parts of a concatenation lie side by side already, as those of a longer one that begins with the same.
  private func liesJoined(_ parts: [ValueID], _ axis: Int, in whole: Slot, _ graph: Graph, _ slots: [ValueID: Slot]) -> Bool {
    zip(parts, windows(of: whole, parts.map { graph.type($0) }, axis)).allSatisfy { slots[$0] == $1 }
  }
}
