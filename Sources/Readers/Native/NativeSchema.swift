import Containers
import GraphIR
import Operators
import Tensors

/// `docs/model.schema.json`: the format as a JSON Schema (draft 2020-12), made from the registries of operators and functions.
package enum NativeSchema {
  package static var text: String { document.pretty }

  private static var document: JSON {
    [
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "title": "swiftdl model",
      "description": .string("A network as swiftdl's own JSON, version \(NativeModel.version). Explained in docs/json-format.md."),
      "type": "object",
      "required": ["format", "version", "inputs", "outputs", "nodes"],
      "properties": .object(members(NativeKeys.model, modelProperties)),
      "additionalProperties": false,
      "$defs": definitions,
    ]
  }

  private static let modelProperties: [String: JSON] = [
    "format": ["const": "swiftdl"],
    "version": ["const": .integer(NativeModel.version)],
    "name": text("What the model is called."),
    "dims": [
      "description": "Open dimensions: a value, or a bound as in \"..256\"; --dim and --batch override them.", "type": "object",
      "additionalProperties": ["anyOf": [["type": "integer", "minimum": 1], ["type": "string", "pattern": "^\\.\\.[0-9]+$"]]],
    ],
    "inputs": list(of: "input"), "states": list(of: "state"), "outputs": outputs, "nodes": list(of: "node"),
    "tensors": reference("tensors"),
    "weights": text("A file beside the model: safetensors, .npz, or plain little-endian elements; told by its contents."),
    "tests": list(of: "test"),
    "metadata": ["description": "Anything; it is not read."],
    "$schema": ["type": "string"],
  ]

  private static let outputs: JSON = ["type": "array", "minItems": 1, "items": reference("output")]

  private static var definitions: JSON {
    .object([
      .init("comment", ["description": "Anything; it is not read."]),
      .init("dtype", ["enum": strings(DType.allCases.map(\.rawValue))]),
      .init("extents", ["type": "array", "items": ["anyOf": [["type": "integer", "minimum": 1], ["type": "string"]]]]),
      .init("numbers", ["anyOf": [["type": ["number", "boolean"]], ["type": "array", "items": reference("numbers")]]]),
      .init("quantisation", quantisation), .init("input", input(NativeKeys.input)), .init("state", input(NativeKeys.state)),
      .init("output", output), .init("tensor", tensor), .init("tensors", ["type": "object", "additionalProperties": reference("tensor")]),
      .init("body", body), .init("node", node), .init("test", test),
    ])
  }

  private static let quantisation = object(
    NativeKeys.quantisation, required: ["scale"],
    [
      "scale": oneOrMore("number"), "zero_point": oneOrMore("integer"),
      "axis": ["type": "integer", "description": "The axis with a scale for each index."],
    ])

  private static func input(_ keys: [String]) -> JSON {
    object(
      keys, required: keys == NativeKeys.state ? ["name", "shape", "next"] : ["name", "shape"],
      [
        "name": name, "dtype": reference("dtype"), "shape": reference("extents"), "quantisation": reference("quantisation"),
        "next": text("The tensor that the state becomes when a run ends."),
      ])
  }

  private static let output: JSON = [
    "anyOf": [
      name,
      object(
        NativeKeys.output, required: ["name"],
        [
          "name": name, "value": text("The tensor, where it is called otherwise."), "dtype": reference("dtype"),
          "shape": reference("extents"),
        ]),
    ]
  ]

  private static let tensor: JSON = [
    "anyOf": [
      reference("numbers"),
      object(
        NativeKeys.tensor, required: [],
        [
          "dtype": reference("dtype"), "shape": ["type": "array", "items": ["type": "integer", "minimum": 1]],
          "data": ["anyOf": [reference("numbers"), data]], "quantisation": reference("quantisation"),
        ]),
    ]
  ]

  private static let data = object(
    NativeKeys.data, required: [],
    [
      "base64": text("Little-endian elements."), "file": text("A file of little-endian elements beside the model."),
      "offset": ["type": "integer", "minimum": 0, "description": "The byte of that file, or of \"weights\", where the elements start."],
    ])

  private static let body = object(
    NativeKeys.body, required: ["inputs", "outputs", "nodes"],
    [
      "name": name, "inputs": ["type": "array", "items": ["anyOf": [name, reference("input")]]], "outputs": outputs,
      "nodes": list(of: "node"), "tensors": reference("tensors"),
    ])

  private static let test = object(
    NativeKeys.test, required: ["inputs", "outputs"],
    [
      "inputs": vectors, "outputs": vectors,
      "tolerance": ["type": "number", "minimum": 0, "description": "As a share of the largest magnitude."],
      "continues": ["type": "boolean", "description": "The states are those that the test before left."],
    ])

  private static let vectors: JSON = [
    "description": "In order, or by name; a string names a tensor.",
    "anyOf": [["type": "array", "items": vector], ["type": "object", "additionalProperties": vector]],
  ]
  private static let vector: JSON = ["anyOf": [["type": "string"], reference("tensor")]]
}

