import Containers
import GraphIR
import Operators
import Tensors

extension KerasLayers {
  static let normalisation: [KerasLayerClass] = [
    KerasLayerClass("BatchNormalization", "BatchNormalizationV1", "SyncBatchNormalization", masks: .pass) { (call) throws(Diagnostic) in
      try batchNormalisation(call)
    },
    KerasLayerClass("LayerNormalization", masks: .pass) { (call) throws(Diagnostic) in try layerNormalisation(call) },
    KerasLayerClass("GroupNormalization", masks: .pass) { (call) throws(Diagnostic) in try groupNormalisation(call) },
    KerasLayerClass("RMSNormalization") { (call) throws(Diagnostic) in try rmsNormalisation(call) },
    KerasLayerClass("UnitNormalization", masks: .pass) { (call) throws(Diagnostic) in
      let axes = try call.config.intList("axis") ?? [-1]
      return [KerasTensor(try call.writer.l2Normalise(try call.input().id, axes: axes, epsilon: 1e-12, ""))]
    },
    KerasLayerClass("Normalization", masks: .pass) { (call) throws(Diagnostic) in try standardisation(call) },
  ]

  /// With the moving averages: `x * scale + offset` for each channel, both known when we compile.
  private static func batchNormalisation(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    let x = try call.input()
    let rank = call.shape(x).count
    let axis = try normalisedAxis(try call.config.intList("axis")?.first ?? -1, rank: rank)
    let epsilon = try call.config.double("epsilon", default: 1e-3)
    let hasScale = try call.config.bool("scale", default: true)
    let hasCentre = try call.config.bool("center", default: true)
    call.config.accept("momentum", "renorm", "renorm_clipping", "renorm_momentum", "synchronized", "mode", "virtual_batch_size", "fused")
    let count = try call.constant(call.shape(x)[axis], "axis \(axis)")
    let gamma = hasScale ? try call.weights.next("gamma", [count], aliases: ["\(call.spec.name)_gamma"]).doubles : nil
    let beta = hasCentre ? try call.weights.next("beta", [count], aliases: ["\(call.spec.name)_beta"]).doubles : nil
    let name = call.spec.name
    let mean = try call.weights.next("moving_mean", [count], aliases: ["running_mean", "\(name)_running_mean"]).doubles
    let variance = try call.weights.next("moving_variance", [count], aliases: ["running_std", "\(name)_running_std"]).doubles
    for name in try call.config.bool("renorm", default: false) ? ["moving_stddev", "renorm_mean", "renorm_stddev"] : [] {
      call.weights.pass(name)
    }
    let scale = (0..<count).map { (gamma?[$0] ?? 1) / (variance[$0] + epsilon).squareRoot() }
    let offset = (0..<count).map { (beta?[$0] ?? 0) - mean[$0] * scale[$0] }
    let dims = [count] + [Int](repeating: 1, count: rank - 1 - axis)
    func channels(_ values: [Double], _ label: String) -> ValueID {
      call.builder.constant(Tensor(.float32, dims, values), call.weights.path, label)
    }
    let scaled = try call.writer.binary("multiply", x.id, channels(scale, "scale"), "scaled")
    return [KerasTensor(try call.writer.binary("add", scaled, channels(offset, "offset"), ""))]
  }

  private static func layerNormalisation(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    let x = try call.input()
    let axes = try call.axes("axis", of: x)
    let epsilon = try call.config.double("epsilon", default: 1e-3)
    let isRMS = try call.config.bool("rms_scaling", default: false)
    let hasScale = try call.config.bool("scale", default: true) || isRMS
    let hasCentre = try call.config.bool("center", default: true) && !isRMS
    let gamma = hasScale ? try call.axisWeight("gamma", axes, x) : nil
    let beta = hasCentre ? try call.axisWeight("beta", axes, x) : nil
    // What Keras once took for RMS normalisation divides by the deviation and does not centre.
    guard isRMS else {
      return [KerasTensor(try call.writer.standardise(x.id, axes: axes, epsilon: epsilon, scale: gamma, offset: beta, ""))]
    }
    let divided = try call.writer.scaledByDeviation(x.id, axes: axes, epsilon: epsilon, "divided")
    return [KerasTensor(try call.scaleAndShift(divided, gamma, beta))]
  }

  private static func rmsNormalisation(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    let x = try call.input()
    let axes = try call.axes("axis", of: x)
    let epsilon = try call.config.double("epsilon", default: 1e-6)
    let scale = try call.axisWeight("scale", axes, x)
    return [KerasTensor(try call.writer.rmsNormalise(x.id, axes: axes, epsilon: epsilon, scale: scale, ""))]
  }

