import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  /// Sums of products.
  static let products: [ONNXOperator] = [
    ONNXOperator("MatMul", .numbers) { (call) throws(Diagnostic) in try call.product(try call.input(0), try call.input(1), "") },
    ONNXOperator("FusedMatMul", domain: "com.microsoft", .floats, build: fusedMatMul),
    ONNXOperator("Gemm", .numbers, build: gemm),
    ONNXOperator("Einsum", since: 12, .numbers) { (call) throws(Diagnostic) in
      try call.writer.einsum(try call.attributes.string("equation", default: ""), try call.inputs(), "")
    },
  ]

  static func gemm(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let writer = call.writer
    let (alpha, beta) = (try call.attributes.float("alpha", default: 1), try call.attributes.float("beta", default: 1))
    call.attributes.ignore("broadcast")
    let a = try call.input(0)
    let product = try writer.matmul(
      a, try call.input(1), transposeA: try call.attributes.flag("transA"), transposeB: try call.attributes.flag("transB"), "matmul")
    let scaled = alpha == 1 ? product : try call.scaled(product, alpha, "alpha")
    guard let c = try call.optional(2) else { return scaled }
    return try writer.binary("add", scaled, beta == 1 ? c : try call.scaled(c, beta, "beta"), "")
  }

  private static func fusedMatMul(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    guard try !call.attributes.flag("transBatchA"), try !call.attributes.flag("transBatchB") else {
      throw Diagnostic("batches are transposed", hint: "export without ONNX Runtime's optimiser, or at a lower level of it")
    }
    let product = try call.writer.matmul(
      try call.input(0), try call.input(1), transposeA: try call.attributes.flag("transA"), transposeB: try call.attributes.flag("transB"),
      "matmul")
    let alpha = try call.attributes.float("alpha", default: 1)
    return alpha == 1 ? product : try call.scaled(product, alpha, "")
  }
}

extension ONNXCall {
  /// A tensor times a number; of integers the product is rounded towards zero.
  fileprivate func scaled(_ x: ValueID, _ factor: Double, _ label: String) throws(Diagnostic) -> ValueID {
    let dtype = writer.dtype(x)
    if dtype.isFloat || factor == factor.rounded() { return try writer.binary("multiply", x, factor, label) }
    return try writer.cast(try writer.binary("multiply", try writer.cast(x, to: .float64, "wide"), factor, "scaled"), to: dtype, label)
  }

  /// NumPy's matmul: vectors count as a row on the left and as a column on the right. Of integers in int32 where it `widens`.
  func product(_ a: ValueID, _ b: ValueID, widens: Bool = false, _ label: String) throws(Diagnostic) -> ValueID {
    guard writer.rank(a) > 0, writer.rank(b) > 0 else { throw Diagnostic("a scalar is multiplied as a matrix", hint: "use Mul") }
    if writer.rank(a) > 1 && writer.rank(b) > 1 { return try writer.matmul(a, b, widens: widens, label) }
    let left = writer.rank(a) > 1 ? a : try writer.expandDims(a, 0, "row")
    let right = writer.rank(b) > 1 ? b : try writer.expandDims(b, 1, "column")
    let product = try writer.matmul(left, right, widens: widens, "product")
    var shape = writer.shape(product)
    if writer.rank(b) == 1 { shape.removeLast() }
    if writer.rank(a) == 1 { shape.remove(at: shape.count - (writer.rank(b) == 1 ? 1 : 2)) }
    return try writer.reshape(product, shape, label)
  }
}
