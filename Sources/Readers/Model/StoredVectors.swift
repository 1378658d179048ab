import Containers
import Tensors

/// Test vectors that a safetensors file carries beside weights: `input:0`, `input:1`, … and `output:0`, …; `again:0`, … are the
/// outputs for the same inputs in a second run of a model that keeps state.
enum StoredVectors {
  private static let prefixes = ["input:", "output:", "again:"]

  static func isOne(_ name: String) -> Bool {
    prefixes.contains { name.hasPrefix($0) && Int(name.dropFirst($0.count)) != nil }
  }

  static func read(_ file: Safetensors) throws(Diagnostic) -> [TestVector] {
    let (inputs, outputs, again) = (try tensors("input:", file), try tensors("output:", file), try tensors("again:", file))
    if outputs.isEmpty { return [] }
    let first = TestVector(inputs: inputs, outputs: outputs)
    return again.isEmpty ? [first] : [first, TestVector(inputs: inputs, outputs: again, continues: true)]
  }

  private static func tensors(_ prefix: String, _ file: Safetensors) throws(Diagnostic) -> [Tensor] {
    var found: [Tensor] = []
    while file.contains("\(prefix)\(found.count)") { found.append(try file.tensor("\(prefix)\(found.count)")) }
    return found
  }
}
