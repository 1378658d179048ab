import Containers
import GraphIR
import Operators
import Tensors

/// An activation as a configuration names it.
enum KerasActivation {
  case none
  /// A row of the table of elementwise functions.
  case function(String, [String: Double])
  case softmax(isLogarithm: Bool)
  case sparsemax
  /// The first half of the last axis times the sigmoid of the second.
  case glu
  /// A layer as an object: `{"class_name": "LeakyReLU", "config": …}`.
  case layer(KerasLayerSpec)

  /// A name in any spelling, an object that names a function or a layer, or null.
  init(_ json: JSONValue?, _ version: KerasVersion) throws(Diagnostic) {
    guard let json, !json.isNull else {
      self = .none
      return
    }
    if json.isObject {
      let className = try json.string("class_name")
      if let config = json.optional("config"), config.isString {
        self = try Self.named(config, version)
      } else if KerasLayers.byName[className] != nil {
        self = .layer(try KerasModelParser.layer(json))
      } else if let name = json["config"]?.optional("name") ?? json["config"]?.optional("activation"), name.isString {
        self = try Self.named(name, version)
      } else {
        throw json.problem("the activation is \(json.summary)", hint: "known are names of keras.activations and layers")
      }
    } else {
      self = try Self.named(json, version)
    }
  }

  private static func named(_ json: JSONValue, _ version: KerasVersion) throws(Diagnostic) -> KerasActivation {
    let written = try json.string()
    let name = snakeCase(written.split(separator: ">").last.map { String($0) } ?? written)
    switch name {
    case "linear", "identity": return .none
    case "softmax", "softmax_v2": return .softmax(isLogarithm: false)
    case "log_softmax", "log_softmax_v2": return .softmax(isLogarithm: true)
    case "sparsemax": return .sparsemax
    case "glu": return .glu
    // Keras 1 and 2 and TensorFlow.js: clip(0.2 x + 0.5, 0, 1); Keras 3: relu6(x + 3) / 6.
    case "hard_sigmoid": return .function(name, version == .old ? ["alpha": 0.2, "beta": 0.5] : [:])
    case "leaky_relu": return .function(name, ["negative_slope": 0.2])
    default:
      guard names.contains(name) || aliases[name] != nil else {
        throw json.problem(
          "the activation \"\(written)\" is not known",
          hint:
            "known are \((Array(names) + ["glu", "hard_sigmoid", "leaky_relu", "linear", "softmax", "sparsemax"]).sorted().joined(separator: ", "))"
        )
      }
      return .function(aliases[name] ?? name, [:])
    }
  }

  /// Names that Keras shares with the table.
  private static let names: Set<String> = [
    "relu", "relu6", "sigmoid", "tanh", "elu", "selu", "celu", "gelu", "softplus", "softsign", "silu", "mish", "exponential",
    "hard_silu", "hard_tanh", "hard_shrink", "soft_shrink", "tanh_shrink", "log_sigmoid", "squareplus", "sparse_plus", "sparse_sigmoid",
    "threshold",
  ]

  private static let aliases = [
    "swish": "silu", "hard_swish": "hard_silu", "exp": "exponential", "gelu_new": "gelu", "logsigmoid": "log_sigmoid", "relu_6": "relu6",
  ]
}

extension KerasLayerCall {
  /// The activation under `key`.
  func activation(_ key: String = "activation", default other: String? = nil) throws(Diagnostic) -> KerasActivation {
    if let value = config.value(key) { return try KerasActivation(value, builder.version) }
    if let other { return try KerasActivation(JSONValue(parsing: "\"\(other)\""), builder.version) }
    return .none
  }

