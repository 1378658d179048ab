import GraphIR

/// Every operator, for the readers of our own format and for the documentation. A test finds operators that are missing here.
package enum OperatorSet {
  package static let all: [any Operator.Type] = [
    AdaptivePool.self,
    ArgReduce.self,
    Concatenate.self,
    Convolution.self,
    ConvolutionTranspose.self,
    Cumulative.self,
    DepthwiseConvolution.self,
    Expand.self,
    Extents.self,
    GRU.self,
    Gather.self,
    GatherElements.self,
    GatherND.self,
    LSTM.self,
    Map.self,
    MatMul.self,
    Normalise.self,
    OneHot.self,
    Pad.self,
    Pool.self,
    RandomBits.self,
    Reduce.self,
    Repeat.self,
    Resample.self,
    Reshape.self,
    Reverse.self,
    Roll.self,
    Scan.self,
    ScatterElements.self,
    ScatterND.self,
    SearchSorted.self,
    SimpleRNN.self,
    Slice.self,
    Softmax.self,
    Sparsemax.self,
    Tile.self,
    TopK.self,
    Transpose.self,
    TreeEnsemble.self,
  ]

  package static let byName: [String: any Operator.Type] = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}
