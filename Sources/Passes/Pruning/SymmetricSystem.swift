/// A symmetric matrix of which equations for some of the unknowns are solved.
struct SymmetricSystem {
  private let extent: Int
  private let elements: [Double]

  /// From the lower triangle, with a number added to the diagonal.
  init(_ lower: [Double], extent: Int, added: Double) {
    self.extent = extent
    var elements = lower
    for i in 0..<extent {
      for j in 0..<i { elements[j * extent + i] = lower[i * extent + j] }
      elements[i * extent + i] += added
    }
    self.elements = elements
  }

  /// Some elements of the product with a vector.
  func product(_ vector: [Double], rows: [Int]) -> [Double] {
    rows.map { row in
      var sum = 0.0
      for column in 0..<extent { sum += elements[row * extent + column] * vector[column] }
      return sum
    }
  }

  /// The unknowns `rows`, where all others are zero, by Cholesky's factors; `nil` where rounding leaves no positive pivot.
  func solution(rows: [Int], _ right: [Double]) -> [Double]? {
    let count = rows.count
    var factor = [Double](repeating: 0, count: count * count)
    for i in 0..<count {
      for j in 0...i {
        var sum = elements[rows[i] * extent + rows[j]]
        for k in 0..<j { sum -= factor[i * count + k] * factor[j * count + k] }
        if i == j {
          guard sum > 0 else { return nil }
          factor[i * count + i] = sum.squareRoot()
        } else {
          factor[i * count + j] = sum / factor[j * count + j]
        }
      }
    }
    return substituted(factor, right)
  }

  private func substituted(_ factor: [Double], _ right: [Double]) -> [Double] {
    let count = right.count
    var result = right
    for i in 0..<count {
      for k in 0..<i { result[i] -= factor[i * count + k] * result[k] }
      result[i] /= factor[i * count + i]
    }
    for i in (0..<count).reversed() {
      for k in stride(from: i + 1, to: count, by: 1) { result[i] -= factor[k * count + i] * result[k] }
      result[i] /= factor[i * count + i]
    }
    return result
  }
}
