import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  /// Between real numbers and the integers or small floats that stand for them.
  static let quantisation: [ONNXOperator] = [
    ONNXOperator("QuantizeLinear", since: 10, build: quantise),
    ONNXOperator("QuantizeLinear", domain: "com.microsoft", build: quantise),
    ONNXOperator("DequantizeLinear", since: 10, build: dequantise),
    ONNXOperator("DequantizeLinear", domain: "com.microsoft", build: dequantise),
    ONNXOperator("DynamicQuantizeLinear", since: 11, .floats, values: dynamicallyQuantised),
  ]

  private static func quantise(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let (attributes, x) = (call.attributes, try call.input(0))
    let zeroPoint = try call.optional(2)
    let asked = try attributes.dtype("output_dtype")
    let dtype = zeroPoint.map { call.writer.dtype($0) } ?? asked ?? .uint8
    if let asked, asked != dtype {
      throw Diagnostic("output_dtype is \(asked) and the zero point \(dtype)", hint: "they must be the same")
    }
    guard try attributes.flag("saturate", default: true) || dtype.isInteger else {
      throw Diagnostic("numbers that are too large are not to be saturated", hint: "export with saturate=1")
    }
    let precision = try attributes.dtype("precision")
    let pair = try QuantisationGrid(call, x).pair(try call.input(1), zeroPoint)
    return try call.writer.quantise(x, pair, to: dtype, precision: precision, "")
  }

  private static func dequantise(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let (x, scale) = (try call.input(0), try call.input(1))
    let dtype = try call.attributes.dtype("output_dtype") ?? call.writer.dtype(scale)
    let pair = try QuantisationGrid(call, x).pair(scale, try call.optional(2))
    return try call.writer.dequantise(x, pair, to: dtype, "")
  }

  private static func dynamicallyQuantised(_ call: ONNXCall) throws(Diagnostic) -> [ONNXValue] {
    let result = try call.writer.dynamicallyQuantised(try call.input(0))
    return [.tensor(result.values), .tensor(result.pair.scale), .tensor(result.pair.zeroPoint ?? result.values)]
  }
}

/// The numbers by which a quantised tensor stands for a real one, in shapes that broadcast with it.
struct QuantisationPair {
  let scale: ValueID
  let zeroPoint: ValueID?

  init(_ scale: ValueID, _ zeroPoint: ValueID?) {
    self.scale = scale
    self.zeroPoint = zeroPoint
  }
}

/// How scales lie along a tensor: one for all of it, one for each index of an axis, or one for each block of an axis.
private struct QuantisationGrid {
  private let writer: GraphWriter
  private let shape: Shape
  private let axis: Int
  private let block: Int

  init(_ call: ONNXCall, _ x: ValueID) throws(Diagnostic) {
    writer = call.writer
    shape = call.writer.shape(x)
    axis = try call.attributes.int("axis", default: 1)
    block = try call.attributes.int("block_size", default: 0)
    guard (0..<1 << 24).contains(block) else { throw Diagnostic("block_size is \(block)", hint: "it must be positive") }
  }

  func pair(_ scale: ValueID, _ zeroPoint: ValueID?) throws(Diagnostic) -> QuantisationPair {
    QuantisationPair(
      try aligned(scale, "scale"), try zeroPoint.map { (id) throws(Diagnostic) in try aligned(id, "zero_point") })
  }

  private func aligned(_ x: ValueID, _ label: String) throws(Diagnostic) -> ValueID {
    let own = writer.shape(x)
    if own.isEmpty || own == [1] { return try writer.reshape(x, [], label) }
    let axis = try normalisedAxis(self.axis, rank: shape.count)
    if own.count == 1 { return try writer.reshape(x, own + Shape(repeating: 1, count: shape.count - axis - 1), label) }
    guard block > 0, own.count == shape.count else {
      throw Diagnostic(
        "\(writer.type(x)) scales a tensor of the shape \(shape)", hint: "one number, one for each index of an axis, or blocks")
    }
    let repeated = try writer.add(Repeat(block, axis: axis), [x], "\(label)/repeated")
    guard writer.shape(repeated)[axis] != shape[axis] else { return repeated }
    guard let extent = shape[axis].constant else { throw Diagnostic("blocks of \(block) along an open axis", hint: "settle it with --dim") }
    return try writer.slice(repeated, axis: axis, from: 0, to: extent, label)
  }
}

extension GraphWriter {
  func quantise(
    _ x: ValueID, _ pair: QuantisationPair, to dtype: DType, precision: DType? = nil, _ label: String
  ) throws(Diagnostic) -> ValueID {
    let map = Map.quantising(
      self.dtype(x), by: self.dtype(pair.scale), to: dtype, hasZeroPoint: pair.zeroPoint != nil, precision: precision)
    let result = try add(map, [x, pair.scale] + (pair.zeroPoint.map { [$0] } ?? []), label)
    labelLast("quantise")
    return result
  }

  func dequantise(_ x: ValueID, _ pair: QuantisationPair, to dtype: DType, _ label: String) throws(Diagnostic) -> ValueID {
    let map = Map.dequantising(self.dtype(x), by: self.dtype(pair.scale), to: dtype, hasZeroPoint: pair.zeroPoint != nil)
    let result = try add(map, [x, pair.scale] + (pair.zeroPoint.map { [$0] } ?? []), label)
    labelLast("dequantise")
    return result
  }

  /// A tensor as uint8 whose scale and zero point follow from its least and its greatest element, zero among them.
  func dynamicallyQuantised(_ x: ValueID) throws(Diagnostic) -> (values: ValueID, pair: QuantisationPair) {
    let axes = Array(0..<rank(x))
    let most = try binary("maximum", try reduce(.max, x, axes: axes, "max"), 0, "most")
    let least = try binary("minimum", try reduce(.min, x, axes: axes, "min"), 0, "least")
    let isFlat = try binary("equal", most, least, "is_flat")
    let range = try apply("where", [.value(isFlat), .number(1), .value(try binary("subtract", most, least, "span"))], "range")
    let scale = try binary("divide", range, 255, "scale")
    let offset = try unary("negative", try binary("divide", least, scale, "least_steps"), [:], "offset")
    let bounded = try unary("clamp", try unary("round", offset, [:], "rounded"), ["min_value": 0, "max_value": 255], "bounded")
    let pair = QuantisationPair(scale, try cast(bounded, to: .uint8, "zero_point"))
    return (try quantise(x, pair, to: .uint8, "quantised"), pair)
  }
}
