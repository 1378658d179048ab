import Tensors

/// The numbers by which ONNX calls element types.
enum ONNXElementType {
  private static let table: [Int32: DType] = [
    1: .float32, 2: .uint8, 3: .int8, 4: .uint16, 5: .int16, 6: .int32, 7: .int64, 9: .bool, 10: .float16, 11: .float64, 12: .uint32,
    13: .uint64, 16: .bfloat16, 17: .float8e4m3fn, 18: .float8e4m3fnuz, 19: .float8e5m2, 20: .float8e5m2fnuz, 21: .uint4, 22: .int4,
    23: .float4e2m1, 24: .float8e8m0, 25: .uint2, 26: .int2,
  ]

  private static let refused: [Int32: String] = [8: "strings", 14: "complex64", 15: "complex128"]

  /// The type of the number `code`.
  static func dtype(_ code: Int32) throws(Diagnostic) -> DType {
    if let dtype = table[code] { return dtype }
    throw Diagnostic(
      "elements of type \(refused[code] ?? "number \(code)")",
      hint: "supported are floats, integers and bool of ONNX; no strings, no complex numbers")
  }

  static func dtype(_ code: Int) throws(Diagnostic) -> DType { try dtype(Int32(clamping: code)) }
}
