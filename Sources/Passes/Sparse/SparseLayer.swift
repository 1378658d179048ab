import GraphIR
import Operators
import Tensors

/// A product with known weights whose zeros a kernel may leave out: a matrix product, or a convolution.
struct SparseLayer {
  let weights: ValueID
  /// Of all that an output sees, by outputs; float32, or int8 of which products are summed in int32.
  let matrix: Tensor
  /// What is multiplied with it: float32, uint8 or int8.
  let input: DType
  /// What an output sees, without padding.
  let seen: SparseWindow
  /// With its padding.
  let window: SlidingWindow
  /// Each weight is used once.
  let hasOneRow: Bool

  /// `nil` for other nodes.
  init?(_ node: Node, in graph: Graph) {
    guard node.inputs.count > 1, let x = node.inputs[0], let id = node.inputs[1], let tensor = graph.constants[id] else { return nil }
    let isFloat: Bool
    switch node.op {
    case let op as MatMul:
      guard !op.transposeA, !op.transposeB, tensor.rank == 2 else { return nil }
      (window, isFloat) = (SlidingWindow(), !op.widens)
      hasOneRow = graph.type(x).shape.dropLast().allSatisfy { $0 == 1 }
    case let op as Convolution:
      guard op.groups == 1, !op.window.roundsUp else { return nil }
      (window, isFloat, hasOneRow) = (op.window, !op.widens, false)
    default: return nil
    }
    input = graph.type(x).dtype
    guard isFloat ? tensor.dtype == .float32 && input == .float32 : tensor.dtype == .int8 && (input == .uint8 || input == .int8) else {
      return nil
    }
    guard tensor.count > 0, let outputs = tensor.dims.last else { return nil }
    let taps = Array(tensor.dims.dropLast(2))
    var unpadded = window
    (unpadded.padsBefore, unpadded.padsAfter) = ([], [])
    seen = SparseWindow(taps: taps, window: unpadded, channels: tensor.dims[tensor.rank - 2])
    matrix = Tensor(tensor.dtype, [seen.count, outputs], bytes: tensor.bytes)
    weights = id
  }

  var zeros: Int { matrix.zeroCount }
  var elements: Int { matrix.count - zeros }
  var outputs: Int { matrix.dims[1] }
  var isConvolution: Bool { !seen.taps.isEmpty }

  /// Of each output the weights that are not zero, with their places in what it sees.
  var terms: [[(place: Int, weight: Double)]] {
    let values = matrix.doubles
    return (0..<outputs).map { output in
      (0..<seen.count).compactMap { place in
        let weight = values[place * outputs + output]
        return weight == 0 ? nil : (place: place, weight: weight)
      }
    }
  }
}
