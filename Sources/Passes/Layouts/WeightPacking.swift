import GraphIR
import Operators
import Tensors

extension GraphPass {
  /// For vectors of `lanes` elements: two vectors of output channels to a block where there are as many, else one; of the kernels of
  /// recurrent layers `vectors`, as many as one product of a vector computes together.
  package static func packWeights(lanes: Int, vectors: Int) -> GraphPass {
    GraphPass(
      "pack-weights", "Known weights lie in memory as kernels with vectors read them: in blocks of output channels."
    ) { (graph) throws(Diagnostic) in
      let readers = graph.readers
      for id in graph.constants.keys.sorted() {
        let type = graph.type(id)
        let reading = (readers[id] ?? []).map { graph.nodes[$0] }
        // Groups stay together.
        let lanes = lanes * (reading.contains { $0.op is PackedProduct } ? 4 / type.dtype.byteCount : 1)
        guard let channels = type.shape.last?.constant, channels >= lanes, lanes > 1, type.layout == .rowMajor else { continue }
        guard type.dtype.isVectorised else { continue }
        guard !reading.isEmpty, reading.allSatisfy({ $0.readsPackable(id) }), !graph.results.contains(id) else { continue }
        var packed = type
        var size = channels >= 2 * lanes ? 2 * lanes : lanes
        if reading.contains(where: { $0.op.isRecurrent && !graph.sharesWeights($0) }) {
          size = lanes * vectors
          guard channels > size, channels.isMultiple(of: size) else { continue }
        }
        packed.layout = .blocked(axis: type.rank - 1, size: size)
        graph.setType(id, packed)
      }
    }
  }
}

extension Graph {
  fileprivate func sharesWeights(_ node: Node) -> Bool {
    node.op.sharesWeights(types(node.operatorInputs), node.outputs.map { type($0) })
  }
}

extension Node {
  /// The value is nothing but the weights of a node whose kernels vectorise along the last axis of the weights.
  fileprivate func readsPackable(_ id: ValueID) -> Bool {
    guard inputs.firstIndex(of: id) == 1, inputs.lastIndex(of: id) == 1 else { return false }
    switch op {
    case let op as MatMul: return !op.transposeB
    case let op as Convolution: return op.groups == 1
    case let op as ConvolutionTranspose: return op.groups == 1
    case is SimpleRNN, is LSTM, is PackedProduct: return true
    default: return false
    }
  }
}
