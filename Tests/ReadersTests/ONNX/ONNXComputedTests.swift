import GraphIR
import LoopIR
import Lowering
import ONNXProto
import Operators
import Passes
import Readers
import Tensors
import Testing

/// Axes, ranges and shapes that are computed when the model runs: what they mean, and that nothing beyond the declared shape comes out.
@Suite struct ONNXComputedTests {
  private typealias Text = ONNXModelText
  private static let x = counting([2, 3, 4])

  private static func counting(_ dims: [Int], _ dtype: DType = .float32) -> Tensor {
    Tensor(dtype, dims, integers: (0..<Int64(dims.reduce(1, *))).map { $0 + 1 })
  }
  private static func ints(_ numbers: [Int64]) -> Tensor { Tensor(.int64, [numbers.count], integers: numbers) }

  /// A model of one node, whose inputs are all given when it runs; `declared` are the shapes of its outputs.
  private static func model(
    _ op: String, _ inputs: [Tensor], _ attributes: [ONNXAttributeProto] = [], declared: [[Int]?], opset: Int64 = 21
  ) -> ONNXModelText {
    let names = inputs.indices.map { "x\($0)" }
    let outputs = declared.indices.map { "y\($0)" }
    var text = Text(opset: opset, inputs: zip(names, inputs).map { ($0, $1.type) }, outputs: outputs)
    text.edit { model in
      for (position, shape) in declared.enumerated() {
        guard let shape else { continue }
        model.graph.output[position].type.tensorType.shape.dim = shape.map { extent in .with { $0.dimValue = Int64(extent) } }
      }
    }
    text.node(op, names, outputs, attributes)
    return text
  }

  /// The outputs by the definition, after it has been seen that the nests of the optimised graph give them too.
  private static func run(_ model: ONNXModelText, _ inputs: [Tensor], _ options: ReadOptions = ReadOptions()) throws -> [Tensor] {
    var graph = try model.read(options).graph
    #expect(graph.defects() == [])
    let expected = try Interpreter(graph).outputs(inputs)
    try Pipeline.standard.run(on: &graph)
    #expect(try ProgramInterpreter(try Lowering { $0 }.lower(graph, name: "net")).run(inputs) == expected)
    return expected
  }

  /// A run of which an extent is out of its range.
  private static func expectFailure(_ model: ONNXModelText, _ inputs: [Tensor]) throws {
    let graph = try model.read().graph
    #expect(throws: Diagnostic.self) { try Interpreter(graph).outputs(inputs) }
    let program = try Lowering { $0 }.lower(graph, name: "net")
    #expect(throws: Diagnostic.self) { try ProgramInterpreter(program).run(inputs) }
  }

  // MARK: Reductions

  @Test(arguments: ["ReduceSum", "ReduceMax", "ReduceProd", "ReduceL1", "ReduceSumSquare"], [[0], [-1], [1, 2], [2, 0]] as [[Int64]])
  func reducesAlongAxesThatARunNames(op: String, axes: [Int64]) throws {
    for keepDims in [0, 1] as [Int64] {
      let attributes = [Text.int("keepdims", keepDims)]
      var known = Text(inputs: [("x", Self.x.type)], outputs: ["y"])
      known.initializer("axes", Self.ints(axes))
      known.node(op, ["x", "axes"], ["y"], attributes)
      let expected = try known.run([Self.x])
      let inputs = [Self.x, Self.ints(axes)]
      for declared in [nil, expected[0].dims] {
        #expect(try Self.run(Self.model(op, inputs, attributes, declared: [declared]), inputs) == expected)
      }
    }
  }

  @Test(arguments: [[0], [3], [-4], [1, 1]] as [[Int64]], [0, 1] as [Int64])
  func axesThatDoNotFitTheDeclaredShapeFail(axes: [Int64], keepDims: Int64) throws {
    let declared = axes.count == 2 ? (keepDims == 0 ? [4] : [1, 1, 4]) : keepDims == 0 ? [1, 4] : [1, 1, 4]
    let inputs = [Self.x, Self.ints(axes)]
    try Self.expectFailure(Self.model("ReduceSum", inputs, [Text.int("keepdims", keepDims)], declared: [declared]), inputs)
  }

