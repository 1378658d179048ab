import GraphIR
import Tensors

/// Known numbers that broadcast as NumPy does: scales and offsets of channels.
struct Numbers: Hashable {
  let dims: [Int]
  let values: [Double]

  init(_ value: Double) { self.init([], [value]) }

  init(_ dims: [Int], _ values: [Double]) {
    self.dims = dims
    self.values = values
  }

  init(_ tensor: Tensor) { self.init(tensor.dims, tensor.doubles) }

  func map(_ transform: (Double) -> Double) -> Numbers { Numbers(dims, values.map(transform)) }

  /// Element by element; `nil` where the extents do not broadcast.
  func combined(_ other: Numbers, _ function: (Double, Double) -> Double) -> Numbers? {
    if let one = other.single { return map { function($0, one) } }
    if let one = single { return other.map { function(one, $0) } }
    guard let shape = try? Broadcasting.shape([Shape(dims), Shape(other.dims)]).constants else { return nil }
    return Numbers(shape, zip(expanded(shape), other.expanded(shape)).map(function))
  }

  /// The number, where there is but one and its shape adds no axis.
  private var single: Double? { dims.isEmpty ? values[0] : nil }

  private func expanded(_ shape: [Int]) -> [Double] {
    dims == shape ? values : Broadcasting.expanded(Tensor(.float64, dims, values), to: shape).doubles
  }

  /// The number that all are equal to.
  var uniform: Double? { values.first.flatMap { first in values.allSatisfy { $0 == first } ? first : nil } }

  var isFinite: Bool { values.allSatisfy(\.isFinite) }
  var least: Double { values.min() ?? 0 }
  var greatest: Double { values.max() ?? 0 }
  var magnitude: Double { max(abs(least), abs(greatest)) }
}
