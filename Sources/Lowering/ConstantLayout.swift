import LoopIR
import Tensors

extension Tensor {
  /// The elements in the order in which `layout` has them in memory, as one flat tensor; blocks are filled up with zeros.
  func stored(in layout: Layout) -> Tensor {
    guard case .blocked(let axis, let size) = layout else { return reshaped([count]) }
    let type = TensorType(dtype, Shape(dims), layout: layout)
    let strides = type.strides.compactMap(\.constant)
    let total = type.storageCount.constant ?? count
    let width = dtype.byteCount
    var result = [UInt8](repeating: 0, count: total * width)
    for (position, index) in Indices(dims).enumerated() {
      var target = index[axis] % size
      for (dimension, i) in index.enumerated() { target += (dimension == axis ? i / size : i) * strides[dimension] }
      for byte in 0..<width { result[target * width + byte] = bytes[position * width + byte] }
    }
    return Tensor(dtype, [total], bytes: result)
  }
}
