import Tensors

/// A value of a JSON text that knows where it is, both in the file and by keys from the root, so that every problem with it
/// names both. A copy is cheap.
///
///     let model = try JSONValue(parsing: bytes, file: "model.json")
///     let layer = try model.value("config").array("layers")[3]
///     let units = try layer.value("config").int("units")               // throws at model.json:12:34, config.layers[3].config.units
///     let bias = try layer.value("config").bool("use_bias", default: true)
///     throw layer.problem("the layer has no inputs")
package struct JSONValue: Sendable {
  let node: JSONNode
  private let trail: JSONTrail

  /// Parses the whole of `bytes`. `file` is the name shown in diagnostics.
  package init(parsing bytes: [UInt8], file: String? = nil) throws(Diagnostic) {
    var parser = JSONParser(bytes, file: file)
    self.init(try parser.document(), JSONTrail(file: file))
  }

  package init(parsing text: String, file: String? = nil) throws(Diagnostic) {
    try self.init(parsing: Array(text.utf8), file: file)
  }

  private init(_ node: JSONNode, _ trail: JSONTrail) {
    self.node = node
    self.trail = trail
  }

  /// Where the value starts, with its keys from the root as the path. An element of an array of numbers alone has the
  /// line and column of the array.
  package var place: Place {
    let path = trail.description
    return Place(file: trail.file, line: Int(node.line), column: Int(node.column), path: path.isEmpty ? [] : [path])
  }

  /// The keys from the root: `config.layers[3].name`; empty at the root.
  package var path: String { trail.description }

  /// A problem with this value, at its place.
  package func problem(_ message: String, hint: String? = nil, severity: Diagnostic.Severity = .error) -> Diagnostic {
    Diagnostic(message, hint: hint, severity: severity, place: place)
  }

  /// The member `key`; `nil` where it is missing or this is not an object. A member that is `null` is a value.
  package subscript(key: String) -> JSONValue? {
    guard case .object(let members) = node.content else { return nil }
    return members[key].map { JSONValue($0, trail.appending(.key(key))) }
  }

  /// The element `index`; `nil` where there is none or this is not an array.
  package subscript(index: Int) -> JSONValue? {
    guard index >= 0, index < (count ?? 0), let content = element(index) else { return nil }
    return JSONValue(content, trail.appending(.index(index)))
  }

  private func element(_ index: Int) -> JSONNode? {
    switch node.content {
    case .array(let elements): elements[index]
    case .integers(let values): JSONNode(content: .integer(values[index]), line: node.line, column: node.column)
    case .numbers(let values): JSONNode(content: .number(values[index]), line: node.line, column: node.column)
    case .null, .bool, .integer, .number, .string, .object: nil
    }
  }

  /// The number of elements of an array or members of an object; `nil` for other values.
  package var count: Int? {
    switch node.content {
    case .array(let elements): elements.count
    case .integers(let values): values.count
    case .numbers(let values): values.count
    case .object(let members): members.keys.count
    case .null, .bool, .integer, .number, .string: nil
    }
  }

  /// The keys of an object in the order of the file; empty for other values.
  package var keys: [String] {
    if case .object(let members) = node.content { members.keys } else { [] }
  }
}

/// The keys and indices that lead from the root to a value.
final class JSONTrail: Sendable, CustomStringConvertible {
  enum Step: Sendable {
    case key(String)
    case index(Int)
  }

  let file: String?
  private let parent: JSONTrail?
  private let step: Step?

  convenience init(file: String?) { self.init(file: file, parent: nil, step: nil) }

  private init(file: String?, parent: JSONTrail?, step: Step?) {
    self.file = file
    self.parent = parent
    self.step = step
  }

  func appending(_ step: Step) -> JSONTrail { JSONTrail(file: file, parent: self, step: step) }

  var description: String {
    let before = parent?.description ?? ""
    return switch step {
    case nil: before
    case .index(let index): "\(before)[\(index)]"
    case .key(let key): before.isEmpty ? key : "\(before).\(key)"
    }
  }
}
