import Containers
import GraphIR
import Tensors

/// One call of a layer, as the function of its class gets it.
struct KerasLayerCall {
  let spec: KerasLayerSpec
  let config: KerasConfig
  let arguments: [KerasArgument]
  let keywords: [String: KerasArgument]
  let weights: LayerWeights
  let builder: KerasBuilder

  var writer: GraphWriter { builder.writer }

  /// The tensors of the first argument.
  var inputs: [KerasTensor] { arguments.first?.tensors ?? [] }

  /// The first tensor of the first argument.
  func input() throws(Diagnostic) -> KerasTensor {
    guard let first = inputs.first else { throw Diagnostic("the layer gets no tensor") }
    return first
  }

  /// A tensor given by position or by keyword; `nil` where it is absent or None.
  func tensor(_ position: Int?, _ keyword: String) -> KerasTensor? {
    if let position, arguments.indices.contains(position), let tensor = arguments[position].tensor { return tensor }
    return keywords[keyword]?.tensor
  }

  /// A constant given by keyword.
  func literal(_ keyword: String) -> JSONValue? { keywords[keyword]?.literal }

  func flag(_ keyword: String) throws(Diagnostic) -> Bool { try literal(keyword)?.bool() ?? false }

  func type(_ tensor: KerasTensor) -> TensorType { writer.type(tensor.id) }
  func shape(_ tensor: KerasTensor) -> Shape { writer.shape(tensor.id) }

  /// The mask that the layer sees: its `mask` argument, else the one that its first input carries.
  func mask() -> ValueID? { keywords["mask"]?.tensor?.id ?? inputs.first?.mask }

  /// An extent that weights depend on, so that it cannot stay open.
  func constant(_ dim: Dim, _ what: String) throws(Diagnostic) -> Int {
    guard let value = dim.constant else {
      throw Diagnostic("\(what) is \(dim), which is open", hint: "weights have fixed shapes; settle it with --dim NAME=VALUE")
    }
    return value
  }

  /// The extent of the last axis.
  func channels(_ tensor: KerasTensor) throws(Diagnostic) -> Int {
    guard let last = shape(tensor).last else { throw Diagnostic("the input is a scalar, one axis or more is expected") }
    return try constant(last, "the last axis")
  }

  /// The next weight as a constant of the graph.
  func weight(_ name: String, _ dims: [Int], aliases: [String] = []) throws(Diagnostic) -> ValueID {
    builder.constant(try weights.next(name, dims, aliases: aliases), weights.path, name)
  }
}
