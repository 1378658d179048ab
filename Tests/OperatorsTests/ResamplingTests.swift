import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

/// What Keras 3.15 on TensorFlow makes of 1, -2, 4, 8, -16, 3, 0.5.
private struct KerasCase: Sendable, CustomTestStringConvertible {
  let method: String
  let antialias: Bool
  let expected: [Double]

  init(_ method: String, antialias: Bool, _ expected: [Double]) {
    self.method = method
    self.antialias = antialias
    self.expected = expected
  }

  var testDescription: String { "\(method) to \(expected.count), antialias \(antialias)" }
}

@Suite struct ResamplingTests {
  private static let kerasCases: [KerasCase] = [
    .init("nearest", antialias: false, [1.0, 4.0, -16.0, 0.5]),
    .init("nearest", antialias: false, [1.0, -2.0, -2.0, 4.0, 8.0, 8.0, -16.0, 3.0, 3.0, 0.5]),
    .init("bilinear", antialias: false, [-0.125, 4.5, -13.0, 1.4375]),
    .init("bilinear", antialias: false, [1.0, -0.65, -0.5, 3.7, 6.599999, -0.399998, -15.050005, -1.75, 1.875, 0.5]),
    .init("bilinear", antialias: true, [-0.142857, 3.919999, -5.479998, 0.785712]),
    .init("bilinear", antialias: true, [1.0, -0.65, -0.5, 3.7, 6.599999, -0.399998, -15.050005, -1.75, 1.875, 0.5]),
    .init("bicubic", antialias: false, [-0.212011, 4.787109, -14.866211, 2.083257]),
    .init(
      "bicubic", antialias: false,
      [1.182086, -0.984112, -1.085938, 3.735533, 8.751485, -0.029344, -15.99517, -1.246094, 3.055764, 0.348262]),
    .init("bicubic", antialias: true, [-0.562066, 4.513736, -5.784389, 0.902041]),
    .init(
      "bicubic", antialias: true, [1.18171, -0.984962, -1.085938, 3.734437, 8.749879, -0.041685, -15.994662, -1.246094, 3.056747, 0.348575]),
    .init("lanczos3", antialias: false, [-0.36696, 5.541309, -14.967962, 3.153579]),
    .init(
      "lanczos3", antialias: false,
      [1.40876, -1.054468, -1.543275, 3.424537, 10.652738, -1.05766, -16.07682, -2.308472, 4.360525, -0.207551]),
    .init("lanczos3", antialias: true, [-0.986417, 4.784631, -5.551956, 0.432628]),
    .init(
      "lanczos3", antialias: true,
      [1.40876, -1.054468, -1.543275, 3.424537, 10.652738, -1.05766, -16.07682, -2.308472, 4.360525, -0.207551]),
    .init("lanczos5", antialias: false, [0.217503, 6.003255, -14.88112, 4.075061]),
    .init(
      "lanczos5", antialias: false,
      [1.256765, -0.287898, -2.560333, 3.218267, 11.556676, -1.677568, -16.147858, -2.761517, 5.244608, -0.889786]),
    .init("lanczos5", antialias: true, [-1.233024, 4.847643, -5.404127, 0.110302]),
    .init(
      "lanczos5", antialias: true,
      [1.256765, -0.287898, -2.560333, 3.218267, 11.556676, -1.677568, -16.147858, -2.761517, 5.244608, -0.889786]),
  ]

  private func resized(_ input: Tensor, to size: [Int], _ resizing: Resizing) throws -> Tensor {
    var graph = Graph(name: "resize")
    let x = graph.addInput("x", input.type)
    graph.addOutput("y", try graph.addResizing(x, to: size, resizing, name: "y"))
    #expect(graph.defects().isEmpty)
    return try Interpreter(graph).outputs([input])[0]
  }

  @Test(arguments: kerasCases)
  private func resizesAsKerasDoes(_ sample: KerasCase) throws {
    let input = Tensor(.float32, [1, 7, 1], [1, -2, 4, 8, -16, 3, 0.5])
    let found = try resized(input, to: [sample.expected.count], .keras(sample.method, antialias: sample.antialias))
    #expect(distance(found, Tensor(.float32, found.dims, sample.expected)) < 1e-6, "\(found)")
  }

  /// What is to become of 1, 2, 3, 4 when there are to be two, seven and one, by hand.
  private struct Coordinates: Sendable {
    let resizing: Resizing
    let two: [Double]
    let seven: [Double]
    let one: Double
  }

  private static let coordinates: [Coordinates] = [
    .init(resizing: .nearest(.asymmetric, .floor), two: [1, 3], seven: [1, 1, 2, 2, 3, 3, 4], one: 1),
    .init(resizing: .nearest(.alignCorners, .preferCeil), two: [1, 4], seven: [1, 2, 2, 3, 3, 4, 4], one: 1),
    .init(resizing: .nearest(.alignCorners, .preferFloor), two: [1, 4], seven: [1, 1, 2, 2, 3, 3, 4], one: 1),
    .init(resizing: .nearest(.halfPixel, .preferFloor), two: [1, 3], seven: [1, 1, 2, 2, 3, 4, 4], one: 2),
    .init(resizing: .nearest(.halfPixelButOne, .ceil), two: [2, 4], seven: [1, 2, 2, 3, 4, 4, 4], one: 1),
    .init(resizing: .filtered(.linear, .alignCorners), two: [1, 4], seven: [1, 1.5, 2, 2.5, 3, 3.5, 4], one: 1),
    .init(resizing: .filtered(.linear), two: [1.5, 3.5], seven: [7, 9.5, 13.5, 17.5, 21.5, 25.5, 28].map { $0 / 7 }, one: 2.5),
  ]

