import GraphIR

/// What flows between the nodes of an ONNX graph.
indirect enum ONNXValue {
  case tensor(ValueID)
  /// A list whose length is known when we compile.
  case sequence([ONNXValue])
  case optional(ONNXValue?)
  /// What a node with a problem would have given: nodes that need it are left out silently.
  case failed
}
