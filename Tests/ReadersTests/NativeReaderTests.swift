import Containers
import GraphIR
import Readers
import Tensors
import Testing

/// What our own format can say.
@Suite struct NativeReaderTests {
  private let x = Tensor(floats: [1, 2, 3, 4, 5, 6], [2, 3])

  @Test func nodesMayStandInAnyOrderAndHaveSeveralOutputs() throws {
    let nodes = """
      {"op": "add", "inputs": ["best", "best"], "outputs": ["y"]},
      {"op": "top_k", "name": "sort", "inputs": ["n"], "outputs": ["best", null], "attributes": {"count": 1}},
      {"op": "negative", "name": "n", "inputs": ["x"]}
      """
    let model = try readNative(nativeModel(nodes))
    #expect(model.format == "swiftdl JSON")
    #expect(model.graph.nodes.map(\.name) == ["n", "sort", "y"])
    #expect(try nativeOutputs(model, [x])[0].floats == [-2, -8])
  }

  @Test func numbersStandForScalars() throws {
    let nodes = #"{"op": "multiply", "inputs": [2, "x"], "outputs": ["d"]}, {"op": "where", "inputs": ["c", "d", -1], "outputs": ["y"]}"#
    let model = try readNative(nativeModel(nodes, #""tensors": {"c": {"dtype": "bool", "shape": [3], "data": [true, false, true]}}"#))
    #expect(try nativeOutputs(model, [x])[0].floats == [2, -1, 6, 8, -1, 12])
  }

  @Test(arguments: [
    #"[[1, 2, 3], [4, 5, 6]]"#, #"{"shape": [2, 3], "data": [1, 2, 3, 4, 5, 6]}"#, #"{"data": [[1, 2, 3], [4, 5, 6]]}"#,
    #"{"shape": [2, 3], "data": {"base64": "AACAPwAAAEAAAEBAAACAQAAAoEAAAMBA"}}"#,
    #"{"shape": [2, 3], "data": {"file": "plain.bin", "offset": 4}}"#,
  ])
  func tensorsAreWrittenInManyWays(tensor: String) throws {
    let folder = try NativeFolder()
    try folder.write("plain.bin", [9, 9, 9, 9] + x.bytes)
    let model = try folder.read(nativeModel(#"{"op": "add", "inputs": ["x", "w"], "outputs": ["y"]}"#, "\"tensors\": {\"w\": \(tensor)}"))
    #expect(try nativeOutputs(model, [x])[0].floats == [2, 4, 6, 8, 10, 12])
    #expect(model.warnings.isEmpty)
  }

  @Test(arguments: ["w.safetensors", "w.bin", "offsets"]) func tensorsComeFromAFileOfWeights(kind: String) throws {
    let folder = try NativeFolder()
    let (a, b) = (Tensor(floats: [1, 2, 3], [3]), Tensor(.int32, [2], integers: [7, 8]))
    try folder.write("w", kind == "w.safetensors" ? Safetensors.encode(["a": a, "b": b]) : a.bytes + b.bytes)
    let nodes =
      #"{"op": "cast", "inputs": ["b"], "outputs": ["f"], "attributes": {"dtype": "float32"}}, {"op": "reshape", "inputs": ["f"],"#
      + #" "outputs": ["g"], "attributes": {"shape": [2, 1]}}, {"op": "add_product", "inputs": ["x", "a", "g"], "outputs": ["y"]}"#
    let described = #""tensors": {"a": {"shape": [3]}, "b": {"dtype": "int32", "shape": [2]}}, "#
    let offsets =
      #""tensors": {"b": {"dtype": "int32", "shape": [2], "data": {"offset": 12}}, "a": {"shape": [3], "data": {"offset": 0}}}, "#
    let tensors = ["w.safetensors": "", "w.bin": described, "offsets": offsets][kind] ?? ""
    let expected: [Float] = [8, 16, 24, 12, 21, 30]
    #expect(try nativeOutputs(folder.read(nativeModel(nodes, tensors + "\"weights\": \"w\"")), [x])[0].floats == expected)
    let named = ReadOptions(modelWeights: "\(folder.path)/w")
    #expect(try nativeOutputs(folder.read(nativeModel(nodes, tensors + "\"weights\": \"absent\""), named), [x])[0].floats == expected)
  }

  private let open = """
    {"format": "swiftdl", "version": 1, "inputs": [{"name": "x", "shape": ["batch", "T", 2]}], "outputs": [{"name": "y", "shape": ["batch", "2*T"]}],
     "nodes": [{"op": "reshape", "inputs": ["x"], "outputs": ["y"], "attributes": {"shape": ["batch", "2*T"]}}],
     "tests": [{"inputs": [[[[1, 2], [3, 4]]]], "outputs": {"y": [[1, 2, 3, 4]]}}]
    """

  @Test func openDimensionsAreSettledByTheUserOrTheFile() throws {
    #expect(try nativeProblems(open + "}")[0].contains("--dim T=32"))
    let fixed = try readNative(open + "}", ReadOptions(dims: ["T": .fixed(2)]))
    #expect(fixed.graph.outputs.map { fixed.graph.type($0.value).shape } == [[1, 4]])
    #expect(fixed.tests.count == 1)
    let other = try readNative(open + "}", ReadOptions(batch: .fixed(3), dims: ["T": .fixed(2)]))
    #expect(other.tests.isEmpty && other.warnings.count == 1)
    let bounded = try readNative(open + #", "dims": {"T": "..9"}}"#, ReadOptions(batch: .upTo(4)))
    #expect(bounded.graph.dims == ["batch": 1...4, "T": 1...9])
    #expect(try nativeOutputs(bounded, [Tensor(floats: [1, 2, 3, 4], [1, 2, 2])])[0].dims == [1, 4])
    #expect(try Fixture.distance(bounded) == 0)
    #expect(try readNative(open + #", "dims": {"T": 5}}"#).graph.inputs.count == 1)
  }

  @Test func statesAreKeptAndTestedAcrossRuns() throws {
    let model = try readNative(
      """
      {"format": "swiftdl", "version": 1, "inputs": [{"name": "x", "shape": [2]}], "outputs": ["s1"],
       "states": [{"name": "s", "shape": [2], "next": "s1"}], "nodes": [{"op": "add", "inputs": ["x", "s"], "outputs": ["s1"]}],
       "tests": [{"inputs": [[1, 2]], "outputs": [[1, 2]]}, {"inputs": [[1, 1]], "outputs": [[2, 3]], "continues": true, "tolerance": 0.5}]}
      """)
    #expect(model.graph.defects() == [])
    #expect(model.tests.map(\.continues) == [false, true])
    #expect(model.tests.map(\.tolerance) == [nil, 0.5])
    #expect(try Fixture.distance(model) == 0)
  }

  @Test func quantisationIsCarried() throws {
    let model = try readNative(
      """
      {"format": "swiftdl", "version": 1, "outputs": ["y"],
       "inputs": [{"name": "x", "dtype": "int8", "shape": [2], "quantisation": {"scale": 0.5, "zero_point": -3}}],
       "nodes": [{"op": "add", "inputs": ["x", "w"], "outputs": ["y"]}],
       "tensors": {"w": {"dtype": "int8", "shape": [2], "data": [1, 2], "quantisation": {"scale": [1, 2], "axis": 0}}}}
      """)
    let graph = model.graph
    #expect(graph.type(graph.inputs[0]).quantisation == Quantisation(scales: [0.5], zeroPoints: [-3]))
    let constant = try #require(graph.constants.keys.first)
    #expect(graph.type(constant).quantisation == Quantisation(scales: [1, 2], zeroPoints: [0, 0], axis: 0))
  }

  @Test func bodiesSeeTheConstantsOfTheModel() throws {
    let body = #"{"inputs": ["e"], "nodes": [{"op": "multiply", "inputs": ["e", "k"], "outputs": ["p"]}], "outputs": ["p"]}"#
    let scan = #"{"op": "scan", "inputs": ["x"], "outputs": ["y"], "attributes": {"sequences": 1}, "body": \#(body)}"#
    let model = try readNative(nativeModel(scan, #""tensors": {"k": [1, 10, 100]}"#))
    #expect(try nativeOutputs(model, [x])[0].floats == [1, 20, 300, 4, 50, 600])
  }

  @Test func numbersThatAreNotFiniteAreAWarning() throws {
    let model = try readNative(
      nativeModel(#"{"op": "add", "inputs": ["x", "w"], "outputs": ["y"]}"#, #""tensors": {"w": [NaN, 1, 1e99], "u": 1}"#))
    #expect(
      model.warnings.map(\.message) == ["the tensor \"w\" holds 2 numbers that are NaN or infinite", "1 tensors are not used: \"u\""])
  }

  @Test(arguments: [#"a\"b"#, #"line\nbreak"#, "*/ int x;", "../../etc", "größe 大", "%s%n", String(repeating: "n", count: 1000)])
  func namesMayBeAnything(name: String) throws {
    let model = try readNative(
      """
      {"format": "swiftdl", "version": 1, "name": "\(name)", "inputs": [{"name": "\(name)", "shape": [1]}], "outputs": [{"name": "\(name)", "value": "y"}],
       "nodes": [{"op": "relu", "name": "\(name)", "inputs": ["\(name)"], "outputs": ["y"]}]}
      """)
    #expect(try nativeOutputs(model, [Tensor(floats: [-1], [1])])[0].floats == [0])
  }
}
