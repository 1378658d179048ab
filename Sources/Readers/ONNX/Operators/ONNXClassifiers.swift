import GraphIR
import Operators
import Tensors

/// The classes of a classifier, and its two outputs: the label and the scores of each row.
struct ONNXClassLabels {
  private let call: ONNXCall
  private let numbers: [Int]?
  let count: Int

  private var writer: GraphWriter { call.writer }

  init(_ call: ONNXCall, _ numbers: String, _ texts: String) throws(Diagnostic) {
    self.call = call
    let (given, strings) = (try call.attributes.optionalInts(numbers), try call.attributes.strings(texts))
    self.numbers = strings.isEmpty ? given : nil
    count = strings.isEmpty ? given?.count ?? 0 : strings.count
    guard strings.isEmpty || !call.wants(0) else {
      throw Diagnostic("the labels of the classes are texts", hint: "train with numbers as labels, or cut the output of the labels off")
    }
    guard count > 0 else { throw Diagnostic("a classifier without classes", hint: "export the model again") }
  }

  /// The class of the greatest score.
  func outputs(_ scores: ValueID, _ result: ValueID) throws(Diagnostic) -> [ONNXValue] {
    [.tensor(try labels(of: try writer.add(ArgReduce(.max, axis: 1, keepDims: false, dtype: .int64), [scores], "class"))), .tensor(result)]
  }

  /// The second class where its score, the only column, is above the threshold; a class that is alone is called 1, and no class 0.
  func outputs(ofOne score: ValueID, above threshold: Double, _ result: ValueID) throws(Diagnostic) -> [ONNXValue] {
    let isPositive = try writer.binary("greater", try writer.reshape(score, [writer.shape(score)[0]], "score"), threshold, "is_positive")
    let index = try writer.cast(isPositive, to: .int64, "class")
    return [.tensor(count == 2 ? try labels(of: index) : index), .tensor(result)]
  }

  private func labels(of index: ValueID) throws(Diagnostic) -> ValueID {
    guard let numbers, numbers != Array(numbers.indices) else { return index }
    let table = Tensor(.int64, [numbers.count], integers: numbers.map { Int64($0) })
    return try writer.add(Gather(axis: 0), [writer.constant(table, "labels"), index], "label")
  }
}

extension ONNXCall {
  static let transforms = ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"]

  func transformName() throws(Diagnostic) -> String { try attributes.choice("post_transform", of: Self.transforms, default: "NONE") }

  /// Scores `[rows, classes]` made to what a model is asked for.
  func postTransformed(_ scores: ValueID, _ name: String) throws(Diagnostic) -> ValueID {
    switch name {
    case "SOFTMAX": return try writer.softmax(scores, axes: [1], "softmax")
    case "LOGISTIC": return try writer.unary("sigmoid", scores, [:], "logistic")
    case "SOFTMAX_ZERO": return try softmaxOfNonzero(scores)
    case "PROBIT": return try probit(scores)
    default: return scores
    }
  }

  /// The exponentials of scores that are zero stand for nothing: they stay zero.
  private func softmaxOfNonzero(_ scores: ValueID) throws(Diagnostic) -> ValueID {
    let x = Term(scores, writer)
    let most = Term(try writer.reduce(.max, scores, axes: [1], keepDims: true, "max"), writer)
    let isZero = try x.applying("abs").applying("less_equal", .number(1e-7))
    let exponential = try (x - most).applying("exp")
    let kept = try x * (most * -1).applying("exp")
    let parts = try isZero.choosing(.value(kept.id), else: .value(exponential.id))
    let sum = Term(try writer.reduce(.sum, parts.id, axes: [1], keepDims: true, "sum"), writer)
    let share = try parts / sum
    return try sum.applying("equal", .number(0)).choosing(.number(0.5), else: .value(share.id)).id
  }

  /// The inverse of the normal distribution, as the reference approximates it (Winitzki's inverse of the error function).
  private func probit(_ scores: ValueID) throws(Diagnostic) -> ValueID {
    let u = try Term(scores, writer) * 2 + -1
    let rest = try (1 - u) * (u + 1)
    let logarithm = try rest.applying("log")
    let v = try logarithm * 0.5 + 2 / (Double.pi * 0.147)
    let root = try (v * v - logarithm * (1 / 0.147)).applying("sqrt")
    let size = try (root - v).applying("sqrt") * 1.41421356
    let signed = try u.applying("less", .number(0)).choosing(.value(try (size * -1).id), else: .value(size.id))
    return try rest.applying("equal", .number(0)).choosing(.number(0), else: .value(signed.id)).id
  }
}
