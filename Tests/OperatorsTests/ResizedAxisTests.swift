import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

/// What ONNX's reference makes of seven numbers. A crop reaches from 0.3 to 1.4 of the axis, with 9 beyond it.
private struct ResizeCase: Sendable, CustomTestStringConvertible {
  let resizing: Resizing
  let scale: Double?
  let expected: [Double]

  init(_ resizing: Resizing, _ scale: Double?, _ expected: [Double]) {
    self.resizing = resizing
    self.scale = scale
    self.expected = expected
  }

  var testDescription: String { "\(resizing) by \(scale ?? 0) to \(expected.count)" }
}

@Suite struct ResizedAxisTests {
  private static let cases: [ResizeCase] = [
    .init(.nearest(.halfPixel, .preferFloor), 0.6, [-1, 0.48, -0.06, 0.68]),
    .init(.nearest(.halfPixel, .preferFloor), nil, [-1, 0.48, -0.06, -0.6]),
    .init(.nearest(.asymmetric, .preferFloor), 0.6, [-1, 0.48, -0.8, 0.68]),
    .init(.nearest(.asymmetric, .preferFloor), nil, [-1, 0.48, -0.8, 0.68]),
    .init(.nearest(.alignCorners, .preferFloor), 0.6, [-1, 0.48, -0.06, -0.6]),
    .init(.nearest(.alignCorners, .preferFloor), nil, [-1, 0.48, -0.06, -0.6]),
    .init(.nearest(.halfPixelSymmetric, .preferFloor), nil, [-1, 0.48, -0.06, -0.6]),
    .init(.nearest(.cropped, .preferFloor), 0.6, [0.48, -0.06, -0.6, 9]),
    .init(.nearest(.cropped, .preferFloor), nil, [0.48, -0.06, 9, 9]),
    .init(.filtered(.linear, .halfPixel, antialias: false, repeatsEnds: true), 0.6, [-0.753333, 0.48, -0.306667, 0.253334]),
    .init(.filtered(.linear, .halfPixel, antialias: true, repeatsEnds: true), 0.6, [-0.7225, 0.0311111, -0.245, 0.1075]),
    .init(.filtered(.linear, .halfPixel, antialias: true, repeatsEnds: false), 0.6, [-0.682857, 0.0311111, -0.245, 0.1075]),
    .init(.filtered(.linear, .halfPixel, antialias: false, repeatsEnds: true), nil, [-0.7225, 0.32, -0.1525, -0.12]),
    .init(.filtered(.linear, .halfPixel, antialias: true, repeatsEnds: true), nil, [-0.660833, -0.0264, -0.1192, -0.0975]),
    .init(.filtered(.linear, .halfPixel, antialias: true, repeatsEnds: false), nil, [-0.612381, -0.0264, -0.1192, -0.0257143]),
    .init(.filtered(.linear, .asymmetric, antialias: false, repeatsEnds: true), 0.6, [-1, 0.233333, -0.553333, 0.68]),
    .init(.filtered(.linear, .asymmetric, antialias: false, repeatsEnds: true), nil, [-1, 0.295, -0.43, 0.36]),
    .init(.filtered(.linear, .alignCorners, antialias: false, repeatsEnds: true), 0.6, [-1, 0.3875, -0.245, -0.12]),
    .init(.filtered(.linear, .alignCorners, antialias: false, repeatsEnds: true), nil, [-1, 0.48, -0.06, -0.6]),
    .init(.filtered(.linear, .halfPixelSymmetric, antialias: false, repeatsEnds: true), 0.6, [-0.63, 0.266667, -0.183333, 0.0400001]),
    .init(
      .filtered(.linear, .halfPixelSymmetric, antialias: true, repeatsEnds: true), 0.6, [-0.58375, -0.0270588, -0.147059, -0.00624993]),
    .init(.filtered(.linear, .halfPixelSymmetric, antialias: true, repeatsEnds: false), 0.6, [-0.556, -0.0270588, -0.147059, 0.0333334]),
    .init(.filtered(.linear, .halfPixelSymmetric, antialias: false, repeatsEnds: true), nil, [-0.7225, 0.32, -0.1525, -0.12]),
    .init(.filtered(.linear, .halfPixelSymmetric, antialias: true, repeatsEnds: true), nil, [-0.660833, -0.0264, -0.1192, -0.0975]),
    .init(.filtered(.linear, .halfPixelSymmetric, antialias: true, repeatsEnds: false), nil, [-0.612381, -0.0264, -0.1192, -0.0257143]),
    .init(.filtered(.linear, .cropped, antialias: false, repeatsEnds: true), 0.6, [0.332, -0.16175, -0.503999, 9]),
    .init(.filtered(.linear, .cropped, antialias: false, repeatsEnds: true), nil, [0.332, -0.0600001, 9, 9]),
    .init(.filtered(.cubic(-0.75), .halfPixel, antialias: false, repeatsEnds: true), 0.6, [-0.808148, 0.48, -0.446297, 0.359259]),
    .init(.filtered(.cubic(-0.75), .halfPixel, antialias: false, repeatsEnds: false), 0.6, [-0.827333, 0.480001, -0.446297, 0.308772]),
    .init(.filtered(.cubic(-0.75), .halfPixel, antialias: true, repeatsEnds: true), 0.6, [-0.687711, 0.06062, -0.248, 0.18747]),
    .init(.filtered(.cubic(-0.75), .halfPixel, antialias: true, repeatsEnds: false), 0.6, [-0.669388, 0.0456813, -0.248, 0.154734]),
    .init(
      .filtered(.cubic(-0.75), .halfPixel, antialias: false, repeatsEnds: true), 2.3,
      [
        -1.08072, -0.914891, -0.636829, -0.235687, 0.257409, 0.502332, 0.12949, -0.576976, -0.811546, -0.486414, 0.0138993, 0.499375,
        0.698461, 0.307926, -0.36313, -0.7329,
      ]),
    .init(
      .filtered(.cubic(-0.75), .halfPixel, antialias: false, repeatsEnds: false), 2.3,
      [
        -1.10917, -0.921344, -0.662199, -0.235687, 0.257409, 0.502332, 0.12949, -0.576976, -0.811546, -0.486413, 0.0138993, 0.499375,
        0.698461, 0.25285, -0.383668, -0.769386,
      ]),
    .init(.filtered(.cubic(-0.75), .halfPixel, antialias: false, repeatsEnds: true), nil, [-0.782119, 0.391777, -0.203564, -0.0899707]),
    .init(.filtered(.cubic(-0.75), .halfPixel, antialias: false, repeatsEnds: false), nil, [-0.803687, 0.391777, -0.203564, -0.140458]),
    .init(.filtered(.cubic(-0.75), .halfPixel, antialias: true, repeatsEnds: true), nil, [-0.633532, -0.010078, -0.109213, -0.00702959]),
    .init(.filtered(.cubic(-0.75), .halfPixel, antialias: true, repeatsEnds: false), nil, [-0.610589, -0.0251427, -0.116682, 0.030093]),
    .init(.filtered(.cubic(-0.75), .asymmetric, antialias: false, repeatsEnds: true), 0.6, [-1, 0.430371, -0.75037, 0.68]),
    .init(.filtered(.cubic(-0.75), .asymmetric, antialias: false, repeatsEnds: false), 0.6, [-1, 0.430371, -0.75037, 0.679999]),
    .init(
      .filtered(.cubic(-0.75), .asymmetric, antialias: false, repeatsEnds: true), 2.3,
      [
        -1, -0.743491, -0.39575, 0.0934921, 0.46875, 0.339375, -0.344437, -0.814043, -0.639308, -0.159075, 0.342472, 0.685269, 0.506407,
        -0.133085, -0.669592, -0.714566,
      ]),
    .init(
      .filtered(.cubic(-0.75), .asymmetric, antialias: false, repeatsEnds: false), 2.3,
      [
        -1, -0.767691, -0.402382, 0.093492, 0.46875, 0.339376, -0.344438, -0.814043, -0.639308, -0.159075, 0.342472, 0.685269, 0.476545,
        -0.179718, -0.674875, -0.840914,
      ]),
    .init(.filtered(.cubic(-0.75), .asymmetric, antialias: false, repeatsEnds: true), nil, [-1, 0.473359, -0.619375, 0.468047]),
    .init(.filtered(.cubic(-0.75), .asymmetric, antialias: false, repeatsEnds: false), nil, [-1, 0.473359, -0.619375, 0.431774]),
    .init(.filtered(.cubic(-0.75), .alignCorners, antialias: false, repeatsEnds: true), 0.6, [-1, 0.502139, -0.350703, -0.0899701]),
    .init(.filtered(.cubic(-0.75), .alignCorners, antialias: false, repeatsEnds: false), 0.6, [-1, 0.50214, -0.350703, -0.140457]),
    .init(.filtered(.cubic(-0.75), .alignCorners, antialias: false, repeatsEnds: true), nil, [-1, 0.48, -0.06, -0.6]),
    .init(.filtered(.cubic(-0.75), .alignCorners, antialias: false, repeatsEnds: false), nil, [-1, 0.48, -0.06, -0.6]),
    .init(
      .filtered(.cubic(-0.75), .halfPixelSymmetric, antialias: false, repeatsEnds: true), 0.6, [-0.699375, 0.347685, -0.252662, 0.109375]),
    .init(
      .filtered(.cubic(-0.75), .halfPixelSymmetric, antialias: false, repeatsEnds: false), 0.6, [-0.725143, 0.347685, -0.252662, 0.0485716]),
    .init(
      .filtered(.cubic(-0.75), .halfPixelSymmetric, antialias: true, repeatsEnds: true), 0.6,
      [-0.559622, -0.000902689, -0.154474, 0.0842208]),
    .init(
      .filtered(.cubic(-0.75), .halfPixelSymmetric, antialias: true, repeatsEnds: false), 0.6,
      [-0.56095, -0.00491579, -0.156263, 0.0821569]),
    .init(
      .filtered(.cubic(-0.75), .halfPixelSymmetric, antialias: false, repeatsEnds: true), nil, [-0.782119, 0.391777, -0.203564, -0.0899707]),
    .init(
      .filtered(.cubic(-0.75), .halfPixelSymmetric, antialias: false, repeatsEnds: false), nil, [-0.803687, 0.391777, -0.203564, -0.140458]),
    .init(
      .filtered(.cubic(-0.75), .halfPixelSymmetric, antialias: true, repeatsEnds: true), nil,
      [-0.633532, -0.010078, -0.109213, -0.00702959]),
    .init(
      .filtered(.cubic(-0.75), .halfPixelSymmetric, antialias: true, repeatsEnds: false), nil, [-0.610589, -0.0251427, -0.116682, 0.030093]),
    .init(.filtered(.cubic(-0.75), .cropped, antialias: false, repeatsEnds: true), 0.6, [0.4904, -0.218268, -0.519982, 9]),
    .init(.filtered(.cubic(-0.75), .cropped, antialias: false, repeatsEnds: false), 0.6, [0.4904, -0.218268, -0.523656, 9]),
    .init(.filtered(.cubic(-0.75), .cropped, antialias: false, repeatsEnds: true), nil, [0.4904, -0.0600003, 9, 9]),
    .init(.filtered(.cubic(-0.75), .cropped, antialias: false, repeatsEnds: false), nil, [0.4904, -0.0600003, 9, 9]),
  ]