  /// Channels in groups, each of which is standardised with all places together.
  private static func groupNormalisation(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    let x = try call.input()
    let shape = call.shape(x)
    let axis = try normalisedAxis(try call.config.int("axis", default: -1), rank: shape.count)
    let channels = try call.constant(shape[axis], "axis \(axis)")
    let given = try call.config.int("groups", default: 32)
    let groups = given == -1 ? channels : given
    guard axis > 0, groups > 0, channels % groups == 0 else {
      throw Diagnostic("\(channels) channels in \(groups) groups along axis \(axis)", hint: "the channels must fall into equal groups")
    }
    let epsilon = try call.config.double("epsilon", default: 1e-3)
    let gamma = try call.config.bool("scale", default: true) ? try call.axisWeight("gamma", [axis], x) : nil
    let beta = try call.config.bool("center", default: true) ? try call.axisWeight("beta", [axis], x) : nil
    var grouped = shape
    grouped[axis] = Dim(channels / groups)
    grouped.insert(Dim(groups), at: axis)
    let parts = try call.writer.reshape(x.id, grouped, "groups")
    let axes = (1..<grouped.count).filter { $0 != axis }
    let normalised = try call.writer.standardise(parts, axes: axes, epsilon: epsilon, "normalised")
    return [KerasTensor(try call.scaleAndShift(try call.writer.reshape(normalised, shape, "ungrouped"), gamma, beta))]
  }

  /// `(x - mean) / max(sqrt(variance), 1e-7)` with statistics of the data, as weights or in the configuration.
  private static func standardisation(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    let x = try call.input()
    let rank = call.shape(x).count
    call.config.accept("axis", "mean", "variance")
    let given = try call.config.json.optional("axis").map { (value) throws(Diagnostic) in try value.intList() } ?? []
    let kept = try (call.config.json["axis"] == nil ? [-1] : given).map { (axis) throws(Diagnostic) in try normalisedAxis(axis, rank: rank)
    }.sorted()
    var dims = [Int](repeating: 1, count: rank)
    for axis in kept { dims[axis] = try call.constant(call.shape(x)[axis], "axis \(axis)") }
    let statistics = try call.statistics(kept.map { dims[$0] })
    let isInverted = try call.config.bool("invert", default: false)
    let deviation = statistics.variance.map { max($0.squareRoot(), 1e-7) }
    func constant(_ values: [Double], _ label: String) throws(Diagnostic) -> ValueID {
      let all = values.count == 1 ? [Double](repeating: values[0], count: dims.reduce(1, *)) : values
      guard all.count == dims.reduce(1, *) else { throw Diagnostic("\(label) has \(values.count) numbers for the shape \(dims)") }
      return call.builder.constant(Tensor(.float32, dims, all), call.weights.path, label)
    }
    let (mean, scale) = (try constant(statistics.mean, "mean"), try constant(deviation, "deviation"))
    let numbers = try call.writer.floating(x.id)
    if isInverted {
      return [KerasTensor(try call.writer.binary("add", try call.writer.binary("multiply", numbers, scale, "scaled"), mean, ""))]
    }
    return [KerasTensor(try call.writer.binary("divide", try call.writer.binary("subtract", numbers, mean, "centred"), scale, ""))]
  }
}

extension KerasLayerCall {
  /// The axes under `key`, counted from the front, in order.
  func axes(_ key: String, of x: KerasTensor, default other: [Int] = [-1]) throws(Diagnostic) -> [Int] {
    let given = try config.intList(key) ?? other
    return try given.map { (axis) throws(Diagnostic) in try normalisedAxis(axis, rank: shape(x).count) }.sorted()
  }

  /// A weight with one number for each place along `axes`, shaped so that it broadcasts with the input.
  func axisWeight(_ name: String, _ axes: [Int], _ x: KerasTensor) throws(Diagnostic) -> ValueID {
    let shape = self.shape(x)
    let dims = try axes.map { (axis) throws(Diagnostic) in try constant(shape[axis], "axis \(axis)") }
    let tensor = try weights.next(name, dims)
    guard let first = axes.first else { return builder.constant(tensor, weights.path, name) }
    let aligned = try (first..<shape.count).map { (axis) throws(Diagnostic) in
      axes.contains(axis) ? try constant(shape[axis], "axis \(axis)") : 1
    }
    return builder.constant(tensor.reshaped(aligned), weights.path, name)
  }

  func scaleAndShift(_ x: ValueID, _ gamma: ValueID?, _ beta: ValueID?) throws(Diagnostic) -> ValueID {
    var result = x
    if let gamma { result = try writer.binary("multiply", result, gamma, "scaled") }
    if let beta { result = try writer.binary("add", result, beta, "shifted") }
    return result
  }

  /// Mean and variance of a Normalization layer.
  fileprivate func statistics(_ dims: [Int]) throws(Diagnostic) -> (mean: [Double], variance: [Double]) {
    if let mean = config.json.optional("mean"), let variance = config.json.optional("variance"), try weights.dims(of: ["mean"]) == nil {
      return (try mean.flatDoubles(), try variance.flatDoubles())
    }
    let mean = try weights.next("mean", dims).doubles
    let variance = try weights.next("variance", dims).doubles
    weights.pass("count")
    return (mean, variance)
  }
}

extension JSONValue {
  /// The numbers of arrays at any depth, in order; a lone number is a list of itself.
  func flatDoubles() throws(Diagnostic) -> [Double] {
    if isObject, let value = self["config"]?["value"] { return try value.flatDoubles() }
    guard isArray else { return [try number()] }
    guard self[0]?.isArray == true else { return try doubles() }
    var all: [Double] = []
    for element in try array() { all += try element.flatDoubles() }
    return all
  }
}
