import Containers
import GraphIR
import Operators
import Tensors

extension KerasOperations {
  /// Functions of one tensor that are rows of the table of elementwise functions, under Keras' names and TensorFlow's.
  static let elementwise: [KerasOperation] =
    numeric.map { entry in
      KerasOperation(entry.names) { (call) throws(Diagnostic) in [try call.writer.unary(entry.row, try call.input(), [:], "")] }
    }
    + floating.map { entry in
      KerasOperation(entry.names) { (call) throws(Diagnostic) in
        var attributes: [String: Double] = [:]
        for (attribute, keys, other) in entry.parameters {
          let found = keys.lazy.compactMap { call.parameter($0) }.first
          if let found {
            attributes[attribute] = (try? found.bool()).map { $0 ? 1 : 0 } ?? (try? found.number()) ?? other
          } else {
            attributes[attribute] = other
          }
        }
        return [try call.writer.unary(entry.row, try call.writer.floating(try call.input()), attributes, "")]
      }
    } + [
      KerasOperation("hard_sigmoid") { (call) throws(Diagnostic) in
        let attributes = call.call.builder.version == .old ? ["alpha": 0.2, "beta": 0.5] : [:]
        return [try call.writer.unary("hard_sigmoid", try call.writer.floating(try call.input()), attributes, "")]
      }
    ]

  /// A row of the table and the names that mean it.
  private struct Row {
    let row: String
    let names: [String]
    var parameters: [(String, [String], Double)] = []

    init(_ row: String, _ aliases: String..., parameters: [(String, [String], Double)] = []) {
      self.row = row
      names = [row] + aliases
      self.parameters = parameters
    }
  }

  private static let numeric: [Row] = [
    Row("abs", "absolute"), Row("negative", "neg"), Row("sign"), Row("square"), Row("floor"), Row("ceil"), Row("trunc"), Row("relu"),
    Row("relu6"), Row("isnan", "is_nan"), Row("isinf", "is_inf"), Row("isfinite", "is_finite"), Row("logical_not"),
    Row("identity", "stop_gradient", "copy"),
  ]

  private static let floating: [Row] = [
    Row("sqrt"), Row("rsqrt"), Row("reciprocal"), Row("exp"), Row("expm1"), Row("exp2"), Row("log"), Row("log1p"), Row("log2"),
    Row("log10"), Row("sin"), Row("cos"), Row("tan"), Row("arcsin", "asin"), Row("arccos", "acos"), Row("arctan", "atan"), Row("sinh"),
    Row("cosh"), Row("tanh"), Row("arcsinh", "asinh"), Row("arccosh", "acosh"), Row("arctanh", "atanh"), Row("erf"), Row("erfc"),
    Row("lgamma"),
    Row("sigmoid"), Row("softplus"), Row("softsign"), Row("mish"), Row("hard_silu", "hard_swish"), Row("log_sigmoid"),
    Row("tanh_shrink"), Row("sparse_plus"), Row("sparse_sigmoid"), Row("deg2rad"), Row("rad2deg"), Row("hard_tanh"),
    Row("silu", "swish", parameters: [("beta", ["beta"], 1)]),
    Row("gelu", parameters: [("approximate", ["approximate"], 0)]),
    Row("elu", parameters: [("alpha", ["alpha"], 1)]),
    Row("celu", parameters: [("alpha", ["alpha"], 1)]),
    Row("selu"),
    Row("leaky_relu", parameters: [("negative_slope", ["negative_slope", "alpha"], 0.2)]),
    Row("hard_shrink", parameters: [("threshold", ["threshold"], 0.5)]),
    Row("soft_shrink", parameters: [("threshold", ["threshold"], 0.5)]),
    Row("squareplus", parameters: [("b", ["b"], 4)]),
    Row("threshold", parameters: [("threshold", ["threshold"], 0), ("default_value", ["default_value"], 0)]),
    Row(
      "nan_to_num",
      parameters: [("nan", ["nan"], 0), ("posinf", ["posinf"], 3.4028234663852886e38), ("neginf", ["neginf"], -3.4028234663852886e38)]),
  ]
}

extension KerasOperation {
  init(_ names: [String], emit: @escaping Emit) {
    self.names = names
    self.emit = emit
  }
}
