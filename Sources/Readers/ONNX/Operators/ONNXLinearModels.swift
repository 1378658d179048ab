import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  /// Linear models and support vector machines.
  static let linearModels: [ONNXOperator] = [
    ONNXOperator("LinearRegressor", domain: ml, .numbers) { (call) throws(Diagnostic) in
      let targets = try call.attributes.int("targets", default: 1)
      let scores = try call.linear(try call.features(), try call.attributes.floats("coefficients"), rows: targets)
      return try call.postTransformed(scores, try call.transformName())
    },
    ONNXOperator("LinearClassifier", domain: ml, .numbers, values: linearClassifier),
  ]

  private static func linearClassifier(_ call: ONNXCall) throws(Diagnostic) -> [ONNXValue] {
    call.attributes.ignore("multi_class")
    let labels = try ONNXClassLabels(call, "classlabels_ints", "classlabels_strings")
    let (x, coefficients) = (try call.features(), try call.attributes.floats("coefficients"))
    guard let features = call.writer.shape(x)[1].constant, features > 0 else {
      throw Diagnostic("\(call.writer.type(x)) is classified", hint: "the number of features has to be known")
    }
    let transform = try call.transformName()
    var scores = try call.linear(x, coefficients, rows: coefficients.count / features)
    if coefficients.count == features {
      guard labels.count == 2 else {
        return try labels.outputs(ofOne: scores, above: transform == "NONE" ? 0 : 0.5, try call.postTransformed(scores, transform))
      }
      scores = try call.writer.concatenate([try call.writer.unary("negative", scores, [:], "first"), scores], axis: 1, "scores")
    }
    return try labels.outputs(scores, try call.postTransformed(scores, transform))
  }
}

extension ONNXCall {
  /// `x · cᵀ + intercepts` with the coefficients of so many rows, one after the other.
  fileprivate func linear(_ x: ValueID, _ coefficients: [Double], rows: Int) throws(Diagnostic) -> ValueID {
    let intercepts = try attributes.floats("intercepts")
    guard rows > 0, coefficients.count % rows == 0, intercepts.isEmpty || intercepts.count == rows else {
      throw Diagnostic("\(coefficients.count) coefficients and \(intercepts.count) intercepts for \(rows) results")
    }
    let matrix = writer.constant(Tensor(.float32, [rows, coefficients.count / rows], coefficients), "coefficients")
    let product = try writer.matmul(x, matrix, transposeB: true, "product")
    return intercepts.isEmpty ? product : try writer.binary("add", product, row(intercepts, "intercepts"), "scores")
  }
}
