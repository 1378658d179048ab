import Containers
import Tensors

/// Reads the arguments of calls in the two styles of `inbound_nodes`.
enum KerasArgumentParser {
  /// The calls of a layer.
  static func calls(_ inbound: JSONValue) throws(Diagnostic) -> [KerasCallSpec] {
    try inbound.map { (node) throws(Diagnostic) in node.isObject ? try call(node) : try oldCall(node) }
  }

  /// Keras 3: `{"args": […], "kwargs": {…}}` with tensors as objects at any depth.
  private static func call(_ node: JSONValue) throws(Diagnostic) -> KerasCallSpec {
    var call = KerasCallSpec()
    call.arguments = try (node.optional("args")?.array() ?? []).map { (value) throws(Diagnostic) in try argument(value) }
    for (key, value) in try node.optional("kwargs")?.members() ?? [] { call.keywords[key] = try argument(value) }
    return call
  }

  private static func argument(_ value: JSONValue) throws(Diagnostic) -> KerasArgumentSpec {
    if value.isObject {
      switch try value.optional("class_name")?.string() {
      case "__keras_tensor__": return .tensor(try reference(value.value("config").value("keras_history")))
      case "__tuple__": return try argument(value.value("items"))
      case nil: return try dictionary(value, argument)
      default: return .literal(value)
      }
    }
    guard value.isArray, holdsTensor(value) else { return .literal(value) }
    return .list(try value.map(argument))
  }

  private static func dictionary(
    _ value: JSONValue, _ element: (JSONValue) throws(Diagnostic) -> KerasArgumentSpec
  ) throws(Diagnostic) -> KerasArgumentSpec {
    var members: [(key: String, value: KerasArgumentSpec)] = []
    for member in try value.members() { members.append((member.key, try element(member.value))) }
    return .dictionary(members.sorted { $0.key < $1.key })
  }

  private static func holdsTensor(_ value: JSONValue) -> Bool {
    if value.isObject {
      if let name = value["class_name"] { return (try? name.string()) == "__keras_tensor__" || value["items"].map(holdsTensor) == true }
      return value.keys.contains { key in value[key].map(holdsTensor) == true }
    }
    guard value.isArray, let count = value.count else { return false }
    return (0..<count).contains { value[$0].map(holdsTensor) == true }
  }

  /// `["layer", call, tensor]`.
  static func reference(_ value: JSONValue) throws(Diagnostic) -> KerasReference {
    guard let layer = value[0], let call = value[1], let tensor = value[2] else {
      throw value.wrongKind("a tensor as [\"layer\", call, output]")
    }
    return KerasReference(layer: try layer.string(), call: try call.boundedInt(), tensor: try tensor.boundedInt())
  }

  static func isReference(_ value: JSONValue) -> Bool {
    value.count == 3 && value[0]?.isString == true && value[1].map { (try? $0.int()) != nil } == true
  }
}

extension KerasArgumentParser {
  /// Keras 1 and 2: `[["layer", call, tensor, {keyword arguments}], …]`.
  private static func oldCall(_ node: JSONValue) throws(Diagnostic) -> KerasCallSpec {
    var call = KerasCallSpec()
    var tensors: [KerasArgumentSpec] = []
    let isWrapped = node[0]?.isArray == true || node[0]?.isObject == true
    for entry in isWrapped ? try node.array() : [node] {
      tensors.append(try oldTensor(entry))
      for (key, value) in try entry[3]?.members() ?? [] { call.keywords[key] = try oldKeyword(value) }
    }
    call.arguments = tensors.count == 1 ? tensors : [.list(tensors)]
    return call
  }

  /// A tensor, or a constant as `["_CONSTANT_VALUE", -1, value, {…}]`.
  private static func oldTensor(_ entry: JSONValue) throws(Diagnostic) -> KerasArgumentSpec {
    if (try? entry[0]?.string()) == "_CONSTANT_VALUE", let value = entry[2] { return .literal(value) }
    return .tensor(try reference(entry))
  }

  private static func oldKeyword(_ value: JSONValue) throws(Diagnostic) -> KerasArgumentSpec {
    if isReference(value) { return .tensor(try reference(value)) }
    if (try? value[0]?.string()) == "_CONSTANT_VALUE", let constant = value[2] { return .literal(constant) }
    guard value.isArray, value[0].map(isReference) == true else { return .literal(value) }
    return .list(try value.map(oldKeyword))
  }
}

extension KerasArgumentParser {
  /// `input_layers` and `output_layers`: one tensor, or lists and dictionaries of them.
  static func structure(_ value: JSONValue) throws(Diagnostic) -> KerasArgumentSpec {
    if isReference(value) { return .tensor(try reference(value)) }
    if value.isObject { return try dictionary(value, structure) }
    return .list(try value.map(structure))
  }
}
