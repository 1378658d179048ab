extension Tensor {
  /// The tensor of extents `dims` whose element at each index is the one `offset + Σ index · strides` of this tensor's own order.
  package func read(_ dims: [Int], strides: [Int], from offset: Int = 0) -> Tensor {
    let reach = zip(dims, strides).map { ($0 - 1) * $1 }
    guard !dims.contains(0) else { return Tensor(dtype, dims, bytes: []) }
    let (least, most) = (reach.filter { $0 < 0 }.reduce(offset, +), reach.filter { $0 > 0 }.reduce(offset, +))
    precondition(strides.count == dims.count && least >= 0 && most < count, "strides \(strides) of \(dims) leave \(type)")
    if dims.isEmpty { return read([1], strides: [0], from: offset).reshaped([]) }
    switch dtype.byteCount {
    case 1: return read(dims, strides, offset, as: UInt8.self)
    case 2: return read(dims, strides, offset, as: UInt16.self)
    case 4: return read(dims, strides, offset, as: UInt32.self)
    default: return read(dims, strides, offset, as: UInt64.self)
    }
  }

  /// Every index has been found to lie inside.
  private func read<Element: FixedWidthInteger & BitwiseCopyable>(
    _ dims: [Int], _ strides: [Int], _ offset: Int, as: Element.Type
  ) -> Tensor {
    let width = MemoryLayout<Element>.size
    let result = [UInt8](unsafeUninitializedCapacity: dims.reduce(width, *)) { target, initialised in
      bytes.withUnsafeBytes { source in
        func copy(_ axis: Int, from start: Int, to position: Int) -> Int {
          if axis == dims.count - 1 {
            return copyRow(source, target, from: start, to: position, dims[axis], strides[axis], as: Element.self)
          }
          var position = position
          for index in 0..<dims[axis] { position = copy(axis + 1, from: start + index * strides[axis], to: position) }
          return position
        }
        initialised = copy(0, from: offset, to: 0) * width
      }
    }
    return Tensor(dtype, dims, bytes: result)
  }
}

/// Copies `count` elements that lie `stride` apart and returns the position behind them.
private func copyRow<Element: FixedWidthInteger & BitwiseCopyable>(
  _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableBufferPointer<UInt8>, from start: Int, to position: Int, _ count: Int,
  _ stride: Int, as: Element.Type
) -> Int {
  let width = MemoryLayout<Element>.size
  guard let base = source.baseAddress, let destination = target.baseAddress.map({ UnsafeMutableRawPointer($0) }) else { return position }
  if stride == 1 {
    (destination + position * width).copyMemory(from: base + start * width, byteCount: count * width)
  } else {
    for index in 0..<count {
      let element = base.loadUnaligned(fromByteOffset: (start + index * stride) * width, as: Element.self)
      destination.storeBytes(of: element, toByteOffset: (position + index) * width, as: Element.self)
    }
  }
  return position + count
}