  /// The activation applied to `x`.
  func activate(_ x: ValueID, _ activation: KerasActivation, _ label: String = "activation") throws(Diagnostic) -> ValueID {
    switch activation {
    case .none: return x
    case .function(let name, let attributes):
      return try writer.unary(name, name == "relu" ? x : writer.floating(x), attributes, label)
    case .softmax(let isLogarithm): return try writer.add(Softmax(axis: -1, isLogarithm: isLogarithm), [try writer.floating(x)], label)
    case .sparsemax: return try writer.kerasSparsemax(x, axis: -1, label)
    case .glu: return try writer.glu(x, axis: -1, label)
    case .layer(let spec):
      let scope = writer.scope.isEmpty ? label : "\(writer.scope)/\(label)"
      let outputs = try builder.call(spec, [.tensor(KerasTensor(x))], [:], weights.child([label], names: [spec.name]).path, scope: scope)
      guard let first = outputs.first else { throw Diagnostic("the activation gives nothing") }
      return first.id
    }
  }
}

extension KerasLayers {
  static let activations: [KerasLayerClass] = [
    KerasLayerClass("Activation", masks: .pass) { (call) throws(Diagnostic) in
      [KerasTensor(try call.activate(try call.input().id, try call.activation(), ""))]
    },
    KerasLayerClass("ReLU", "ThresholdedReLU", masks: .pass) { (call) throws(Diagnostic) in try relu(call) },
    KerasLayerClass("LeakyReLU", masks: .pass) { (call) throws(Diagnostic) in
      let slope = try call.config.double("negative_slope", "alpha", default: 0.3)
      return [KerasTensor(try call.writer.unary("leaky_relu", try call.input().id, ["negative_slope": slope], ""))]
    },
    KerasLayerClass("ELU", masks: .pass) { (call) throws(Diagnostic) in
      [KerasTensor(try call.writer.unary("elu", try call.input().id, ["alpha": try call.config.double("alpha", default: 1)], ""))]
    },
    KerasLayerClass("PReLU", masks: .pass) { (call) throws(Diagnostic) in try prelu(call) },
    KerasLayerClass("Softmax", masks: .pass) { (call) throws(Diagnostic) in try softmax(call) },
  ]

  private static func relu(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    var attributes: [String: Double] = [:]
    if call.spec.className == "ThresholdedReLU" {
      attributes["threshold"] = try call.config.double("theta", default: 1)
    } else {
      attributes["max_value"] = try call.config.optionalDouble("max_value") ?? .infinity
      attributes["negative_slope"] = try call.config.double("negative_slope", default: 0)
      attributes["threshold"] = try call.config.double("threshold", default: 0)
    }
    return [KerasTensor(try call.writer.unary("relu", try call.input().id, attributes, ""))]
  }

  /// A slope for each element, or one along the shared axes: `x` above zero, `alpha x` below.
  private static func prelu(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    let x = try call.input()
    var dims: [Int] = []
    let shared = try call.config.intList("shared_axes") ?? []
    for (axis, dim) in call.shape(x).enumerated().dropFirst() {
      dims.append(shared.contains(axis) ? 1 : try call.constant(dim, "axis \(axis)"))
    }
    let alpha = try call.weight("alpha", dims, aliases: ["alphas"])
    let writer = call.writer
    let scaled = try writer.binary("multiply", alpha, x.id, "scaled")
    let isNegative = try writer.binary("less", x.id, 0, "negative")
    return [KerasTensor(try writer.apply("where", [.value(isNegative), .value(scaled), .value(x.id)], ""))]
  }

  /// Over one axis or several; masked places get nothing.
  private static func softmax(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    let x = try call.input()
    let axes = try call.config.intList("axis") ?? [-1]
    let writer = call.writer
    let mask = call.arguments[safe: 1]?.tensor?.id ?? call.mask()
    let logits =
      try mask.map { (mask) throws(Diagnostic) in
        let hidden = try writer.binary("add", x.id, writer.farBelowZero(x.id), "hidden")
        return try writer.apply("where", [.value(mask), .value(x.id), .value(hidden)], "visible")
      } ?? x.id
    var result = try writer.softmax(logits, axes: axes, mask == nil ? "" : "softmax")
    if let mask { result = try writer.binary("multiply", result, try writer.cast(mask, to: writer.dtype(result), "mask"), "") }
    return [KerasTensor(result)]
  }
}
