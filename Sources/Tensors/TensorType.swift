package typealias Shape = [Dim]

extension [Dim] {
  /// The number of elements; overflow is caught where shapes are checked against the limits of a graph.
  package var elementCount: Dim { reduce(Dim(1), *) }

  /// The extents where all are known when we compile.
  package var constants: [Int]? {
    let known = compactMap(\.constant)
    return known.count == count ? known : nil
  }

  package init(_ extents: [Int]) { self = extents.map { Dim($0) } }
}

/// How the integers of a tensor stand for real numbers: `real = scale * (integer - zeroPoint)`.
package struct Quantisation: Hashable, Sendable {
  /// One scale for the tensor, or one for each index of `axis`.
  package var scales: [Double]
  package var zeroPoints: [Int]
  package var axis: Int?

  package init(scales: [Double], zeroPoints: [Int], axis: Int? = nil) {
    self.scales = scales
    self.zeroPoints = zeroPoints
    self.axis = axis
  }
}

/// How the elements of a tensor lie in memory. The meaning of a tensor does not depend on it.
package enum Layout: Hashable, Sendable {
  /// The last axis runs fastest.
  case rowMajor
  /// `axis` is cut into blocks of `size`: blocks outermost, then the other axes in order, then the index within the block.
  /// The last block is filled up with zeros.
  case blocked(axis: Int, size: Int)
}

/// What is known of a tensor before there is data.
package struct TensorType: Hashable, Sendable {
  package var dtype: DType
  package var shape: Shape
  package var quantisation: Quantisation?
  package var layout: Layout

  package init(_ dtype: DType, _ shape: Shape, quantisation: Quantisation? = nil, layout: Layout = .rowMajor) {
    self.dtype = dtype
    self.shape = shape
    self.quantisation = quantisation
    self.layout = layout
  }

  package var rank: Int { shape.count }

  /// Elements of storage, the filling of blocked layouts included.
  package var storageCount: Dim {
    switch layout {
    case .rowMajor: return shape.elementCount
    case .blocked(let axis, let size):
      var padded = shape
      padded[axis] = padded[axis].ceilingDivision(by: size) * Dim(size)
      return padded.elementCount
    }
  }
}

extension TensorType: CustomStringConvertible {
  package var description: String {
    let extents = shape.map(\.description).joined(separator: ", ")
    switch layout {
    case .rowMajor: return "\(dtype)[\(extents)]"
    case .blocked(let axis, let size): return "\(dtype)[\(extents)] blocked(\(axis), \(size))"
    }
  }
}

extension Diagnostic {
  package static func axis(_ axis: Int, rank: Int) -> Diagnostic {
    Diagnostic(
      "axis \(axis) is outside a tensor of rank \(rank)",
      hint: rank == 0 ? "a scalar has no axes" : "axes run from \(-rank) to \(rank - 1)")
  }
}

/// The axis counted from the front; negative ones count from the back.
package func normalisedAxis(_ axis: Int, rank: Int) throws(Diagnostic) -> Int {
  guard axis >= -rank, axis < rank else { throw .axis(axis, rank: rank) }
  return axis < 0 ? axis + rank : axis
}
