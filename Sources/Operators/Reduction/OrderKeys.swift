import Tensors

extension Tensor {
  /// An integer for each element that orders as the elements do. Both zeros are equal; a NaN counts as an infinity.
  func orderKeys(nanIsLowest: Bool) -> [Int64] {
    guard dtype.isFloat else { return integers.map { dtype == .uint64 ? $0 ^ .min : $0 } }
    return doubles.map { value in
      let bits = Int64(bitPattern: (value.isNaN ? (nanIsLowest ? -Double.infinity : .infinity) : value).bitPattern)
      return bits >= 0 ? bits : .min - bits
    }
  }
}
