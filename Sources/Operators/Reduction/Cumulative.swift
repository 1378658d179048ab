import GraphIR
import LoopIR
import Tensors

/// Sums or products of all elements up to each one along an axis. Those of integers wrap.
package struct Cumulative: Operator {
  package enum Function: String, CaseIterable, Sendable { case sum, prod }

  package static let name = "cumulative"
  package static var attributes: [Attribute<Cumulative>] {
    [.choice("function", \.function), .int("axis", \.axis), .bool("exclusive", \.isExclusive), .bool("reverse", \.isReversed)]
  }
  package var function = Function.sum
  package var axis = -1
  /// The element itself is left out.
  package var isExclusive = false
  /// From the last element on.
  package var isReversed = false

  package init() {}
  package init(_ function: Function, axis: Int, isExclusive: Bool = false, isReversed: Bool = false) {
    self.function = function
    self.axis = axis
    self.isExclusive = isExclusive
    self.isReversed = isReversed
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let x = try inputs.required(0)
    guard x.dtype != .bool else { throw Diagnostic("cumulative \(function.rawValue) of \(x)", hint: "cast it to a number type") }
    _ = try normalisedAxis(axis, rank: x.rank)
    return [TensorType(x.dtype, x.shape)]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let x = try inputs.required(0)
    let rows = try ReducedAxes([axis], rank: x.rank).rows(x).map { isReversed ? $0.reversed() : $0 }
    switch Column(x) {
    case .floats(let values): return [Tensor(x.dtype, x.dims, running(values, rows, 0, 1, +, *))]
    case .integers(let values): return [Tensor(x.dtype, x.dims, integers: running(values, rows, 0, 1, &+, &*))]
    }
  }

  private func running<T>(_ values: [T], _ rows: [[Int]], _ zero: T, _ one: T, _ add: (T, T) -> T, _ multiply: (T, T) -> T) -> [T] {
    var result = values
    for row in rows {
      var total = function == .sum ? zero : one
      for at in row {
        let before = total
        total = function == .sum ? add(total, values[at]) : multiply(total, values[at])
        result[at] = isExclusive ? before : total
      }
    }
    return result
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let x = operands.input(0)
    let axes = ReducedAxes(settled: [axis], rank: x.rank)
    let (type, extent) = (x.dtype.accumulator, x.extent(axes.reduced[0]))
    return loops("i", axes.kept.map { x.shape[$0] }) { outer in
      local("total", .constant(function == .sum ? 0 : 1, type)) { total in
        loop("k", to: extent) { k in
          let index = axes.merged(outer, [isReversed ? extent - 1 - k : k])
          local("element", x[index].converted(to: type)) { element in
            if isExclusive { operands.store(index, total.value.converted(to: x.dtype)) }
            total.set(.binary(function == .sum ? .add : .multiply, total.value, element.value))
            if !isExclusive { operands.store(index, total.value.converted(to: x.dtype)) }
          }
        }
      }
    }
  }

  package func inPlaceInputs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> [Int] { [0] }
}