  @Test func noAxesAreAllOrNone() throws {
    let inputs = [Tensor(floats: [1, -2, 3, 4], [2, 2]), Self.ints([])]
    #expect(try Self.run(Self.model("ReduceSum", inputs, declared: [nil]), inputs)[0].doubles == [6])
    let none = [Text.int("noop_with_empty_axes", 1)]
    #expect(try Self.run(Self.model("ReduceSum", inputs, none, declared: [nil]), inputs)[0] == inputs[0])
    #expect(try Self.run(Self.model("ReduceL1", inputs, none, declared: [nil]), inputs)[0].doubles == [1, 2, 3, 4])
  }

  @Test(arguments: [0, 1, -1, 2] as [Int64]) func sumsAlongAnAxisThatARunNames(axis: Int64) throws {
    let inputs = [Self.x, Tensor(.int64, [], integers: [axis])]
    let expected = try Cumulative(.sum, axis: Int(axis), isReversed: true).evaluate([Self.x])
    #expect(try Self.run(Self.model("CumSum", inputs, [Text.int("reverse", 1)], declared: [[2, 3, 4]]), inputs) == expected)
  }

  @Test func takesAsManyOfTheGreatestAsARunAsksFor() throws {
    let x = Tensor(floats: [3, 1, 4, 1, 5], [5])
    for count in 0...3 as ClosedRange<Int64> {
      let inputs = [x, Self.ints([count])]
      let found = try Self.run(Self.model("TopK", inputs, declared: [[3], [3]]), inputs)
      #expect(found.map(\.doubles) == [Array([5, 4, 3].prefix(Int(count))), Array([4, 2, 0].prefix(Int(count)))])
    }
    for count in [4, -1] as [Int64] {
      let inputs = [x, Self.ints([count])]
      try Self.expectFailure(Self.model("TopK", inputs, declared: [[3], [3]]), inputs)
    }
  }

  // MARK: Numbers in order

  @Test(
    arguments: [
      ([0, 5, 2], [0, 2, 4]), ([10, 4, -2], [10, 8, 6]), ([3, 3, 1], []), ([5, 0, 1], []), ([0, 7, 3], [0, 3, 6]),
      ([-1, -8, -3], [-1, -4, -7]),
    ] as [([Int64], [Double])])
  func countsFromStartToLimit(parts: [Int64], expected: [Double]) throws {
    for dtype in [DType.int32, .int64, .float32, .float16] {
      let inputs = parts.map { Tensor(dtype, [], integers: [$0]) }
      #expect(try Self.run(Self.model("Range", inputs, declared: [[3]]), inputs)[0] == Tensor(dtype, [expected.count], expected))
    }
  }

  @Test func aRangeThatIsTooLongOrDoesNotEndFails() throws {
    for parts in [[0, 4, 1], [0, 4, 0]] as [[Int64]] {
      let inputs = parts.map { Tensor(.int32, [], integers: [$0]) }
      try Self.expectFailure(Self.model("Range", inputs, declared: [[3]]), inputs)
    }
    let inputs = [0, 3, 1].map { Tensor(.int32, [], integers: [$0]) }
    let open = Self.model("Range", inputs, declared: [nil])
    #expect(open.problems().contains("--dim y0.0=..256"))
    #expect(try Self.run(open, inputs, ReadOptions(dims: ["y0.0": .upTo(9)]))[0].integers == [0, 1, 2])
  }

  @Test func whatElementwiseOperatorsCarryOnIsBoundedByWhatTheyGive() throws {
    let inputs = [0, 3, 1].map { Tensor(.int32, [], integers: [$0]) } + [Tensor(.int32, [2, 1], integers: [1, 2])]
    var text = Text(inputs: ["a", "b", "c", "d"].enumerated().map { ($0.element, inputs[$0.offset].type) }, outputs: ["y"])
    text.edit { $0.graph.output[0].type.tensorType.shape.dim = [2, 4].map { extent in .with { $0.dimValue = extent } } }
    text.node("Range", ["a", "b", "c"], ["range"])
    text.node("Neg", ["range"], ["negative"])
    text.node("Mul", ["negative", "d"], ["y"])
    #expect(try Self.run(text, inputs)[0].integers == [0, -1, -2, 0, -2, -4])
    try Self.expectFailure(text, [inputs[0], Tensor(.int32, [], integers: [5]), inputs[2], inputs[3]])
  }

