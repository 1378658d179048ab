import Containers
import Tensors

/// The dtype policy of a layer: what it computes in. What it keeps its weights in does not matter when a model only runs.
enum KerasPolicy {
  /// `nil` where the configuration says nothing.
  static func computeType(_ config: JSONValue) throws(Diagnostic) -> DType? {
    guard let policy = config.optional("dtype") else { return nil }
    let written = policy.isObject ? policy["config"]?.optional("name") ?? policy.optional("class_name") : policy
    let name = try written?.string() ?? "float32"
    guard !isQuantised(name.lowercased()) else {
      throw policy.problem(
        "the layer is quantised: its policy is \"\(name)\"", hint: "save the model as it was before it was quantised")
    }
    switch name.split(separator: "_").last {
    case "float16": return .float16
    case "bfloat16": return .bfloat16
    case "float64":
      throw policy.problem("the layer computes in \"\(name)\"", hint: "save the model with the dtype policy \"float32\"")
    default: return .float32
    }
  }

  private static func isQuantised(_ name: String) -> Bool {
    ["quant", "_from_", "float8", "int4", "int8", "gptq", "awq"].contains { name.contains($0) }
  }

  /// Layers that compute in float32 even where they take and give half floats.
  static let computeInFloat32: Set<String> = [
    "BatchNormalization", "GroupNormalization", "LayerNormalization", "RMSNormalization",
  ]
}
