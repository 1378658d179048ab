import Tensors

/// NumPy's rules: shapes are aligned at the end; an extent of one is repeated.
package enum Broadcasting {
  package static func shape(_ shapes: [Shape]) throws(Diagnostic) -> Shape {
    var result: Shape = []
    for shape in shapes { result = try pair(result, shape) }
    return result
  }

  private static func pair(_ a: Shape, _ b: Shape) throws(Diagnostic) -> Shape {
    let rank = max(a.count, b.count)
    let left = Shape(repeating: 1, count: rank - a.count) + a
    let right = Shape(repeating: 1, count: rank - b.count) + b
    var result: Shape = []
    for (x, y) in zip(left, right) {
      guard x == y || x == 1 || y == 1 else {
        throw Diagnostic(
          "shapes \(a) and \(b) do not broadcast: \(x) against \(y)",
          hint: "extents must be equal, or one of them 1, counted from the last axis")
      }
      result.append(x == 1 ? y : x)
    }
    return result
  }

  /// The tensor with its elements repeated up to `dims`.
  package static func expanded(_ tensor: Tensor, to dims: [Int]) -> Tensor {
    if tensor.dims == dims { return tensor }
    let size = tensor.dtype.byteCount
    let skipped = dims.count - tensor.rank
    let own = rowMajorStrides(tensor.dims)
    let strides = dims.indices.map { axis in axis < skipped || tensor.dims[axis - skipped] == 1 ? 0 : own[axis - skipped] }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(dims.reduce(size, *))
    for index in Indices(dims) {
      let at = zip(index, strides).reduce(0) { $0 + $1.0 * $1.1 } * size
      bytes.append(contentsOf: tensor.bytes[at..<at + size])
    }
    return Tensor(tensor.dtype, dims, bytes: bytes)
  }
}
