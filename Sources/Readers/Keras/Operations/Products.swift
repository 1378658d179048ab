import Containers
import GraphIR
import Operators
import Tensors

extension KerasOperations {
  /// Sums of products.
  static let products: [KerasOperation] = [
    KerasOperation("matmul") { (call) throws(Diagnostic) in
      guard let second = call.argument(1, "x2", "b") else { throw Diagnostic("the second matrix is missing") }
      let first = try call.value(call.argument(0, "x1", "a") ?? .list([]))
      return [
        try call.writer.matmul(
          first, try call.value(second), transposeA: try call.flag("transpose_a"), transposeB: try call.flag("transpose_b"), "")
      ]
    },
    KerasOperation("dot") { (call) throws(Diagnostic) in
      guard let second = call.argument(1, "x2") else { throw Diagnostic("the second tensor is missing") }
      let b = try call.value(second)
      guard call.writer.rank(b) == 2 else { throw Diagnostic("dot with \(call.writer.type(b))", hint: "use matmul or einsum") }
      return [try call.writer.matmul(try call.input(), b, "")]
    },
  ]

  /// Parts of networks.
  static let networks: [KerasOperation] = [
    KerasOperation("softmax", "softmax_v2") { (call) throws(Diagnostic) in [try softmax(call, isLogarithm: false)] },
    KerasOperation("log_softmax") { (call) throws(Diagnostic) in [try softmax(call, isLogarithm: true)] },
    KerasOperation("sparsemax") { (call) throws(Diagnostic) in
      [try call.writer.add(Sparsemax(axis: try call.int("axis", default: -1)), [try call.writer.floating(try call.input())], "")]
    },
    KerasOperation("glu") { (call) throws(Diagnostic) in
      [try call.writer.glu(try call.input(), axis: try call.int("axis", default: -1), "")]
    },
    KerasOperation("resize") { (call) throws(Diagnostic) in
      let x = try call.input()
      guard let size = try call.ints("size"), size.count == 2, call.writer.rank(x) == 4 else {
        throw Diagnostic("resize of \(call.writer.type(x))")
      }
      if try call.flag("crop_to_aspect_ratio", "pad_to_aspect_ratio") { throw Diagnostic("resize that keeps the aspect ratio") }
      let kind = try (call.parameter("interpolation") ?? call.parameter("method"))?.string() ?? "bilinear"
      return [try call.writer.resize(x, size.map { Dim($0) }, kind: kind, antialias: try call.flag("antialias"), "")]
    },
  ]

  private static func softmax(_ call: KerasOperationCall, isLogarithm: Bool) throws(Diagnostic) -> ValueID {
    try call.writer.softmax(try call.input(), axes: try call.ints("axis") ?? [-1], isLogarithm: isLogarithm, "")
  }
}
