import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  /// Fourier transforms, as products with matrices of cosines and sines.
  static let transforms: [ONNXOperator] = [
    ONNXOperator("DFT", since: 17, .floats, build: transform), ONNXOperator("STFT", since: 17, .floats, build: shortTimeTransform),
  ]

  private static func transform(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let rank = call.writer.rank(try call.input())
    if let axis = try call.optional(2), call.writer.graph.constants[axis] == nil { return try call.transformAlongAny(of: axis) }
    let given = try call.knownInts(2, "axis")?.first ?? (call.opset < 20 ? 1 : -2)
    return try call.transform(along: try normalisedAxis(try call.attributes.int("axis", default: given), rank: rank))
  }

  private static func shortTimeTransform(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let frames = try ONNXFrames(call)
    let writer = call.writer
    let windowed = try frames.windowed()
    let shape = writer.shape(windowed)
    let rows = try writer.reshape(windowed, [shape[0] * shape[1], shape[2] * shape[3]], "rows")
    let product = try writer.matmul(rows, try frames.fourier(), "product")
    return try writer.reshape(product, [shape[0], shape[1], frames.bins, 2], "")
  }
}

extension ONNXCall {
  /// The transform along an axis that is known only when the model runs: one of those whose result has the declared shape.
  fileprivate func transformAlongAny(of axis: ValueID) throws(Diagnostic) -> ValueID {
    let rank = writer.rank(try input())
    let number = Term(try writer.reshape(axis, [], "axis"), writer)
    var candidates: [(axis: Int, result: ValueID)] = []
    for axis in 0..<max(rank - 1, 0) {
      // An axis that has no transform is not the one that is meant.
      if let result = try? transform(along: axis), fits(writer.shape(result)) { candidates.append((axis, result)) }
    }
    guard var result = candidates.first?.result, candidates.allSatisfy({ writer.shape($0.result) == writer.shape(result) }) else {
      throw Diagnostic("axis, input 2, is computed when the model runs", hint: "give it as a constant, or declare the shape of the result")
    }
    for (axis, other) in candidates.dropFirst() {
      let isNamed = try number.applying("equal", .number(Double(axis))).applying(
        "logical_or", .value(number.applying("equal", .number(Double(axis - rank))).id))
      result = try isNamed.choosing(.value(other), else: .value(result)).id
    }
    return result
  }

  /// The shape is what the file says of output 0, as far as it does.
  private func fits(_ shape: Shape) -> Bool {
    guard let declared = declaredShape() else { return true }
    return declared.count == shape.count && zip(declared, shape).allSatisfy { $0 == nil || $1.constant == nil || $0 == $1.constant }
  }

  fileprivate func transform(along axis: Int) throws(Diagnostic) -> ValueID {
    let x = try input()
    let shape = writer.shape(x)
    guard shape.count >= 2, axis < shape.count - 1, let extent = shape[axis].constant, let parts = shape[shape.count - 1].constant else {
      throw Diagnostic("\(writer.type(x)) is transformed along axis \(axis)", hint: "[…, 1 or 2] is expected, and the extent known")
    }
    let isInverse = try attributes.flag("inverse")
    let isOneSided = try attributes.flag("onesided")
    let length = try knownNumber(1, "dft_length").map { Int($0) } ?? (isInverse && isOneSided ? 2 * (extent - 1) : extent)
    let matrix = try FourierMatrix(length: length, isInverse: isInverse, isOneSided: isOneSided, inputs: extent, parts: parts)
    let order = shape.indices.filter { $0 != axis && $0 != shape.count - 1 } + [axis, shape.count - 1]
    let moved = try writer.transpose(x, order, "axis_last")
    let outer = order.dropLast(2).map { shape[$0] }
    let rows = try writer.reshape(moved, [outer.elementCount, Dim(extent * parts)], "rows")
    let product = try writer.matmul(rows, writer.constant(matrix.tensor(writer.dtype(x)), "fourier"), "product")
    let parted = try writer.reshape(product, outer + [Dim(matrix.outputs), Dim(matrix.outputParts)], "parted")
    return try writer.transpose(parted, writer.inverse(of: order), "")
  }
}

/// A signal `[batch, time, 1 or 2]` cut into frames, whose step and length may be known only when the model runs.
private struct ONNXFrames {
  private let call: ONNXCall
  private let x: ValueID
  private let step: Term
  private let length: Term
  private let window: ValueID?
  /// No frame is longer.
  private let most: Int
  private let count: Dim
  let bins: Dim

