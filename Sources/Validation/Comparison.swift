import Tensors

/// How far a computed tensor is from the expected one of the same type. Two NaNs are equal, as are equal infinities and
/// the two zeros; a NaN or an infinity that stands alone is infinitely far away.
package struct Comparison: Hashable, Sendable {
  package struct Element: Hashable, Sendable {
    package var index: [Int]
    package var actual: Double
    package var expected: Double
  }

  package private(set) var count: Int
  /// How many elements differ at all.
  package private(set) var mismatches = 0
  package private(set) var maxAbsolute = 0.0
  /// The largest of the errors of single elements, each relative to the expected element.
  package private(set) var maxRelative = 0.0
  /// The largest finite magnitude that is expected.
  package private(set) var peak = 0.0
  /// In steps between neighbouring floats of the type; in units for integers. `UInt64.max` stands for infinity.
  package private(set) var maxULP: UInt64 = 0
  /// The element of the largest absolute error, where there is any error.
  package private(set) var worst: Element?

  package init(_ actual: Tensor, expected: Tensor) {
    precondition(actual.dtype == expected.dtype && actual.dims == expected.dims, "\(actual.type) against \(expected.type)")
    count = actual.count
    let values = (actual.doubles, expected.doubles)
    let steps = zip(actual.ordinals, expected.ordinals).map { $0 < $1 ? $0.distance(below: $1) : $1.distance(below: $0) }
    var worstIndex: Int?
    for index in 0..<count {
      let (value, reference) = (values.0[index], values.1[index])
      if reference.isFinite { peak = max(peak, reference.magnitude) }
      guard steps[index] != 0, !(value.isNaN && reference.isNaN) else { continue }
      mismatches += 1
      let areFinite = value.isFinite && reference.isFinite
      let error = !areFinite ? .infinity : actual.dtype.isFloat ? (value - reference).magnitude : Double(steps[index])
      if worstIndex == nil || error > maxAbsolute { (worstIndex, maxAbsolute) = (index, error) }
      maxRelative = max(maxRelative, areFinite ? error / reference.magnitude : .infinity)
      maxULP = areFinite ? max(maxULP, steps[index]) : .max
    }
    worst = worstIndex.map { flat in
      let index = zip(rowMajorStrides(actual.dims), actual.dims).map { flat / $0 % $1 }
      return Element(index: index, actual: values.0[flat], expected: values.1[flat])
    }
  }

  package var isExact: Bool { mismatches == 0 }

  /// The largest absolute error relative to the largest magnitude.
  package var maxRelativeToPeak: Double { isExact ? 0 : maxAbsolute / peak }
}

extension Comparison: CustomStringConvertible {
  package var description: String {
    guard let worst else { return "\(count) elements are equal" }
    return "\(mismatches) of \(count) elements differ, by at most \(maxAbsolute) (\(maxRelativeToPeak) of the peak, "
      + "\(maxULP) ULP); worst at \(worst.index): \(worst.actual), expected \(worst.expected)"
  }
}

extension Tensor {
  /// The elements as integers whose order is that of the elements and whose differences count the steps between them.
  fileprivate var ordinals: [Int64] {
    switch dtype {
    case .float64: elements(as: Int64.self).map { $0 < 0 ? Int64.min &- $0 : $0 }
    case .float32: elements(as: Int32.self).map { Int64($0 < 0 ? Int32.min &- $0 : $0) }
    case .float16, .bfloat16: elements(as: Int16.self).map { Int64($0 < 0 ? Int16.min &- $0 : $0) }
    case .uint64: integers.map { $0 ^ .min }
    case .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz: bytes.map { $0 < 0x80 ? Int64($0) : 0x80 - Int64($0) }
    case .float4e2m1: bytes.map { $0 < 8 ? Int64($0) : 8 - Int64($0) }
    case .float8e8m0: bytes.map { Int64($0) }
    case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .bool, .int4, .int2, .uint4, .uint2: integers
    }
  }
}

extension Int64 {
  /// The exact difference, which may exceed `Int64.max`.
  fileprivate func distance(below other: Int64) -> UInt64 { UInt64(bitPattern: other &- self) }
}
