import GraphIR

/// Every operator, for the readers of our own format and for the documentation. A test finds operators that are missing here.
package enum OperatorSet {
  package static let all: [any Operator.Type] = [
    Concatenate.self,
    Convolution.self,
    ConvolutionTranspose.self,
    DepthwiseConvolution.self,
    Expand.self,
    Gather.self,
    GatherElements.self,
    Map.self,
    MatMul.self,
    OneHot.self,
    Pad.self,
    Pool.self,
    Reduce.self,
    Repeat.self,
    Reshape.self,
    Reverse.self,
    Roll.self,
    Slice.self,
    Softmax.self,
    Tile.self,
    Transpose.self,
  ]

  package static let byName: [String: any Operator.Type] = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}
