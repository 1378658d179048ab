import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  /// Counts of short sequences of numbers.
  static let ngrams: [ONNXOperator] = [
    ONNXOperator("TfIdfVectorizer", since: 9, .integers) { (call) throws(Diagnostic) in try ONNXNGrams(call).run() }
  ]
}

/// Sequences of one length that are counted, and how: elements may be skipped between any two.
private struct ONNXNGrams {
  private let call: ONNXCall
  private let pool: [Int]
  private let starts: [Int]
  private let places: [Int]
  private let lengths: ClosedRange<Int>
  private let mostSkipped: Int
  private let mode: String
  private let weights: [Double]

  private var writer: GraphWriter { call.writer }

  init(_ call: ONNXCall) throws(Diagnostic) {
    self.call = call
    let attributes = call.attributes
    guard !attributes.has("pool_strings") else { throw Diagnostic("sequences of texts", hint: "only sequences of numbers are counted") }
    pool = try attributes.ints("pool_int64s")
    starts = try attributes.ints("ngram_counts")
    places = try attributes.ints("ngram_indexes")
    let (least, most) = (try attributes.int("min_gram_length", default: 1), try attributes.int("max_gram_length", default: 1))
    mostSkipped = try attributes.int("max_skip_count", default: 0)
    mode = try attributes.choice("mode", of: ["TF", "IDF", "TFIDF"], default: "TF")
    weights = try attributes.floats("weights")
    lengths = min(max(least, 1), 1 << 10)...min(max(most, least, 1), 1 << 10)
    let size = pool.count
    guard lengths == least...max(least, most), (0..<1 << 20).contains(mostSkipped), starts == starts.sorted(), starts.count < 1 << 10,
      starts.allSatisfy({ 0 <= $0 && $0 <= size }), places.allSatisfy({ (0..<1 << 24).contains($0) }), !places.isEmpty,
      Set(places).count == places.count
    else {
      throw Diagnostic(
        "sequences of \(least) to \(most) numbers that start at \(starts) in a pool of \(pool.count), and the places \(places.prefix(8))",
        hint: "starts rise, and no place is named twice")
    }
  }

  func run() throws(Diagnostic) -> ValueID {
    let x = try call.input()
    let shape = writer.shape(x)
    guard (1...2).contains(shape.count), let width = shape[shape.count - 1].constant else {
      throw Diagnostic("\(writer.type(x))", hint: "a row or rows of numbers are expected, of a known extent")
    }
    let rows = try writer.cast(shape.count == 1 ? try writer.expandDims(x, 0, "row") : x, to: .int64, "rows")
    let size = (places.max() ?? 0) + 1
    // The count of each sequence, and after them a zero for places that no sequence has.
    var counts: [ValueID] = []
    var columns = [Int](repeating: 0, count: size)
    var column = 0
    for length in 1...max(starts.count, 1) {
      let grams = sequences(of: length)
      guard lengths.contains(length), !grams.isEmpty else { continue }
      for (position, gram) in grams.enumerated() where gram.place < size { columns[gram.place] = column + position + 1 }
      column += grams.count
      counts.append(try self.counts(of: grams.map(\.numbers), length, in: rows, width))
    }
    let all = try writer.concatenate([try zeros(rows, 1)] + counts, axis: 1, "counts")
    let order = writer.constant(Tensor(.int32, [size], integers: columns.map { Int64($0) }), "order")
    let ordered = try writer.add(Gather(axis: 1), [all, order], "ordered")
    let result = try weighted(ordered, size)
    return try writer.reshape(result, shape.dropLast() + [Dim(size)], "")
  }

  /// The sequences of a length, with their places in the result.
  private func sequences(of length: Int) -> [(numbers: [Int], place: Int)] {
    guard length <= starts.count else { return [] }
    // Those of shorter lengths come first.
    var first = 0
    for shorter in 1..<length { first += (starts[shorter] - starts[shorter - 1]) / shorter }
    let end = length < starts.count ? starts[length] : pool.count
    return (0..<(end - starts[length - 1]) / length).map { position in
      let start = starts[length - 1] + position * length
      return (Array(pool[start..<start + length]), first + position < places.count ? places[first + position] : .max)
    }
  }

  /// `[rows, sequences]`: how often each occurs, with each number of elements skipped.
  private func counts(of grams: [[Int]], _ length: Int, in rows: ValueID, _ width: Int) throws(Diagnostic) -> ValueID {
    var total: Term?
    for skipped in 0...(length == 1 ? 0 : mostSkipped) {
      let count = width - (length - 1) * (skipped + 1)
      guard count > 0 else { break }
      var isEqual: Term?
      for position in 0..<length {
        let start = position * (skipped + 1)
        let part = try writer.slice(rows, axis: 1, from: start, to: start + count, "part")
        let numbers = writer.constant(Tensor(.int64, [grams.count], integers: grams.map { Int64($0[position]) }), "numbers")
        let matches = try Term(try writer.expandDims(part, 2, "column"), writer).applying("equal", .value(numbers))
        isEqual = try isEqual?.applying("logical_and", .value(matches.id)) ?? matches
      }
      guard let isEqual else { continue }
      let found = try writer.reduce(.sum, try writer.cast(isEqual.id, to: .float32, "found"), axes: [1], "count")
      if let sum = total { total = try sum + Term(found, writer) } else { total = Term(found, writer) }
    }
    if let total { return total.id }
    return try zeros(rows, grams.count)
  }

  private func zeros(_ rows: ValueID, _ columns: Int) throws(Diagnostic) -> ValueID {
    let zero = writer.constant(Tensor(.float32, [1, 1], [0]), "zero")
    return try writer.add(Expand([writer.shape(rows)[0], Dim(columns)]), [zero], "zeros")
  }

  private func weighted(_ counts: ValueID, _ size: Int) throws(Diagnostic) -> ValueID {
    guard weights.isEmpty || weights.count >= size else { throw Diagnostic("\(weights.count) weights for \(size) places") }
    let row = weights.isEmpty ? [Double](repeating: 1, count: size) : Array(weights.prefix(size))
    let factor = writer.constant(Tensor(.float32, [size], row), "weights")
    switch mode {
    case "IDF":
      let occurs = try writer.cast(try writer.binary("greater", counts, 0, "occurs"), to: .float32, "occurring")
      return try writer.binary("multiply", occurs, factor, "weighted")
    case "TFIDF": return try writer.binary("multiply", counts, factor, "weighted")
    default: return counts
    }
  }
}
