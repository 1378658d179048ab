import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  /// Products of quantised tensors. Sums are int32 and exact; operators that give quantised numbers again scale and round them.
  static let quantisedProducts: [ONNXOperator] = [
    ONNXOperator("MatMulInteger", since: 10, .integers) { (call) throws(Diagnostic) in
      try call.integerProduct((try call.input(0), try call.optional(2)), (try call.input(1), try call.optional(3)), "")
    },
    ONNXOperator("ConvInteger", since: 10, .integers) { (call) throws(Diagnostic) in
      try call.integerConvolution((try call.input(0), try call.optional(2)), (try call.input(1), try call.optional(3)), bias: nil, "")
    },
    ONNXOperator("QLinearMatMul", since: 10, .integers, build: quantisedProduct),
    ONNXOperator("QLinearMatMul", domain: "com.microsoft", .integers, build: quantisedProduct),
    ONNXOperator("QLinearConv", since: 10, .integers, build: quantisedConvolution),
    ONNXOperator("QLinearConv", domain: "com.microsoft", .integers, build: quantisedConvolution),
    ONNXOperator("QGemm", domain: "com.microsoft", .integers, build: quantisedGemm),
    ONNXOperator("MatMulIntegerToFloat", domain: "com.microsoft", .integers) { (call) throws(Diagnostic) in
      let sums = try call.integerProduct((try call.input(0), try call.optional(4)), (try call.input(1), try call.optional(5)), "sums")
      return try call.scaled(sums, try call.input(2), try call.input(3), bias: try call.optional(6))
    },
    ONNXOperator("DynamicQuantizeMatMul", domain: "com.microsoft", .floats) { (call) throws(Diagnostic) in
      let a = try call.writer.dynamicallyQuantised(try call.input(0))
      let sums = try call.integerProduct((a.values, a.pair.zeroPoint), (try call.input(1), try call.optional(3)), "sums")
      return try call.scaled(sums, a.pair.scale, try call.input(2), bias: try call.optional(4))
    },
  ]

  private static func quantisedProduct(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let a = (id: try call.input(0), zeroPoint: try call.optional(2))
    let sums = try call.integerProduct(a, (try call.input(3), try call.optional(5)), "sums")
    let rowScale = try call.perRow(try call.input(1), of: a.id, "a_scale")
    let resultScale = try call.perRow(try call.input(6), of: a.id, "y_scale")
    let zeroPoint = try call.optional(7)
    let rows = try zeroPoint.map { (id) throws(Diagnostic) in try call.perRow(id, of: a.id, "y_zero_point") }
    return try call.requantised(
      sums, (rowScale, try call.input(4), resultScale), rows, to: call.writer.dtype(zeroPoint ?? a.id))
  }

  private static func quantisedConvolution(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    guard try !call.attributes.flag("channels_last") else {
      throw Diagnostic("a convolution with its channels last", hint: "export without ONNX Runtime's layout optimisation")
    }
    let x = (id: try call.input(0), zeroPoint: try call.optional(2))
    let sums = try call.integerConvolution(x, (try call.input(3), try call.optional(5)), bias: try call.optional(8), "sums")
    let scale = try call.perChannel(try call.input(4), spatialRank: call.writer.rank(sums) - 2, "w_scale")
    let zeroPoint = try call.optional(7)
    return try call.requantised(
      sums, (try call.input(1), scale, try call.input(6)), zeroPoint, to: call.writer.dtype(zeroPoint ?? x.id))
  }

  private static func quantisedGemm(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let (attributes, writer) = (call.attributes, call.writer)
    func oriented(_ position: Int, _ flag: String) throws(Diagnostic) -> ValueID {
      let id = try call.input(position)
      return try attributes.flag(flag) ? writer.transpose(id, [1, 0], "\(flag)osed") : id
    }
    let a = try oriented(0, "transA")
    let product = try call.integerProduct((a, try call.optional(2)), (try oriented(3, "transB"), try call.optional(5)), "product")
    let sums = try call.optional(6).map { (c) throws(Diagnostic) in try writer.binary("add", product, c, "sums") } ?? product
    let alpha = try attributes.float("alpha", default: 1)
    let scale = alpha == 1 ? try call.input(1) : try writer.binary("multiply", try call.input(1), alpha, "alpha")
    guard let resultScale = try call.optional(7) else { return try call.scaled(sums, scale, try call.input(4), bias: nil) }
    let zeroPoint = try call.optional(8)
    return try call.requantised(
      sums, (scale, try call.input(4), resultScale), zeroPoint, to: writer.dtype(zeroPoint ?? a))
  }
}

