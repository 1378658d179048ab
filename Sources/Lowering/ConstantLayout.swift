import LoopIR
import Tensors

extension Tensor {
  /// The elements in the order in which `layout` has them in memory, as one flat tensor; blocks are filled up with zeros.
  func stored(in layout: Layout) -> Tensor {
    guard case .blocked(let axis, let size) = layout else { return reshaped([count]) }
    let strides = rowMajorStrides(dims)
    let others = dims.indices.filter { $0 != axis }
    func blocks(_ count: Int, of width: Int, from first: Int) -> [UInt8] {
      let (extents, steps) = (
        [count] + others.map { dims[$0] } + [width], [size * strides[axis]] + others.map { strides[$0] } + [strides[axis]]
      )
      return count * width == 0 ? [] : read(extents, strides: steps, from: first * strides[axis]).bytes
    }
    let (full, rest) = dims[axis].quotientAndRemainder(dividingBy: size)
    var result = blocks(full, of: size, from: 0)
    let last = blocks(1, of: rest, from: full * size)
    let (row, filling) = (rest * dtype.byteCount, [UInt8](repeating: 0, count: (size - rest) * dtype.byteCount))
    for start in stride(from: 0, to: last.count, by: max(row, 1)) { result += last[start..<start + row] + filling }
    return Tensor(dtype, [result.count / dtype.byteCount], bytes: result)
  }
}
