import Containers
import Operators
import Readers
import Tensors
import Testing

/// The documentation of our own format is what the program does.
@Suite struct NativeDocumentTests {
  @Test func schemaIsMadeFromTheRegistries() throws { try expectDocument("model.schema.json", NativeSchema.text) }

  @Test func tableOfOperatorsIsMadeFromTheRegistries() throws { try expectDocument("operators.md", NativeReference.text) }

  @Test func tableHasEveryOperatorAndFunction() {
    let names = OperatorSet.all.map { $0.name }.filter { $0 != Map.name } + ElementwiseFunction.all.map(\.name)
    for name in names { #expect(NativeReference.text.contains("\n| `\(name)` |"), "\(name) has no entry in NativeGuide") }
  }

  @Test func schemaIsJSON() throws {
    let schema = try JSONValue(parsing: NativeSchema.text)
    #expect(try schema.value("$defs").value("node").value("allOf").array().count > 80)
  }

  @Test func exampleRunsAndPassesItsTest() throws {
    let text = try #require(fences("json").first)
    let model = try readNative(text)
    #expect(model.warnings.isEmpty)
    #expect(model.tests.count == 1)
    #expect(try Fixture.distance(model) < 1e-6)
  }

  @Test func fragmentsAreNodes() throws {
    for text in try fences("") {
      let node = try JSONValue(parsing: text)
      #expect(OperatorSet.byName[try node.string("op")] != nil)
    }
    let nodes = try fences("").joined(separator: ",")
    let model = """
      {"format": "swiftdl", "version": 1, "outputs": ["smooth", "sum", "sums"], "nodes": [\(nodes)], "tensors": {"zero": [0, 0]},
       "inputs": [{"name": "image", "shape": ["batch", 4, 4, 1]}, {"name": "x", "shape": [3, 2]}]}
      """
    let image = Tensor(.float32, [1, 4, 4, 1], (0..<16).map { Double($0 == 5 ? 99 : $0) })
    let found = try nativeOutputs(readNative(model), [image, Tensor(floats: [1, 2, 3, 4, 5, 6], [3, 2])])
    #expect(found[0].floats == [6, 7, 10, 11])
    #expect(found[1].floats == [9, 12])
    #expect(found[2].floats == [1, 2, 4, 6, 9, 12])
  }

  private func fences(_ language: String) throws -> [String] {
    let text = String(decoding: try readFile("\(documents)/json-format.md"), as: UTF8.self)
    let parts = text.split(separator: "```", omittingEmptySubsequences: false)
    return parts.enumerated().filter { $0.offset % 2 == 1 }.compactMap { part in
      let lines = part.element.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
      return lines.count == 2 && lines[0] == language ? String(lines[1]) : nil
    }
  }
}
