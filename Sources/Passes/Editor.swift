import GraphIR
import Tensors

/// A graph whose nodes are being placed anew, one after the other. Knows at every moment who computes and who reads a value.
struct Editor {
  /// Its nodes are those placed so far.
  private(set) var graph: Graph
  private var producers: [ValueID: Int] = [:]
  private var removed: Set<Int> = []
  private var readerCounts: [ValueID: Int] = [:]
  private var replacements: [ValueID: ValueID] = [:]
  private let results: Set<ValueID>

  fileprivate init(_ graph: Graph) {
    self.graph = graph
    self.graph.nodes = []
    // What a dimension is read from has to stay, too.
    results = graph.results.union(graph.computedDims.values.map(\.value))
    for node in graph.nodes { count(node, 1) }
  }

  private mutating func count(_ node: Node, _ change: Int) {
    for id in node.inputs.compactMap({ $0 }) { readerCounts[id, default: 0] += change }
  }

  /// The node with what has been replaced, no longer counted as a reader until it is placed.
  fileprivate mutating func take(_ node: Node) -> Node {
    var node = node
    node.inputs = node.inputs.map { $0.map(current) }
    count(node, -1)
    return node
  }

  /// What is read where `id` was.
  func current(_ id: ValueID) -> ValueID {
    var id = id
    while let next = replacements[id] { id = next }
    return id
  }

  fileprivate func finished() -> Graph {
    var graph = graph
    graph.nodes = graph.nodes.enumerated().filter { !removed.contains($0.offset) }.map(\.element)
    for position in graph.outputs.indices { graph.outputs[position].value = current(graph.outputs[position].value) }
    for position in graph.states.indices { graph.states[position].output = current(graph.states[position].output) }
    for (name, source) in graph.computedDims { graph.computedDims[name]?.value = current(source.value) }
    return graph
  }
}

extension Editor {
  /// Appends a node; its outputs are values of the graph.
  mutating func place(_ node: Node) {
    for id in node.outputs { producers[id] = graph.nodes.count }
    graph.nodes.append(node)
    count(node, 1)
  }

  /// Appends a node with new outputs, named after `name`, and gives the first of them.
  mutating func add(_ op: any Operator, _ inputs: [ValueID?], name: String, label: String? = nil) throws(Diagnostic) -> ValueID {
    try graph.add(op, inputs, name: name)
    var node = graph.nodes.removeLast()
    if let label { node.label = label }
    place(node)
    return node.outputs[0]
  }

  mutating func addConstant(_ name: String, _ tensor: Tensor) -> ValueID { graph.addConstant(name, tensor) }
  mutating func addValue(_ name: String, _ type: TensorType) -> ValueID { graph.addValue(name, type) }

  /// The value is known from here on; whoever computed it is not placed again.
  mutating func setConstant(_ id: ValueID, _ tensor: Tensor) { graph.constants[id] = tensor }

  /// Whoever reads `old` from here on reads `new`.
  mutating func replace(_ old: ValueID, by new: ValueID) {
    replacements[old] = new
    readerCounts[new, default: 0] += readerCounts.removeValue(forKey: old) ?? 0
  }

  /// Takes the node that computes `id` out of the graph.
  mutating func removeProducer(of id: ValueID) {
    guard let position = producers[id], removed.insert(position).inserted else { return }
    count(graph.nodes[position], -1)
    for output in graph.nodes[position].outputs { producers[output] = nil }
  }

  /// The placed node that computes a value.
  func producer(of id: ValueID?) -> Node? { id.flatMap { producers[$0] }.map { graph.nodes[$0] } }

  /// Where the node that computes a value stands.
  func position(of id: ValueID) -> Int? { producers[id] }

  /// How often nodes read a value, those that are still to be placed included and the one at hand not.
  func otherReaders(of id: ValueID) -> Int { readerCounts[id] ?? 0 }

  /// A caller, or the next run, reads the value.
  func isResult(_ id: ValueID) -> Bool { results.contains(id) || results.contains { current($0) == id } }

  /// Nobody but the node at hand needs the value.
  func isReadHereOnly(_ id: ValueID) -> Bool { otherReaders(of: id) == 0 && !isResult(id) }

  func constant(_ id: ValueID?) -> Tensor? { id.flatMap { graph.constants[$0] } }
  func type(_ id: ValueID) -> TensorType { graph.type(id) }
}

extension Graph {
  /// Places every node anew: `visit` is given each in order and places it, another, several, or none.
  mutating func edit(_ visit: (inout Editor, Node) throws(Diagnostic) -> Void) throws(Diagnostic) {
    var editor = Editor(self)
    for node in nodes { try visit(&editor, editor.take(node)) }
    self = editor.finished()
  }
}
