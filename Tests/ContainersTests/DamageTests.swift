import Containers
import Tensors
import Testing

/// Damaged files give a diagnostic or a value: never a crash, never more work than the file is worth.
@Suite struct DamageTests {
  static let fixtures = [
    "legacy.h5", "kinds.h5", "latest.h5", "stored.keras", "deflated.keras", "arrays.npz", "deflated.npz", "model.safetensors", "f4.npy",
    "fortran.npy",
  ]

  @Test(arguments: fixtures) func readsNoPrefixWrongly(name: String) throws {
    let bytes = try fixture(name)
    for length in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 400)) {
      #expect(throws: Diagnostic.self, "\(length) bytes of \(name)") { try readEverything(Array(bytes.prefix(length)), name) }
    }
  }

  @Test(arguments: fixtures) func survivesDamage(name: String) throws {
    let bytes = try fixture(name)
    for seed in 0..<(bytes.count > 10_000 ? 150 : 600) as Range<UInt64> {
      survive(damaged(bytes, seed), name, "\(name), seed \(seed)")
    }
  }

  @Test func survivesDamagedJSON() {
    let text = Array(#"{"a": [1, -2.5e3, "x\u00e9\n", null, true, {"b": {}}], "c": [], "weights": [0.1, 1e-300, NaN]}"#.utf8)
    for length in 0..<text.count { survive(Array(text.prefix(length)), "prefix.json", "\(length) bytes") }
    for seed in 0..<3_000 as Range<UInt64> { survive(damaged(text, seed), "damaged.json", "seed \(seed)") }
  }

  private func survive(_ bytes: [UInt8], _ name: String, _ comment: Comment) {
    do { try readEverything(bytes, name) } catch {
      let text = (error as? Diagnostic)?.message ?? ""
      #expect(!text.isEmpty, comment)
    }
  }

  /// One to eight bytes replaced, often by what sizes and addresses are afraid of.
  private func damaged(_ bytes: [UInt8], _ seed: UInt64) -> [UInt8] {
    var generator = SplitMix(state: seed)
    var copy = bytes
    for _ in 0..<Int.random(in: 1...8, using: &generator) {
      let position = Int.random(in: 0..<copy.count, using: &generator)
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: copy[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 1: copy[position] = [0, 0xFF, 0x7F, 0x80].randomElement(using: &generator) ?? 0
      case 2:
        let source = Int.random(in: 0..<copy.count, using: &generator)
        for offset in 0..<min(8, copy.count - max(source, position)) { copy[position + offset] = copy[source + offset] }
      default: for offset in position..<min(copy.count, position + 8) { copy[offset] = 0xFF }
      }
    }
    return copy
  }
}

/// Reads all that `bytes` hold by the format that the name says.
private func readEverything(_ bytes: [UInt8], _ name: String) throws {
  _ = sniff(bytes)
  switch name.split(separator: ".").last {
  case "json": try visit(JSONValue(parsing: bytes))
  case "npy": _ = try Npy.tensor(bytes)
  case "npz":
    let arrays = try Npz(bytes)
    for name in arrays.names { _ = try arrays.tensor(name) }
  case "safetensors":
    let file = try Safetensors(bytes)
    for name in file.names { _ = try file.tensor(name) }
  case "keras":
    let archive = try ZipArchive(bytes)
    for name in archive.names { _ = try archive.contents(name) }
  default: try visit(HDF5File(bytes).root)
  }
}

private func visit(_ value: JSONValue) throws {
  for key in value.keys { try visit(value.value(key)) }
  if value.isArray { for element in try value.array() { try visit(element) } }
}

/// Every object, and the first of the problems met on the way after all of them were tried.
private func visit(_ group: HDF5Group) throws {
  for name in try group.attributeNames() { _ = try group.attribute(name) }
  for name in group.names {
    do {
      switch try group.child(name) {
      case .group(let child): try visit(child)
      case .dataset(let dataset): if (try? dataset.tensor()) == nil { _ = try dataset.strings() }
      }
    } catch let problem as Diagnostic where problem.message.contains("are not read") || problem.message.contains("contains itself") {
      continue
    }
  }
}
