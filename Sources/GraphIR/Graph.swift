import Tensors

/// A tensor that flows through a graph.
package struct ValueID: Hashable, Sendable, Comparable {
  package let index: Int
  package static func < (a: ValueID, b: ValueID) -> Bool { a.index < b.index }
}

package struct Value: Hashable, Sendable {
  /// The name by which the user's model knows it, unique in the graph.
  package var name: String
  package var type: TensorType
}

/// One application of an operator.
package struct Node: Sendable {
  package var name: String
  package var op: any Operator
  /// The operator's own inputs, absent ones as `nil`, then the operands of the epilogue.
  package var inputs: [ValueID?]
  package var outputs: [ValueID]
  package var epilogue: Epilogue?
  /// What was fused into the node, for people: `conv2d+relu`.
  package var label: String

  package init(name: String, op: any Operator, inputs: [ValueID?], outputs: [ValueID], epilogue: Epilogue? = nil, label: String? = nil) {
    self.name = name
    self.op = op
    self.inputs = inputs
    self.outputs = outputs
    self.epilogue = epilogue
    self.label = label ?? op.name
  }

  /// Inputs of the operator itself.
  package var operatorInputs: ArraySlice<ValueID?> { inputs.dropLast(epilogue?.operandCount ?? 0) }
  /// Further operands of the epilogue.
  package var epilogueInputs: [ValueID] { inputs.suffix(epilogue?.operandCount ?? 0).compactMap { $0 } }
}

extension Node: Hashable {
  package static func == (a: Node, b: Node) -> Bool {
    a.name == b.name && a.op.isEqual(to: b.op) && a.inputs == b.inputs && a.outputs == b.outputs && a.epilogue == b.epilogue
      && a.label == b.label
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(inputs)
    hasher.combine(outputs)
  }
}

/// A network: a value, so that a pass can compare before with after. Nodes stand in an order in which they can run.
package struct Graph: Hashable, Sendable {
  package struct Output: Hashable, Sendable {
    package var name: String
    package var value: ValueID

    package init(name: String, value: ValueID) {
      self.name = name
      self.value = value
    }
  }

  /// Memory kept between runs: zero at first, read as `input`, and set to `output` when a run ends.
  package struct State: Hashable, Sendable {
    package var name: String
    package var input: ValueID
    package var output: ValueID

    package init(name: String, input: ValueID, output: ValueID) {
      self.name = name
      self.input = input
      self.output = output
    }
  }

  package var name: String
  package private(set) var values: [Value] = []
  package var nodes: [Node] = []
  package var inputs: [ValueID] = []
  package var outputs: [Output] = []
  package var states: [State] = []
  package var constants: [ValueID: Tensor] = [:]
  /// Values that open dimensions may take, those that a run computes included.
  package var dims: [String: ClosedRange<Int>] = [:]
  /// Dimensions that a run computes, known once their source is.
  package var computedDims: [String: DimSource] = [:]
  /// Names in use, each with the number at which the search for a free one goes on.
  private var takenNames: [String: Int] = [:]

  package init(name: String) { self.name = name }

  package subscript(_ id: ValueID) -> Value { values[id.index] }
  package func type(_ id: ValueID) -> TensorType { values[id.index].type }
  package func types(_ ids: some Sequence<ValueID?>) -> [TensorType?] { ids.map { id in id.map { type($0) } } }
}

extension Graph {
  /// A new value; a name that is taken gets a number.
  package mutating func addValue(_ name: String, _ type: TensorType) -> ValueID {
    values.append(Value(name: unique(name), type: type))
    return ValueID(index: values.count - 1)
  }

  package mutating func addInput(_ name: String, _ type: TensorType) -> ValueID {
    let id = addValue(name, type)
    inputs.append(id)
    return id
  }

  package mutating func addConstant(_ name: String, _ tensor: Tensor) -> ValueID {
    let id = addValue(name, tensor.type)
    constants[id] = tensor
    return id
  }

  /// Memory kept between runs; its `output` is to be set when it is known.
  package mutating func addState(_ name: String, _ type: TensorType) -> ValueID {
    let id = addValue(name, type)
    states.append(State(name: self[id].name, input: id, output: id))
    return id
  }

  package mutating func addOutput(_ name: String, _ value: ValueID) { outputs.append(Output(name: name, value: value)) }

  /// Appends a node; its outputs are named after it. Throws what the operator has against its inputs.
  @discardableResult
  package mutating func add(_ op: any Operator, _ inputs: [ValueID?], name: String? = nil) throws(Diagnostic) -> [ValueID] {
    let name = name ?? op.name
    let types: [TensorType]
    do throws(Diagnostic) { types = try op.infer(self.types(inputs)) } catch { throw error.at("\(op.name) \"\(name)\"") }
    let outputs = types.enumerated().map { addValue($0.offset == 0 ? name : "\(name):\($0.offset)", $0.element) }
    nodes.append(Node(name: outputs.first.map { self[$0].name } ?? name, op: op, inputs: inputs, outputs: outputs))
    return outputs
  }

  package mutating func setType(_ id: ValueID, _ type: TensorType) { values[id.index].type = type }

  /// Gives a value another name, as when a fused node takes over the name of its last part.
  package mutating func rename(_ id: ValueID, _ name: String) {
    takenNames[values[id.index].name] = nil
    values[id.index].name = unique(name)
  }

  private mutating func unique(_ name: String) -> String {
    guard var number = takenNames[name] else {
      takenNames[name] = 1
      return name
    }
    while takenNames["\(name)_\(number)"] != nil { number += 1 }
    takenNames[name] = number + 1
    takenNames["\(name)_\(number)"] = 1
    return "\(name)_\(number)"
  }
}

extension Graph {
  /// For each value the positions of the nodes that read it, in order; a node that reads it twice is listed once.
  package var readers: [ValueID: [Int]] {
    var readers: [ValueID: [Int]] = [:]
    for (position, node) in nodes.enumerated() {
      for id in Set(node.inputs.compactMap { $0 }) { readers[id, default: []].append(position) }
    }
    return readers
  }

  /// For each value the position of the node that computes it.
  package var producers: [ValueID: Int] {
    var producers: [ValueID: Int] = [:]
    for (position, node) in nodes.enumerated() {
      for id in node.outputs { producers[id] = position }
    }
    return producers
  }

  /// Values that must outlive the last node: outputs, and what states become.
  package var results: Set<ValueID> { Set(outputs.map(\.value) + states.map(\.output)) }

  /// The graph with open dimensions replaced in types and operators; its own computed ones stay.
  package func substituting(_ dims: [String: Dim]) -> Graph {
    let dims = dims.filter { computedDims[$0.key] == nil }
    var copy = self
    for index in values.indices { copy.values[index].type.shape = values[index].type.shape.map { $0.substituting(dims) } }
    for position in nodes.indices { copy.nodes[position].op = nodes[position].op.substituting(dims) }
    return copy
  }

  /// Everything that read `old` reads `new`.
  package mutating func replaceUses(of old: ValueID, with new: ValueID) {
    for position in nodes.indices where nodes[position].inputs.contains(old) {
      nodes[position].inputs = nodes[position].inputs.map { $0 == old ? new : $0 }
    }
    for position in outputs.indices where outputs[position].value == old { outputs[position].value = new }
    for position in states.indices where states[position].output == old { states[position].output = new }
    for (name, source) in computedDims where source.value == old { computedDims[name]?.value = new }
  }
}