  private func resized(_ x: Tensor, _ axes: [Int: ResizedAxis], _ resizing: Resizing, beyond: Double = 0) throws -> Tensor {
    var graph = Graph(name: "resize")
    let id = graph.addInput("x", x.type)
    graph.addOutput("y", try graph.addResizing(id, axes, resizing, beyond: beyond, name: "y"))
    #expect(graph.defects().isEmpty)
    return try Interpreter(graph).outputs([x])[0]
  }

  @Test(arguments: cases)
  private func resizesAsONNXDoes(_ sample: ResizeCase) throws {
    let axis = ResizedAxis(7, to: sample.expected.count, scale: sample.scale, start: 0.3, end: 1.4)
    let found = try resized(mixed([1, 7]), [1: axis], sample.resizing, beyond: 9)
    #expect(distance(found, Tensor(.float32, found.dims, sample.expected)) < 1e-5, "\(found)")
  }

  @Test func cropsAlongSeveralAxes() throws {
    let crop = Resizing.filtered(.linear, .cropped, repeatsEnds: true)
    let axes = [0: ResizedAxis(2, to: 3, start: 0, end: 2), 2: ResizedAxis(3, to: 2, start: 1, end: 0)]
    let found = try resized(counting([2, 1, 3]), axes, crop, beyond: -1)
    #expect(found.dims == [3, 1, 2])
    #expect(found.floats == [2, 0, 5, 3, -1, -1])
    let whole = try resized(counting([2, 1, 3], .int16), axes, .nearest(.cropped), beyond: -1)
    #expect(whole.doubles == found.doubles)
  }

  @Test func refusesWhatHasNoMeaning() {
    let linear = Resizing.filtered(.linear)
    for axis in [
      ResizedAxis(2, to: 3), ResizedAxis(4, to: 0), ResizedAxis(4, to: 3, scale: 0), ResizedAxis(4, to: 3, scale: .nan),
      ResizedAxis(4, to: 3, start: .infinity), ResizedAxis(4, to: 3, scale: 1e30),
    ] {
      #expect(throws: Diagnostic.self) { try resized(counting([1, 4]), [1: axis], linear) }
    }
    #expect(throws: Diagnostic.self) { try resized(counting([1, 4]), [2: ResizedAxis(4, to: 2)], linear) }
  }
}
