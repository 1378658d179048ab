import Containers
import GraphIR
import Tensors

/// Builds the graph of a Keras model: runs the calls of its layers in an order in which they can run.
final class KerasBuilder {
  let session: ReadSession
  let writer: GraphWriter
  let weights: WeightLoader
  let version: KerasVersion
  /// What the layer at work computes in.
  private(set) var computeType = DType.float32
  private var constants: [String: ValueID] = [:]

  init(_ session: ReadSession, _ store: (any WeightStore)?, name: String, version: KerasVersion) {
    self.version = version
    self.session = session
    writer = GraphWriter(name: name)
    weights = WeightLoader(store, session)
  }

  /// The constant of a weight in the type that the layer computes in, made once however often its layer is called.
  func constant(_ weight: Tensor, _ path: WeightPath, _ name: String) -> ValueID {
    let tensor = weight.dtype == computeType || !weight.dtype.isFloat ? weight : Tensor(computeType, weight.dims, weight.doubles)
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
    let before = (scope: writer.scope, nodes: writer.graph.nodes.count, type: computeType)
    let isOperation = KerasDispatch.isOperation(spec)
    writer.scope = scope
    defer { (writer.scope, computeType) = (before.scope, before.type) }
    let resultType = isOperation ? computeType : try KerasPolicy.computeType(spec.config) ?? computeType
    computeType = KerasPolicy.computeInFloat32.contains(spec.className) ? .float32 : resultType
    let call = KerasLayerCall(
      spec: spec, config: KerasConfig(spec.config),
      arguments: isOperation ? arguments : try arguments.map(inComputeType), keywords: isOperation ? keywords : try inComputeType(keywords),
      weights: LayerWeights(weights, path), builder: self)
    let layer = try KerasDispatch.layerClass(spec)
    var outputs = try layer.emit(call)
    try refuseUnread(call.config)
    if layer.masks == .pass, let mask = call.inputs.first?.mask {
      for index in outputs.indices where outputs[index].mask == nil { outputs[index].mask = mask }
    }
    computeType = resultType
    if !isOperation { outputs = try outputs.map(inComputeType) }
    if let first = outputs.first { writer.nameResult(first.id, madeAfter: before.nodes) }
    return outputs
  }

  /// A layer first casts floats to the type that it computes in.
  private func inComputeType(_ argument: KerasArgument) throws(Diagnostic) -> KerasArgument {
    switch argument {
    case .tensor(let tensor): return .tensor(try inComputeType(tensor))
    case .list(let elements): return .list(try elements.map { (element) throws(Diagnostic) in try inComputeType(element) })
    case .dictionary, .literal: return argument
    }
  }

  private func inComputeType(_ keywords: [String: KerasArgument]) throws(Diagnostic) -> [String: KerasArgument] {
    var converted: [String: KerasArgument] = [:]
    for (key, value) in keywords { converted[key] = try inComputeType(value) }
    return converted
  }

  private func inComputeType(_ tensor: KerasTensor) throws(Diagnostic) -> KerasTensor {
    guard writer.dtype(tensor.id).isFloat else { return tensor }
    return KerasTensor(try writer.cast(tensor.id, to: computeType, "cast"), mask: tensor.mask)
  }

  private func refuseUnread(_ config: KerasConfig) throws(Diagnostic) {
    guard let key = config.unreadKeys.first, let value = config.json[key] else { return }
    throw value.problem(
      "\"\(key)\" is \(value.summary), which this version does not know",
      hint: "it may change what the layer computes; export the model from a version of Keras up to 3.15, or without the option")
  }
}
