import Readers
import Tensors
import Testing

/// What our own format refuses: the place, what was found, and what to do.
@Suite struct NativeRefusalTests {
  private static let relu = #"{"op": "relu", "inputs": ["x"], "outputs": ["y"]}"#
  private static func add(_ tensor: String) -> String {
    nativeModel(#"{"op": "add", "inputs": ["x", "w"], "outputs": ["y"]}"#, "\"tensors\": {\"w\": \(tensor)}")
  }
  private static func input(_ input: String) -> String {
    #"{"format": "swiftdl", "version": 1, "inputs": [\#(input)], "outputs": ["x"], "nodes": []}"#
  }

  static let refusals: [(String, String)] = [
    (#"{"format": "swiftdl"}"#, "\"version\" is missing"), (#"{"format": "swiftdl", "version": 2}"#, "1:34 version 2"),
    (#"{"format": "swiftdl", "version": 1}"#, "\"inputs\" is missing"),
    (#"{"format": "swiftdl", "version": 1, "inputs": 3, "outputs": ["x"]}"#, "expected an array"),
    (nativeModel(relu, #""node": 1"#), "\"node\" is not known"),
    (nativeModel(#"{"op": "rellu", "inputs": ["x"], "outputs": ["y"]}"#), "is \"relu\""),
    (nativeModel(#"{"op": "map", "inputs": ["x"], "outputs": ["y"]}"#), "no operator \"map\""),
    (nativeModel(#"{"op": "softmax", "inputs": ["x"], "outputs": ["y"], "attributes": {"axes": 1}}"#), "it has: axis, log"),
    (nativeModel(#"{"op": "softmax", "inputs": ["x"], "outputs": ["y"], "attributes": {"axis": "1"}}"#), "takes an integer"),
    (nativeModel(#"{"op": "softmax", "inputs": ["x"], "outputs": ["y"], "attributes": {"axis": 4294967296}}"#), "-2^31"),
    (nativeModel(#"{"op": "softmax", "inputs": ["x"], "outputs": ["y"], "attributes": {"axis": 7}}"#), "axis 7 is outside"),
    (nativeModel(#"{"op": "relu", "inputs": ["x"], "outputs": ["y"], "attributes": {"slope": 1}}"#), "no attribute \"slope\""),
    (nativeModel(#"{"op": "elu", "inputs": ["x"], "outputs": ["y"], "attributes": {"alpha": "a"}}"#), "expected a number"),
    (nativeModel(#"{"op": "cast", "inputs": ["x"], "outputs": ["y"]}"#), "no attribute \"dtype\""),
    (nativeModel(#"{"op": "cast", "inputs": ["x"], "outputs": ["y"], "attributes": {"dtype": "float8"}}"#), "known are float32"),
    (nativeModel(#"{"op": "add", "inputs": ["x", null], "outputs": ["y"]}"#), "input 1 of add \"y\" is missing"),
    (nativeModel(#"{"op": "add", "inputs": ["x"], "outputs": ["y"]}"#), "takes 2"),
    (nativeModel(#"{"op": "matmul", "inputs": ["x", "x"], "outputs": ["y"]}"#), "the inner extents are 3 and 2"),
    (nativeModel(#"{"op": "relu", "inputs": ["xx"], "outputs": ["y"]}"#), "there is no tensor \"xx\""),
    (nativeModel(#"{"op": "relu", "inputs": [[]], "outputs": ["y"]}"#), "the name of a tensor, a number, or null"),
    (nativeModel(#"{"op": "relu", "inputs": ["x"], "outputs": ["y", "z"]}"#), "2 outputs"),
    (nativeModel(#"{"op": "relu", "inputs": ["x"]}"#), "neither outputs nor a name"),
    (nativeModel(#"{"op": "relu", "inputs": ["x"], "outputs": ["y"], "body": {}}"#), "takes no body"),
    (nativeModel(#"{"op": "scan", "inputs": ["x"], "outputs": ["y"]}"#), "has no body"),
    (nativeModel(relu + "," + relu), "two nodes have the name"),
    (nativeModel(relu + #", {"op": "relu", "name": "y", "inputs": ["x"], "outputs": ["z"]}"#), "two nodes have the name \"y\""),
    (
      nativeModel(#"{"op": "relu", "inputs": ["b"], "outputs": ["y"]}, {"op": "relu", "inputs": ["y"], "outputs": ["b"]}"#),
      "\"y\" reads from \"b\" reads"
    ),
    (nativeModel(#"{"op": "relu", "inputs": ["y"], "outputs": ["y"]}"#), "circle"),
    (nativeModel(relu, #""tensors": {"x": 1}"#), "given twice"),
    (nativeModel(relu, #""tensors": {"y": 1}"#), "given twice"), (add("[1, 2]"), "do not broadcast"), (add("{}"), "has no data"),
    (add(#"{"shape": [3], "data": [1, 2]}"#), "2 numbers for the shape [3]"), (add("[[1], [2, 3]]"), "of the extents [1]"),
    (add(#"{"shape": [2, 1], "data": [[1, 2]]}"#), "nested as [1, 2]"), (add("[]"), "0 numbers"), (add(#"["a"]"#), "expected a number"),
    (add(#"{"dtype": "int8", "data": [128]}"#), "128 does not fit int8"),
    (add(#"{"dtype": "int8", "data": [1.5]}"#), "expected an integer"),
    (add(#"{"dtype": "bool", "data": [2]}"#), "true or false"), (add(#"{"dtype": "complex", "data": [1]}"#), "no element type"),
    (add(#"{"shape": [1], "data": {"base64": "AAAA"}}"#), "3 bytes of base64, 4 are needed"),
    (add(#"{"shape": [1], "data": {"base64": "AAAAA"}}"#), "5 characters"),
    (add(#"{"shape": [1], "data": {"base64": "AA!A"}}"#), "character 2"),
    (add(#"{"shape": [1], "data": {"base64": "===="}}"#), "character 0"), (add(#"{"data": {"base64": "AAAA"}}"#), "shape is missing"),
    (add(#"{"shape": [4294967296, 4294967296], "data": [1]}"#), "below 2^31"), (add(#"{"shape": [0], "data": []}"#), "1 or more"),
    (add(#"{"shape": [-1], "data": [1]}"#), "1 or more"), (add(#"{"shape": [1], "data": {"file": "../w.bin"}}"#), "not inside its folder"),
    (add(#"{"shape": [1], "data": {"file": "/etc/passwd"}}"#), "not inside its folder"),
    (add(#"{"shape": [1], "data": {"file": "w"}}"#), "is not there"),
    (add(#"{"shape": [9], "data": {"file": "short.bin"}}"#), "36 bytes from byte 0 of a file of 8"),
    (add(#"{"shape": [1], "data": {"file": "short.bin", "offset": -1}}"#), "from byte -1"),
    (add(#"{"shape": [1], "data": {"file": "short.bin", "offset": 9223372036854775807}}"#), "of a file of 8"),
    (add(#"{"shape": [1], "data": {"offset": 0}}"#), "an offset without a file"),
    (add(#"{"dtype": "int8", "data": [1], "quantisation": {"scale": 0}}"#), "not a positive number"),
    (add(#"{"dtype": "int8", "data": [1], "quantisation": {"scale": [1, 2], "axis": 0}}"#), "2 scales"),
    (add(#"{"dtype": "int8", "data": [1], "quantisation": {"scale": 1, "zero_point": 200}}"#), "zero point does not fit"),
    (add(#"{"data": [1], "quantisation": {"scale": 1}}"#), "only integers"),
    (nativeModel(relu, #""weights": "none.safetensors""#), "is not there"),
    (nativeModel(relu, #""weights": "short.bin", "tensors": {"w": {"shape": [1]}}"#), "left over"),
    (input(#"{"name": "x", "shape": [65536, 65536]}"#), "too large"),
    (input(#"{"name": "x", "shape": [2147483648]}"#), "between 1 and 2^31 - 1"),
    (input(#"{"name": "x", "shape": ["2*T"]}"#), "\"T\" is not known"),
    (input(#"{"name": "x", "shape": ["T", "T+-5"]}"#), "is not positive"),
    (input(#"{"name": "x", "shape": ["batch", "batch*2147483647", 2]}"#), "too large"),
    (input(#"{"name": "x", "shape": ["T*/"]}"#), "expected a name"),
    (input(#"{"name": "", "shape": [1]}"#), "a name of 0 bytes"), (input(#"{"shape": [1]}"#), "\"name\" is missing"),
    (input(#"{"name": "x", "shape": [1]}, {"name": "x", "shape": [1]}"#), "given twice"),
    (nativeModel(relu, #""states": [{"name": "s", "shape": [2], "next": "y"}]"#), "it must stay float32[2]"),
    (nativeModel(relu, #""dims": {"Q": 3}"#), "no input has an axis \"Q\""),
    (nativeModel(relu, #""tests": [{"inputs": [], "outputs": [1]}]"#), "one is needed for each of x"),
    (nativeModel(relu, #""tests": [{"inputs": {"z": 1}, "outputs": [1]}]"#), "\"x\" is missing"),
    (nativeModel(relu, #""tests": [{"inputs": [[1, 2, 3, 4, 5, 6]], "outputs": [[[1, 2]]]}]"#), "nested as [1, 2]"),
    (nativeModel(relu, #""tests": [{"inputs": ["w"], "outputs": ["w"]}]"#), "no tensor \"w\""),
    (nativeModel(#"{"op": "relu", "inputs": ["x"], "outputs": ["z"]}"#), "no tensor \"y\""),
    (
      nativeModel(#"{"op": "tile", "inputs": ["x"], "outputs": ["y"], "attributes": {"repeats": [2147483647, 2147483647]}}"#),
      "tile \"y\": a tensor of the shape"
    ),
  ]

  @Test(arguments: refusals) func namesWhatIsWrong(model: String, expected: String) throws {
    let folder = try NativeFolder()
    try folder.write("short.bin", [0, 0, 0, 0, 0, 0, 0, 0])
    let problems = try nativeProblems(model, ReadOptions(dims: model.contains("\"T\"") ? ["T": .upTo(9)] : [:]), folder: folder)
    #expect(problems.contains { $0.contains(expected) }, "\(problems) for \(model)")
    #expect(problems.allSatisfy { !$0.hasPrefix("0:0") || $0.contains("not inside") || $0.contains("is not there") }, "\(problems)")
  }

  @Test func allProblemsAreShownAtOnce() throws {
    let nodes = """
      {"op": "rellu", "inputs": ["x"], "outputs": ["a"]},
      {"op": "softmax", "inputs": ["x"], "outputs": ["b"], "attributes": {"axis": true, "axes": 1}},
      {"op": "add", "inputs": ["a", "b"], "outputs": ["c"]},
      {"op": "relu", "inputs": ["nowhere"], "outputs": ["y"]}
      """
    let problems = try nativeProblems(nativeModel(nodes, #""tensors": {"w": {"data": "x"}}, "extra": 1"#))
    #expect(problems.count == 6, "\(problems)")
    #expect(problems.contains { $0.hasPrefix("2:19 there is no operator \"rellu\"") }, "\(problems)")
  }

  @Test func aLongChainAndDeepNestingAreNoDanger() throws {
    let chain = (0..<20_000).reversed().map { #"{"op": "relu", "inputs": ["\#($0 == 0 ? "x" : "v\($0)")"], "outputs": ["v\#($0 + 1)"]}"# }
    let model = try readNative(nativeModel(chain.joined(separator: ",") + #", {"op": "relu", "inputs": ["v20000"], "outputs": ["y"]}"#))
    #expect(model.graph.nodes.count == 20_001)
    let nested = String(repeating: "[", count: 200) + "1" + String(repeating: "]", count: 200)
    #expect(try nativeProblems(Self.add(nested))[0].contains("16 axes"))
    #expect(try nativeProblems(Self.add(String(repeating: "[", count: 10_000)))[0].contains("nested"))
  }

  @Test func aFixedBatchIsNotChanged() throws {
    #expect(try nativeProblems(nativeModel(Self.relu), ReadOptions(batch: .fixed(4)))[0].contains("leaves no batch open"))
    #expect(try nativeProblems(nativeModel(Self.relu), ReadOptions(dims: ["T": .fixed(4)]))[0].contains("no such open dimension"))
  }
}

/// Damaged files give a diagnostic or a sound graph, never a crash.
@Suite struct NativeDamageTests {
  private static let model = """
    {"format": "swiftdl", "version": 1, "inputs": [{"name": "x", "shape": ["batch", "T", 2]}], "dims": {"T": "..9"}, "outputs": ["y", "h1"],
     "states": [{"name": "h", "shape": ["batch", 2], "next": "h1"}],
     "nodes": [{"op": "simple_rnn", "inputs": ["x", "r", null, "h"], "outputs": ["s", "h1"], "attributes": {"activation": "relu"}},
               {"op": "slice", "inputs": ["s"], "outputs": ["e"], "attributes": {"starts": [-1], "ends": [2147483647], "axes": [1], "steps": [1]}},
               {"op": "reshape", "inputs": ["e"], "outputs": ["f"], "attributes": {"shape": ["batch", 2]}},
               {"op": "scan", "inputs": ["f"], "outputs": ["y"], "attributes": {"carried": 0, "sequences": 1}, "body": {"inputs": ["e"],
                "nodes": [{"op": "leaky_relu", "inputs": ["e"], "outputs": ["p"], "attributes": {"negative_slope": 0.25}}], "outputs": ["p"]}}],
     "tensors": {"r": {"dtype": "float32", "shape": [2, 2], "data": {"base64": "AACAPwAAAEAAAEBAAACAQA=="}}},
     "tests": [{"inputs": {"x": [[[1, 2], [3, 4]]]}, "outputs": [[[1, 2]], [[1, 2]]], "tolerance": 1e-3}]}
    """

  @Test func theUndamagedModelIsRead() throws { #expect(try readNative(Self.model).graph.nodes.count == 4) }

  @Test func survivesTruncation() throws {
    let folder = try NativeFolder()
    let bytes = Array(Self.model.utf8)
    for length in stride(from: 0, to: bytes.count, by: 3) {
      let text = String(decoding: bytes.prefix(length), as: UTF8.self)
      #expect(throws: Diagnostics.self, "\(length) bytes") { try folder.read(text) }
    }
  }

  @Test func survivesFlippedBitsAndNumbers() throws {
    let folder = try NativeFolder()
    for seed in 0..<1_000 as Range<UInt64> {
      var generator = SeededGenerator(seed)
      var bytes = Array(Self.model.utf8)
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let position = Int.random(in: 0..<bytes.count, using: &generator)
        if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) || Bool.random(using: &generator) {
          bytes[position] = Array("0123456789-,.eE[]{}\"".utf8).randomElement(using: &generator) ?? 0
        } else {
          bytes[position] ^= 1 << UInt8.random(in: 0..<7, using: &generator)
        }
      }
      try folder.write("model.json", bytes)
      do throws(Diagnostics) {
        let model = try ModelReader.read("\(folder.path)/model.json")
        #expect(model.graph.defects() == [], "seed \(seed)")
      } catch {
        #expect(!error.all.isEmpty, "seed \(seed)")
      }
    }
  }
}
