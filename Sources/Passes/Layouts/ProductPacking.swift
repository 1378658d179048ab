import GraphIR
import Operators
import Targets
import Tensors

extension GraphPass {
  /// Where `target` has instructions for it.
  package static func packProducts(for target: Target) -> GraphPass {
    GraphPass(
      "pack-products",
      "Products of bytes, or of bfloat16 with known weights, are summed in groups, which the target adds up in one instruction.",
      .within(1e-6)
    ) { (graph) throws(Diagnostic) in
      try graph.edit { (editor, node) throws(Diagnostic) in
        if let packed = try editor.packedProduct(node, target) { return editor.place(packed) }
        guard target.hasDotProducts else { return editor.place(node) }
        if let packed = editor.packedRecurrent(node) { return editor.place(packed) }
        let packed = try editor.packedProductOfValues(node)
        editor.place(packed ?? node)
      }
    }
  }
}

extension Editor {
  fileprivate mutating func packedProduct(_ node: Node, _ target: Target) throws(Diagnostic) -> Node? {
    guard node.inputs.count > 1, let input = node.inputs[0], let id = node.inputs[1], let weights = constant(id) else { return nil }
    guard target.multiplies(type(input).dtype, weights.dtype), let channels = type(input).shape.last?.constant else { return nil }
    var result = node
    let tensor: Tensor
    switch node.op {
    case let op as MatMul where op.widens && !op.transposeA && op.zeroA == 0 && op.zeroB == 0 && weights.rank == 2:
      guard let packing = Packing(channels: channels, taps: [], window: SlidingWindow(), weights.dtype) else { return nil }
      result.op = PackedProduct()
      tensor = packing.packed(op.transposeB ? weights.transposed : weights, outputs: weights.dims[op.transposeB ? 0 : 1])
    case let op as Convolution where op.widens && op.groups == 1 && !op.window.roundsUp:
      let (weights, window) = withNeighbours(weights, op.window, channels)
      let taps = Array(weights.dims.dropLast(2))
      guard let packing = Packing(channels: channels, taps: taps, window: window, weights.dtype) else { return nil }
      var unpadded = window
      (unpadded.padsBefore, unpadded.padsAfter) = ([], [])
      result.op = PackedProduct(taps: taps, window: unpadded)
      result.inputs[0] = try padded(input, window, name: node.name)
      tensor = packing.packed(weights, outputs: weights.dims[taps.count + 1])
    default: return nil
    }
    result.inputs[1] = addConstant(graph[id].name + ".packed", tensor)
    return result
  }

  /// Where a row of taps sees fewer than four bytes, taps of zeros are added to it, and to the input as much padding.
  private func withNeighbours(_ weights: Tensor, _ window: SlidingWindow, _ channels: Int) -> (Tensor, SlidingWindow) {
    let axis = weights.rank - 3
    let row = weights.dims[axis] * channels
    guard weights.dtype == .int8, row < 4, window.along(axis).dilation == 1 else { return (weights, window) }
    let added = (4 - row).ceilingDivision(by: channels)
    let chunk = row * weights.dims[axis + 2]
    let zeros = [UInt8](repeating: 0, count: added * channels * weights.dims[axis + 2])
    let bytes = weights.bytes
    var (dims, wide) = (weights.dims, window)
    dims[axis] += added
    wide.padsAfter = (0...axis).map { window.along($0).after + ($0 == axis ? added : 0) }
    wide.padsBefore = (0...axis).map { window.along($0).before }
    return (Tensor(.int8, dims, bytes: stride(from: 0, to: bytes.count, by: chunk).flatMap { bytes[$0..<$0 + chunk] + zeros }), wide)
  }

  /// The input with its padding, where there is any.
  mutating func padded(_ input: ValueID, _ window: SlidingWindow, name: String) throws(Diagnostic) -> ValueID {
    let pads = window.tensorPads
    if pads.before.isEmpty { return input }
    return try add(Pad(before: pads.before, after: pads.after), [input], name: name + ".padded")
  }
}

extension Target {
  /// There are instructions for such products.
  fileprivate func multiplies(_ a: DType, _ b: DType) -> Bool {
    switch (a, b) {
    case (.uint8, .int8): hasDotProducts
    case (.bfloat16, .bfloat16): hasBFloat16Products
    default: false
    }
  }
}

extension Packing {
  /// Weights `[taps…, C, K]` as the operator reads them.
  func packed(_ weights: Tensor, outputs: Int) -> Tensor {
    let (source, width) = (weights.bytes, weights.dtype.byteCount)
    let starts = taps.reduce(1, *)
    var result = [UInt8](repeating: 0, count: starts * groups * outputs * size * width)
    for first in 0..<starts {
      for group in 0..<groups {
        // What the group before holds already stays zero.
        for element in Swift.max(start(group), size * group)..<start(group) + size {
          let (from, to) = ((first * run + element) * outputs, (first * groups + group) * outputs * size + element - start(group))
          for k in 0..<outputs {
            for byte in 0..<width { result[(to + size * k) * width + byte] = source[(from + k) * width + byte] }
          }
        }
      }
    }
    return Tensor(weights.dtype, extents + [size * outputs], bytes: result)
  }
}

extension Tensor {
  /// A matrix with its axes exchanged.
  fileprivate var transposed: Tensor {
    let (rows, columns, width, source) = (dims[0], dims[1], dtype.byteCount, bytes)
    let elements = (0..<columns).flatMap { column in (0..<rows).map { ($0 * columns + column) * width } }
    return Tensor(dtype, [columns, rows], bytes: elements.flatMap { source[$0..<$0 + width] })
  }
}
