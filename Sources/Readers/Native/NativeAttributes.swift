import Containers
import GraphIR
import Operators
import Tensors

/// Attributes of one node, as the file has them.
struct NativeAttributes {
  let members: [(key: String, value: JSONValue)]
  let dims: NativeDims
  let session: ReadSession

  init?(_ node: JSONValue, _ dims: NativeDims, _ session: ReadSession) {
    self.dims = dims
    self.session = session
    guard let object = node.optional("attributes") else {
      members = []
      return
    }
    guard let members = session.located(object, { () throws(Diagnostic) in try object.members() }) else { return nil }
    self.members = members
  }

  /// The operator with these attributes, or `nil` after reporting every problem with them.
  func applied<Op: Operator>(to type: Op.Type) -> (any Operator)? {
    var op = Op()
    var isSound = true
    for (key, json) in members {
      guard let attribute = Op.attributes.first(where: { $0.name == key }) else {
        report(unknown: key, json, of: Op.name, Op.attributes.map(\.name))
        isSound = false
        continue
      }
      let written: Void? = session.located(json) { () throws(Diagnostic) in
        try attribute.write(&op, try value(json, attribute.kind))
      }
      if written == nil { isSound = false }
    }
    return isSound ? op.substituting(dims.settled) : nil
  }

  /// The numbers that an elementwise function is called with.
  func numbers(of row: ElementwiseFunction) -> [String: Double]? {
    var numbers: [String: Double] = [:]
    for (key, json) in members {
      if row.defaults.contains(where: { $0.name == key }) {
        numbers[key] = session.located(json) { () throws(Diagnostic) in try json.double() }
      } else {
        report(unknown: key, json, of: row.name, row.defaults.map(\.name))
      }
    }
    return numbers.count == members.count ? numbers : nil
  }

  /// The type that `cast` converts to.
  func dtype(_ node: JSONValue) -> DType? {
    for (key, json) in members where key != "dtype" { report(unknown: key, json, of: "cast", ["dtype"]) }
    guard let json = members.first(where: { $0.key == "dtype" })?.value else {
      session.report(node.problem("cast has no attribute \"dtype\"", hint: "\"attributes\": {\"dtype\": \"float32\"}"))
      return nil
    }
    let dtype = session.located(json) { () throws(Diagnostic) in try DType(json: json) }
    return members.count == 1 ? dtype : nil
  }

  private func report(unknown key: String, _ json: JSONValue, of name: String, _ known: [String]) {
    let hint = known.isEmpty ? "it has none" : "it has: \(known.joined(separator: ", "))"
    session.report(json.problem("\(name) has no attribute \"\(printable(key, limit: 60))\"", hint: hint))
  }

  /// A value of any kind; the operator says whether it takes it.
  private func value(_ json: JSONValue, _ kind: AttributeKind) throws(Diagnostic) -> AttributeValue {
    if json.isArray { return try list(json, kind) }
    if json.isString { return .string(try json.string()) }
    if let flag = try? json.bool() { return .bool(flag) }
    if let integer = try? json.int() { return .int(try bounded(integer, json)) }
    return .float(try json.double())
  }

  private func list(_ json: JSONValue, _ kind: AttributeKind) throws(Diagnostic) -> AttributeValue {
    if kind == .dims { return .strings(try json.map { (extent) throws(Diagnostic) in try text(extent) }) }
    if let integers = try? json.ints() {
      for integer in integers { _ = try bounded(integer, json) }
      return .ints(integers)
    }
    return .floats(try json.doubles())
  }

  private func text(_ json: JSONValue) throws(Diagnostic) -> String {
    guard json.isString else { return "\(try bounded(json.int(), json))" }
    let text = try json.string()
    if let dim = Dim(text: text) { try dims.check(dim, json) }
    return text
  }

  private func bounded(_ value: Int, _ json: JSONValue) throws(Diagnostic) -> Int {
    guard value.magnitude <= 1 << 31 else {
      throw json.problem("the number \(value)", hint: "integers of attributes lie between -2^31 and 2^31; 2147483647 reaches any end")
    }
    return value
  }
}
