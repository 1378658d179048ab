import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  /// Support vector machines.
  static let supportVectors: [ONNXOperator] = [
    ONNXOperator("SVMRegressor", domain: ml, .numbers) { (call) throws(Diagnostic) in try ONNXSupportVectors(call).regression() },
    ONNXOperator("SVMClassifier", domain: ml, .numbers, values: { (call) throws(Diagnostic) in try ONNXSupportVectors(call).classes() }),
  ]
}

/// A support vector machine: sums of a kernel of the input with each support vector, or without these a linear model.
private struct ONNXSupportVectors {
  private let call: ONNXCall
  private let x: ValueID
  private let features: Int
  private let kernel: String
  /// Gamma, the constant and the degree.
  private let parameters: [Double]
  private let vectors: [Double]
  private let coefficients: [Double]
  private let rho: [Double]

  private var writer: GraphWriter { call.writer }
  private var vectorCount: Int { vectors.count / features }

  init(_ call: ONNXCall) throws(Diagnostic) {
    self.call = call
    x = try call.features()
    guard let features = call.writer.shape(x)[1].constant, features > 0 else {
      throw Diagnostic("\(call.writer.type(x))", hint: "the number of features has to be known")
    }
    self.features = features
    let attributes = call.attributes
    kernel = try attributes.choice("kernel_type", of: ["LINEAR", "POLY", "RBF", "SIGMOID"], default: "LINEAR")
    let given = try attributes.floats("kernel_params")
    parameters = given.count == 3 ? given : [0, 0, 0]
    vectors = try attributes.floats("support_vectors")
    coefficients = try attributes.floats("coefficients")
    rho = try attributes.floats("rho")
    guard vectors.count % features == 0, !coefficients.isEmpty, !rho.isEmpty else {
      throw Diagnostic("\(vectors.count) numbers of support vectors of \(features) features", hint: "export the model again")
    }
  }

  func regression() throws(Diagnostic) -> ValueID {
    call.attributes.ignore("n_supports", "n_targets")
    let isOneClass = try call.attributes.flag("one_class")
    let sums = vectors.isEmpty ? x : try kernels()
    let width = vectors.isEmpty ? features : vectorCount
    guard coefficients.count == width else { throw Diagnostic("\(coefficients.count) coefficients", hint: "\(width) are expected") }
    let score = try weighted(sums, coefficients, rows: 1, offsets: [rho[0]])
    let result = try call.postTransformed(score, try call.transformName())
    guard isOneClass else { return result }
    return try Term(result, writer).applying("greater", .number(0)).choosing(.number(1), else: .number(-1)).id
  }

  /// `[rows, vectors]`: the kernel of each row with each support vector.
  private func kernels() throws(Diagnostic) -> ValueID {
    let matrix = writer.constant(Tensor(writer.dtype(x), [vectorCount, features], vectors), "support_vectors")
    if kernel == "RBF" {
      let difference = try writer.binary("subtract", try writer.expandDims(x, 1, "rows"), matrix, "differences")
      let distance = try writer.reduce(.sum, try writer.unary("square", difference, [:], "squares"), axes: [2], "distances")
      return try (Term(distance, writer) * -parameters[0]).applying("exp").id
    }
    let products = Term(try writer.matmul(x, matrix, transposeB: true, "products"), writer)
    if kernel == "LINEAR" { return products.id }
    let scaled = try products * parameters[0] + parameters[1]
    return kernel == "POLY" ? try scaled.applying("power", .number(parameters[2].rounded(.towardZero))).id : try scaled.applying("tanh").id
  }

  private func weighted(_ sums: ValueID, _ weights: [Double], rows: Int, offsets: [Double]) throws(Diagnostic) -> ValueID {
    let matrix = writer.constant(Tensor(writer.dtype(sums), [rows, weights.count / rows], weights), "coefficients")
    let product = try writer.matmul(sums, matrix, transposeB: true, "weighted")
    return try writer.binary("add", product, writer.constant(Tensor(writer.dtype(sums), [offsets.count], offsets), "rho"), "scores")
  }
}

extension ONNXSupportVectors {
  func classes() throws(Diagnostic) -> [ONNXValue] {
    let labels = try ONNXClassLabels(call, "classlabels_ints", "classlabels_strings")
    let perClass = try call.attributes.ints("vectors_per_class")
    let transform = try call.transformName()
    let hasProbabilities = try !call.attributes.floats("prob_a").isEmpty
    call.attributes.ignore("prob_b")
    guard !vectors.isEmpty else {
      guard coefficients.count == labels.count * features else { throw Diagnostic("\(coefficients.count) coefficients") }
      let scores = try weighted(x, coefficients, rows: labels.count, offsets: [rho[0]])
      return try labels.outputs(scores, try call.postTransformed(scores, transform))
    }
    guard !hasProbabilities else {
      throw Diagnostic("probabilities of a support vector machine", hint: "train with probability=False, and take the scores")
    }
    let pairs = try pairWeights(perClass, labels.count)
    let scores = try weighted(try kernels(), pairs.weights, rows: pairs.count, offsets: Array(rho.prefix(pairs.count)))
    return try voted(scores, labels, transform)
  }

  /// For every pair of classes the weight of each support vector: those of other classes have none.
  private func pairWeights(_ perClass: [Int], _ classes: Int) throws(Diagnostic) -> (weights: [Double], count: Int) {
    let count = classes * (classes - 1) / 2
    guard perClass.count == classes, perClass.allSatisfy({ $0 >= 0 && $0 <= vectorCount }), perClass.reduce(0, +) == vectorCount,
      coefficients.count == (classes - 1) * vectorCount, rho.count >= count, count > 0
    else {
      throw Diagnostic(
        "\(perClass) support vectors for \(classes) classes, \(coefficients.count) coefficients and \(rho.count) offsets",
        hint: "export the model again")
    }
    let owners = perClass.enumerated().flatMap { [Int](repeating: $0.offset, count: $0.element) }
    var weights: [Double] = []
    for first in 0..<classes {
      for second in first + 1..<classes {
        weights += owners.enumerated().map { vector, owner in
          owner == first
            ? coefficients[(second - 1) * vectorCount + vector] : owner == second ? coefficients[first * vectorCount + vector] : 0
        }
      }
    }
    return (weights, count)
  }

  /// Each pair votes for its first class where its score is positive, else for its second.
  private func voted(_ scores: ValueID, _ labels: ONNXClassLabels, _ transform: String) throws(Diagnostic) -> [ONNXValue] {
    let pairs = (0..<labels.count).flatMap { first in (first + 1..<labels.count).map { (first, $0) } }
    let won = (0..<labels.count).flatMap { name in pairs.map { $0.0 == name ? 1.0 : $0.1 == name ? -1 : 0 } }
    let offsets = (0..<labels.count).map { name in Double(pairs.filter { $0.1 == name }.count) }
    let wins = try writer.cast(try writer.binary("greater", scores, 0, "wins"), to: writer.dtype(scores), "won")
    let votes = try weighted(wins, won, rows: labels.count, offsets: offsets)
    guard labels.count == 2 else { return try labels.outputs(votes, try call.postTransformed(scores, transform)) }
    let opposite = try writer.unary("negative", scores, [:], "opposite")
    let both = try writer.concatenate([opposite, scores], axis: 1, "both")
    return try labels.outputs(votes, try call.postTransformed(both, transform))
  }
}
