import Containers
import GraphIR
import Tensors

/// Builds the graph of a Keras model: runs the calls of its layers in an order in which they can run.
final class KerasBuilder {
  let session: ReadSession
  let writer: GraphWriter
  let weights: WeightLoader
  let version: KerasVersion
  private var constants: [String: ValueID] = [:]

  init(_ session: ReadSession, _ store: (any WeightStore)?, name: String, version: KerasVersion) {
    self.version = version
    self.session = session
    writer = GraphWriter(name: name)
    weights = WeightLoader(store, session)
  }

  /// The constant of a weight, made once however often its layer is called.
  func constant(_ tensor: Tensor, _ path: WeightPath, _ name: String) -> ValueID {
    let key = "\(path)/\(name)"
    if let known = constants[key], writer.graph.constants[known] == tensor { return known }
    let id = writer.graph.addConstant(key, tensor)
    constants[key] = id
    return id
  }
}

extension KerasBuilder {
  /// The outputs of one call of a layer, a model within the model, or an operator node.
  func call(
    _ spec: KerasLayerSpec, _ arguments: [KerasArgument], _ keywords: [String: KerasArgument], _ path: WeightPath, scope: String
  ) throws(Diagnostic) -> [KerasTensor] {
    if let model = spec.model {
      let run = KerasModelRun(model, self, path, scope: scope)
      return try run.outputs(of: arguments)
    }
    let before = (scope: writer.scope, nodes: writer.graph.nodes.count)
    writer.scope = scope
    defer { writer.scope = before.scope }
    let call = KerasLayerCall(
      spec: spec, config: KerasConfig(spec.config), arguments: arguments, keywords: keywords,
      weights: LayerWeights(weights, path), builder: self)
    let layer = try KerasDispatch.layerClass(spec)
    if !KerasDispatch.isOperation(spec) { try refuseOtherPolicies(spec.config) }
    var outputs = try layer.emit(call)
    try refuseUnread(call.config)
    if layer.masks == .pass, let mask = call.inputs.first?.mask {
      for index in outputs.indices where outputs[index].mask == nil { outputs[index].mask = mask }
    }
    if let first = outputs.first { writer.nameResult(first.id, madeAfter: before.nodes) }
    return outputs
  }

  /// Layers compute in float32; weights of other types are converted, but what a layer computes in is part of its meaning.
  private func refuseOtherPolicies(_ config: JSONValue) throws(Diagnostic) {
    guard let policy = config.optional("dtype") else { return }
    let written = policy.isObject ? policy["config"]?.optional("name") ?? policy.optional("class_name") : policy
    let name = try written?.string() ?? "float32"
    let other = ["16", "float64", "float8", "int4", "int8", "quant", "gptq", "awq"].first { name.lowercased().contains($0) }
    guard other != nil else { return }
    throw policy.problem("the layer computes in \"\(name)\"", hint: "save the model with the dtype policy \"float32\"")
  }

  private func refuseUnread(_ config: KerasConfig) throws(Diagnostic) {
    guard let key = config.unreadKeys.first, let value = config.json[key] else { return }
    throw value.problem(
      "\"\(key)\" is \(value.summary), which this version does not know",
      hint: "it may change what the layer computes; export the model from a version of Keras up to 3.15, or without the option")
  }
}
