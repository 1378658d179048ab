import Containers
import Tensors

/// One node as the file has it.
struct NativeNode {
  enum Input {
    case absent
    case named(String, JSONValue)
    /// A number stands for a scalar of the type of the last input that has a name.
    case number(JSONValue)
  }

  let json: JSONValue
  let op: String
  let name: String
  let inputs: [Input]
  /// `nil` for outputs that nobody reads.
  let outputs: [String?]

  init(_ json: JSONValue, _ session: ReadSession) throws(Diagnostic) {
    session.checkKeys(json, NativeKeys.node)
    self.json = json
    op = try json.string("op")
    inputs = try json.array("inputs", default: []).map { (value) throws(Diagnostic) in try Self.input(value) }
    let given = try json.optional("name").map { (value) throws(Diagnostic) in try value.name() }
    let listed = try json.optional("outputs").map { (value) throws(Diagnostic) in try Self.outputs(value) }
    guard let first = (listed?.first ?? nil) ?? given else {
      throw json.problem("the node has neither outputs nor a name", hint: "\"outputs\": [\"y\"]")
    }
    name = given ?? first
    outputs = listed ?? [first]
  }

  private static func input(_ json: JSONValue) throws(Diagnostic) -> Input {
    if json.isNull { return .absent }
    if json.isString { return .named(try json.string(), json) }
    guard (try? json.double()) != nil else { throw json.wrongKind("the name of a tensor, a number, or null") }
    return .number(json)
  }

  private static func outputs(_ json: JSONValue) throws(Diagnostic) -> [String?] {
    try json.map { (value) throws(Diagnostic) in value.isNull ? nil : try value.name() }
  }

  var title: String { "\(op) \"\(name)\"" }
  var readNames: [String] { inputs.compactMap { if case .named(let name, _) = $0 { name } else { nil } } }
}

extension JSONValue {
  /// A name that the file gives to something.
  func name() throws(Diagnostic) -> String {
    let text = try string()
    guard !text.isEmpty, text.utf8.count <= 1_000 else { throw problem("a name of \(text.utf8.count) bytes", hint: "names have 1 to 1000") }
    return text
  }
}

/// Puts nodes into an order in which they can run: that of the file where it is one.
struct NativeOrder {
  private let nodes: [NativeNode]
  private var producers: [String: Int] = [:]
  private enum Mark { case unseen, open, done }
  private var marks: [Mark]
  private(set) var sorted: [Int] = []
  /// Positions of the nodes of one circle, each reading from the next; empty if there is none.
  private(set) var circle: [Int] = []

  init(_ nodes: [NativeNode]) {
    self.nodes = nodes
    marks = [Mark](repeating: .unseen, count: nodes.count)
    for (position, node) in nodes.enumerated() {
      for case let name? in node.outputs where producers[name] == nil { producers[name] = position }
    }
    for position in nodes.indices where circle.isEmpty { visit(position) }
  }

  /// Depth first, with a stack of its own: a chain may be longer than the thread's stack.
  private mutating func visit(_ start: Int) {
    guard marks[start] == .unseen else { return }
    var path: [(node: Int, left: ArraySlice<Int>)] = [(start, sources(start))]
    marks[start] = .open
    while let top = path.last {
      guard let next = top.left.first else {
        marks[top.node] = .done
        sorted.append(top.node)
        path.removeLast()
        continue
      }
      path[path.count - 1].left.removeFirst()
      switch marks[next] {
      case .done: continue
      case .open:
        circle = path.map(\.node).suffix(from: path.firstIndex { $0.node == next } ?? 0).map { $0 }
        return
      case .unseen:
        marks[next] = .open
        path.append((next, sources(next)))
      }
    }
  }

  private func sources(_ position: Int) -> ArraySlice<Int> { nodes[position].readNames.compactMap { producers[$0] }[...] }
}
