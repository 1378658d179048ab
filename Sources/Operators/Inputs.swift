import Tensors

extension [TensorType?] {
  /// The type of an input that the operator cannot do without.
  package func required(_ position: Int) throws(Diagnostic) -> TensorType {
    guard indices.contains(position), let type = self[position] else { throw Diagnostic("input \(position) is missing") }
    return type
  }

  package func optional(_ position: Int) -> TensorType? { indices.contains(position) ? self[position] : nil }

  /// Input 2, if there is one, must have an element of the type for each channel of the output.
  func checkBias(_ dtype: DType, _ channels: Int) throws(Diagnostic) {
    let expected = TensorType(dtype, [Dim(channels)])
    guard let bias = optional(2), bias != expected else { return }
    throw Diagnostic("the bias is \(bias)", hint: "\(channels) output channels need \(expected)")
  }
}

extension [Tensor?] {
  package func required(_ position: Int) throws(Diagnostic) -> Tensor {
    guard indices.contains(position), let tensor = self[position] else { throw Diagnostic("input \(position) is missing") }
    return tensor
  }

  package func optional(_ position: Int) -> Tensor? { indices.contains(position) ? self[position] : nil }
}
