import Containers
import Tensors

/// Reads the configuration of a model: `{"class_name": "Sequential", "config": …}` as `to_json()` of Keras 1, 2 and 3 writes it.
enum KerasModelParser {
  static let modelClasses: Set<String> = ["Sequential", "Functional", "Model"]

  static func isModel(_ json: JSONValue) -> Bool {
    guard let name = try? json["class_name"]?.string(), let config = json["config"] else { return false }
    return modelClasses.contains(name) || config["layers"]?.isArray == true && config["output_layers"] != nil
  }

  static func model(_ json: JSONValue, name: String? = nil) throws(Diagnostic) -> KerasModelSpec {
    let config = try json.value("config")
    let isSequential = try json.string("class_name") == "Sequential"
    let given = isSequential && config.isArray ? nil : try config.optional("name")?.string()
    let title = name ?? given ?? "model"
    var spec = isSequential ? try sequential(json, config, title) : try functional(config, title)
    try checkNames(spec, json)
    try resolveCallsOfModels(&spec)
    try checkReferences(spec, json)
    return spec
  }

  private static func functional(_ config: JSONValue, _ name: String) throws(Diagnostic) -> KerasModelSpec {
    let layers = try config.array("layers").map { (json) throws(Diagnostic) in try layer(json) }
    return KerasModelSpec(
      name: name, layers: layers, inputs: try KerasArgumentParser.structure(config.value("input_layers")),
      outputs: try KerasArgumentParser.structure(config.value("output_layers")))
  }

  /// One layer, with the model that it is, if it is one.
  static func layer(_ json: JSONValue) throws(Diagnostic) -> KerasLayerSpec {
    let config = try json.value("config")
    let className = try json.string("class_name")
    var name = try json.optional("name")?.string()
    if name == nil, config.isObject { name = try config.optional("name")?.string() }
    var spec = KerasLayerSpec(
      name: name ?? snakeCase(className), className: className, module: try json.optional("module")?.string(), json: json, config: config)
    if let inbound = json.optional("inbound_nodes") { spec.calls = try KerasArgumentParser.calls(inbound) }
    if isModel(json) { spec.model = try model(json, name: spec.name) }
    return spec
  }
}

extension KerasModelParser {
  /// Layers in a chain; what stands for their input is made where the file has no InputLayer.
  private static func sequential(_ json: JSONValue, _ config: JSONValue, _ name: String) throws(Diagnostic) -> KerasModelSpec {
    let list = config.isArray ? config : try config.value("layers")
    var layers = try list.map { (json) throws(Diagnostic) in try layer(json) }
    guard let first = layers.first else { throw list.problem("the model has no layers") }
    for index in layers.indices { layers[index].calls = [] }
    if !first.isInput { layers.insert(inputLayer(before: first, json, config), at: 0) }
    for index in layers.indices.dropFirst() {
      let before = KerasReference(layer: layers[index - 1].name, call: 0, tensor: 0)
      layers[index].calls = [KerasCallSpec(arguments: [.tensor(before)])]
    }
    func end(_ layer: KerasLayerSpec?) -> KerasArgumentSpec { .tensor(KerasReference(layer: layer?.name ?? "", call: 0, tensor: 0)) }
    return KerasModelSpec(name: name, layers: layers, inputs: end(layers.first), outputs: end(layers.last))
  }

  /// The shape stands on the first layer, on the model, or on the first layer of a model within.
  private static func inputLayer(before first: KerasLayerSpec, _ json: JSONValue, _ config: JSONValue) -> KerasLayerSpec {
    var source = first.config
    var inner = first
    while let model = inner.model, let next = model.layers.first {
      inner = next
      source = next.config
    }
    let hasShape = ["batch_input_shape", "batch_shape", "input_shape", "input_dim"].contains { source.optional($0) != nil }
    if !hasShape { source = config.optional("build_input_shape") ?? json["build_config"]?.optional("input_shape") ?? source }
    return KerasLayerSpec(name: "\(first.name)_input", className: "InputLayer", json: source, config: source)
  }
}

extension KerasModelParser {
  private static func checkNames(_ spec: KerasModelSpec, _ json: JSONValue) throws(Diagnostic) {
    var seen: Set<String> = []
    for layer in spec.layers where !seen.insert(layer.name).inserted {
      throw layer.json.problem("two layers are named \"\(layer.name)\"", hint: "weights are found by name; rename one and save again")
    }
  }

  /// Models within a model start with a call of their own, which some versions count and others do not.
  private static func resolveCallsOfModels(_ spec: inout KerasModelSpec) throws(Diagnostic) {
    let models = spec.layers.filter { $0.model != nil }
    if models.isEmpty { return }
    let inner = spec.layers.flatMap(\.calls).flatMap(\.references)
    let outer = spec.outputs.references
    let innerShift = Dictionary(uniqueKeysWithValues: models.map { ($0.name, shift(of: $0, in: inner, areOutputs: false)) })
    let outerShift = Dictionary(uniqueKeysWithValues: models.map { ($0.name, shift(of: $0, in: outer, areOutputs: true)) })
    func shifted(_ by: [String: Int]) -> (KerasReference) -> KerasReference {
      { KerasReference(layer: $0.layer, call: $0.call - (by[$0.layer] ?? 0), tensor: $0.tensor) }
    }
    for layer in spec.layers.indices {
      for call in spec.layers[layer].calls.indices {
        let old = spec.layers[layer].calls[call]
        spec.layers[layer].calls[call].arguments = old.arguments.map { $0.mapReferences(shifted(innerShift)) }
        spec.layers[layer].calls[call].keywords = old.keywords.mapValues { $0.mapReferences(shifted(innerShift)) }
      }
    }
    spec.outputs = spec.outputs.mapReferences(shifted(outerShift))
  }

  /// How many calls of the model `layer` the references count that the file does not list. Keras 2 counts one throughout, Keras 3
  /// only among the outputs and not for Sequential models.
  private static func shift(of layer: KerasLayerSpec, in references: [KerasReference], areOutputs: Bool) -> Int {
    let calls = references.filter { $0.layer == layer.name }.map(\.call)
    guard let lowest = calls.min(), let highest = calls.max(), lowest > 0 else { return 0 }
    if highest >= layer.calls.count { return 1 }
    let isKeras3 = layer.json["inbound_nodes"]?[0]?.isObject == true
    return !isKeras3 || areOutputs && layer.className != "Sequential" ? 1 : 0
  }

  private static func checkReferences(_ spec: KerasModelSpec, _ json: JSONValue) throws(Diagnostic) {
    let calls = Dictionary(uniqueKeysWithValues: spec.layers.map { ($0.name, $0.isInput ? 1 : $0.calls.count) })
    func check(_ reference: KerasReference, _ place: JSONValue) throws(Diagnostic) {
      guard let count = calls[reference.layer] else {
        throw place.problem(
          "the input \"\(reference.layer)\" is no layer of the model",
          hint: nearestHint(reference.layer, calls.keys.sorted()) ?? "the file is damaged or was edited")
      }
      guard reference.call >= 0, reference.call < count, reference.tensor >= 0 else {
        throw place.problem("call \(reference.call) of the layer \"\(reference.layer)\" is read, and it has \(count)")
      }
    }
    for layer in spec.layers { for call in layer.calls { for reference in call.references { try check(reference, layer.json) } } }
    for reference in spec.inputs.references + spec.outputs.references { try check(reference, json) }
  }
}