extension NativeSchema {
  private static var node: JSON {
    let properties = object(
      NativeKeys.node, required: ["op"],
      [
        "op": ["enum": strings(NativeCall.names.sorted())], "name": name,
        "inputs": ["type": "array", "items": ["type": ["string", "number", "null"]]],
        "outputs": ["type": "array", "items": ["type": ["string", "null"]]], "attributes": ["type": "object"], "body": reference("body"),
        "then": reference("body"), "else": reference("body"),
      ])
    guard case .object(let members) = properties else { return properties }
    return .object(members + [.init("allOf", .array(NativeCall.names.sorted().map { condition($0, attributes(of: $0)) }))])
  }

  private static func condition(_ name: String, _ attributes: JSON) -> JSON {
    [
      "if": ["properties": ["op": ["const": .string(name)]]],
      "then": ["properties": ["attributes": ["properties": attributes, "additionalProperties": false]]],
    ]
  }

  private static func attributes(of name: String) -> JSON {
    if name == "cast" { return ["dtype": reference("dtype")] }
    if let type = OperatorSet.byName[name] { return attributes(type) }
    let row = ElementwiseFunction.byName[name]
    return .object((row?.defaults ?? []).map { .init($0.name, ["type": "number", "default": finite($0.value)]) })
  }

  private static func attributes<Op: Operator>(_ type: Op.Type) -> JSON {
    .object(Op.attributes.map { .init($0.name, value($0.kind, default: $0.read(Op()))) })
  }

  private static func value(_ kind: AttributeKind, default value: AttributeValue) -> JSON {
    switch kind {
    case .bool: ["type": "boolean", "default": plain(value)]
    case .int: ["type": "integer", "default": plain(value)]
    case .float: ["type": "number", "default": plain(value)]
    case .string: ["type": "string", "default": plain(value)]
    case .ints: ["type": "array", "items": ["type": "integer"], "default": plain(value)]
    case .floats: ["type": "array", "items": ["type": "number"], "default": plain(value)]
    case .dims: ["type": "array", "items": ["type": ["integer", "string"]], "default": plain(value)]
    case .choice(let names): ["enum": strings(names), "default": plain(value)]
    }
  }

  private static func plain(_ value: AttributeValue) -> JSON {
    switch value {
    case .bool(let flag): .bool(flag)
    case .int(let number): .integer(number)
    case .float(let number): finite(number)
    case .string(let text): .string(text)
    case .ints(let numbers): .array(numbers.map { .integer($0) })
    case .floats(let numbers): .array(numbers.map { finite($0) })
    case .strings(let texts): strings(texts)
    }
  }

  /// A schema is JSON for everybody: an infinite default is shown as text.
  private static func finite(_ value: Double) -> JSON { value.isFinite ? .number(value) : .string("\(value)") }

  private static let name: JSON = ["type": "string", "minLength": 1]
  private static func text(_ description: String) -> JSON { ["type": "string", "description": .string(description)] }
  private static func reference(_ name: String) -> JSON { ["$ref": .string("#/$defs/\(name)")] }
  private static func list(of name: String) -> JSON { ["type": "array", "items": reference(name)] }
  private static func strings(_ texts: [String]) -> JSON { .array(texts.map { .string($0) }) }
  private static func oneOrMore(_ type: String) -> JSON {
    ["anyOf": [["type": .string(type)], ["type": "array", "items": ["type": .string(type)]]]]
  }

  private static func object(_ keys: [String], required: [String], _ properties: [String: JSON]) -> JSON {
    [
      "type": "object", "required": strings(required), "properties": .object(members(keys, properties)), "additionalProperties": false,
    ]
  }

  /// The keys that the reader knows, each with its schema.
  private static func members(_ keys: [String], _ properties: [String: JSON]) -> [JSON.Member] {
    keys.map { .init($0, properties[$0] ?? true) } + [.init("comment", reference("comment"))]
  }
}
