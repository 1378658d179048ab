import LoopIR
import Tensors

/// A linear map as straight-line code: each step is a sum of multiples of the inputs and of the steps before it, and some of them
/// are the results.
struct LinearSteps: Hashable, Sendable {
  struct Term: Hashable, Sendable {
    var factor: Double
    /// Inputs first, then steps.
    var operand: Int
  }

  let inputs: Int
  let steps: [[Term]]
  /// Which operand each result is.
  let results: [Int]

  func evaluate(_ values: [Double]) -> [Double] {
    var all = values
    for step in steps { all.append(step.reduce(0) { $0 + $1.factor * all[$1.operand] }) }
    return results.map { all[$0] }
  }

  /// Declares a local for each step, named after `name`; the results.
  func nest(_ name: String, _ values: [Expr], _ dtype: DType, into statements: inout [Stmt]) -> [Expr] {
    var all = values
    for (position, step) in steps.enumerated() {
      let local = Variable("\(name)_\(position)", ValueType(dtype))
      statements.append(.declare(local, Self.sum(step, all, dtype)))
      all.append(.variable(local))
    }
    return results.map { all[$0] }
  }

  private static func sum(_ terms: [Term], _ values: [Expr], _ dtype: DType) -> Expr {
    var sum: Expr?
    for term in terms {
      let value = values[term.operand]
      sum =
        switch (sum, term.factor) {
        case (nil, 1): value
        case (nil, let factor): .constant(factor, dtype) * value
        case (let sum?, 1): sum + value
        case (let sum?, -1): sum - value
        case (let sum?, let factor): .multiplyAdd(.constant(factor, dtype), value, sum)
        }
    }
    return sum ?? .constant(0, dtype)
  }
}

/// Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2015): `size` neighbouring results of a filter of three taps
/// from as many products as inputs they see, `Aᵀ[(G g) ⊙ (Bᵀ d)]`, by evaluating polynomials at points and at infinity.
package struct WinogradTransform: Hashable, Sendable {
  /// Results along one axis, 2 or 4.
  package let size: Int
  /// `Bᵀ`.
  let input: LinearSteps
  /// `Aᵀ`.
  let output: LinearSteps
  /// `G`: a row for each product.
  let filter: [[Double]]

  /// Inputs, and products, along one axis.
  package var reach: Int { size + 2 }

  package static func of(size: Int) -> WinogradTransform? {
    switch size {
    case 2: two
    case 4: four
    default: nil
    }
  }

  /// At the points 0, 1 and -1.
  private static let two = WinogradTransform(
    size: 2,
    input: LinearSteps(
      inputs: 4, steps: [[(1, 0), (-1, 2)], [(1, 1), (1, 2)], [(1, 2), (-1, 1)], [(1, 3), (-1, 1)]].map(terms), results: [4, 5, 6, 7]),
    output: LinearSteps(
      inputs: 4, steps: [[(1, 0), (1, 1), (1, 2)], [(1, 1), (-1, 2), (1, 3)]].map(terms), results: [4, 5]),
    filter: [[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])

  /// At the points 0, 1, -1, 1/2 and -2: half the rounding error of 0, ±1, ±2.
  private static let four = WinogradTransform(
    size: 4,
    input: LinearSteps(
      inputs: 6,
      steps: [
        // x² + 3/2 x - 1, the points 1/2 and -2, times 1, x, x² and x³: operands 6 to 9.
        [(1, 2), (1.5, 1), (-1, 0)], [(1, 3), (1.5, 2), (-1, 1)], [(1, 4), (1.5, 3), (-1, 2)], [(1, 5), (1.5, 4), (-1, 3)],
        // x² - 1, the points 1 and -1, times x and x²: 10 and 11.
        [(1, 3), (-1, 1)], [(1, 4), (-1, 2)],
        // All points but 0, 1, -1, 1/2, -2, and all of them: 12 to 17.
        [(1, 8), (-1, 6)], [(1, 8), (1, 7)], [(1, 8), (-1, 7)], [(1, 11), (2, 10)], [(1, 11), (-0.5, 10)], [(1, 9), (-1, 7)],
      ].map(terms), results: Array(12...17)),
    output: LinearSteps(
      inputs: 6,
      steps: [
        [(1, 1), (1, 2)], [(1, 1), (-1, 2)],
        [(1, 6), (1, 0), (1, 3), (1, 4)], [(1, 7), (0.5, 3), (-2, 4)], [(1, 6), (0.25, 3), (4, 4)],
        [(1, 7), (0.125, 3), (-8, 4), (1, 5)],
      ].map(terms), results: Array(8...11)),
    filter: [
      [1, 0, 0], [1.0 / 3, 1.0 / 3, 1.0 / 3], [-1.0 / 3, 1.0 / 3, -1.0 / 3], [-16.0 / 15, -8.0 / 15, -4.0 / 15],
      [1.0 / 15, -2.0 / 15, 4.0 / 15], [0, 0, 1],
    ])

  private static func terms(_ pairs: [(Double, Int)]) -> [LinearSteps.Term] {
    pairs.map { LinearSteps.Term(factor: $0.0, operand: $0.1) }
  }
}

extension WinogradTransform {
  /// `G g Gᵀ` for a filter of three by three taps: for each of the products a factor for each tap, both row by row.
  package var filterFactors: [[Double]] {
    filter.flatMap { row in filter.map { column in row.flatMap { vertical in column.map { vertical * $0 } } } }
  }

  /// `map` along the columns and then along the rows of a square of numbers.
  static func square(_ map: LinearSteps, _ values: [Double]) -> [Double] {
    let width = map.inputs
    let columns = (0..<width).map { column in map.evaluate((0..<width).map { values[$0 * width + column] }) }
    return map.results.indices.flatMap { row in map.evaluate(columns.map { $0[row] }) }
  }

  /// The same as statements, whose locals begin with `name`.
  static func square(_ name: String, _ map: LinearSteps, _ values: [Expr], _ dtype: DType, into statements: inout [Stmt]) -> [Expr] {
    let width = map.inputs
    let columns = (0..<width).map { column in
      map.nest("\(name)_column\(column)", (0..<width).map { values[$0 * width + column] }, dtype, into: &statements)
    }
    return map.results.indices.flatMap { row in map.nest("\(name)_row\(row)", columns.map { $0[row] }, dtype, into: &statements) }
  }
}
