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

  package func table(_ axis: ResizedAxis) throws(Diagnostic) -> ResamplingTable {
    try axis.check()
    switch self {
    case .nearest(let coordinates, let rounding): return .nearest(axis, coordinates, rounding)
    case .filtered(let kernel, let coordinates, let antialias, let repeatsEnds, let steps):
      return .filtered(axis, kernel, coordinates, antialias: antialias, repeatsEnds: repeatsEnds, steps: steps)
    }
  }

  private var coordinates: ResizeCoordinates {
    switch self {
    case .nearest(let coordinates, _), .filtered(_, let coordinates, _, _, _): coordinates
    }
  }

  /// For each element of the resized axis whether it is made from nothing on the axis; `nil` where none is.
  fileprivate func beyond(_ axis: ResizedAxis) -> [Bool]? {
    let found = (0..<axis.output).map { coordinates.isBeyond($0, axis) }
    return found.contains(true) ? found : nil
  }
}

extension Graph {
  /// Adds what resizes the spatial axes of `value`, `[N, spatial…, C]`, one after the other. Returns the result, named `name`.
  package mutating func addResizing(_ value: ValueID, to size: [Int], _ resizing: Resizing, name: String) throws(Diagnostic) -> ValueID {
    let type = type(value)
    guard size.count == type.rank - 2 else {
      throw Diagnostic("\(type) is resized to \(size)", hint: "give one size for each spatial axis of [N, …, C]")
    }
    var axes: [Int: ResizedAxis] = [:]
    for axis in size.indices where type.shape[axis + 1] != Dim(size[axis]) {
      axes[axis + 1] = ResizedAxis(try settledExtent(type, axis + 1), to: size[axis])
    }
    return try addResizing(value, axes, resizing, name: name)
  }

  /// Adds what resizes the axes that are keys of `axes`, one after the other. Elements of a crop that come from beyond the tensor
  /// are `beyond`. Returns the result, named `name`.
  package mutating func addResizing(
    _ value: ValueID, _ axes: [Int: ResizedAxis], _ resizing: Resizing, beyond: Double = 0, name: String
  ) throws(Diagnostic) -> ValueID {
    let dtype = type(value).dtype
    let order = axes.sorted { $0.key < $1.key }
    let masks = order.compactMap { entry in resizing.beyond(entry.value).map { (axis: entry.key, isBeyond: $0) } }
    var result = value
    for (axis, resized) in order {
      guard try settledExtent(type(result), axis) == resized.input else {
        throw Diagnostic("axis \(axis) of \(type(result)) is resized as one of \(resized.input)", hint: "both must be equal")
      }
      let table = try resizing.table(resized)
      let label = axis == order.last?.key && masks.isEmpty ? name : "\(name):\(axis)"
      let starts = addConstant("\(name):starts\(axis)", table.startsTensor)
      let weights = table.weightsTensor(dtype).map { addConstant("\(name):weights\(axis)", $0) }
      result = try add(Resample(axis: axis), weights.map { [result, starts, $0] } ?? [result, starts], name: label)[0]
    }
    let choice = try ElementwiseFunction.named("where").map(of: [.bool, dtype, dtype])
    for (axis, isBeyond) in masks {
      let shape = type(result).shape.indices.map { $0 == axis ? isBeyond.count : 1 }
      let mask = addConstant("\(name):beyond\(axis)", Tensor(.bool, shape, isBeyond.map { $0 ? 1 : 0 }))
      let fill = addConstant("\(name):fill\(axis)", Tensor(dtype, [], [beyond]))
      result = try add(choice, [mask, fill, result], name: axis == masks.last?.axis ? name : "\(name):filled\(axis)")[0]
    }
    return result
  }

  private func settledExtent(_ type: TensorType, _ axis: Int) throws(Diagnostic) -> Int {
    guard type.shape.indices.contains(axis), let extent = type.shape[axis].constant else {
      throw Diagnostic("axis \(axis) of \(type) is resized but open", hint: "settle it: tables of weights need its length")
    }
    return extent
  }
}
