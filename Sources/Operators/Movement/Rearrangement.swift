import Tensors

extension Tensor {
  /// A tensor of the extents `dims` whose element at each index is the one of this tensor at `source(index)`; zeros where this one
  /// has no elements.
  func rearranged(_ dims: [Int], _ source: ([Int]) -> [Int]) -> Tensor {
    let size = dtype.byteCount
    if count == 0 { return Tensor(dtype, dims, bytes: [UInt8](repeating: 0, count: dims.reduce(size, *))) }
    let strides = rowMajorStrides(self.dims)
    var result: [UInt8] = []
    result.reserveCapacity(dims.reduce(size, *))
    for index in Indices(dims) {
      let at = zip(source(index), strides).reduce(0) { $0 + $1.0 * $1.1 } * size
      result.append(contentsOf: bytes[at..<at + size])
    }
    return Tensor(dtype, dims, bytes: result)
  }
}

/// Axes counted from the front, each once.
func distinctAxes(_ axes: [Int], rank: Int) throws(Diagnostic) -> [Int] {
  var found: [Int] = []
  for axis in axes {
    let normalised = try normalisedAxis(axis, rank: rank)
    guard !found.contains(normalised) else {
      throw Diagnostic("axis \(normalised) is named twice in \(axes)", hint: "name each axis once")
    }
    found.append(normalised)
  }
  return found
}