  @Test(arguments: coordinates)
  private func followsItsCoordinates(_ sample: Coordinates) throws {
    let input = Tensor(.float32, [1, 4, 1], [1, 2, 3, 4])
    for expected in [sample.two, sample.seven, [sample.one]] {
      let found = try resized(input, to: [expected.count], sample.resizing)
      #expect(distance(found, Tensor(.float32, found.dims, expected)) < 1e-6, "\(found), not \(expected)")
    }
  }

  @Test func keepsConstantsConstant() throws {
    for kernel in [ResizeKernel.linear, .cubic(-0.5), .cubic(-0.75), .lanczos(3), .lanczos(5)] {
      for (input, output) in [(1, 5), (2, 9), (9, 2), (13, 5), (40, 3)] {
        for antialias in [false, true] {
          for repeatsEnds in [false, true] {
            let resizing = Resizing.filtered(kernel, antialias: antialias, repeatsEnds: repeatsEnds)
            let x = Tensor(.float64, [1, input, 1], [Double](repeating: 3, count: input))
            let found = try resized(x, to: [output], resizing).doubles
            #expect(found.allSatisfy { ($0 - 3).magnitude < 1e-12 }, "\(resizing): \(found)")
          }
        }
      }
    }
  }

  @Test func resizesSeveralAxesAndLeavesEqualOnes() throws {
    let x = Tensor(.float32, [1, 2, 2, 2, 1], [0, 8, 16, 24, 32, 40, 48, 56])
    let found = try resized(x, to: [1, 2, 4], .keras("bilinear"))
    #expect(found.dims == [1, 1, 2, 4, 1])
    #expect(found.doubles == [16, 18, 22, 24, 32, 34, 38, 40])
  }

  @Test(arguments: [0, 1, 2, -2])
  func lowersToItsMeaning(axis: Int) throws {
    let dims = [3, 5, 4]
    let position = axis < 0 ? axis + 3 : axis
    for draw in Draw.allCases {
      let starts = Tensor(.int32, [4], integers: [0, 1, Int64(dims[position]) + 7, -3])
      let types = [TensorType(.float32, Shape(dims)), starts.type]
      #expect(try disagreement(Resample(axis: axis), types, seed: 1, draw: draw, inputs: [1: starts]) == 0)
      let weighted = types + [TensorType(.float32, [4, 3])]
      #expect(try disagreement(Resample(axis: axis), weighted, seed: 2, draw: draw, inputs: [1: starts]) < 1e-6)
    }
  }

  @Test(arguments: [DType.bool, .int8, .int64, .float16, .float64])
  func movesElementsOfAnyType(dtype: DType) throws {
    let starts = Tensor(.int32, [3], integers: [2, 0, 1])
    let types = [TensorType(dtype, [2, 3, 2]), starts.type]
    #expect(try disagreement(Resample(axis: 1), types, seed: 1, draw: .whole, inputs: [1: starts]) == 0)
  }

  @Test func refusesWhatHasNoMeaning() {
    let (x, starts) = (TensorType(.float32, [1, 4, 2]), TensorType(.int32, [3]))
    #expect(throws: Diagnostic.self) { try Resample(axis: 3).infer([x, starts]) }
    #expect(throws: Diagnostic.self) { try Resample().infer([x, TensorType(.float32, [3])]) }
    #expect(throws: Diagnostic.self) { try Resample().infer([x, starts, TensorType(.float64, [3, 2])]) }
    #expect(throws: Diagnostic.self) { try Resample().infer([x, starts, TensorType(.float32, [2, 2])]) }
    #expect(throws: Diagnostic.self) { try Resample().infer([x, starts, TensorType(.float32, [3, 5])]) }
    #expect(throws: Diagnostic.self) { try Resample().infer([TensorType(.int32, [1, 4, 2]), starts, TensorType(.int32, [3, 2])]) }
    #expect(throws: Diagnostic.self) { try Resizing.keras("trilinear") }
    #expect(throws: Diagnostic.self) { try Resizing.nearest().table(ResizedAxis(4, to: 0)) }
    #expect(throws: Diagnostic.self) { try Resizing.nearest().table(ResizedAxis(.max, to: 3)) }
    var graph = Graph(name: "open")
    let open = graph.addInput("x", TensorType(.float32, [1, .symbol("T"), 2]))
    #expect(throws: Diagnostic.self) { try graph.addResizing(open, to: [3], .nearest(), name: "y") }
    #expect(throws: Diagnostic.self) { try graph.addResizing(open, to: [3, 3], .nearest(), name: "y") }
  }
}
