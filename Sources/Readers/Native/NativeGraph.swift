import Containers
import GraphIR
import Tensors

/// Builds one graph: the model's own, or the body of an operator. Problems are reported, and what depends on them is left out, so
/// that the user sees all of them at once.
final class NativeGraph {
  /// What a name stands for: a value, or `nil` where a problem with it is reported.
  private var values: [String: ValueID?] = [:]
  /// Who gave a name.
  private var owners: [String: String] = [:]
  private var graph: Graph
  /// The shapes of the inputs as the file has them.
  private(set) var declared: [Shape] = []
  private let json: JSONValue
  private let isBody: Bool
  let tensors: NativeTensors
  let dims: NativeDims
  let session: ReadSession

  init(_ json: JSONValue, name: String, isBody: Bool = false, _ tensors: NativeTensors, _ dims: NativeDims, _ session: ReadSession) {
    self.json = json
    self.isBody = isBody
    self.tensors = tensors
    self.dims = dims
    self.session = session
    graph = Graph(name: name)
    graph.dims = isBody ? [:] : dims.bounds
  }

  /// The graph, or `nil` if there was a problem. `inputTypes` are what the inputs of a body have where it does not say so.
  func read(inputTypes: [TensorType?] = []) -> Graph? {
    let before = session.errorCount
    for name in tensors.names { owners[name] = "a tensor" }
    addInputs(inputTypes)
    let states = isBody ? [] : addStates()
    addNodes()
    for (id, next) in states { settle(id, next) }
    addOutputs()
    return session.errorCount == before ? graph : nil
  }
}

extension ReadSession {
  fileprivate var errorCount: Int { problems.all.count { $0.severity == .error } }
}

extension NativeGraph {
  /// Notes the owner of a name, or refuses one that is taken.
  private func claim(_ name: String, _ owner: String, _ json: JSONValue) throws(Diagnostic) {
    if let other = owners.updateValue(owner, forKey: name) {
      throw json.problem(
        "the name \"\(printable(name, limit: 60))\" is given twice: to \(other) and to \(owner)", hint: "rename one of the two")
    }
  }

  private func addInputs(_ types: [TensorType?]) {
    guard json.optional("inputs") != nil else { return session.report(json.problem("the key \"inputs\" is missing from \(json.summary)")) }
    var position = 0
    _ = session.each(json, "inputs") { (entry) throws(Diagnostic) in
      let known = types[safe: position] ?? nil
      position += 1
      let (name, type) = try entry.isString && isBody ? (entry.name(), inferred(known, entry)) : self.declared(entry, NativeKeys.input)
      try claim(name, "an input", entry)
      values[name] = graph.addInput(name, type)
    }
  }

  private func inferred(_ type: TensorType?, _ json: JSONValue) throws(Diagnostic) -> TensorType {
    if let type { return type }
    throw json.problem("the type of the input is not known from outside", hint: "write {\"name\": …, \"dtype\": …, \"shape\": […]}")
  }

  /// Name and type of an input or state.
  private func declared(_ json: JSONValue, _ keys: [String]) throws(Diagnostic) -> (String, TensorType) {
    session.checkKeys(json, keys)
    let name = try json.value("name").name()
    let dtype = try json.optional("dtype").map { (value) throws(Diagnostic) in try DType(json: value) } ?? .float32
    let shape = try dims.shape(json.value("shape"))
    if keys == NativeKeys.input { declared.append(shape.declared) }
    let quantisation = try json.optional("quantisation").map { (value) throws(Diagnostic) in
      try Quantisation(value, dtype, shape.settled, session)
    }
    return (name, TensorType(dtype, shape.settled, quantisation: quantisation))
  }

  private func addStates() -> [(ValueID, JSONValue)] {
    session.each(json, "states") { (entry) throws(Diagnostic) in
      let (name, type) = try self.declared(entry, NativeKeys.state)
      try claim(name, "a state", entry)
      let id = graph.addState(name, type)
      values[name] = id
      return (id, try entry.value("next"))
    }.compactMap { $0 }
  }

  private func settle(_ state: ValueID, _ json: JSONValue) {
    _ = session.located(json) { () throws(Diagnostic) in
      guard let next = try value(json.string(), json), let position = graph.states.firstIndex(where: { $0.input == state }) else { return }
      guard graph.type(next).dtype == graph.type(state).dtype, graph.type(next).shape == graph.type(state).shape else {
        throw json.problem("the state becomes \(graph.type(next))", hint: "it must stay \(graph.type(state))")
      }
      graph.states[position].output = next
    }
  }

  private func addOutputs() {
    guard let count = json.optional("outputs")?.count, count > 0 else {
      return session.report((json.optional("outputs") ?? json).problem("there are no outputs", hint: "\"outputs\": [\"y\"]"))
    }
    var taken: Set<String> = []
    _ = session.each(json, "outputs") { (entry) throws(Diagnostic) in
      let (name, source) = try output(entry)
      guard taken.insert(name).inserted else { throw entry.problem("two outputs have the name \"\(printable(name, limit: 60))\"") }
      guard let id = try value(source.string(), source) else { return }
      try check(entry, graph.type(id))
      graph.addOutput(name, id)
    }
  }

