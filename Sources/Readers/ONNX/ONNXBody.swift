import GraphIR
import ONNXProto
import Tensors

/// A subgraph of a node, read into a graph of its own: what it captures from the graphs around becomes its last inputs.
struct ONNXBody {
  private let scope: ONNXScope
  private let proto: ONNXGraphProto
  private var writer: GraphWriter { scope.writer }

  /// Reads the subgraph with inputs of the given types.
  init(_ proto: ONNXGraphProto, _ call: ONNXCall, inputs types: [TensorType]) throws(Diagnostic) {
    let writer = GraphWriter(name: proto.name.isEmpty ? "body" : proto.name)
    writer.foldsConstants = true
    writer.graph.dims = call.writer.graph.dims
    self.proto = proto
    scope = try ONNXScope(in: call.scope, writer, seesParent: true)
    guard proto.input.count == types.count else {
      throw Diagnostic("a subgraph of \(proto.input.count) inputs is given \(types.count)", hint: "the file is damaged; export it again")
    }
    for (info, type) in zip(proto.input, types) { scope[info.name] = .tensor(try writer.addInput(info.name, type)) }
    ONNXGraphReader(scope).read(proto)
    for output in proto.output { writer.graph.addOutput(output.name, try call.tensor(output.name, in: scope)) }
  }

  /// Tensors of the graph around that the body reads.
  var captured: [ValueID] { scope.captures.map(\.outer) }
  var outputTypes: [TensorType] { writer.graph.outputs.map { writer.type($0.value) } }

  /// The body of a loop never ends it: output 0, the condition, is true, or what the body was given for it.
  var alwaysGoesOn: Bool {
    let condition = writer.graph.outputs[0].value
    return writer.graph.inputs[1] == condition || (writer.graph.constants[condition]?.integers.first ?? 0) != 0
  }

  /// The graph with an input for each of `captured`, in that order, behind its own.
  func graph(capturing captured: [ValueID], of outer: GraphWriter) throws(Diagnostic) -> Graph {
    let own = proto.input.count
    var graph = writer.graph
    let known = Dictionary(uniqueKeysWithValues: scope.captures.map { ($0.outer, $0.inner) })
    var inputs = Array(graph.inputs.prefix(own))
    for id in captured {
      if let inner = known[id] { inputs.append(inner) } else { inputs.append(graph.addInput(outer.graph[id].name, outer.type(id))) }
    }
    graph.inputs = inputs
    return graph
  }
}

extension ONNXCall {
  /// A subgraph in an attribute.
  func subgraph(_ name: String) throws(Diagnostic) -> ONNXGraphProto {
    if let graph = try attributes.graph(name) { return graph }
    throw Diagnostic("the attribute \"\(name)\" is missing", hint: "it holds a graph")
  }

  /// The outputs of a subgraph whose nodes are put in place of this one, with `arguments` as its inputs.
  func inlined(_ graph: ONNXGraphProto, _ arguments: [ONNXValue], _ label: String) throws(Diagnostic) -> [ONNXValue] {
    guard graph.input.count == arguments.count else {
      throw Diagnostic(
        "a subgraph of \(graph.input.count) inputs is given \(arguments.count)", hint: "the file is damaged; export it again")
    }
    let inner = try ONNXScope(in: scope, writer, seesParent: true)
    for (info, value) in zip(graph.input, arguments) { inner[info.name] = value }
    let outer = writer.scope
    defer { writer.scope = outer }
    writer.scope = writer.name(label)
    ONNXGraphReader(inner).read(graph)
    var outputs: [ONNXValue] = []
    for output in graph.output { outputs.append(try value(output.name, in: inner)) }
    return outputs
  }

  fileprivate func value(_ name: String, in inner: ONNXScope) throws(Diagnostic) -> ONNXValue {
    if let value = try inner.lookUp(name) { return value }
    throw Diagnostic(
      "a subgraph does not compute its output \"\(printable(name, limit: 40))\"", hint: "the file is damaged; export it again")
  }

  fileprivate func tensor(_ name: String, in inner: ONNXScope) throws(Diagnostic) -> ValueID {
    switch try value(name, in: inner) {
    case .tensor(let id): return id
    case .failed: throw Diagnostic("a subgraph could not be read", hint: "the other messages say why")
    case .sequence, .optional:
      throw Diagnostic(
        "a subgraph gives a sequence or an optional", hint: "that is supported where it is known when compiling which way is taken")
    }
  }
}
