import GraphIR
import ONNXProto
import Readers
import Tensors

/// ONNX models of a few nodes, made in code.
struct ONNXModelText {
  private(set) var proto = ONNXModelProto()

  init(opset: Int64 = 21, inputs: [(name: String, type: TensorType)], outputs: [String]) {
    proto.irVersion = 8
    proto.opsetImport = [.with { $0.version = opset }]
    proto.graph.name = "test"
    proto.graph.input = inputs.map { input in
      .with {
        $0.name = input.name
        $0.type.tensorType.elemType = Self.codes[input.type.dtype] ?? 0
        $0.type.tensorType.shape.dim = input.type.shape.map { dim in
          .with { if let extent = dim.constant { $0.dimValue = Int64(extent) } else { $0.dimParam = dim.description } }
        }
      }
    }
    proto.graph.output = outputs.map { name in .with { $0.name = name } }
  }

  private static let codes: [DType: Int32] = [.float32: 1, .uint8: 2, .int8: 3, .int32: 6, .int64: 7, .bool: 9, .float16: 10, .float64: 11]

  /// Changes the message itself, for what has no words here.
  mutating func edit(_ body: (inout ONNXModelProto) -> Void) { body(&proto) }

  mutating func node(_ type: String, _ inputs: [String], _ outputs: [String], _ attributes: [ONNXAttributeProto] = [], domain: String = "")
  {
    proto.graph.node.append(Self.node(type, inputs, outputs, attributes, domain: domain))
  }

  static func node(
    _ type: String, _ inputs: [String], _ outputs: [String], _ attributes: [ONNXAttributeProto] = [], domain: String = ""
  ) -> ONNXNodeProto {
    .with {
      ($0.opType, $0.input, $0.output, $0.attribute, $0.domain) = (type, inputs, outputs, attributes, domain)
    }
  }

  mutating func initializer(_ name: String, _ tensor: Tensor) { proto.graph.initializer.append(Self.tensor(tensor, name: name)) }

  static func tensor(_ tensor: Tensor, name: String = "") -> ONNXTensorProto {
    .with {
      $0.name = name
      $0.dataType = codes[tensor.dtype] ?? 0
      $0.dims = tensor.dims.map { Int64($0) }
      $0.rawData = .init(tensor.bytes)
    }
  }

  static func int(_ name: String, _ value: Int64) -> ONNXAttributeProto { .with { ($0.name, $0.i, $0.type) = (name, value, .int) } }
  static func ints(_ name: String, _ values: [Int64]) -> ONNXAttributeProto {
    .with { ($0.name, $0.ints, $0.type) = (name, values, .ints) }
  }
  static func float(_ name: String, _ value: Float) -> ONNXAttributeProto { .with { ($0.name, $0.f, $0.type) = (name, value, .float) } }
  static func string(_ name: String, _ value: String) -> ONNXAttributeProto {
    .with { ($0.name, $0.s, $0.type) = (name, .init(value.utf8), .string) }
  }

  /// The model as the reader sees it.
  func read(_ options: ReadOptions = ReadOptions()) throws -> ReadModel {
    let path = temporaryFile(try proto.serializedBytes()) ?? ""
    defer { removeFile(path) }
    return try ModelReader.read(path, options)
  }

  /// The outputs that the reference interpreter gives for inputs.
  func run(_ inputs: [Tensor], _ options: ReadOptions = ReadOptions()) throws -> [Tensor] {
    try Interpreter(try read(options).graph).outputs(inputs)
  }

  /// What is wrong with the model, as a user sees it.
  func problems(_ options: ReadOptions = ReadOptions()) -> String {
    do { _ = try read(options) } catch { return "\(error)" }
    return ""
  }
}
