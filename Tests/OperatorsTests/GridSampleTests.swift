import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

/// Numbers between -1 and 1 that look random, the same in the scripts that made what is expected here.
func mixed(_ dims: [Int], _ dtype: DType = .float32, scale: Double = 1) -> Tensor {
  Tensor(dtype, dims, (0..<dims.reduce(1, *)).map { (Double($0 * 37 % 101) / 50 - 1) * scale })
}

/// What ONNX's reference makes of six points in three rows and four columns.
private struct GridCase: Sendable, CustomTestStringConvertible {
  let op: GridSample
  let expected: [Double]

  init(_ interpolation: GridSample.Interpolation, _ border: GridSample.Border, _ coordinates: GridSample.Coordinates, _ expected: [Double])
  {
    op = GridSample(interpolation, border, coordinates)
    self.expected = expected
  }

  var testDescription: String { "\(op)" }
}

@Suite struct GridSampleTests {
  private static let cases: [GridCase] = [
    .init(.nearest, .zeros, .edges, [-1, -0.26, -0.2, 0.54, 0, 0, 0, 0, 0, 0, 0, 0]),
    .init(.nearest, .zeros, .middles, [-1, -0.26, -0.2, 0.54, -0.74, 0, 0, 0, 0, 0, -0.06, 0.68]),
    .init(.nearest, .border, .edges, [-1, -0.26, -0.2, 0.54, -0.6, 0.14, 0.74, -0.54, -0.88, -0.14, -0.6, 0.14]),
    .init(.nearest, .border, .middles, [-1, -0.26, -0.2, 0.54, -0.74, 0, 0.74, -0.54, -0.88, -0.14, -0.06, 0.68]),
    .init(.nearest, .reflection, .edges, [-1, -0.26, -0.2, 0.54, -0.6, 0.14, 0.2, 0.94, -1, -0.26, -0.6, 0.14]),
    .init(.nearest, .reflection, .middles, [-1, -0.26, -0.2, 0.54, -0.74, 0, 0.2, 0.94, 0.48, -0.8, -0.06, 0.68]),
    .init(.linear, .zeros, .edges, [-0.25, -0.065, -0.101, 0.3057, -0.0655999, 0.00839999, 0, 0, 0, 0, -0.1632, 0.1513]),
    .init(.linear, .zeros, .middles, [-1, -0.26, -0.053, 0.1921, -0.4788, 0.0392, 0, 0, 0, 0, -0.223725, 0.479275]),
    .init(.linear, .border, .edges, [-1, -0.26, -0.101, 0.3057, -0.656, 0.084, 0.74, -0.54, -0.88, -0.14, -0.384, 0.356]),
    .init(.linear, .border, .middles, [-1, -0.26, -0.053, 0.1921, -0.684, 0.056, 0.754, -0.526, -0.88, -0.14, -0.2355, 0.5045]),
    .init(.linear, .reflection, .edges, [-1, -0.26, -0.101, 0.3057, -0.656, 0.084, 0.254, 0.792, -0.556, -0.422, -0.384, 0.356]),
    .init(.linear, .reflection, .middles, [-1, -0.26, -0.053, 0.1921, -0.522, 0.218, 0.187, 0.7351, -0.0451996, -0.598, -0.2425, 0.4975]),
    .init(
      .cubic, .zeros, .edges,
      [-0.425254, -0.033125, -0.114466, 0.433968, -0.0621798, 0.00505341, -0.00322723, 0.00253629, 0, 0, -0.193406, 0.208025]),
    .init(
      .cubic, .zeros, .middles, [-1, -0.26, -0.0666316, 0.276093, -0.578442, -0.00648761, -0.0273838, 0.0190293, 0, 0, -0.299729, 0.664713]),
    .init(
      .cubic, .border, .edges,
      [-1.33275, -0.19625, -0.101492, 0.377157, -0.64424, 0.09576, 0.724473, -0.555527, -0.88, -0.14, -0.42936, 0.45608]),
    .init(
      .cubic, .border, .middles,
      [-1, -0.26, -0.0603675, 0.241692, -0.67056, 0.06944, 0.76417, -0.529465, -0.88, -0.14, -0.285106, 0.679232]),
    .init(
      .cubic, .reflection, .edges,
      [-1.70102, -0.1325, -0.101492, 0.377157, -0.68069, 0.05931, 0.253197, 1.1649, -0.786179, -0.456703, -0.4037, 0.481739]),
    .init(
      .cubic, .reflection, .middles,
      [-1, -0.26, -0.0669825, 0.272554, -0.59487, 0.250883, 0.163027, 0.929161, -0.124764, -0.722306, -0.314497, 0.65024]),
  ]

  private static let points: [Double] = [-1, -1, 0.1, 0.3, 1.2, -0.4, -1.7, 0.9, 2.6, 3.1, 0.55, -1.05]

