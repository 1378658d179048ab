import Containers
import GraphIR
import Operators
import Tensors

extension KerasLayers {
  static let core: [KerasLayerClass] = [
    KerasLayerClass("Dense", masks: .pass) { (call) throws(Diagnostic) in try dense(call) },
    KerasLayerClass("Embedding") { (call) throws(Diagnostic) in try embedding(call) },
    KerasLayerClass("ReversibleEmbedding") { (call) throws(Diagnostic) in try reversibleEmbedding(call) },
    KerasLayerClass("Masking") { (call) throws(Diagnostic) in try masking(call) },
    KerasLayerClass(
      "Identity", "Dropout", "GaussianDropout", "GaussianNoise", "AlphaDropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D",
      "ActivityRegularization", masks: .pass
    ) { (call) throws(Diagnostic) in
      call.config.accept("rate", "p", "stddev", "sigma", "noise_shape", "l1", "l2", "data_format", "dim_ordering")
      return [try call.input()]
    },
  ]

  /// `activation(x · kernel + bias)` over the last axis.
  private static func dense(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    let x = try call.input()
    let units = try call.config.sizes("units", "output_dim", rank: 1)[0]
    let inputs = try call.channels(x)
    guard call.shape(x).count >= 2 else {
      throw Diagnostic("the input is \(call.type(x))", hint: "a Dense layer needs a batch and one axis or more")
    }
    let kernel = try denseKernel(call, inputs, units)
    let hasBias = try call.config.bool("use_bias", "bias", default: true)
    let bias = hasBias ? try call.weight("bias", [units], aliases: ["b", "\(call.spec.name)_b"]) : nil
    let merged = try lowRank(call, kernel, inputs, units)
    return [KerasTensor(try call.finish(call.writer.matmul(x.id, merged, "matmul"), bias))]
  }

  private static func denseKernel(_ call: KerasLayerCall, _ inputs: Int, _ units: Int) throws(Diagnostic) -> ValueID {
    try call.weight("kernel", [inputs, units], aliases: ["W", "\(call.spec.name)_W"])
  }

  /// Low-rank adaptation: the kernel plus `alpha / rank` times a product.
  private static func lowRank(_ call: KerasLayerCall, _ kernel: ValueID, _ inputs: Int, _ units: Int) throws(Diagnostic) -> ValueID {
    let alpha = try call.config.optionalDouble("lora_alpha")
    guard let rank = try call.config.optionalInt("lora_rank") else { return kernel }
    guard rank > 0 else { throw Diagnostic("lora_rank is \(rank)") }
    let a = try call.weight("lora_kernel_a", [inputs, rank])
    let b = try call.weight("lora_kernel_b", [rank, units])
    let product = try call.writer.matmul(a, b, "lora/matmul")
    let scaled = try call.writer.binary("multiply", product, (alpha ?? Double(rank)) / Double(rank), "lora/scale")
    return try call.writer.binary("add", kernel, scaled, "kernel/lora")
  }

  /// Rows of a table; index 0 is masked with `mask_zero`.
  private static func embedding(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    let x = try call.input()
    let rows = try call.config.sizes("input_dim", rank: 1)[0]
    let width = try call.config.sizes("output_dim", rank: 1)[0]
    let table = try call.weight("embeddings", [rows, width], aliases: ["W", "\(call.spec.name)_W"])
    let indices = try call.writer.cast(x.id, to: .int32, "indices")
    let result = try call.writer.add(Gather(axis: 0), [table, indices], "")
    guard try call.config.bool("mask_zero", default: false) else { return [KerasTensor(result)] }
    return [KerasTensor(result, mask: try call.writer.binary("not_equal", indices, 0, "mask"))]
  }

  /// An embedding that can also be used from the other side, to give a score for each row.
  private static func reversibleEmbedding(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    let isReverse = try call.flag("reverse")
    let isTied = try call.config.bool("tie_weights", default: true)
    let cap = try call.config.optionalDouble("logit_soft_cap")
    let rows = try call.config.sizes("input_dim", rank: 1)[0]
    let width = try call.config.sizes("output_dim", rank: 1)[0]
    call.config.accept("reverse_dtype")
    guard isReverse else { return try embedding(call) }
    call.config.accept("mask_zero")
    let table = try call.weight("embeddings", [rows, width])
    let x = try call.input()
    var result =
      isTied
      ? try call.writer.matmul(x.id, table, transposeB: true, "matmul")
      : try call.writer.matmul(x.id, try call.weight("reverse_embeddings", [width, rows]), "matmul")
    if let cap {
      result = try call.writer.unary("tanh", try call.writer.binary("divide", result, cap, "scaled"), [:], "tanh")
      result = try call.writer.binary("multiply", result, cap, "capped")
    }
    return [KerasTensor(result)]
  }

  /// Steps whose features all equal `mask_value` are masked, and zeroed.
  private static func masking(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    let x = try call.input()
    let value = try call.config.double("mask_value", default: 0)
    let writer = call.writer
    let differs = try writer.binary("not_equal", x.id, value, "differs")
    let kept = try writer.reduce(.any, differs, axes: [-1], keepDims: true, "any")
    let mask = try writer.reshape(kept, Array(writer.shape(x.id).dropLast()), "mask")
    let result = try writer.binary("multiply", x.id, try writer.cast(kept, to: writer.dtype(x.id), "kept"), "")
    return [KerasTensor(result, mask: mask)]
  }
}

extension KerasLayerCall {
  /// Adds a bias over the last axis and applies the activation under `activation`.
  func finish(_ x: ValueID, _ bias: ValueID?) throws(Diagnostic) -> ValueID {
    let sum = try bias.map { (bias) throws(Diagnostic) in try writer.binary("add", x, bias, "bias") } ?? x
    return try activate(sum, try activation())
  }
}
