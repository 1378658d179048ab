import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

/// What ONNX's reference makes of four rectangles in two images, each cut into two rows.
private struct RoiCase: Sendable, CustomTestStringConvertible {
  let op: RoiAlign
  let expected: [Double]

  init(_ kind: RoiAlign.Kind, samples: Int, isCentred: Bool, _ expected: [Double]) {
    op = RoiAlign(kind, size: [2, 1], scale: 0.75, samples: samples, isCentred: isCentred)
    self.expected = expected
  }

  var testDescription: String { "\(op)" }
}

@Suite struct RoiAlignTests {
  private static let cases: [RoiCase] = [
    .init(
      .average, samples: 0, isCentred: true,
      [
        -0.110168, -0.0771683, 0.010877, 0.106371, -0.0139338, -0.0413234, -0.147285, -0.0153159, 0, 0, 0.49, -0.15, -0.657341, 0.00975007,
        -0.603022, 0.0697501,
      ]),
    .init(
      .average, samples: 2, isCentred: true,
      [
        -0.0995817, -0.032435, 0.00611639, 0.0624727, 0.0374049, 0.0257045, -0.0954848, -0.0966402, 0, 0, 0.49, -0.15, -0.657341,
        0.00975004, -0.603022, 0.0697501,
      ]),
    .init(
      .average, samples: 0, isCentred: false,
      [
        0.00198123, 0.0417672, 0.146611, 0.0895, 0.0232173, -0.0712279, -0.0552569, 0.0163333, 0, 0, 0.430516, -0.209484, -0.175, 0.06,
        -0.28, -0.045,
      ]),
    .init(
      .average, samples: 2, isCentred: false,
      [
        -0.0321851, -0.000704229, 0.14162, 0.170379, 0.181422, 0.0309747, -0.0177187, -0.0864375, 0.237406, -0.0825938, 0.457656, -0.153938,
        -0.04875, 0.123125, -0.090625, 0.018125,
      ]),
    .init(
      .max, samples: 0, isCentred: true,
      [
        0.422494, 0.612, 0.472444, 0.643875, 0.556762, 0.569625, 0.340875, 0.513375, 0, -0, 0.98, -0, 0.0267093, 0.028875, 0.0246281,
        0.0866251,
      ]),
    .init(
      .max, samples: 2, isCentred: true,
      [
        0.40489, 0.5865, 0.452759, 0.331406, 0.384625, 0.413666, 0.292939, 0.171875, 0, -0, 0.98, -0, 0.0408445, 0.0441563, 0.0377226,
        0.103031,
      ]),
    .init(
      .max, samples: 0, isCentred: false,
      [0.416366, 0.488212, 0.474375, 0.44275, 0.48875, 0.360375, 0.469125, 0.716875, 0, -0, 0.98, -0, 0.185, 0.195, 0.08, 0.195]),
    .init(
      .max, samples: 2, isCentred: false,
      [
        0.408359, 0.294962, 0.360293, 0.592969, 0.643744, 0.478562, 0.469125, 0.2, 0.924875, -0, 0.924875, 0.026543, 0.21875, 0.175,
        0.21875, 0.175,
      ]),
  ]

  private static let regions: [Double] = [0.3, 0.2, 4.1, 3.7, 2.5, 1.5, 9.2, 8.4, -3.0, -2.2, 1.1, 0.4, 2, 2, 2.1, 2.2]

  @Test(arguments: cases)
  private func alignsAsONNXDoes(_ sample: RoiCase) throws {
    let inputs = [mixed([2, 5, 6, 2]), Tensor(.float32, [4, 4], Self.regions), Tensor(.int64, [4], integers: [0, 1, 1, 0])]
    let expected = Tensor(.float32, [4, 2, 1, 2], sample.expected)
    #expect(try distance(result(sample.op, inputs), expected) < 1e-5)
    #expect(try distance(LoweredNode(sample.op, inputs.map(\.type)).run(inputs)[0], expected) < 1e-5)
  }

  @Test(arguments: RoiAlign.Kind.allCases, [0, 1, 3])
  func lowersToItsMeaning(kind: RoiAlign.Kind, samples: Int) throws {
    for isCentred in [false, true] {
      let op = RoiAlign(kind, size: [3, 2], scale: 0.5, samples: samples, isCentred: isCentred)
      let types = [TensorType(.float64, [3, 4, 5, 2]), TensorType(.float64, [4, 4]), TensorType(.int32, [4])]
      for draw in [Draw.small, .whole] { #expect(try disagreement(op, types, seed: 5, draw: draw) < 1e-12, "\(op) \(draw)") }
    }
  }

  @Test(arguments: RoiAlign.Kind.allCases)
  func readsNothingElse(kind: RoiAlign.Kind) throws {
    let wild = [-1e30, -1e30, 1e30, 1e30, .nan, 0, 1, .nan, .infinity, 0, 1, 1, 5, 5, -5, -5]
    let (x, images) = (mixed([2, 3, 3, 1]), Tensor(.int64, [4], integers: [7, -9, .max, 0]))
    // As many samples as a rectangle is large take the interpreter long.
    for (samples, regions) in [(2, wild), (0, wild.map { max(min($0, 9), -9) })] {
      let inputs = [x, Tensor(.float32, [4, 4], regions), images]
      let op = RoiAlign(kind, size: [1, 1], samples: samples)
      _ = try LoweredNode(op, inputs.map(\.type)).run(inputs)
      _ = try result(op, inputs)
    }
  }

  @Test func leavesTheNumberOfRectanglesOpen() throws {
    let types = [TensorType(.float64, [2, 4, 5, 2]), TensorType(.float64, [time, 4]), TensorType(.int64, [time])]
    #expect(try disagreement(RoiAlign(.average, size: [2, 2], samples: 2), types, seed: 1, dims: ["T": 3]) < 1e-12)
  }

  @Test func ofNothingAllIsZero() throws {
    let types = [TensorType(.float64, [time, 4, 5, 2]), TensorType(.float64, [3, 4]), TensorType(.int64, [3])]
    for extent in [0, 1] {
      #expect(try disagreement(RoiAlign(.max, size: [2, 2], samples: 2), types, seed: 1, dims: ["T": extent]) < 1e-12)
    }
  }

  @Test func refusesWhatHasNoMeaning() {
    let (x, r, i) = (TensorType.floats([1, 3, 4, 2]), TensorType.floats([5, 4]), TensorType(.int64, [5]))
    #expect(throws: Diagnostic.self) { try RoiAlign().infer([x, .floats([5, 5]), i]) }
    #expect(throws: Diagnostic.self) { try RoiAlign().infer([.floats([1, 3, 2]), r, i]) }
    #expect(throws: Diagnostic.self) { try RoiAlign().infer([x, r, TensorType(.int64, [4])]) }
    #expect(throws: Diagnostic.self) { try RoiAlign().infer([x, r, .floats([5])]) }
    #expect(throws: Diagnostic.self) { try RoiAlign(.max, size: [1]).infer([x, r, i]) }
    #expect(throws: Diagnostic.self) { try RoiAlign(.max, size: [1, 0]).infer([x, r, i]) }
    #expect(throws: Diagnostic.self) { try RoiAlign(.max, size: [1, 1], scale: .nan).infer([x, r, i]) }
    #expect(throws: Diagnostic.self) { try RoiAlign(.max, size: [1, 1], samples: -1).infer([x, r, i]) }
  }
}
