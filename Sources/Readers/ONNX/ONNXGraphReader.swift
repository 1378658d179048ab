import GraphIR
import ONNXProto
import Tensors

/// Reads the nodes of one graph or function, in order. Problems of nodes are collected; what depends on one is left out.
struct ONNXGraphReader {
  private let scope: ONNXScope

  init(_ scope: ONNXScope) { self.scope = scope }

  private var session: ReadSession { scope.model.session }

  func read(_ graph: ONNXGraphProto) {
    scope.declare(graph.valueInfo + graph.output)
    for tensor in graph.initializer {
      let value = session.attempt { () throws(Diagnostic) in try scope.model.tensors.tensor(tensor) }
      scope[tensor.name] = value.map { .tensor(scope.writer.graph.addConstant(tensor.name, $0)) } ?? .failed
    }
    for sparse in graph.sparseInitializer {
      let value = session.attempt(at: "tensor \"\(sparse.values.name)\"") { () throws(Diagnostic) in try scope.model.tensors.dense(sparse) }
      scope[sparse.values.name] = value.map { .tensor(scope.writer.graph.addConstant(sparse.values.name, $0)) } ?? .failed
    }
    read(graph.node)
  }

  func read(_ nodes: [ONNXNodeProto]) {
    scope.implied = ONNXExtentBounds(nodes) { scope.declared($0)?.declaredExtents }
    for (position, node) in nodes.enumerated() { read(node, position) }
  }

  private func read(_ node: ONNXNodeProto, _ position: Int) {
    let title = "node \(node.name.isEmpty ? "\(position)" : "\"\(node.name)\"") (\(node.opType))"
    let outputs = session.attempt(at: title) { () throws(Diagnostic) in try call(node, position) }
    for (index, name) in node.output.enumerated() where !name.isEmpty {
      scope[name] = outputs.flatMap { index < $0.count ? $0[index] : nil } ?? .failed
    }
    if let outputs, let missing = node.output.indices.first(where: { $0 >= outputs.count && !node.output[$0].isEmpty }) {
      session.report(Diagnostic("output \(missing) is asked for, which is not supported", hint: "leave it out when you export").at(title))
    }
  }

  /// The outputs of a node; all failed where an input is.
  private func call(_ node: ONNXNodeProto, _ position: Int) throws(Diagnostic) -> [ONNXValue] {
    try scope.model.countNode()
    let key = ONNXOperator.Key(domain: ONNXOperators.canonical(node.domain), name: node.opType)
    let values = try inputs(of: node)
    let function = scope.model.functions[key]
    guard let row = ONNXOperators.byKey[key], function == nil else {
      guard let function else { throw unknown(key) }
      return values.isFailed ? node.failed : try inline(function, node, values)
    }
    let opset = try opset(row)
    if values.isFailed { return node.failed }
    let attributes = ONNXAttributes(node.attribute, environment: scope.environment, scope.model.tensors)
    let call = ONNXCall(proto: node, opset: opset, attributes: attributes, values: values, scope: scope)
    try check(row, call)
    let (outer, count) = (scope.writer.scope, scope.writer.graph.nodes.count)
    defer { scope.writer.scope = outer }
    scope.writer.scope = node.title(position, in: outer)
    let extents = try ONNXExtentArithmetic.outputs(call, row)
    let outputs = extents == nil ? try row.build(call) : extents ?? []
    if let stray = attributes.unread.first {
      throw Diagnostic("the attribute \"\(stray)\" is not known", hint: "export the model with standard operators only")
    }
    name(outputs, node, madeAfter: count)
    return outputs
  }

  private func inputs(of node: ONNXNodeProto) throws(Diagnostic) -> [ONNXValue?] {
    try node.input.map { (name) throws(Diagnostic) in
      if name.isEmpty { return nil }
      if let value = try scope.lookUp(name) { return value }
      throw Diagnostic("its input \"\(name)\" is computed by no node before it", hint: "nodes have to stand in the order in which they run")
    }
  }

  private func unknown(_ key: ONNXOperator.Key) -> Diagnostic {
    let domain = key.domain.isEmpty ? "" : " of the domain \"\(key.domain)\""
    return Diagnostic(
      "the operator \(key.name)\(domain) is not supported",
      hint: "docs/onnx.md lists what is; try to export with another opset, or express it by other operators")
  }

  private func opset(_ row: ONNXOperator) throws(Diagnostic) -> Int {
    guard let opset = scope.opsets[row.domain] else {
      // Some writers leave out domains other than the standard's.
      if !row.domain.isEmpty { return 1 }
      throw Diagnostic("the model does not say which opset it is written for", hint: "export it again")
    }
    guard opset >= row.since else {
      throw Diagnostic("\(row.name) came with opset \(row.since), and the model is written for \(opset)", hint: "export it again")
    }
    return opset
  }

  private func check(_ row: ONNXOperator, _ call: ONNXCall) throws(Diagnostic) {
    guard case .tensor(let id) = call.optionalValue(0) else { return }
    let dtype = scope.writer.dtype(id)
    guard row.types.contains(dtype) else {
      throw Diagnostic("input 0 is \(scope.writer.type(id))", hint: "\(row.name) takes \(row.types.title)")
    }
  }

  /// Gives tensors that the node has made the names that the model has for them.
  private func name(_ outputs: [ONNXValue], _ node: ONNXNodeProto, madeAfter count: Int) {
    for (value, name) in zip(outputs, node.output) {
      guard case .tensor(let id) = value, !name.isEmpty else { continue }
      scope.writer.nameResult(id, as: name, madeAfter: count)
    }
  }
}

extension ONNXGraphReader {
  /// The body of a function in place of the node that calls it.
  private func inline(_ function: ONNXFunctionProto, _ node: ONNXNodeProto, _ values: [ONNXValue?]) throws(Diagnostic) -> [ONNXValue] {
    let inner = try ONNXScope(
      in: scope, scope.writer, opsets: try scope.model.opsets(function.opsetImport), seesParent: false)
    for (name, value) in zip(function.input, values) { inner[name] = value }
    for attribute in function.attributeProto { inner.environment[attribute.name] = attribute }
    let attributes = ONNXAttributes(node.attribute, environment: scope.environment, scope.model.tensors)
    inner.environment.merge(attributes.all) { $1 }
    inner.declare(function.valueInfo)
    for (name, outer) in zip(function.output, node.output) where !outer.isEmpty {
      if let declared = scope.declared(outer) { inner.declare(name, declared) }
    }
    let outer = scope.writer.scope
    defer { scope.writer.scope = outer }
    scope.writer.scope = scope.writer.name(node.name.isEmpty ? function.name : node.name)
    ONNXGraphReader(inner).read(function.node)
    return try function.output.map { (name) throws(Diagnostic) in
      guard let value = inner[name] else { throw Diagnostic("the function does not compute its output \"\(name)\"") }
      return value
    }
  }
}

extension [ONNXValue?] {
  /// One of the values could not be computed.
  fileprivate var isFailed: Bool { contains { if case .failed = $0 { true } else { false } } }
}

extension ONNXNodeProto {
  fileprivate var failed: [ONNXValue] { output.map { _ in .failed } }

  /// What the node's own nodes are called.
  fileprivate func title(_ position: Int, in outer: String) -> String {
    let own = name.isEmpty ? output.first { !$0.isEmpty } ?? "\(opType)_\(position)" : name
    return outer.isEmpty ? own : "\(outer)/\(own)"
  }
}
