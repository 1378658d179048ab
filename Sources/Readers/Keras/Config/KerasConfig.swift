import Containers
import Tensors

/// The configuration of a layer, which knows how Keras 1, 2 and 3 and TensorFlow.js spell the same thing. It remembers what was read:
/// what is left and not known to be irrelevant may change the meaning and is refused.
final class KerasConfig {
  let json: JSONValue
  private var read: Set<String> = []

  init(_ json: JSONValue) { self.json = json }

  /// The first of the keys that is there and not null.
  func value(_ keys: String...) -> JSONValue? { first(keys) }

  private func first(_ keys: [String]) -> JSONValue? {
    read.formUnion(keys)
    return keys.lazy.compactMap { self.json.optional($0) }.first
  }

  private func required(_ keys: [String]) throws(Diagnostic) -> JSONValue {
    guard let value = first(keys) else { throw json.problem("the key \"\(keys.first ?? "")\" is missing from \(json.summary)") }
    return value
  }

  /// Notes keys that the caller takes care of in another way.
  func accept(_ keys: String...) { read.formUnion(keys) }

  /// Keys that nobody has read, and that are not known to be without effect when a model only runs.
  var unreadKeys: [String] { json.keys.filter { !read.contains($0) && !Self.isIrrelevant($0) && json.optional($0) != nil } }

  private static func isIrrelevant(_ key: String) -> Bool {
    irrelevant.contains(key) || ["_initializer", "_regularizer", "_constraint"].contains { key.hasSuffix($0) }
  }

  /// Names, training, building and serialisation.
  private static let irrelevant: Set<String> = [
    "name", "trainable", "dtype", "batch_input_shape", "batch_shape", "input_dtype", "build_config", "input_spec", "autocast",
    "activity_regularizer", "init", "inner_init", "forget_bias_init", "unit_forget_bias", "W_regularizer", "b_regularizer",
    "U_regularizer", "W_constraint", "b_constraint", "U_constraint", "dropout_W", "dropout_U", "dropout", "recurrent_dropout",
    "seed", "noise_shape", "implementation", "consume_less", "unroll", "input_dim", "input_length", "input_shape", "sparse", "ragged",
    "quantization_config", "lora_alpha", "trainable_state", "use_cudnn_on_gpu", "time_major_note", "registered_name", "module",
    "function_type", "_is_graph_network", "shared_object_id", "cell_module",
  ]
}

extension KerasConfig {
  func int(_ keys: String...) throws(Diagnostic) -> Int { try required(keys).boundedInt() }
  func int(_ keys: String..., default other: Int) throws(Diagnostic) -> Int { try first(keys)?.boundedInt() ?? other }
  func optionalInt(_ keys: String...) throws(Diagnostic) -> Int? { try first(keys)?.boundedInt() }
  func double(_ keys: String..., default other: Double) throws(Diagnostic) -> Double { try first(keys)?.number() ?? other }
  func optionalDouble(_ keys: String...) throws(Diagnostic) -> Double? { try first(keys)?.number() }
  func string(_ keys: String...) throws(Diagnostic) -> String { try required(keys).string() }
  func bool(_ keys: String..., default other: Bool) throws(Diagnostic) -> Bool { try first(keys)?.bool() ?? other }

  /// One of `choices`, in whatever case it is written (`channelsLast`, `channels_last`).
  func choice(_ keys: String..., of choices: [String], default other: String? = nil) throws(Diagnostic) -> String {
    guard let value = first(keys) else {
      if let other { return other }
      throw json.problem("the key \"\(keys.first ?? "")\" is missing from \(json.summary)")
    }
    let written = snakeCase(try value.string())
    guard choices.contains(written) else {
      throw value.problem("\(keys.first ?? "") is \(value.summary)", hint: "known are \(choices.joined(separator: ", "))")
    }
    return written
  }

  /// A positive size, or one for each of `rank` axes.
  func sizes(_ keys: String..., rank: Int, default other: Int? = nil) throws(Diagnostic) -> [Int] {
    guard let value = first(keys) else {
      if let other { return [Int](repeating: other, count: rank) }
      throw json.problem("the key \"\(keys.first ?? "")\" is missing from \(json.summary)")
    }
    return try value.sizes(rank: rank)
  }

  /// An integer or a list of them.
  func intList(_ keys: String...) throws(Diagnostic) -> [Int]? { try first(keys)?.intList() }
}

extension JSONValue {
  /// A number; NumPy arrays and scalars that Keras wraps are taken apart.
  func number() throws(Diagnostic) -> Double {
    if isObject, let value = self["config"]?["value"] { return try value.number() }
    if let only = self[0], count == 1 { return try only.number() }
    return try double()
  }

  func intList() throws(Diagnostic) -> [Int] {
    isArray ? try map { (value) throws(Diagnostic) in try value.boundedInt() } : [try boundedInt()]
  }

  /// An integer of 32 bits, as extents, positions and counts are: sums and products of two of them fit 64 bits.
  func boundedInt() throws(Diagnostic) -> Int {
    let value = try int()
    guard value.magnitude < 1 << 31 else { throw wrongKind("an integer below 2^31") }
    return value
  }

  /// Positive sizes, one for each of `rank` axes; a lone one counts for all.
  func sizes(rank: Int) throws(Diagnostic) -> [Int] {
    var sizes = try intList()
    if sizes.count == 1 { sizes = [Int](repeating: sizes.first ?? 1, count: rank) }
    guard sizes.count == rank else { throw wrongKind("\(rank) sizes") }
    guard sizes.allSatisfy({ $0 > 0 && $0 < 1 << 24 }) else { throw wrongKind("positive sizes") }
    return sizes
  }
}
