import GraphIR
import ONNXProto
import Tensors

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension ModelFormat {
  /// ONNX models of all opsets; weights too large for the file lie beside it.
  static let onnx = ModelFormat(name: "ONNX") { source in
    if case .onnx = source { true } else { false }
  } read: { (source, session) throws(Diagnostic) in
    guard case .onnx(let model) = source else { return nil }
    return try ONNXModelReader(model, session).graph()
  }
}

extension ONNXModelProto {
  /// The model in the bytes of a file; `nil` where they are a protobuf message of another kind.
  init?(onnx bytes: [UInt8]) throws(Diagnostic) {
    do { try self.init(serializedBytes: bytes) } catch {
      throw Diagnostic("the file is cut off or damaged: \(error)", hint: "fetch it again, or export the model again")
    }
    guard hasGraph || hasIrVersion && !opsetImport.isEmpty else { return nil }
  }
}