  @Test(arguments: cases)
  private func samplesAsONNXDoes(_ sample: GridCase) throws {
    let found = try result(sample.op, [mixed([1, 3, 4, 2]), Tensor(.float32, [1, 6, 2], Self.points)])
    #expect(distance(found, Tensor(.float32, [1, 6, 2], sample.expected)) < 1e-5, "\(found)")
  }

  private static let volumes: [(op: GridSample, expected: [Double])] = [
    (GridSample(.nearest, .zeros), [-0.6, -0.8, 0, 0]), (GridSample(.nearest, .reflection), [-0.6, -0.8, 0.14, 0.34]),
    (GridSample(.linear, .zeros), [-0.18, 0.01296, -0.01368, 0]), (GridSample(.linear, .border), [-0.72, 0.0144, -0.076, 0.34]),
    (GridSample(.linear, .reflection), [-0.72, 0.0144, -0.076, 0.084]),
  ]

  @Test(arguments: volumes)
  func samplesVolumes(op: GridSample, expected: [Double]) throws {
    let grid = Tensor(.float32, [1, 4, 3], [-1, -1, 0.2, 0.1, 0.3, -0.6, 1.2, -0.4, 0.9, -1.7, 0.9, 1.3])
    let found = try result(op, [mixed([1, 2, 3, 2, 1]), grid])
    #expect(distance(found, Tensor(.float32, [1, 4, 1], expected)) < 1e-6, "\(found)")
  }

  @Test(arguments: GridSample.Interpolation.allCases, GridSample.Border.allCases)
  func lowersToItsMeaning(interpolation: GridSample.Interpolation, border: GridSample.Border) throws {
    for coordinates in GridSample.Coordinates.allCases {
      let op = GridSample(interpolation, border, coordinates)
      for (x, grid) in [
        ([2, 3, 5, 3], [2, 7, 2]), ([1, 1, 4, 1], [1, 2, 3, 2]), ([2, 5, 2], [2, 6, 1]), ([1, 2, 3, 2, 2], [1, 3, 3]),
      ] {
        try expectAgreement(op, [.floats(Shape(x)), .floats(Shape(grid))], within: 1e-3)
        try expectAgreement(op, [TensorType(.float64, Shape(x)), TensorType(.float64, Shape(grid))], within: 1e-12)
      }
    }
  }

  @Test(arguments: GridSample.Interpolation.allCases, GridSample.Border.allCases)
  func readsNothingElse(interpolation: GridSample.Interpolation, border: GridSample.Border) throws {
    let grid = Tensor(.float32, [1, 5, 2], [.nan, 0, 1e30, -1e30, .infinity, 0.5, 0.25, -.infinity, -1e9, 1e9])
    for coordinates in GridSample.Coordinates.allCases {
      let op = GridSample(interpolation, border, coordinates)
      for dims in [[1, 3, 4, 2], [1, 1, 1, 1]] {
        let x = mixed(dims)
        _ = try LoweredNode(op, [x.type, grid.type]).run([x, grid])
        _ = try result(op, [x, grid])
      }
    }
  }

  @Test(arguments: [DType.bool, .int8, .uint64, .float16])
  func movesElementsOfAnyType(dtype: DType) throws {
    try expectAgreement(GridSample(.nearest), [TensorType(dtype, [1, 4, 5, 2]), .floats([1, 9, 2])])
  }

  @Test func leavesOpenDimensionsOpen() throws {
    let types = [TensorType.floats([batch, time, 4, 2]), TensorType.floats([batch, 3, time, 2])]
    #expect(try GridSample().infer(types)[0].shape == [batch, 3, time, 2])
    for border in GridSample.Border.allCases {
      try expectAgreement(GridSample(.linear, border), types, within: 1e-4, dims: ["B": 2, "T": 3])
    }
  }

  @Test func ofNothingAllIsZero() throws {
    for border in GridSample.Border.allCases {
      try expectAgreement(GridSample(.linear, border), [.floats([1, 0, 3, 2]), .floats([1, 4, 2])])
      let open = [TensorType.floats([1, time, 3, 2]), .floats([1, 4, 2])]
      for extent in [0, 2] { try expectAgreement(GridSample(.linear, border), open, within: 1e-4, dims: ["T": extent]) }
    }
  }

  @Test func refusesWhatHasNoMeaning() {
    let x = TensorType.floats([1, 3, 4, 2])
    #expect(throws: Diagnostic.self) { try GridSample().infer([x, .floats([1, 5, 3])]) }
    #expect(throws: Diagnostic.self) { try GridSample().infer([x, .floats([2, 5, 2])]) }
    #expect(throws: Diagnostic.self) { try GridSample().infer([x, TensorType(.int32, [1, 5, 2])]) }
    #expect(throws: Diagnostic.self) { try GridSample().infer([.floats([1, 3]), .floats([1, 5, 0])]) }
    #expect(throws: Diagnostic.self) { try GridSample(.linear).infer([TensorType(.int32, [1, 3, 4, 2]), .floats([1, 5, 2])]) }
  }
}
