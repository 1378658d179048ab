import GraphIR
import ONNXProto
import Readers
import Tensors
import TestSupport
import Testing

/// Windows, samples and selections: numbers that a run brings give what constants give.
@Suite struct ONNXSamplingTests {
  private typealias Text = ONNXModelText

  private func floats(_ values: [Float], _ dims: [Int]? = nil) -> Tensor { Tensor(floats: values, dims ?? [values.count]) }
  private func ints(_ values: [Int64]) -> Tensor { Tensor(.int64, [values.count], integers: values) }

  /// A model of one node; inputs that are not given are absent, and those in `constants` initialisers.
  private func run(
    _ type: String, _ inputs: [Tensor?], constants: Set<Int> = [], outputs: Int = 1, declared: [[Int]] = [],
    _ attributes: [ONNXAttributeProto] = []
  ) throws -> [Tensor] {
    let given = inputs.indices.filter { inputs[$0] != nil && !constants.contains($0) }
    let names = (0..<outputs).map { "y\($0)" }
    var model = Text(inputs: given.compactMap { position in inputs[position].map { ("x\(position)", $0.type) } }, outputs: names)
    for position in constants.intersection(inputs.indices) {
      if let tensor = inputs[position] { model.initializer("x\(position)", tensor) }
    }
    model.node(type, inputs.indices.map { inputs[$0] == nil ? "" : "x\($0)" }, names, attributes)
    model.edit { proto in
      for (position, dims) in declared.enumerated() {
        proto.graph.output[position].type.tensorType.shape.dim = dims.map { extent in .with { $0.dimValue = Int64(extent) } }
      }
    }
    return try model.run(given.compactMap { inputs[$0] })
  }

  @Test(arguments: ["nearest", "linear", "cubic"], ["half_pixel", "align_corners", "asymmetric", "tf_crop_and_resize"])
  func resizesByNumbersOfARun(mode: String, coordinates: String) throws {
    let x = Tensor(floats: (0..<20).map { Float($0 * 7 % 11) }, [1, 1, 4, 5])
    let attributes = [
      Text.string("mode", mode), Text.string("coordinate_transformation_mode", coordinates), Text.float("extrapolation_value", -3),
    ]
    let roi = coordinates == "tf_crop_and_resize" ? floats([0, 0, 0.1, 0.2, 1, 1, 1.3, 0.7]) : nil
    let scales = [x, roi, floats([1, 1, 0.75, 1.6])]
    let sizes = [x, roi, nil, ints([1, 1, 3, 8])]
    for inputs in [scales, sizes] {
      let known = try run("Resize", inputs, constants: [1, 2, 3], attributes)[0]
      let found = try run("Resize", inputs, declared: [[1, 1, 3, 8]], attributes)[0]
      #expect(distance(found, known) < 1e-5, "\(found) \(known)")
    }
    for policy in ["not_larger", "not_smaller"] {
      let kept = attributes + [Text.string("keep_aspect_ratio_policy", policy), Text.ints("axes", [2, 3])]
      let inputs = [x, coordinates == "tf_crop_and_resize" ? floats([0, 0.2, 1, 0.7]) : nil, nil, ints([2, 5])]
      let known = try run("Resize", inputs, constants: [1, 3], kept)[0]
      #expect(try distance(run("Resize", inputs, declared: [known.dims], kept)[0], known) < 1e-5)
    }
  }

  @Test func integersAreRoundedWhenTheyAreResized() throws {
    let x = Tensor(.uint8, [1, 1, 1, 2], integers: [250, 255])
    let found = try run("Resize", [x, nil, floats([1, 1, 1, 2])], constants: [2], [Text.string("mode", "cubic")])[0]
    #expect(found == Tensor(.uint8, [1, 1, 1, 4], integers: [249, 251, 254, 255]))
  }

  @Test func aRunMaySayHowManyAreBest() throws {
    let x = floats([3, 1, 4, 1, 5, 9, 2, 6], [2, 4])
    let found = try run("TopK", [x, ints([2])], outputs: 2)
    #expect(found == [floats([4, 3, 9, 6], [2, 2]), Tensor(.int64, [2, 2], integers: [2, 0, 1, 3])])
    #expect(try run("TopK", [x, ints([0])], outputs: 2)[0].dims == [2, 0])
  }

