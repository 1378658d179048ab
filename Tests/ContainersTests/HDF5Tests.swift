import Containers
import Tensors
import Testing

@Suite struct HDF5Tests {
  @Test func readsAWholeModelOfKeras2() throws {
    let file = try HDF5File(fixture("legacy.h5"))
    #expect(try file.root.attribute("keras_version")?.string() == "2.15.0")
    let config = try JSONValue(parsing: #require(try file.root.attribute("model_config")).string())
    #expect(try config.string("class_name") == "Sequential")
    let weights = try file.root.group("model_weights")
    #expect(try weights.attribute("layer_names")?.strings() == ["dense", "dense_1"])
    #expect(try weights.attribute("fixed")?.strings() == ["one", "three"])
    #expect(try weights.attribute("none")?.strings() == [])
    #expect(try weights.attribute("absent") == nil)
    #expect(weights.names == ["dense", "dense_1"])
    #expect(try weights.dataset("dense_1/dense_1/kernel:0").tensor() == ramp(.float32, [4, 4]))
  }

  @Test func listsDatasetsInOrderOfPath() throws {
    let paths = try HDF5File(fixture("legacy.h5")).root.datasets().map(\.path)
    #expect(paths == ["dense", "dense_1"].flatMap { ["model_weights/\($0)/\($0)/bias:0", "model_weights/\($0)/\($0)/kernel:0"] })
  }

  @Test func readsEveryTypeOfNumber() throws {
    let root = try HDF5File(fixture("kinds.h5")).root
    let dtypes: [DType] = [
      .float16, .float32, .float64, .bfloat16, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64,
    ]
    for dtype in dtypes {
      #expect(try root.dataset(dtype.rawValue).tensor() == ramp(dtype, [2, 3]))
    }
    #expect(try root.dataset("big").tensor() == ramp(.float32, [2, 3]))
    #expect(try root.dataset("bool").tensor() == Tensor(.bool, [3], bytes: [1, 0, 1]))
    #expect(try root.dataset("scalar").tensor() == Tensor(.float32, [], [2.5]))
    #expect(try root.dataset("empty").tensor() == Tensor(.float32, [0, 4], []))
    #expect(try root.dataset("unwritten").tensor() == Tensor(.float32, [2, 2], [7, 7, 7, 7]))
    #expect(try root.dataset("texts").strings() == ["a", "", "déjà"])
  }

  @Test(arguments: ["kinds.h5", "latest.h5"]) func readsAttributesOfNumbers(name: String) throws {
    let root = try HDF5File(fixture(name)).root
    #expect(try root.attribute("int")?.double() == 42)
    #expect(try root.attribute("float")?.double() == 1.5)
    #expect(try root.attribute("array")?.tensor() == Tensor(.int32, [5], [0, 1, 2, 3, 4]))
    #expect(try root.attribute("flag")?.tensor() == Tensor(.bool, [], bytes: [1]))
    #expect(try root.attributeNames() == ["array", "flag", "float", "int"])
  }

  @Test func readsTheNewestHeaders() throws {
    let root = try HDF5File(fixture("latest.h5")).root
    #expect(root.names == ["bfloat16", "chunked", "float32", "group", "many", "texts"])
    #expect(try root.dataset("float32").tensor() == ramp(.float32, [2, 3]))
    #expect(try root.dataset("bfloat16").tensor() == ramp(.bfloat16, [2, 3]))
    #expect(try root.dataset("texts").strings() == ["a", "", "déjà"])
    #expect(try root.dataset("group/in/group/int64").tensor() == ramp(.int64, [2, 3]))
    #expect(
      problem { () throws(Diagnostic) in try root.group("many") }.message.contains(
        "groups in the newest form (a fractal heap) are not read"))
    #expect(problem { () throws(Diagnostic) in try root.dataset("chunked").tensor() }.message.contains("kind 2 and version 4"))
  }

  @Test(arguments: ["chunked", "fine", "deflated"]) func putsChunksTogether(name: String) throws {
    #expect(try HDF5File(fixture("kinds.h5")).root.dataset(name).tensor() == ramp(.float32, [7, 10]))
  }

  @Test func readsGroupsWhoseNamesFillSeveralLeaves() throws {
    #expect(try HDF5File(fixture("kinds.h5")).root.group("many").names == (0..<40).map { "g\($0)" }.sorted())
  }

  @Test(arguments: [
    ("lzf", "filter 32000"), ("compound", "\"compound\""), ("soft", "soft and external links"), ("opaque", "2 bytes without a type"),
  ])
  func refusesWhatIsBeyondTheSubset(name: String, message: String) throws {
    let root = try HDF5File(fixture("kinds.h5")).root
    let found = problem { () throws(Diagnostic) in try root.dataset(name).tensor() }
    #expect(found.message.contains(message))
    #expect(found.hint == "save the model again with keras (model.save(\"m.keras\")) or with h5py's default settings")
  }

  @Test func refusesAGroupThatContainsItself() throws {
    let root = try HDF5File(fixture("kinds.h5")).root
    #expect(problem { () throws(Diagnostic) in try root.group("loop/again") }.message.contains("\"loop/again\" contains itself"))
    #expect(throws: Diagnostic.self) { try root.datasets() }
  }

  @Test func saysWhatAGroupHasInPlaceOfWhatIsMissing() throws {
    let root = try HDF5File(fixture("legacy.h5"), file: "m.h5").root
    let found = problem { () throws(Diagnostic) in try root.dataset("model_weights/conv") }
    #expect(found.message.hasSuffix("the group \"/model_weights\" has no \"conv\"; it has dense, dense_1"))
    #expect(found.place.file == "m.h5")
    #expect(
      problem { () throws(Diagnostic) in try root.dataset("model_weights/dense") }.message.hasSuffix("is a group, expected a dataset"))
  }

  @Test func refusesOtherFilesAndFilesCutShort() throws {
    #expect(problem { () throws(Diagnostic) in try HDF5File(Array("{\"a\": 1}".utf8)) }.message.contains("not an HDF5 file"))
    let bytes = try fixture("legacy.h5")
    #expect(problem { () throws(Diagnostic) in try HDF5File(Array(bytes.dropLast())) }.hint == "it is cut short; fetch or save it again")
  }
}
