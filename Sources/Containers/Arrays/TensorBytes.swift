import Tensors

extension ByteReader {
  /// The next elements of `dtype` and the extents `dims`, in row-major order. A byte of a bool is true unless it is 0; integers of
  /// fewer than eight bits are wrapped.
  package mutating func tensor(_ dtype: DType, _ dims: [Int], isBigEndian: Bool = false) throws(Diagnostic) -> Tensor {
    guard !dims.contains(where: { $0 < 0 }), let size = checkedProduct(dims + [dtype.byteCount]) else {
      throw damaged("the extents \(dims) of \(dtype) are more than any memory")
    }
    let bytes = try bytes(size)
    if dtype == .bool { return Tensor(.bool, dims, bytes: bytes.map { $0 == 0 ? 0 : 1 }) }
    if dtype.isInteger && dtype.bitCount < 8 { return Tensor(dtype, dims, integers: bytes.map { Int64($0) }) }
    return Tensor(dtype, dims, bytes: isBigEndian ? bytes.swappingElements(of: dtype.byteCount) : bytes)
  }
}

extension [UInt8] {
  /// The bytes with each element of `width` of them reversed.
  fileprivate func swappingElements(of width: Int) -> [UInt8] {
    var swapped = self
    for start in stride(from: 0, to: count, by: width) { swapped[start..<Swift.min(start + width, count)].reverse() }
    return swapped
  }
}
