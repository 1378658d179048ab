import GraphIR
import Tensors

/// How the spatial axes of a tensor become longer or shorter.
package enum Resizing: Hashable, Sendable {
  /// One element for each, as it is.
  case nearest(ResizeCoordinates = .halfPixel, NearestRounding = .preferCeil)
  /// Weighted sums; see `ResamplingTable.filtered`.
  case filtered(ResizeKernel, ResizeCoordinates = .halfPixel, antialias: Bool = false, repeatsEnds: Bool = false, steps: Int? = nil)

  /// What Keras on TensorFlow does under this name.
  package static func keras(_ interpolation: String, antialias: Bool = false) throws(Diagnostic) -> Resizing {
    switch interpolation {
    case "nearest": return .nearest()
    case "bilinear": return .filtered(.linear, antialias: antialias)
    case "bicubic": return .filtered(.cubic(-0.5), antialias: antialias, steps: antialias ? nil : 1024)
    case "lanczos3": return .filtered(.lanczos(3), antialias: antialias)
    case "lanczos5": return .filtered(.lanczos(5), antialias: antialias)
    default:
      throw Diagnostic("the interpolation is \"\(interpolation)\"", hint: "known are nearest, bilinear, bicubic, lanczos3 and lanczos5")
    }
  }

  package func table(_ input: Int, to output: Int) throws(Diagnostic) -> ResamplingTable {
    let lengths = 1...1 << 15
    guard lengths.contains(input), lengths.contains(output) else {
      throw Diagnostic("an axis of \(input) is resized to \(output)", hint: "both must be between 1 and \(lengths.upperBound)")
    }
    switch self {
    case .nearest(let coordinates, let rounding): return .nearest(input, to: output, coordinates, rounding)
    case .filtered(let kernel, let coordinates, let antialias, let repeatsEnds, let steps):
      return .filtered(input, to: output, kernel, coordinates, antialias: antialias, repeatsEnds: repeatsEnds, steps: steps)
    }
  }
}

extension Graph {
  /// Adds what resizes the spatial axes of `value`, `[N, spatial…, C]`, one after the other. Returns the result, named `name`.
  package mutating func addResizing(_ value: ValueID, to size: [Int], _ resizing: Resizing, name: String) throws(Diagnostic) -> ValueID {
    let type = type(value)
    guard size.count == type.rank - 2 else {
      throw Diagnostic("\(type) is resized to \(size)", hint: "give one size for each spatial axis of [N, …, C]")
    }
    let axes = size.indices.filter { type.shape[$0 + 1] != Dim(size[$0]) }
    var result = value
    for axis in axes {
      guard let extent = type.shape[axis + 1].constant else {
        throw Diagnostic("axis \(axis + 1) of \(type) is resized but open", hint: "settle it: tables of weights need its length")
      }
      let table = try resizing.table(extent, to: size[axis])
      let label = axis == axes.last ? name : "\(name):\(axis + 1)"
      let starts = addConstant("\(name):starts\(axis + 1)", table.startsTensor)
      let weights = table.weightsTensor(type.dtype).map { addConstant("\(name):weights\(axis + 1)", $0) }
      result = try add(Resample(axis: axis + 1), weights.map { [result, starts, $0] } ?? [result, starts], name: label)[0]
    }
    return result
  }
}
