import GraphIR
import ONNXProto
import Tensors

/// Reads one ONNX model.
final class ONNXModelReader {
  let session: ReadSession
  let tensors: ONNXTensorReader
  private let proto: ONNXModelProto
  private(set) var functions: [ONNXOperator.Key: ONNXFunctionProto] = [:]
  private var dims = ONNXDims()
  private var nodeCount = 0

  init(_ proto: ONNXModelProto, _ session: ReadSession) {
    self.proto = proto
    self.session = session
    tensors = ONNXTensorReader(session: session)
    for function in proto.functions {
      functions[ONNXOperator.Key(domain: ONNXOperators.canonical(function.domain), name: function.name)] = function
    }
  }

  /// The graph, or `nil` after reporting why there is none.
  func graph() throws(Diagnostic) -> Graph? {
    guard proto.hasGraph else { throw Diagnostic("the model has no graph", hint: "export it again") }
    let writer = GraphWriter(name: proto.graph.name.isEmpty ? "model" : proto.graph.name)
    writer.foldsConstants = true
    let scope = ONNXScope(self, writer, opsets: try opsets(proto.opsetImport))
    let isComplete = addInputs(scope)
    let reader = ONNXGraphReader(scope)
    if isComplete { reader.read(proto.graph) }
    // Nodes ask for the bounds of what they compute.
    session.reportUnusedDims(open: dims.names)
    guard isComplete else { return nil }
    for output in proto.graph.output { addOutput(output, scope, reader) }
    guard !session.problems.hasErrors else { return nil }
    if session.options.readsTestData { try readTestData(writer.graph) }
    return writer.graph
  }

  private func readTestData(_ graph: Graph) throws(Diagnostic) {
    let reader = ONNXTestVectors(session: session, tensors: tensors)
    let used = graph.inputs.map { graph[$0].name }
    session.tests = try reader.read(inputs: given.map(\.name), used: used, outputCount: graph.outputs.count)
  }

  /// Functions that call functions can ask for endless work with a small file.
  func countNode() throws(Diagnostic) {
    nodeCount += 1
    guard nodeCount < 1 << 20 else {
      throw Diagnostic("the model's functions unfold to more than a million nodes", hint: "no model needs this")
    }
  }

  /// The version of each domain that a model or a function uses.
  func opsets(_ imports: [ONNXOperatorSetIdProto]) throws(Diagnostic) -> [String: Int] {
    var opsets: [String: Int] = [:]
    for entry in imports { opsets[ONNXOperators.canonical(entry.domain)] = Int(entry.version) }
    if let version = opsets[""], !(1...ONNXOperators.newestOpset).contains(version) {
      throw Diagnostic(
        "the model is written for opset \(version)",
        hint: "this version knows opsets 1 to \(ONNXOperators.newestOpset): export the model for one of them")
    }
    return opsets
  }

  /// Inputs that have no initialiser.
  private var given: [ONNXValueInfoProto] {
    let initialised = Set(proto.graph.initializer.map(\.name) + proto.graph.sparseInitializer.map(\.values.name))
    return proto.graph.input.filter { !initialised.contains($0.name) }
  }

  /// Adds the inputs that have no initialiser. Tells whether all could be added.
  private func addInputs(_ scope: ONNXScope) -> Bool {
    let added = given.map { info in
      session.attempt(at: "input \"\(info.name)\"") { () throws(Diagnostic) in
        let type = try dims.type(info, session)
        scope.writer.graph.dims = dims.bounds
        scope[info.name] = .tensor(try scope.writer.addInput(info.name, type))
      }
    }
    return added.allSatisfy { $0 != nil }
  }

  private func addOutput(_ info: ONNXValueInfoProto, _ scope: ONNXScope, _ reader: ONNXGraphReader) {
    _ = session.attempt(at: "output \"\(info.name)\"") { () throws(Diagnostic) in
      switch scope[info.name] {
      case .tensor(let id): scope.writer.graph.addOutput(info.name, id)
      case .failed: return
      case nil: throw Diagnostic("no node computes it", hint: "the file is damaged, or was edited")
      case .sequence, .optional: throw Diagnostic("it is no tensor", hint: "only tensors leave a model")
      }
    }
  }
}