  private func output(_ json: JSONValue) throws(Diagnostic) -> (String, JSONValue) {
    if json.isString { return (try json.name(), json) }
    session.checkKeys(json, NativeKeys.output)
    let name = try json.value("name")
    return (try name.name(), json.optional("value") ?? name)
  }

  /// Holds an output to the type that the file says it has, if it does.
  private func check(_ json: JSONValue, _ type: TensorType) throws(Diagnostic) {
    if let dtype = json.optional("dtype"), try DType(json: dtype) != type.dtype { throw dtype.problem("the output is \(type)") }
    if let shape = json.optional("shape"), try dims.shape(shape).settled != type.shape { throw shape.problem("the output is \(type)") }
  }

  /// The value of a name; `nil` where a problem with it is reported already.
  private func value(_ name: String, _ json: JSONValue) throws(Diagnostic) -> ValueID? {
    if let known = values[name] { return known }
    switch tensors.find(name) {
    case .broken: return nil
    case .constant(let constant):
      let id = graph.addConstant(name, constant.tensor)
      graph.setType(id, TensorType(constant.tensor.dtype, constant.tensor.type.shape, quantisation: constant.quantisation))
      values[name] = id
      return id
    case .none:
      if owners[name] != nil { return nil }
      let advice = nearestHint(name, owners.keys.sorted() + tensors.allNames)
      let hint =
        isBody ? "a body sees its own inputs and tensors, and the tensors of the model; other values are given to it as inputs" : advice
      throw json.problem("there is no tensor \"\(printable(name, limit: 60))\"", hint: hint)
    }
  }
}

extension NativeGraph {
  private func addNodes() {
    let nodes = session.each(json, "nodes") { (entry) throws(Diagnostic) in try NativeNode(entry, session) }.compactMap { $0 }
    var titles: Set<String> = []
    for node in nodes {
      _ = session.located(node.json) { () throws(Diagnostic) in
        guard titles.insert(node.name).inserted else { throw Diagnostic("two nodes have the name \"\(printable(node.name, limit: 60))\"") }
        for case let name? in node.outputs { try claim(name, "an output of \(node.title)", node.json) }
      }
    }
    let order = NativeOrder(nodes)
    if let first = order.circle.first.map({ nodes[$0] }) {
      let names = order.circle.map { "\"\(nodes[$0].name)\"" }.joined(separator: " reads from ")
      return session.report(
        first.json.problem(
          "the nodes form a circle: \(names) reads from \"\(first.name)\"", hint: "memory between runs is kept in \"states\""))
    }
    for position in order.sorted { add(nodes[position]) }
  }

  private func add(_ node: NativeNode) {
    let outputs = session.located(node.json) { () throws(Diagnostic) in try self.outputs(node) } ?? nil
    for (position, name) in node.outputs.enumerated() {
      guard let name else { continue }
      values.updateValue(outputs?[safe: position], forKey: name)
      if let id = outputs?[safe: position], graph[id].name != name { graph.rename(id, name) }
    }
  }

  /// The outputs of a new node; `nil` where a problem is reported.
  private func outputs(_ node: NativeNode) throws(Diagnostic) -> [ValueID]? {
    let inputs = inputs(node)
    guard let call = NativeCall(node, inputs.map { graph.types($0) }, dims, session) else { return nil }
    guard let op = try call.op(body: { self.body(node, $0, $1) }), let inputs else { return nil }
    let outputs = try graph.add(op, inputs, name: node.outputs.first.flatMap { $0 } ?? node.name)
    graph.nodes[graph.nodes.count - 1].name = node.name
    guard node.outputs.count <= outputs.count else {
      throw node.json.problem("\(node.title) is given \(node.outputs.count) outputs", hint: "it has \(outputs.count)")
    }
    for id in outputs {
      if let problem = dims.sizeProblem(graph.type(id).shape) { throw Diagnostic("\(node.title): \(problem)", hint: NativeDims.sizeHint) }
    }
    return outputs
  }

  /// The inputs of a node; `nil` where a problem with one is reported.
  private func inputs(_ node: NativeNode) -> [ValueID?]? {
    var ids: [ValueID?] = []
    var isSound = true
    for case .named(let name, let json) in node.inputs {
      let id = session.located(json) { () throws(Diagnostic) in try value(name, json) } ?? nil
      if id == nil { isSound = false }
      ids.append(id)
    }
    guard isSound else { return nil }
    var named = ids[...]
    let dtype = ids.last.flatMap { $0 }.map { graph.type($0).dtype } ?? .float32
    return session.located(node.json) { () throws(Diagnostic) in
      try node.inputs.map { (input) throws(Diagnostic) in
        switch input {
        case .absent: nil
        case .named: named.popFirst() ?? nil
        case .number(let json): graph.addConstant("\(node.name):number", try NativeNumbers.tensor(json, dtype, nil))
        }
      }
    }
  }

  /// The body of a node by its key; its inputs are of these types where it does not say so.
  private func body(_ node: NativeNode, _ key: String, _ types: [TensorType?]) -> Graph? {
    guard let json = node.json.optional(key) else {
      session.report(node.json.problem("\(node.title) has no \(key)", hint: "\"\(key)\": {\"inputs\": …, \"nodes\": …, \"outputs\": …}"))
      return nil
    }
    session.checkKeys(json, NativeKeys.body)
    return NativeGraph(json, name: node.name, isBody: true, tensors.inner(json), dims, session).read(inputTypes: types)
  }
}
