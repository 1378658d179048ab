import GraphIR
import Operators
import Targets
import Tensors

extension GraphPass {
  /// Where `target` has instructions for it.
  package static func packProducts(for target: Target) -> GraphPass {
    GraphPass(
      "pack-products", "Products of uint8 with int8 are summed in groups of four, which the target adds up in one instruction."
    ) { (graph) throws(Diagnostic) in
      guard target.hasDotProducts else { return }
      try graph.edit { (editor, node) throws(Diagnostic) in
        if let packed = try editor.packedProduct(node) { return editor.place(packed) }
        let packed = try editor.packedProductOfValues(node) ?? editor.packedRecurrent(node)
        editor.place(packed ?? node)
      }
    }
  }
}

extension Editor {
  fileprivate mutating func packedProduct(_ node: Node) throws(Diagnostic) -> Node? {
    guard node.inputs.count > 1, let input = node.inputs[0], let id = node.inputs[1], let weights = constant(id) else { return nil }
    guard type(input).dtype == .uint8, weights.dtype == .int8, let channels = type(input).shape.last?.constant else { return nil }
    var result = node
    let tensor: Tensor
    switch node.op {
    case let op as MatMul where op.widens && !op.transposeA && op.zeroA == 0 && op.zeroB == 0 && weights.rank == 2:
      guard let packing = Packing(channels: channels, taps: [], window: SlidingWindow()) else { return nil }
      result.op = PackedProduct()
      tensor = packing.packed(op.transposeB ? weights.transposed : weights, outputs: weights.dims[op.transposeB ? 0 : 1])
    case let op as Convolution where op.widens && op.groups == 1 && !op.window.roundsUp:
      let (weights, window) = withFourNeighbours(weights, op.window, channels)
      let taps = Array(weights.dims.dropLast(2))
      guard let packing = Packing(channels: channels, taps: taps, window: window) else { return nil }
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

  /// Where a row of taps sees fewer than four elements, taps of zeros are added to it, and to the input as much padding.
  private func withFourNeighbours(_ weights: Tensor, _ window: SlidingWindow, _ channels: Int) -> (Tensor, SlidingWindow) {
    let axis = weights.rank - 3
    let row = weights.dims[axis] * channels
    guard row < 4, window.along(axis).dilation == 1 else { return (weights, window) }
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

extension Packing {
  /// Weights `[taps…, C, K]` as the operator reads them.
  func packed(_ weights: Tensor, outputs: Int) -> Tensor {
    let source = weights.bytes
    let starts = taps.reduce(1, *)
    var result = [UInt8](repeating: 0, count: starts * groups * outputs * 4)
    for first in 0..<starts {
      for group in 0..<groups {
        // What the group before holds already stays zero.
        for element in Swift.max(start(group), 4 * group)..<start(group) + 4 {
          let (from, to) = ((first * run + element) * outputs, (first * groups + group) * outputs * 4 + element - start(group))
          for k in 0..<outputs { result[to + 4 * k] = source[from + k] }
        }
      }
    }
    return Tensor(.int8, extents + [4 * outputs], bytes: result)
  }
}

extension Tensor {
  /// A matrix of bytes with its axes exchanged.
  fileprivate var transposed: Tensor {
    let (rows, columns, source) = (dims[0], dims[1], bytes)
    return Tensor(dtype, [columns, rows], bytes: (0..<columns).flatMap { column in (0..<rows).map { source[$0 * columns + column] } })
  }
}