  @Test func aRangeUpToAnOpenExtentHasThatExtent() throws {
    var text = Text(inputs: [("x", TensorType(.float32, [.symbol("T")]))], outputs: ["y"])
    text.initializer("zero", Tensor(.int64, [], integers: [0]))
    text.initializer("one", Tensor(.int64, [], integers: [1]))
    text.node("Size", ["x"], ["count"])
    text.node("Range", ["zero", "count", "one"], ["y"])
    let graph = try text.read(ReadOptions(dims: ["T": .upTo(9)])).graph
    #expect(graph.type(graph.outputs[0].value) == TensorType(.int64, [.symbol("T")]) && graph.computedDims.isEmpty)
  }

  // MARK: Shapes

  @Test(arguments: [([4, 6], [4, 6]), ([0, -1], [2, 12]), ([-1, 24], [1, 24]), ([6, -1], [6, 4])] as [([Int64], [Int])])
  func reshapesToWhatARunAsksFor(asked: [Int64], dims: [Int]) throws {
    let inputs = [Self.x, Self.ints(asked)]
    #expect(try Self.run(Self.model("Reshape", inputs, declared: [[6, 24]]), inputs)[0] == Self.x.reshaped(dims))
  }

  @Test(arguments: [[5, 5], [24, 1], [-1, -1], [5, -1], [0, 24]] as [[Int64]]) func shapesOfAnotherSizeFail(asked: [Int64]) throws {
    let inputs = [Self.x, Self.ints(asked)]
    try Self.expectFailure(Self.model("Reshape", inputs, declared: [[6, 24]]), inputs)
  }

  @Test(arguments: [[0], [-1], [1, 3], [4, 0, 2]] as [[Int64]]) func addsAxesWhereARunSays(axes: [Int64]) throws {
    var known = Text(inputs: [("x", Self.x.type)], outputs: ["y"])
    known.initializer("axes", Self.ints(axes))
    known.node("Unsqueeze", ["x", "axes"], ["y"])
    let expected = try known.run([Self.x])
    let inputs = [Self.x, Self.ints(axes)]
    #expect(try Self.run(Self.model("Unsqueeze", inputs, declared: [nil]), inputs) == expected)
    let back = [expected[0], Self.ints(axes)]
    #expect(try Self.run(Self.model("Squeeze", back, declared: [[2, 3, 4]]), back)[0] == Self.x)
  }

  @Test func axesThatAreNamedTwiceOrAreNotOneFail() throws {
    for axes in [[0, 0], [0, 9]] as [[Int64]] {
      try Self.expectFailure(Self.model("Unsqueeze", [Self.x, Self.ints(axes)], declared: [nil]), [Self.x, Self.ints(axes)])
    }
    let x = Self.counting([1, 3, 1])
    for axes in [[1], [3]] as [[Int64]] {
      try Self.expectFailure(Self.model("Squeeze", [x, Self.ints(axes)], declared: [nil]), [x, Self.ints(axes)])
    }
  }

