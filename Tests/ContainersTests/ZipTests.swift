import Containers
import Tensors
import Testing

@Suite struct ZipTests {
  @Test(arguments: ["stored.keras", "deflated.keras"]) func readsWhatKerasSaves(name: String) throws {
    let archive = try ZipArchive(fixture(name))
    #expect(archive.names == ["metadata.json", "config.json", "model.weights.h5"])
    #expect(try JSONValue(parsing: archive.contents("config.json")).string("class_name") == "Sequential")
    #expect(try archive.contents("model.weights.h5") == fixture("legacy.h5"))
  }

  @Test func saysWhatAnArchiveHasInPlaceOfWhatIsMissing() throws {
    let archive = try ZipArchive(fixture("stored.keras"))
    let found = problem { () throws(Diagnostic) in try archive.contents("weights") }
    #expect(found.hint == "the archive has metadata.json, config.json, model.weights.h5")
  }
}
