import GraphIR
import Operators
import Tensors

extension KerasLayers {
  /// Layers that prepare images.
  static let images: [KerasLayerClass] = [
    KerasLayerClass("CenterCrop") { (call) throws(Diagnostic) in try centreCrop(call) },
    KerasLayerClass("Resizing") { (call) throws(Diagnostic) in try resizing(call) },
    KerasLayerClass("RandomCrop") { (call) throws(Diagnostic) in try randomCrop(call) },
    KerasLayerClass("AutoContrast") { (call) throws(Diagnostic) in try autoContrast(call) },
    KerasLayerClass("ContrastLimitedAdaptiveHistogramEqualization") { (call) throws(Diagnostic) in try adaptiveEqualisation(call) },
    KerasLayerClass(
      "RandomBrightness", "RandomContrast", "RandomFlip", "RandomRotation", "RandomZoom", "RandomTranslation", "RandomSharpness",
      "RandomHue", "RandomSaturation", "RandomGrayscale", "RandomColorDegeneration", "RandomPosterization", "RandomErasing", "RandomInvert",
      "RandomGaussianBlur", "RandomPerspective", "RandomElasticTransform", "RandomColorJitter", "RandomShear", "RandomHeight",
      "RandomWidth", "MixUp", "CutMix", "AugMix", "RandAugment", "Solarization", "Equalization"
    ) { (call) throws(Diagnostic) in try augmentation(call) },
    KerasLayerClass("MaxNumBoundingBoxes") { (call) throws(Diagnostic) in
      throw call.spec.json.problem("the layer works on bounding boxes", hint: "it prepares training; leave it out of what is compiled")
    },
  ]

  /// What changes images at random while a model learns leaves them alone when it runs.
  private static func augmentation(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    for key in call.config.json.keys { call.config.accept(key) }
    return [KerasTensor(try call.writer.floating(try call.input().id))]
  }

  /// Before Keras 3 the middle of the image, resized; since then nothing.
  private static func randomCrop(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    if call.builder.version == .three { return try augmentation(call) }
    let frame = try ImageFrame(call)
    let (height, width) = (try call.config.sizes("height", rank: 1)[0], try call.config.sizes("width", rank: 1)[0])
    let cropped = try frame.cropped(toRatioOf: height, width)
    return [KerasTensor(try frame.finish(try frame.resized(cropped, height, width, "bilinear")))]
  }

  /// The middle of the image; where it is smaller than what is wanted, it is resized.
  private static func centreCrop(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    let frame = try ImageFrame(call)
    let (height, width) = (try call.config.sizes("height", rank: 1)[0], try call.config.sizes("width", rank: 1)[0])
    let (rows, columns) = ((frame.height - height) / 2, (frame.width - width) / 2)
    if frame.height >= height, frame.width >= width {
      return [KerasTensor(try frame.finish(try frame.cropped(rows, height, columns, width)))]
    }
    let cropped = try frame.cropped(toRatioOf: height, width)
    return [KerasTensor(try frame.finish(try frame.resized(cropped, height, width, "bilinear")))]
  }

  private static func resizing(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    let frame = try ImageFrame(call)
    let (height, width) = (try call.config.sizes("height", rank: 1)[0], try call.config.sizes("width", rank: 1)[0])
    let kinds = ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"]
    let kind = try call.config.choice("interpolation", of: kinds, default: "bilinear")
    let antialias = try call.config.bool("antialias", default: false)
    let (crops, pads) = (
      try call.config.bool("crop_to_aspect_ratio", default: false), try call.config.bool("pad_to_aspect_ratio", default: false)
    )
    guard !crops || !pads else { throw Diagnostic("crop_to_aspect_ratio and pad_to_aspect_ratio are both set", hint: "set one of them") }
    _ = try call.config.choice("fill_mode", of: ["constant"], default: "constant")
    let fill = try call.config.double("fill_value", default: 0)
    var image = frame.image
    if crops { image = try frame.cropped(toRatioOf: height, width) }
    if pads { image = try frame.padded(toRatioOf: height, width, fill) }
    return [KerasTensor(try frame.finish(try frame.resized(image, height, width, kind, antialias: antialias)))]
  }

  /// Each channel stretched so that it reaches from one end of the range to the other; one that is all the same stays.
  private static func autoContrast(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    let writer = call.writer
    let range = try call.valueRange()
    call.config.accept("factor", "data_format")
    let x = try call.input()
    try call.expectRank(4, x)
    let original = try writer.floating(x.id)
    let image = try writer.rescaled(original, from: range, to: (0, 255), "in_bytes")
    let low = try writer.reduce(.min, image, axes: [1, 2], keepDims: true, "low")
    let high = try writer.reduce(.max, image, axes: [1, 2], keepDims: true, "high")
    let span = try writer.binary("subtract", high, low, "span")
    let isFlat = try writer.binary("equal", span, 0, "flat")
    let scale = try writer.apply("divide", [.number(255), .value(span)], "scale")
    let offset = try writer.binary("multiply", try writer.unary("negative", low, "lowered"), scale, "offset")
    let stretched = try writer.binary("add", try writer.binary("multiply", image, scale, "scaled"), offset, "stretched")
    let bounded = try writer.apply("clip", [.value(stretched), .number(0), .number(255)], "bounded")
    let result = try writer.rescaled(bounded, from: (0, 255), to: range, "in_range")
    return [KerasTensor(try writer.apply("where", [.value(isFlat), .value(original), .value(result)], ""))]
  }
}

extension KerasLayerCall {
  /// The lowest and the highest value that a colour has.
  func valueRange() throws(Diagnostic) -> (Double, Double) {
    let given = try config.value("value_range")?.doubles().sorted() ?? [0, 255]
    guard given.count == 2, given[0] < given[1] else {
      throw Diagnostic("value_range is \(given)", hint: "two different numbers are expected")
    }
    return (given[0], given[1])
  }
}

extension GraphWriter {
  func unary(_ name: String, _ x: ValueID, _ label: String) throws(Diagnostic) -> ValueID { try unary(name, x, [:], label) }

  /// Values of one range in another.
  func rescaled(_ x: ValueID, from: (Double, Double), to: (Double, Double), _ label: String) throws(Diagnostic) -> ValueID {
    if from == to { return x }
    let unit = try binary("divide", try binary("subtract", x, from.0, "\(label)/from"), from.1 - from.0, "\(label)/unit")
    return try binary("add", try binary("multiply", unit, to.1 - to.0, "\(label)/scaled"), to.0, label)
  }
}
