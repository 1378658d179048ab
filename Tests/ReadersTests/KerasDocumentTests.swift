import Readers
import Testing

/// The list of layers is what the program reads.
@Suite struct KerasDocumentTests {
  @Test func listOfLayersIsMadeFromTheRegistries() throws { try expectDocument("keras-layers.md", KerasTable.text) }

  @Test func everyLayerAndFunctionHasOneEntry() {
    let entries = KerasTable.text.split(separator: "\n").filter { $0.hasPrefix("| `") }
    let names = entries.flatMap { $0.split(separator: "`").enumerated().filter { $0.offset % 2 == 1 }.map(\.element) }
    #expect(names.count > 200)
    #expect(Set(entries).count == entries.count)
    for name in ["Dense", "Conv2D", "LSTM", "MultiHeadAttention", "matmul", "get_item"] { #expect(names.contains(name[...])) }
  }
}
