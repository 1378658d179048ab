import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct DeformableConvolutionTests {
  private func convolved(_ convolution: DeformableConvolution, _ inputs: [Tensor?]) throws -> Tensor {
    var graph = Graph(name: "deformable")
    let ids = inputs.enumerated().map { entry in entry.element.map { graph.addInput("x\(entry.offset)", $0.type) } }
    let result = try graph.addDeformableConvolution(
      convolution, x: try #require(ids[0]), weights: try #require(ids[1]), offsets: try #require(ids[2]), bias: ids[3], mask: ids[4],
      name: "y")
    graph.addOutput("y", result)
    #expect(graph.defects().isEmpty)
    return try Interpreter(graph).outputs(inputs.compactMap { $0 })[0]
  }

  private static let window = SlidingWindow(strides: [2, 2], dilations: [1, 2], padsBefore: [1, 0], padsAfter: [0, 1])
  private static let plain = [-0.564961, -0.636147, 0.633227, -1.20621, 0.155555, 0.621023, -1.06374, -0.0636448, 0.530806, -1.1616]
  private static let masked = [-0.777535, -0.31941, 0.343121, -1.02464, 0.194725, 0.576865, -1.0554, -0.26658, 0.434438, -0.563459]

  /// The first elements are as ONNX's reference has them.
  @Test(arguments: [false, true])
  func convolvesAsONNXDoes(isMasked: Bool) throws {
    let mask = isMasked ? mixed([2, 3, 2, 12]) : nil
    let inputs = [mixed([2, 5, 6, 4]), mixed([2, 3, 2, 6]), mixed([2, 3, 2, 24], scale: 1.7), mixed([6]), mask]
    let found = try convolved(DeformableConvolution(Self.window, groups: 2, offsetGroups: 2), inputs)
    #expect(found.dims == [2, 3, 2, 6])
    let expected = Tensor(.float32, [10], isMasked ? Self.masked : Self.plain)
    #expect(distance(Tensor(.float32, [10], Array(found.doubles.prefix(10))), expected) < 1e-5, "\(found)")
  }

  @Test func isAConvolutionWhereNothingIsDisplaced() throws {
    let (x, weights) = (mixed([1, 5, 6, 3]), mixed([2, 3, 3, 4]))
    let offsets = Tensor(.float32, [1, 3, 2, 12], [Double](repeating: 0, count: 72))
    let found = try convolved(DeformableConvolution(Self.window), [x, weights, offsets, nil, nil])
    #expect(distance(found, try result(Convolution(Self.window), [x, weights, nil])) < 1e-6)
  }

  @Test func refusesWhatDoesNotFit() {
    let x = mixed([1, 5, 6, 3])
    let offsets = Tensor(.float32, [1, 3, 2, 12], [Double](repeating: 0, count: 72))
    for (convolution, weights) in [
      (DeformableConvolution(Self.window), mixed([2, 3, 2, 4])), (.init(Self.window, offsetGroups: 2), mixed([2, 3, 3, 4])),
      (.init(), mixed([2, 3, 3, 4])), (.init(Self.window, groups: 0), mixed([2, 3, 3, 4])),
    ] {
      #expect(throws: Diagnostic.self) { try convolved(convolution, [x, weights, offsets, nil, nil]) }
    }
  }
}
