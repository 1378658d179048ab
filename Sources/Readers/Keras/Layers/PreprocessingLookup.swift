import Containers
import GraphIR
import Operators
import Tensors

extension KerasLayers {
  /// The places of integers in a vocabulary, or the other way round.
  static func integerLookup(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    let vocabulary = try IntegerVocabulary(call)
    let x = try call.writer.cast(try call.input().id, to: .int64, "int64")
    if try call.config.bool("invert", default: false) { return [KerasTensor(try vocabulary.tokens(of: x, call))] }
    let numbers = try vocabulary.numbers(of: x, call)
    let dtype: DType = vocabulary.form == .int || call.builder.version == .three ? .int64 : .float32
    guard vocabulary.form == .tfIdf else {
      return [KerasTensor(try call.encoded(numbers, vocabulary.form, depth: vocabulary.depth, dtype))]
    }
    let counts = try call.encoded(numbers, .count, depth: vocabulary.depth, .float32)
    return [KerasTensor(try call.writer.binary("multiply", counts, try vocabulary.idfWeights(call), ""))]
  }
}

/// The configuration of an IntegerLookup: which numbers stand for which integers. Places for a mask and for unknown integers come
/// first, then those of the vocabulary.
private struct IntegerVocabulary {
  let form: CategoryForm
  private var tokens: [Int]
  private let mask: Int?
  private let unknown: Int?
  private let unknownCount: Int
  private let extent: Int?
  private let hadSpecialTokens: Bool

  private var unknownStart: Int { mask != nil && form == .int ? 1 : 0 }
  private var tokenStart: Int { unknownStart + unknownCount }
  var depth: Int { extent ?? tokenStart + tokens.count }

  init(_ call: KerasLayerCall) throws(Diagnostic) {
    let config = call.config
    form = try call.categoryForm(of: CategoryForm.allCases, default: .int)
    mask = try config.optionalInt("mask_token", "mask_value")
    unknown = try config.optionalInt("oov_token", "oov_value")
    unknownCount = try config.int("num_oov_indices", default: 1)
    let padded = try config.optionalInt("max_tokens", "max_values")
    extent = try config.bool("pad_to_max_tokens", default: false) ? padded : nil
    config.accept("vocabulary_size", "vocab_size", "vocabulary_dtype", "has_input_vocabulary", "salt", "idf_weights")
    guard let written = config.value("vocabulary") else {
      throw Diagnostic(
        "the vocabulary is not in the file", hint: "give it to the layer as the argument vocabulary and save the model again")
    }
    tokens = try written.intList()
    guard (0..<1 << 20).contains(unknownCount), tokens.count < 1 << 24, extent ?? 1 < 1 << 24 else {
      throw written.problem("\(tokens.count) integers and \(unknownCount) places for unknown ones", hint: "fewer than 2^24 are expected")
    }
    if try config.choice("oov_method", of: ["floormod", "farmhash"], default: "floormod") == "farmhash", unknownCount > 1 {
      throw Diagnostic("oov_method is \"farmhash\"", hint: "hashes of text are not supported; use \"floormod\"")
    }
    let masks = [Int?](repeating: mask, count: mask != nil && form == .int ? 1 : 0)
    let special = masks + [Int?](repeating: unknown, count: unknownCount)
    hadSpecialTokens = !special.isEmpty && tokens.prefix(special.count).map(Optional.some) == special
    if hadSpecialTokens { tokens.removeFirst(special.count) }
    guard !tokens.isEmpty, Set(tokens).count == tokens.count else {
      throw written.problem("the vocabulary has \(tokens.count) integers, some of them more than once or none at all")
    }
  }

  /// The number of each integer; -1 where it has none.
  func numbers(of x: ValueID, _ call: KerasLayerCall) throws(Diagnostic) -> ValueID {
    let writer = call.writer
    let order = tokens.indices.sorted { tokens[$0] < tokens[$1] }
    let keys = Tensor(.int64, [tokens.count], integers: order.map { Int64(tokens[$0]) })
    let places = Tensor(.int64, [tokens.count], integers: order.map { Int64($0 + tokenStart) })
    let count = try writer.countNotAbove(x, keys, "search")
    let nearest = try writer.binary("maximum", try writer.binary("subtract", count, 1, "last"), 0, "nearest")
    let key = try writer.add(Gather(axis: 0), [writer.constant(keys, "vocabulary"), nearest], "key")
    let isKnown = try writer.binary("equal", key, x, "known")
    let place = try writer.add(Gather(axis: 0), [writer.constant(places, "places"), nearest], "place")
    let result = try writer.apply("where", [.value(isKnown), .value(place), try unknownPlace(x, writer)], mask == nil ? "number" : "found")
    guard let mask else { return result }
    let isMask = try writer.binary("equal", x, writer.constant(scalar(mask), "mask"), "masked")
    return try writer.apply("where", [.value(isMask), .number(form == .int ? 0 : -1), .value(result)], "number")
  }

  private func unknownPlace(_ x: ValueID, _ writer: GraphWriter) throws(Diagnostic) -> Operand {
    switch unknownCount {
    case 0: return .number(-1)
    case 1: return .number(Double(unknownStart))
    default:
      let rest = try writer.binary("mod", x, Double(unknownCount), "unknown/mod")
      return .value(try writer.binary("add", rest, Double(unknownStart), "unknown"))
    }
  }

  /// The integer of each number.
  func tokens(of x: ValueID, _ call: KerasLayerCall) throws(Diagnostic) -> ValueID {
    guard form == .int, let unknown else {
      throw Diagnostic("an inverted lookup with output_mode \(form.rawValue)", hint: "it needs output_mode int and an oov_token")
    }
    // An unknown integer at both ends is what all numbers outside of the vocabulary find.
    let first = tokenStart - 1
    let table = Tensor(.int64, [tokens.count + 2], integers: ([unknown] + tokens + [unknown]).map { Int64($0) })
    let from = try call.writer.apply("subtract", [.value(x), .number(Double(first))], "from_first")
    let row = try call.writer.apply("clip", [.value(from), .number(0), .number(Double(tokens.count + 1))], "row")
    let token = try call.writer.add(Gather(axis: 0), [call.writer.constant(table, "vocabulary"), row], "token")
    guard let mask else { return token }
    let isMask = try call.writer.binary("equal", x, 0, "masked")
    return try call.writer.apply("where", [.value(isMask), .value(call.writer.constant(scalar(mask), "mask")), .value(token)], "")
  }

  /// What the count of each number is multiplied with.
  func idfWeights(_ call: KerasLayerCall) throws(Diagnostic) -> ValueID {
    guard let given = try call.config.value("idf_weights")?.flatDoubles() else { return try call.weight("idf_weights", [depth]) }
    let mean = given.reduce(0, +) / Double(max(given.count, 1))
    let front = [Double](repeating: mean, count: hadSpecialTokens ? 0 : tokenStart)
    let back = depth - front.count - given.count
    guard back >= 0 else { throw Diagnostic("\(given.count) idf_weights for \(depth) numbers") }
    let all = front + given + [Double](repeating: 0, count: back)
    return call.builder.constant(Tensor(.float32, [depth], all), call.weights.path, "idf_weights")
  }

  private func scalar(_ value: Int) -> Tensor { Tensor(.int64, [], integers: [Int64(value)]) }
}
