import Containers
import GraphIR
import Operators
import Tensors

extension KerasLayers {
  /// Layers that prepare numbers and categories.
  static let preparation: [KerasLayerClass] = [
    KerasLayerClass("Discretization") { (call) throws(Diagnostic) in try discretization(call) },
    KerasLayerClass("CategoryEncoding") { (call) throws(Diagnostic) in try categoryEncoding(call) },
    KerasLayerClass("IntegerLookup") { (call) throws(Diagnostic) in try integerLookup(call) },
    KerasLayerClass("Pipeline") { (call) throws(Diagnostic) in try pipeline(call) },
    KerasLayerClass("STFTSpectrogram") { (call) throws(Diagnostic) in try spectrogram(call) },
    KerasLayerClass("MelSpectrogram") { (call) throws(Diagnostic) in try melSpectrogram(call) },
    KerasLayerClass("StringLookup", "TextVectorization", "FeatureSpace") { (call) throws(Diagnostic) in
      throw call.spec.json.problem(
        "a \(call.spec.className) works on text", hint: "cut it off, run it where the text comes from, and feed the model with numbers")
    },
    KerasLayerClass("Hashing", "HashedCrossing") { (call) throws(Diagnostic) in
      throw call.spec.json.problem(
        "a \(call.spec.className) uses hash functions of TensorFlow",
        hint: "cut it off and feed the model with the hashes, or use IntegerLookup")
    },
  ]

  /// The number of the interval in which an element lies: how many boundaries are not above it.
  private static func discretization(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    let form = try call.categoryForm(of: [.int, .oneHot, .multiHot, .count], default: .int)
    call.config.accept("num_bins", "bins", "epsilon")
    guard let boundaries = try call.config.value("bin_boundaries")?.flatDoubles() else {
      throw Diagnostic("bin_boundaries are not in the file", hint: "adapt the layer, or give it bin_boundaries, before the model is saved")
    }
    guard !boundaries.isEmpty, boundaries.count < 1 << 20, zip(boundaries, boundaries.dropFirst()).allSatisfy({ $0 <= $1 }) else {
      throw Diagnostic("\(boundaries.count) bin_boundaries that are no rising list", hint: "fewer than 2^20 numbers in order are expected")
    }
    let x = try call.writer.cast(try call.input().id, to: .float32, "float")
    let bins = try call.writer.countNotAbove(x, Tensor(.float32, [boundaries.count], boundaries), "bins")
    let dtype = form == .int ? try call.integerType(default: .int64) : .float32
    return [KerasTensor(try call.encoded(bins, form, depth: boundaries.count + 1, dtype))]
  }

  private static func categoryEncoding(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    let form = try call.categoryForm(of: [.oneHot, .multiHot, .count], default: .multiHot)
    let depth = try call.config.sizes("num_tokens", "max_tokens", rank: 1)[0]
    let numbers = try call.writer.cast(try call.input().id, to: .int32, "indices")
    let given = call.tensor(1, "count_weights")
    let weights = try given.map { (given) throws(Diagnostic) in try call.writer.floating(given.id, "weights/float") }
    guard weights == nil || form == .count else {
      throw Diagnostic("count_weights are given with the output_mode \(form.rawValue)", hint: "they need the output_mode count")
    }
    return [KerasTensor(try call.encoded(numbers, form, depth: depth, try call.integerType(default: .float32), weights: weights))]
  }

  /// Layers one after the other.
  private static func pipeline(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    guard let layers = call.config.value("layers") else { throw Diagnostic("the layers within are missing") }
    var tensors = [try call.input()]
    for (index, json) in try layers.array().enumerated() {
      let spec = try KerasModelParser.layer(json)
      let argument = tensors.count == 1 ? KerasArgument.tensor(tensors[0]) : .list(tensors.map { .tensor($0) })
      tensors = try call.callInner(spec, slots: ["_pipeline_layers/\(index)", spec.name], [argument], spec.name)
    }
    return tensors
  }
}
