import Readers
import Testing

@Suite struct ONNXDocumentTests {
  @Test func tableOfOperatorsIsMadeFromTheRegistry() throws { try expectDocument("onnx.md", ONNXTable.text) }

  @Test func noOperatorIsRegisteredTwice() {
    let counts = Dictionary(ONNXTable.names.map { ($0, 1) }, uniquingKeysWith: +)
    #expect(counts.filter { $0.value > 1 }.keys.sorted() == [])
  }
}