  @Test(arguments: [0, 1, 2, -1, -3])
  func aRunMaySayTheAxisOfSums(axis: Int64) throws {
    let inputs = [Tensor(floats: (0..<24).map { Float($0) }, [2, 3, 4]), Tensor(.int64, [], integers: [axis])]
    #expect(try run("CumSum", inputs) == run("CumSum", inputs, constants: [1]))
  }

  @Test func whatIsPooledGoesBackToItsPlace() throws {
    let x = Tensor(floats: (0..<16).map { Float($0 * 5 % 16) }, [1, 1, 4, 4])
    let window = [Text.ints("kernel_shape", [2, 2]), Text.ints("strides", [2, 2])]
    let pooled = try run("MaxPool", [x], outputs: 2, window)
    #expect(pooled[0].floats == [9, 15, 13, 11])
    #expect(pooled[1].integers == [5, 3, 9, 15])
    let back = try run("MaxUnpool", pooled, window)[0]
    #expect(zip(back.floats, x.floats).allSatisfy { $0 == 0 || $0 == $1 })
    #expect(back.floats.filter { $0 != 0 }.sorted() == pooled[0].floats.sorted())
    let larger = try run("MaxUnpool", pooled + [ints([1, 1, 5, 6])], constants: [2], window)[0]
    #expect(larger.dims == [1, 1, 5, 6])
  }

  @Test func boxesAndDifferentElementsAreCounted() throws {
    let boxes = floats([0, 0, 1, 1, 0, 0.1, 1, 1.1, 0, 10, 1, 11], [1, 3, 4])
    let inputs = [boxes, floats([0.5, 0.9, 0.6], [1, 1, 3]), ints([5]), floats([0.5]), floats([0.1])]
    #expect(try run("NonMaxSuppression", inputs)[0] == Tensor(.int64, [2, 3], integers: [0, 0, 1, 0, 0, 2]))
    #expect(try run("NonMaxSuppression", Array(inputs.prefix(2)))[0].dims == [0, 3])
    let x = Tensor(floats: [1, 0, 0, 1, 0, 0, 2, 3, 4], [3, 3])
    let unique = try run("Unique", [x], outputs: 4, [Text.int("axis", 0)])
    #expect(unique == [floats([1, 0, 0, 2, 3, 4], [2, 3]), ints([0, 2]), ints([0, 0, 1]), ints([2, 1])])
    #expect(try run("Unique", [x], outputs: 1, [Text.int("axis", -1)])[0] == floats([0, 0, 1, 0, 0, 1, 3, 4, 2], [3, 3]))
    #expect(try run("Unique", [x], [Text.int("sorted", 0)])[0] == floats([1, 0, 2, 3, 4]))
  }

  @Test func windowsAreFoldedAndNormsPooled() throws {
    let x = Tensor(floats: (0..<8).map { Float($0) }, [1, 2, 4])
    #expect(try run("Col2Im", [x, ints([5]), ints([2])], constants: [1, 2])[0] == floats([0, 5, 7, 9, 7], [1, 1, 5]))
    #expect(try run("Col2Im", [x, ints([5]), ints([2])], declared: [[1, 1, 5]])[0] == floats([0, 5, 7, 9, 7], [1, 1, 5]))
    let line = floats([3, 4, 0, -5], [1, 1, 4])
    let window = [Text.ints("kernel_shape", [2])]
    #expect(try run("LpPool", [line], window)[0].floats == [5, 4, 5])
    #expect(try run("LpPool", [line], window + [Text.int("p", 1)])[0].floats == [7, 4, 5])
    #expect(try distance(run("LpPool", [line], window + [Text.int("p", 3)])[0], floats([4.497941, 4, 5], [1, 1, 3])) < 1e-6)
  }

  @Test func placesMayBeWrittenAndRead() throws {
    let (x, i) = (floats([1, 2, 3, 4], [2, 2]), Tensor(.int64, [1, 2], integers: [1, -2]))
    #expect(try run("ScatterElements", [x, i, floats([9, 8], [1, 2])])[0].floats == [1, 8, 9, 4])
    #expect(try run("ScatterND", [x, i, floats([5])], [Text.string("reduction", "add")])[0].floats == [1, 2, 8, 4])
    #expect(try run("GatherND", [x, i])[0].floats == [3])
    #expect(try run("Det", [x])[0].floats == [-2])
  }
}