extension ONNXCall {
  /// Quantised integers less their zero point; as they are where that is known to be zero.
  private func centred(_ x: ValueID, _ zeroPoint: ValueID?, _ label: String) throws(Diagnostic) -> ValueID {
    let dtype = writer.dtype(x)
    guard dtype.isInteger, dtype.bitCount <= 16 else {
      throw Diagnostic("\(writer.type(x)) is multiplied as quantised integers", hint: "integers of at most 16 bits are expected")
    }
    guard let zeroPoint, writer.graph.constants[zeroPoint]?.integers.allSatisfy({ $0 == 0 }) != true else { return x }
    let wide: DType = dtype.bitCount <= 8 ? .int16 : .int32
    return try writer.binary(
      "subtract", try writer.cast(x, to: wide, "\(label)/wide"), try writer.cast(zeroPoint, to: wide, "\(label)/zero_point"), label)
  }

  /// The product of two quantised matrices. Zero points of the left are for all or for each row, of the right for all or for each column.
  fileprivate func integerProduct(
    _ a: (id: ValueID, zeroPoint: ValueID?), _ b: (id: ValueID, zeroPoint: ValueID?), _ label: String
  ) throws(Diagnostic) -> ValueID {
    let rows = try a.zeroPoint.map { (id) throws(Diagnostic) in try perRow(id, of: a.id, "a_zero_point") }
    return try product(try centred(a.id, rows, "a"), try centred(b.id, b.zeroPoint, "b"), widens: true, label)
  }

  fileprivate func integerConvolution(
    _ x: (id: ValueID, zeroPoint: ValueID?), _ weights: (id: ValueID, zeroPoint: ValueID?), bias: ValueID?, _ label: String
  ) throws(Diagnostic) -> ValueID {
    let rank = writer.rank(x.id) - 2
    let channels = try weights.zeroPoint.map { (id) throws(Diagnostic) in
      try perChannel(id, spatialRank: max(rank, 0) + 1, "w_zero_point")
    }
    return try convolution(
      try centred(x.id, x.zeroPoint, "x"), try centred(weights.id, channels, "w"), bias, widens: true, label)
  }

  /// Numbers for each row of a matrix, as a column; one number stays.
  fileprivate func perRow(_ x: ValueID, of matrix: ValueID, _ label: String) throws(Diagnostic) -> ValueID {
    guard writer.rank(x) == 1, writer.shape(x) != [1], writer.rank(matrix) > 1 else { return x }
    return try writer.expandDims(x, 1, label)
  }

  /// Numbers for each channel, in front of so many spatial axes; one number stays.
  fileprivate func perChannel(_ x: ValueID, spatialRank: Int, _ label: String) throws(Diagnostic) -> ValueID {
    guard writer.rank(x) == 1, writer.shape(x) != [1] else { return x }
    return try writer.reshape(x, writer.shape(x) + Shape(repeating: 1, count: spatialRank), label)
  }

  /// Sums as real numbers, with a bias.
  fileprivate func scaled(_ sums: ValueID, _ a: ValueID, _ b: ValueID, bias: ValueID?) throws(Diagnostic) -> ValueID {
    let factor = try writer.binary("multiply", a, b, "scale")
    let real = try writer.binary("multiply", try writer.cast(sums, to: writer.dtype(factor), "real"), factor, "scaled")
    return try bias.map { (bias) throws(Diagnostic) in try writer.binary("add", real, bias, "biased") } ?? real
  }

  /// Sums of the scale `a * b` as integers of the scale `y`. The scales are multiplied and divided in their own type.
  fileprivate func requantised(
    _ sums: ValueID, _ scales: (a: ValueID, b: ValueID, y: ValueID), _ zeroPoint: ValueID?, to dtype: DType
  ) throws(Diagnostic) -> ValueID {
    let product = try writer.binary("multiply", scales.a, scales.b, "scales")
    let factor = try writer.binary("divide", product, scales.y, "factor")
    let map = Map.requantising(by: writer.dtype(factor), to: dtype, hasZeroPoint: zeroPoint != nil)
    let result = try writer.add(map, [sums, factor] + (zeroPoint.map { [$0] } ?? []), "")
    writer.labelLast("requantise")
    return result
  }
}
