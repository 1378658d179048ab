import GraphIR
import Operators
import Tensors

/// Rotary embeddings: pairs of elements of each head turned by angles that depend on where in the sequence they stand.
struct ONNXRotation {
  private let call: ONNXCall
  private let isInterleaved: Bool
  /// How many elements of each head are turned; 0 for all.
  private let width: Int
  private let heads: Int

  init(_ call: ONNXCall) throws(Diagnostic) {
    self.call = call
    isInterleaved = try call.attributes.flag("interleaved")
    (width, heads) = (try call.attributes.int("rotary_embedding_dim", default: 0), try call.attributes.int("num_heads", default: 0))
  }

  private var writer: GraphWriter { call.writer }

  /// `x`, `[N, H, S, D]` or `[N, S, H · D]`, turned. Cosine and sine are `[N, S, pairs]`, or hold a row `[pairs]` for each of the places
  /// `[N, S]`.
  func rotated(_ x: ValueID, cosine: ValueID, sine: ValueID, places: ValueID?) throws(Diagnostic) -> ValueID {
    guard writer.rank(x) == 3 || writer.rank(x) == 4 else {
      throw Diagnostic("the input is \(writer.type(x))", hint: "it is [N, H, S, D] or [N, S, H · D]")
    }
    let isJoined = writer.rank(x) == 3
    // Heads side by side of which the number is not told: the angles tell the size of one.
    let count = isJoined && heads == 0 ? try impliedHeads(x, cosine) : heads
    let parted = isJoined ? try writer.headsParted(x, count, "heads") : x
    let shape = writer.shape(parted)
    guard let size = shape[3].constant, width >= 0, width <= size, (width == 0 ? size : width) % 2 == 0 else {
      throw Diagnostic("\(width) elements of heads \(writer.type(parted)) are turned", hint: "an even number that a head has")
    }
    let turning = width == 0 ? size : width
    let angles = (try table(cosine, places, parted, turning / 2, "cosine"), try table(sine, places, parted, turning / 2, "sine"))
    let part = turning == size ? parted : try writer.slice(parted, axis: 3, from: 0, to: turning, "turning")
    var result = try turned(part, angles.0, angles.1, turning)
    if turning < size {
      result = try writer.concatenate([result, try writer.slice(parted, axis: 3, from: turning, to: size, "still")], axis: 3, "whole")
    }
    return isJoined ? try writer.headsJoined(result, "") : result
  }

  private func impliedHeads(_ x: ValueID, _ cosine: ValueID) throws(Diagnostic) -> Int {
    guard width == 0, let pairs = writer.shape(cosine).last?.constant, pairs > 0, let extent = writer.shape(x)[2].constant else {
      throw Diagnostic("num_heads is missing", hint: "an input of three axes needs it")
    }
    return extent / (2 * pairs)
  }

  /// `[N, 1, S, pairs]`.
  private func table(
    _ given: ValueID, _ places: ValueID?, _ x: ValueID, _ pairs: Int, _ label: String
  ) throws(Diagnostic) -> ValueID {
    let rows = try places.map { (places) throws(Diagnostic) in try writer.add(Gather(axis: 0), [given, places], "\(label)/rows") } ?? given
    let (shape, own) = (writer.shape(rows), writer.shape(x))
    guard shape.count == 3, shape[0] == own[0] || shape[0] == 1, shape[1] == own[2], shape[2] == Dim(pairs) else {
      throw Diagnostic(
        "the \(label)s are \(writer.type(given))\(places.map { " at \(writer.type($0))" } ?? "") for \(writer.type(x))",
        hint: "they come to [N, S, \(pairs)]")
    }
    return try writer.reshape(rows, [shape[0], 1, shape[1], shape[2]], label)
  }

  private func turned(_ x: ValueID, _ cosine: ValueID, _ sine: ValueID, _ width: Int) throws(Diagnostic) -> ValueID {
    let (start, step) = isInterleaved ? (1, 2) : (width / 2, 1)
    let a = try writer.slice(x, axis: 3, from: 0, to: isInterleaved ? width : width / 2, step: step, "first")
    let b = try writer.slice(x, axis: 3, from: start, to: width, step: step, "second")
    let real = try writer.binary(
      "subtract", try writer.binary("multiply", cosine, a, "real/a"), try writer.binary("multiply", sine, b, "real/b"), "real")
    let imaginary = try writer.binary(
      "add", try writer.binary("multiply", sine, a, "imaginary/a"), try writer.binary("multiply", cosine, b, "imaginary/b"), "imaginary")
    guard isInterleaved else { return try writer.concatenate([real, imaginary], axis: 3, "turned") }
    let pairs = [try writer.expandDims(real, -1, "real/pairs"), try writer.expandDims(imaginary, -1, "imaginary/pairs")]
    return try writer.reshape(try writer.concatenate(pairs, axis: 4, "pairs"), writer.shape(x), "turned")
  }
}
