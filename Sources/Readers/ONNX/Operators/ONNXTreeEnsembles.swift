import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  /// Ensembles of decision trees.
  static let trees: [ONNXOperator] = [
    ONNXOperator("TreeEnsemble", domain: ml, since: 5, .floats, build: ensemble),
    ONNXOperator("TreeEnsembleRegressor", domain: ml, .numbers, build: regressor),
    ONNXOperator("TreeEnsembleClassifier", domain: ml, .numbers, values: classifier),
  ]

  static let ml = "ai.onnx.ml"

  private static func ensemble(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let (attributes, x) = (call.attributes, try call.input())
    attributes.ignore("nodes_hitrates")
    let weights = try attributes.tensor("leaf_weights")
    let tables = try ONNXLeafedTrees(attributes, weights).tables(call.writer.dtype(x))
    let transform = try attributes.int("post_transform", default: 0)
    let names = ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"]
    let aggregate = try attributes.int("aggregate_function", default: 1)
    let aggregates: [TreeEnsemble.Aggregate] = [.average, .sum, .min, .max]
    guard names.indices.contains(transform), aggregates.indices.contains(aggregate) else {
      throw Diagnostic("post_transform \(transform) and aggregate_function \(aggregate)", hint: "known are 0 to 4, and 0 to 3")
    }
    let result = try tables.apply(
      to: x, targets: try attributes.int("n_targets", default: 1), aggregates[aggregate], weights: weights?.dtype ?? .float32, call.writer)
    return try call.postTransformed(result, names[transform])
  }

  private static func regressor(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let (attributes, x) = (call.attributes, try call.features())
    let aggregate = try attributes.choice("aggregate_function", of: ["SUM", "AVERAGE", "MIN", "MAX"], default: "SUM")
    let targets = try attributes.int("n_targets", default: 1)
    let tables = try ONNXNumberedTrees(attributes, weights: "target").tables(call.writer.dtype(x))
    let sums = try tables.apply(
      to: x, targets: targets, TreeEnsemble.Aggregate(rawValue: aggregate.lowercased()) ?? .sum, weights: .float32, call.writer)
    let base = try attributes.numbers("base_values")
    let result = base.isEmpty ? sums : try call.writer.binary("add", sums, call.row(base, "base_values"), "based")
    return try call.postTransformed(result, try call.transformName())
  }

  private static func classifier(_ call: ONNXCall) throws(Diagnostic) -> [ONNXValue] {
    let (attributes, x) = (call.attributes, try call.features())
    let labels = try ONNXClassLabels(call, "classlabels_int64s", "classlabels_strings")
    let ids = try attributes.ints("class_ids")
    let base = try attributes.numbers("base_values")
    let tables = try ONNXNumberedTrees(attributes, weights: "class").tables(call.writer.dtype(x))
    let isPositive = try attributes.numbers("class_weights").allSatisfy { $0 >= 0 }
    let transform = try call.transformName()
    let isBinary = labels.count <= 2 && Set(ids).count == 1
    let sums = try tables.apply(to: x, targets: isBinary ? 1 : labels.count, .sum, weights: .float32, call.writer)
    guard isBinary else {
      let scores = base.isEmpty ? sums : try call.writer.binary("add", sums, call.row(base, "base_values"), "based")
      return try labels.outputs(scores, try call.postTransformed(scores, transform))
    }
    let score = base.isEmpty ? sums : try call.writer.binary("add", sums, base[base.count - 1], "based")
    return try labels.outputs(ofOne: score, above: isPositive ? 0.5 : 0, try call.both(score, isProbability: isPositive, transform))
  }
}

extension ONNXCall {
  /// The rows that a model of the ai.onnx.ml domain looks at: floats stay, integers become float32.
  func features() throws(Diagnostic) -> ValueID {
    let x = try writer.floating(try input(), "features")
    guard writer.rank(x) == 1 else { return x }
    return try writer.expandDims(x, 0, "row")
  }

  /// Numbers for each column, in the type of the results.
  func row(_ values: [Double], _ label: String) -> ValueID { writer.constant(Tensor(.float32, [values.count], values), label) }
}

extension ONNXCall {
  /// The scores of two classes from that of the second, the only column: what is left of one, or the opposite.
  fileprivate func both(_ score: ValueID, isProbability: Bool, _ transform: String) throws(Diagnostic) -> ValueID {
    let second = Term(score, writer)
    let first = isProbability ? try 1 - second : try second * -1
    let scores = try writer.concatenate([first.id, score], axis: 1, "scores")
    return isProbability ? scores : try postTransformed(scores, transform)
  }
}

extension ONNXAttributes {
  /// A list of numbers, or under a longer name a tensor of them.
  func numbers(_ name: String) throws(Diagnostic) -> [Double] {
    let list = try floats(name)
    return try tensor("\(name)_as_tensor")?.doubles ?? list
  }
}
