import GraphIR
import Operators
import Tensors

/// Known weights of a node as `[…, inputs, outputs]`, whichever of the last two axes comes first.
struct PrunableLayer {
  /// Of the node, and of the weights in the user's model.
  let names: [String]
  let weights: ValueID
  let tensor: Tensor
  private let inputsAreLast: Bool

  /// `nil` where the node multiplies no known weights, or depthwise ones, of which each matters to a channel.
  init?(_ node: Node, in graph: Graph) {
    guard node.inputs.count > 1, let id = node.inputs[1], let tensor = graph.constants[id] else { return nil }
    switch node.op {
    case let op as MatMul where !op.widens: inputsAreLast = op.transposeB
    case let op as Convolution where !op.widens: inputsAreLast = false
    case is ConvolutionTranspose, is SimpleRNN, is LSTM, is GRU: inputsAreLast = false
    default: return nil
    }
    guard tensor.dtype.isFloat, tensor.rank >= 2, tensor.count > 0 else { return nil }
    names = [node.name, graph[id].name]
    weights = id
    self.tensor = tensor
  }

  var name: String { names[0] }

  var inputs: Int { tensor.dims[tensor.rank - (inputsAreLast ? 1 : 2)] }
  var outputs: Int { tensor.dims[tensor.rank - (inputsAreLast ? 2 : 1)] }
  /// Matrices of inputs by outputs: taps, for convolutions.
  var matrices: Int { tensor.count / (inputs * outputs) }

  /// Where a weight lies.
  func position(_ matrix: Int, _ input: Int, _ output: Int) -> Int {
    matrix * inputs * outputs + (inputsAreLast ? output * inputs + input : input * outputs + output)
  }

  /// Every layer once, in order; weights that several nodes share belong to the first.
  static func all(in graph: Graph) -> [PrunableLayer] {
    var seen: Set<ValueID> = []
    return graph.nodes.compactMap { PrunableLayer($0, in: graph) }.filter { seen.insert($0.weights).inserted }
  }
}
