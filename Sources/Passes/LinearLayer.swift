import GraphIR
import Operators
import Tensors

/// A node that multiplies its first input with known weights and sums: where each weight stands between input and output channels.
struct LinearLayer {
  var node: Node
  let weights: Tensor
  let inputChannels: Int
  let outputChannels: Int
  /// The bias that the operator adds itself; `nil` where it has none, or has no input for one.
  let bias: Tensor?
  let takesBias: Bool
  /// Every element of the output sums over all weights of its channel: no padding, no overlaps.
  let isComplete: Bool
  private let input: @Sendable (Int) -> Int
  private let output: @Sendable (Int) -> Int

  /// `nil` for other nodes, for weights that are not known or not wide floats, and behind an epilogue.
  init?(_ node: Node?, in editor: Editor) {
    guard let node, node.epilogue == nil, let weights = editor.constant(node.inputs.dropFirst().first ?? nil) else { return nil }
    guard weights.dtype == .float32 || weights.dtype == .float64, weights.rank >= 2 else { return nil }
    // Weights that others read as they are would be stored twice.
    let isPlaced = editor.producer(of: node.outputs[0]) != nil
    guard let id = node.inputs[1], editor.otherReaders(of: id) == (isPlaced ? 1 : 0) else { return nil }
    let bias = node.inputs.count > 2 ? node.inputs[2] : nil
    guard bias == nil || editor.constant(bias) != nil, let shape = WeightShape(node.op, weights.dims) else { return nil }
    self.node = node
    self.weights = weights
    self.bias = editor.constant(bias)
    takesBias = shape.takesBias
    isComplete = shape.isComplete
    inputChannels = shape.inputs
    outputChannels = shape.outputs
    (input, output) = (shape.input, shape.output)
  }

  /// The weights times a factor for each output channel.
  func scaled(outputs factors: [Double]) -> Tensor { scaled { factors[output($0)] } }

  /// The weights times a factor for each input channel.
  func scaled(inputs factors: [Double]) -> Tensor { scaled { factors[input($0)] } }

  private func scaled(_ factor: (Int) -> Double) -> Tensor {
    Tensor(weights.dtype, weights.dims, weights.doubles.enumerated().map { $0.element * factor($0.offset) })
  }

  /// What every output channel becomes where each input channel is one number.
  func sums(of numbers: [Double]) -> [Double] {
    var sums = [Double](repeating: 0, count: outputChannels)
    for (flat, weight) in weights.doubles.enumerated() { sums[output(flat)] += weight * numbers[input(flat)] }
    return sums
  }
}

/// Where a weight stands, by operator.
struct WeightShape {
  let inputs: Int
  let outputs: Int
  let takesBias: Bool
  let isComplete: Bool
  let input: @Sendable (Int) -> Int
  let output: @Sendable (Int) -> Int

  init?(_ op: any Operator, _ dims: [Int]) {
    let (rows, columns) = (dims[dims.count - 2], dims[dims.count - 1])
    switch op {
    case let op as Convolution:
      let (groups, width) = (op.groups, columns / op.groups)
      self.init(inputs: rows * groups, outputs: columns, isComplete: !op.window.pads) { flat in
        flat / columns % rows + flat % columns / width * rows
      } output: {
        $0 % columns
      }
    case let op as ConvolutionTranspose:
      let (groups, width) = (op.groups, columns / op.groups)
      // Near the edges, and where windows overlap, the number of weights in a sum differs.
      self.init(inputs: rows * groups, outputs: columns, isComplete: false) { flat in
        flat / columns % rows + flat % columns / width * rows
      } output: {
        $0 % columns
      }
    case let op as DepthwiseConvolution:
      self.init(inputs: rows, outputs: rows * columns, isComplete: !op.window.pads) {
        $0 / columns % rows
      } output: {
        $0 % (rows * columns)
      }
    case let op as MatMul where !op.transposeA: self.init(op, dims, rows, columns)
    default: return nil
    }
  }

  private init(_ op: MatMul, _ dims: [Int], _ rows: Int, _ columns: Int) {
    let row: @Sendable (Int) -> Int = { $0 / columns % rows }
    let column: @Sendable (Int) -> Int = { $0 % columns }
    inputs = op.transposeB ? columns : rows
    outputs = op.transposeB ? rows : columns
    takesBias = false
    isComplete = dims.count == 2
    (input, output) = op.transposeB ? (column, row) : (row, column)
  }

  private init(
    inputs: Int, outputs: Int, isComplete: Bool, input: @escaping @Sendable (Int) -> Int, output: @escaping @Sendable (Int) -> Int
  ) {
    self.inputs = inputs
    self.outputs = outputs
    takesBias = true
    self.isComplete = isComplete
    self.input = input
    self.output = output
  }
}

extension SlidingWindow {
  fileprivate var pads: Bool { (padsBefore + padsAfter).contains { $0 != 0 } }
}
