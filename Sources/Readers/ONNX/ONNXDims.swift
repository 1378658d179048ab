import ONNXProto
import Tensors

/// Turns the extents that inputs leave open into constants or bounded symbols, as the user settles them.
struct ONNXDims {
  private var open = OpenDims()
  private var known: [String: Dim] = [:]

  var bounds: [String: ClosedRange<Int>] { open.bounds }
  var names: [String] { open.names }

  /// The type of an input.
  mutating func type(_ info: ONNXValueInfoProto, _ session: ReadSession) throws(Diagnostic) -> TensorType {
    guard case .tensorType(let tensor) = info.type.value else {
      throw Diagnostic("it is no tensor", hint: "inputs that are sequences, optionals or maps are not supported")
    }
    let dtype = try ONNXElementType.dtype(tensor.elemType)
    guard tensor.hasShape else {
      throw Diagnostic("its rank is not known", hint: "export the model with the shapes of its inputs")
    }
    var shape: Shape = []
    for (axis, dim) in tensor.shape.dim.enumerated() { shape.append(try extent(dim, axis, info.name, session)) }
    return TensorType(dtype, shape)
  }

  private mutating func extent(
    _ dim: ONNXTensorShapeProto.Dimension, _ axis: Int, _ input: String, _ session: ReadSession
  ) throws(Diagnostic) -> Dim {
    switch dim.value {
    case .dimValue(let value) where value >= 0:
      return axis == 0 ? try open.extent(Int(value), axis: 0, of: input, session) : Dim(Int(value))
    case .dimParam(let name) where !name.isEmpty: return try named(name, isBatch: axis == 0, session)
    default: return try named("\(input).\(axis)", isBatch: axis == 0, session)
    }
  }

  /// An open extent, one for each name. The first axis is the batch where it is not settled by name.
  private mutating func named(_ name: String, isBatch: Bool, _ session: ReadSession) throws(Diagnostic) -> Dim {
    if let dim = known[name] { return dim }
    let dim: Dim
    if session.setting(name) == nil, isBatch {
      dim = try open.extent(nil, axis: 0, of: name, session)
    } else {
      dim = try open.open(name, session.setting(name), "the dimension \"\(name)\" is open")
    }
    known[name] = dim
    return dim
  }
}
