import GraphIR
import Tensors

/// The types of a convolution's inputs: a tensor `[N, spatial…, C]`, weights with as many leading axes, and a bias for each of the
/// output channels.
struct ConvolutionTypes {
  let input: TensorType
  let weights: TensorType
  let bias: TensorType?
  /// Of the result.
  private let dtype: DType

  init(_ inputs: [TensorType?], widens: Bool = false) throws(Diagnostic) {
    input = try inputs.required(0)
    weights = try inputs.required(1)
    bias = inputs.optional(2)
    guard input.rank >= 3 else {
      throw Diagnostic("\(input) is convolved", hint: "batch, one or more spatial axes and channels are expected: [N, …, C]")
    }
    guard weights.rank == input.rank else {
      throw Diagnostic(
        "the weights \(weights) are for \(weights.rank - 2) spatial axes, the input \(input) has \(input.rank - 2)",
        hint: "the weights have one axis for each spatial axis, then two for channels")
    }
    dtype = try productType(input.dtype, weights.dtype, widens: widens)
    guard bias == nil || bias?.dtype == dtype else {
      throw Diagnostic("\(input) is convolved with \(weights)\(bias.map { " and \($0)" } ?? "")", hint: "the bias must be \(dtype)")
    }
    guard input.dtype != .bool else { throw Diagnostic("\(input) is convolved", hint: "cast it to numbers") }
  }

  var spatialRank: Int { input.rank - 2 }
  var spatial: Shape { Array(input.shape[1..<input.rank - 1]) }
  var channels: Dim { input.shape[input.rank - 1] }

  /// The taps along each spatial axis, and the two axes of channels: all must be known.
  func extents() throws(Diagnostic) -> (kernel: [Int], first: Int, second: Int) {
    guard let extents = weights.shape.constants else {
      throw Diagnostic("the weights \(weights) have an open dimension", hint: "weights need fixed extents")
    }
    return (Array(extents.dropLast(2)), extents[spatialRank], extents[spatialRank + 1])
  }

  func checkBias(_ channels: Int) throws(Diagnostic) {
    guard let bias, bias.shape != [Dim(channels)] else { return }
    throw Diagnostic("the bias is \(bias)", hint: "\(channels) output channels need \(bias.dtype)[\(channels)]")
  }

  /// The output of a window that moves over the input.
  func output(_ window: SlidingWindow, _ kernel: [Int], channels: Int) throws(Diagnostic) -> TensorType {
    var shape = [input.shape[0]]
    for axis in kernel.indices {
      do throws(Diagnostic) { shape.append(try window.along(axis).positions(spatial[axis], kernel: kernel[axis])) } catch {
        throw error.at("spatial axis \(axis)")
      }
    }
    return TensorType(dtype, shape + [Dim(channels)])
  }
}