  @Test(arguments: [([2, 3, 4], [2, 3, 4]), ([1, 1, 1], [1, 3, 1]), ([5, 1, 1, 2], nil), ([3, 4], nil)] as [([Int64], [Int]?)])
  func expandsToWhatARunAsksFor(asked: [Int64], dims: [Int]?) throws {
    let x = Self.counting([1, 3, 1])
    let inputs = [x, Self.ints(asked)]
    let declared = asked.count == 4 ? [5, 1, 3, 2] : [2, 3, 4]
    let expected = try Expand(Shape(asked.map { Int($0) })).evaluate([x])
    #expect(try Self.run(Self.model("Expand", inputs, declared: [declared]), inputs) == expected)
    if let dims { #expect(expected[0].dims == dims) }
  }

  @Test(arguments: [[2, 2, 4], [3, 3, 4], [-1, 3, 4]] as [[Int64]]) func shapesThatDoNotBroadcastFail(asked: [Int64]) throws {
    let inputs = [Self.counting([1, 3, 1]), Self.ints(asked)]
    try Self.expectFailure(Self.model("Expand", inputs, declared: [[2, 3, 4]]), inputs)
  }

  @Test func tilesAndFillsAsOftenAsARunAsksFor() throws {
    let x = Self.counting([2, 3])
    for repeats in [[1, 2], [2, 1], [0, 2]] as [[Int64]] {
      let inputs = [x, Self.ints(repeats)]
      let expected = try Tile(repeats.map { Int($0) }).evaluate([x])
      #expect(try Self.run(Self.model("Tile", inputs, declared: [[4, 6]]), inputs) == expected)
    }
    try Self.expectFailure(Self.model("Tile", [x, Self.ints([3, 1])], declared: [[4, 6]]), [x, Self.ints([3, 1])])
    let shape = [Self.ints([2, 0])]
    #expect(try Self.run(Self.model("ConstantOfShape", shape, declared: [[2, 3]]), shape)[0].dims == [2, 0])
    try Self.expectFailure(Self.model("ConstantOfShape", [Self.ints([3, 3])], declared: [[2, 3]]), [Self.ints([3, 3])])
  }

  @Test(arguments: [DType.int64, .float32]) func classesAreAsManyAsARunSays(dtype: DType) throws {
    for depth in 0...4 as ClosedRange<Int64> {
      let inputs = [Self.ints([1, -1, 9]), Tensor(dtype, [], integers: [depth]), Tensor(floats: [0, 1], [2])]
      let model = Self.model("OneHot", inputs, declared: [[3, 3]])
      if depth == 4 { return try Self.expectFailure(model, inputs) }
      let hot = (0..<3).map { row in (0..<Int(depth)).map { $0 == [1, Int(depth) - 1, 9][row] ? 1.0 : 0 } }
      #expect(try Self.run(model, inputs)[0] == Tensor(.float32, [3, Int(depth)], hot.flatMap { $0 }))
    }
  }

  // MARK: Parts

  @Test(
    arguments: [
      ([1, 0], [2, 3], [1, 1]), ([-1, -2], [.max, .max], [1, 1]), ([3, 4], [.min, 0], [-1, -2]), ([0, 9], [9, 10], [2, 1]),
    ] as [([Int64], [Int64], [Int64])])
  func slicesFromWhereARunSays(starts: [Int64], ends: [Int64], steps: [Int64]) throws {
    let x = Self.counting([4, 5])
    let inputs = [x] + [starts, ends, [1, 0], steps].map { Self.ints($0) }
    let expected = try Slice(
      starts: starts.map { Int($0) }, ends: ends.map { Int($0) }, axes: [1, 0], steps: steps.map { Int($0) }
    ).evaluate([x])
    #expect(try Self.run(Self.model("Slice", inputs, declared: [nil]), inputs) == expected)
    #expect(try Self.run(Self.model("Slice", inputs, declared: [expected[0].dims]), inputs) == expected)
    guard expected[0].dims[0] > 0 else { return }
    try Self.expectFailure(Self.model("Slice", inputs, declared: [[expected[0].dims[0] - 1, 5]]), inputs)
  }

  @Test(arguments: [[1, 4], [0, 5], [5, 0]] as [[Int64]]) func splitsIntoTheSizesOfARun(sizes: [Int64]) throws {
    let inputs = [Self.counting([2, 5]), Self.ints(sizes)]
    let parts = try Self.run(Self.model("Split", inputs, [Text.int("axis", 1)], declared: [[2, 5], [2, 5]]), inputs)
    #expect(parts.map(\.dims) == sizes.map { [2, Int($0)] })
    #expect(try Concatenate(axis: 1).evaluate(parts) == [inputs[0]])
  }

  @Test(arguments: [[1, 3], [6, -1], [2, 4]] as [[Int64]]) func sizesThatDoNotAddUpFail(sizes: [Int64]) throws {
    let inputs = [Self.counting([2, 5]), Self.ints(sizes)]
    try Self.expectFailure(Self.model("Split", inputs, [Text.int("axis", 1)], declared: [[2, 5], [2, 5]]), inputs)
  }

  @Test(arguments: ["constant", "edge", "reflect", "wrap"], [[0, 1, 2, 0], [2, -1, -1, 2], [1, 1, 1, 1]] as [[Int64]])
  func padsByWhatARunSays(mode: String, pads: [Int64]) throws {
    let x = Self.counting([4, 3])
    var known = Text(inputs: [("x", x.type)], outputs: ["y"])
    known.initializer("pads", Self.ints(pads))
    known.node("Pad", ["x", "pads"], ["y"], [Text.string("mode", mode)])
    let expected = try known.run([x])
    let inputs = [x, Self.ints(pads)]
    #expect(try Self.run(Self.model("Pad", inputs, [Text.string("mode", mode)], declared: [expected[0].dims]), inputs) == expected)
    let tooMuch = [x, Self.ints([pads[0] + 1] + pads.dropFirst())]
    try Self.expectFailure(Self.model("Pad", inputs, [Text.string("mode", mode)], declared: [expected[0].dims]), tooMuch)
  }

  @Test(arguments: [[2, 2], [5, 6], [3, 0], [6, 1]] as [[Int64]]) func cutsOrPadsAroundTheMiddle(asked: [Int64]) throws {
    let inputs = [Self.counting([4, 2, 3]), Self.ints(asked)]
    let attributes = [Text.ints("axes", [0, -1])]
    var known = Text(inputs: [("x", inputs[0].type)], outputs: ["y"])
    known.initializer("shape", inputs[1])
    known.node("CenterCropPad", ["x", "shape"], ["y"], attributes)
    let model = Self.model("CenterCropPad", inputs, attributes, declared: [[6, 2, 6]])
    #expect(try Self.run(model, inputs) == known.run([inputs[0]]))
    try Self.expectFailure(model, [inputs[0], Self.ints([7, asked[1]])])
  }

  @Test(arguments: [0, 1] as [Int64]) func gridsAreAsLargeAsARunSays(isAligned: Int64) throws {
    let inputs = [Tensor(floats: [1, 0.5, 0, -1, 2, 3], [1, 2, 3]), Self.ints([1, 1, 3, 2])]
    let attributes = [Text.int("align_corners", isAligned)]
    var known = Text(inputs: [("x", inputs[0].type)], outputs: ["y"])
    known.initializer("size", inputs[1])
    known.node("AffineGrid", ["x", "size"], ["y"], attributes)
    let expected = try known.run([inputs[0]])[0]
    let model = Self.model("AffineGrid", inputs, attributes, declared: [[1, 4, 2, 2]])
    let found = try Interpreter(try model.read().graph).outputs(inputs)[0]
    #expect(found.dims == expected.dims && zip(found.doubles, expected.doubles).allSatisfy { abs($0 - $1) < 1e-6 })
    try Self.expectFailure(model, [inputs[0], Self.ints([1, 1, 5, 2])])
  }

  @Test func repeatsElementsAsOftenAsARunSays() throws {
    let inputs = [Tensor(floats: [1, 2, 3, 4], [2, 2]), Tensor(floats: [1, 2], [2])]
    let model = Self.model("Upsample", inputs, declared: [[4, 4]], opset: 9)
    #expect(try Self.run(model, inputs) == [Tensor(floats: [1, 1, 2, 2, 3, 3, 4, 4], [2, 4])])
    #expect(try Self.run(model, [inputs[0], Tensor(floats: [2, 1.5], [2])])[0].doubles == [1, 1, 2, 1, 1, 2, 3, 3, 4, 3, 3, 4])
    try Self.expectFailure(model, [inputs[0], Tensor(floats: [1, 3], [2])])
  }

  @Test func padsTheAxesOfARunWithItsValue() throws {
    let inputs = [Self.counting([2, 2]), Self.ints([1, 0]), Tensor(floats: [7], []), Self.ints([-1])]
    let padded = try Self.run(Self.model("Pad", inputs, declared: [[3, 3]]), inputs)
    #expect(padded == [Tensor(floats: [7, 1, 2, 7, 3, 4], [2, 3])])
  }
}