  private var writer: GraphWriter { call.writer }

  init(_ call: ONNXCall) throws(Diagnostic) {
    self.call = call
    x = try call.input()
    let (writer, shape) = (call.writer, call.writer.shape(try call.input()))
    guard shape.count == 3, let time = shape[1].constant else {
      throw Diagnostic("\(writer.type(x)) is cut into frames", hint: "[batch, time, 1 or 2] is expected, and the time known")
    }
    window = try call.optional(2)
    let width = window.flatMap { writer.shape($0).first?.constant }
    func integer(_ id: ValueID, _ label: String) throws(Diagnostic) -> Term {
      Term(try writer.reshape(try writer.cast(id, to: .int64, "\(label)/int64"), [], label), writer)
    }
    step = try integer(try call.input(1), "step")
    let given = try call.optional(3) ?? writer.constant(Tensor(.int64, [], [Double(width ?? time)]), "frame_length")
    length = try integer(given, "length")
    let declared = call.declaredShape().flatMap { $0.count == 4 ? $0 : nil }
    let isOneSided = try call.attributes.flag("onesided", default: true)
    let known = writer.graph.constants[length.id].map { Int($0.integers[0]) }
    let bound = declared.flatMap { $0[2] }.map { isOneSided ? 2 * $0 - 1 : $0 }
    most = min(width ?? .max, known ?? .max, bound ?? .max, time)
    guard most > 0, known ?? 1 > 0, window == nil || width != nil else {
      throw Diagnostic("frames of \(known ?? most) from \(writer.type(x))", hint: "one element at least, and a window of known length")
    }
    let rest = try Term(writer.constant(Tensor(.int64, [], [Double(time)]), "time"), writer) - length
    count = try call.extent(try (rest.applying("floor_divide", .value(step.id)) + 1).id, atMost: declared.flatMap { $0[1] }, "frames")
    let half = isOneSided ? try length.applying("floor_divide", .number(2)) + 1 : length
    bins = try call.extent(half.id, atMost: declared.flatMap { $0[2] }, "bins")
  }

  /// `[batch, frames, most, parts]`; what is beyond the length is multiplied with zero later.
  func windowed() throws(Diagnostic) -> ValueID {
    let starts = try Term(try writer.counting(count, .int64, "frame"), writer) * step
    let offsets = try writer.counting(Dim(most), .int64, "offset")
    let places = try Term(try writer.expandDims(starts.id, 1, "starts"), writer) + Term(offsets, writer)
    let frames = try writer.add(Gather(axis: 1), [x, places.id], "frames")
    guard let window else { return frames }
    let column = try writer.reshape(try writer.slice(window, axis: 0, from: 0, to: most, "window/cut"), [Dim(most), 1], "window")
    return try writer.binary("multiply", frames, column, "windowed")
  }

  /// `[most * parts, bins * 2]`: cosines and sines of `2 π n k / length`, and zeros from the length on.
  func fourier() throws(Diagnostic) -> ValueID {
    let n = Term(try writer.expandDims(try writer.counting(Dim(most), .int64, "n"), 1, "n/column"), writer)
    let k = Term(try writer.counting(bins, .int64, "k"), writer)
    let turn = try (n * k).applying("mod", .value(length.id))
    let size = Term(try writer.cast(length.id, to: .float64, "size"), writer)
    let angle = try Term(try writer.cast(turn.id, to: .float64, "turn"), writer) / size * (2 * .pi)
    let isInside = try n.applying("less", .value(length.id))
    func masked(_ term: Term) throws(Diagnostic) -> ValueID {
      let inside = try isInside.choosing(.value(term.id), else: .number(0))
      return try writer.expandDims(try writer.cast(inside.id, to: writer.dtype(x), "wave"), 2, "wave/part")
    }
    let cosine = try angle.applying("cos")
    let sine = try angle.applying("sin")
    let real = try writer.concatenate([try masked(cosine), try masked(try sine * -1)], axis: 2, "real")
    guard writer.shape(x)[2] != 1 else { return try writer.reshape(real, [Dim(most), bins * 2], "fourier") }
    let imaginary = try writer.concatenate([try masked(sine), try masked(cosine)], axis: 2, "imaginary")
    let parts = try [real, imaginary].map { (part) throws(Diagnostic) in try writer.expandDims(part, 1, "part") }
    return try writer.reshape(try writer.concatenate(parts, axis: 1, "parts"), [Dim(2 * most), bins * 2], "fourier")
  }
}
