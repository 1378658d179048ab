import Containers
import Tensors

extension TestVector {
  /// The vectors of a file beside a model: `input:0`, … and `output:0`, … in safetensors, `x0`, … and `y0`, … in npz.
  package static func read(_ path: String) throws(Diagnostic) -> [TestVector] {
    let bytes = try readFile(path)
    let vectors: [TestVector]
    switch sniff(bytes) {
    case .safetensors: vectors = try StoredVectors.read(try Safetensors(bytes, file: path))
    case .zip: vectors = try read(try Npz(bytes, file: path))
    case let kind: throw Diagnostic("a file of kind \(kind) holds no test vectors", hint: "give a .safetensors or .npz file").inFile(path)
    }
    if vectors.isEmpty {
      throw Diagnostic("no test vectors are in the file", hint: "name the tensors input:0, … and output:0, … (npz: x0, … and y0, …)")
        .inFile(path)
    }
    return vectors
  }

  private static func read(_ file: Npz) throws(Diagnostic) -> [TestVector] {
    let (inputs, outputs) = (try tensors("x", file), try tensors("y", file))
    return outputs.isEmpty ? [] : [TestVector(inputs: inputs, outputs: outputs)]
  }

  private static func tensors(_ prefix: String, _ file: Npz) throws(Diagnostic) -> [Tensor] {
    var found: [Tensor] = []
    while file.names.contains("\(prefix)\(found.count)") { found.append(try file.tensor("\(prefix)\(found.count)")) }
    return found
  }
}
