import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  /// Losses of classes `[N, C, …]` against labels `[N, …]`.
  static let losses: [ONNXOperator] = [
    ONNXOperator("NegativeLogLikelihoodLoss", since: 12, .floats) { (call) throws(Diagnostic) in try call.loss(of: try call.input()) },
    ONNXOperator("SoftmaxCrossEntropyLoss", since: 12, .floats) { (call) throws(Diagnostic) -> [ONNXValue] in
      let logarithms = try call.writer.softmax(try call.input(), axes: [1], isLogarithm: true, "log_softmax")
      return [.tensor(try call.loss(of: logarithms)), .tensor(logarithms)]
    },
  ]
}

extension ONNXCall {
  /// The logarithm that each label names, negative; weighted, zero for the label to ignore, and reduced as the node says.
  fileprivate func loss(of logarithms: ValueID) throws(Diagnostic) -> ValueID {
    let (labels, dtype) = (try input(1), writer.dtype(logarithms))
    var shape = writer.shape(logarithms)
    guard shape.count > 1 else { throw Diagnostic("the input is \(writer.type(logarithms))", hint: "it is [N, C, …]") }
    shape.remove(at: 1)
    guard writer.shape(labels) == shape else {
      throw Diagnostic("the labels are \(writer.type(labels))", hint: "they have the shape \(shape), one for each sample")
    }
    let places = try writer.expandDims(labels, 1, "labels")
    let chosen = try writer.reshape(try writer.add(GatherElements(axis: 1), [logarithms, places], "chosen"), shape, "chosen_flat")
    var losses = try writer.unary("negative", chosen, [:], "losses")
    let weights = try sampleWeights(labels, dtype)
    if let given = weights.factors { losses = try writer.binary("multiply", losses, given, "losses_weighted") }
    if let ignored = weights.ignored { losses = try zeroed(losses, where: ignored, "losses_kept") }
    let reduction = try attributes.choice("reduction", of: ["none", "sum", "mean"], default: "mean")
    if reduction == "none" { return losses }
    let axes = Array(shape.indices)
    guard reduction == "mean" else { return try writer.reduce(.sum, losses, axes: axes, "") }
    guard let total = try totalWeight(weights, shape, dtype) else { return try writer.reduce(.mean, losses, axes: axes, "") }
    return try writer.binary("divide", try writer.reduce(.sum, losses, axes: axes, "sum"), total, "")
  }

  /// The weight of each sample's label, and whether it is the one to ignore; nothing where all count alike.
  private func sampleWeights(_ labels: ValueID, _ dtype: DType) throws(Diagnostic) -> (factors: ValueID?, ignored: ValueID?) {
    let ignored = try attributes.optionalInt("ignore_index").map { (index) throws(Diagnostic) in
      guard index.magnitude < 1 << 31 else { throw Diagnostic("ignore_index is \(index)", hint: "it is an int32") }
      return try writer.binary("equal", labels, Double(index), "ignored")
    }
    let factors = try optional(2).map { (weights) throws(Diagnostic) in
      guard writer.shape(weights) == [try type().shape[1]] else {
        throw Diagnostic("the weights are \(writer.type(weights))", hint: "there is one for each class")
      }
      return try writer.cast(try writer.add(Gather(axis: 0), [weights, labels], "weights"), to: dtype, "weights_cast")
    }
    return (factors, ignored)
  }

  /// What a mean divides by, where not every sample counts 1.
  private func totalWeight(
    _ weights: (factors: ValueID?, ignored: ValueID?), _ shape: Shape, _ dtype: DType
  ) throws(Diagnostic) -> ValueID? {
    let axes = Array(shape.indices)
    guard let ignored = weights.ignored else {
      return try weights.factors.map { (factors) throws(Diagnostic) in try writer.reduce(.sum, factors, axes: axes, "total") }
    }
    let ones = try writer.cast(try writer.unary("logical_not", ignored, [:], "kept"), to: dtype, "kept_cast")
    let counted = try weights.factors.map { (factors) throws(Diagnostic) in try zeroed(factors, where: ignored, "weights_kept") } ?? ones
    return try writer.reduce(.sum, counted, axes: axes, "total")
  }

  /// Zero where a condition holds.
  private func zeroed(_ x: ValueID, where condition: ValueID, _ label: String) throws(Diagnostic) -> ValueID {
    try writer.apply("where", [.value(condition), .number(0), .value(x)], label)
  }
}
