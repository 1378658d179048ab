import LoopIR
import Tensors

/// What a run shows of itself: layers by their position, and the dimensions as they were settled last.
struct Trace {
  var dims: [String: Int]
  var bytes: [Int: [UInt8]] = [:]

  /// Steps below zero are computed dimensions: -1 is the first of them.
  mutating func enter(_ step: Int, _ data: UnsafeRawPointer, _ outputs: [Int: Program.LayerOutput], _ program: Program) {
    if step < 0 { dims[program.computedDims[-1 - step].name] = Int(data.loadUnaligned(as: Int32.self)) }
    if let output = outputs[step] { bytes[step] = Array(UnsafeRawBufferPointer(start: data, count: output.byteCount(dims))) }
  }
}

extension Program.LayerOutput {
  /// Bytes from the first to the last element.
  func byteCount(_ dims: [String: Int]) -> Int {
    let isEmpty = view.shape.contains { $0.value(dims) == 0 }
    return isEmpty ? 0 : (view.buffer.count.value(dims) ?? 0) * view.dtype.byteCount
  }

  /// The elements, wherever they lie among the bytes.
  func tensor(_ bytes: [UInt8], _ dims: [String: Int]) -> Tensor {
    let extents = view.shape.map { $0.value(dims) ?? 0 }
    let strides = view.strides.map { $0.value(dims) ?? 0 }
    if strides == rowMajorStrides(extents) { return Tensor(view.dtype, extents, bytes: bytes) }
    let size = view.dtype.byteCount
    var gathered: [UInt8] = []
    for index in Indices(extents) {
      let at = zip(index, strides).reduce(0) { $0 + $1.0 * $1.1 } * size
      gathered.append(contentsOf: bytes[at..<at + size])
    }
    return Tensor(view.dtype, extents, bytes: gathered)
  }
}
