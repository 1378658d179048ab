import Containers
import Tensors

/// What an InputLayer, or the first layer of a Sequential model, says of the input.
enum KerasInput {
  static func type(_ layer: KerasLayerSpec, _ dims: inout OpenDims, _ session: ReadSession) throws(Diagnostic) -> TensorType {
    let declared = try shape(layer)
    guard !declared.isEmpty else { throw layer.json.problem("the shape of the input is empty", hint: "the batch is its first axis") }
    guard declared.count <= 8 else { throw layer.json.problem("the input has \(declared.count) axes, at most 8 are expected") }
    var shape: Shape = []
    for (axis, extent) in declared.enumerated() {
      if let dim = session.attempt({ () throws(Diagnostic) in try dims.extent(extent, axis: axis, of: layer.name, session) }) {
        shape.append(dim)
      }
    }
    guard shape.count == declared.count else { throw KerasSkip.diagnostic }
    return TensorType(try dtype(layer), shape)
  }

  /// `nil` for extents that are open. Keras 1 and 2 write `batch_input_shape`, Keras 3 `batch_shape`.
  private static func shape(_ layer: KerasLayerSpec) throws(Diagnostic) -> [Int?] {
    if layer.config.isArray { return try extents(layer.config) }
    if let shape = layer.config.optional("batch_input_shape") ?? layer.config.optional("batch_shape") { return try extents(shape) }
    if let shape = layer.config.optional("input_shape") { return [nil] + (try extents(shape)) }
    if let width = layer.config.optional("input_dim") { return [nil, try width.boundedInt()] }
    throw layer.json.problem(
      "the model does not say what shape its input has",
      hint: "give the first layer an input shape, or call build(), and save the model again")
  }

  private static func extents(_ shape: JSONValue) throws(Diagnostic) -> [Int?] {
    let list = shape["items"] ?? shape
    return try list.map { (extent) throws(Diagnostic) in extent.isNull ? nil : try extent.boundedInt() }
  }

  private static func dtype(_ layer: KerasLayerSpec) throws(Diagnostic) -> DType {
    guard layer.config.isObject, let value = layer.config.optional("dtype") ?? layer.config.optional("input_dtype") else { return .float32 }
    if value.isObject { return .float32 }
    let name = try value.string()
    guard let dtype = DType(rawValue: name) else {
      throw value.problem("the input has the type \"\(name)\"", hint: "inputs are numbers or bool; text has to be encoded before the model")
    }
    return dtype
  }
}
