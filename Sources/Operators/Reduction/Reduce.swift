import GraphIR
import LoopIR
import Tensors

/// One number from all elements along some axes. A NaN makes sums, means and products NaN; minimum and maximum skip it (of
/// nothing but NaN they are infinite). Of no elements a sum is 0, a product 1, a mean NaN, and an extreme the last one that any
/// element would replace.
package struct Reduce: Operator {
  package enum Function: String, CaseIterable, Sendable {
    case sum, mean, max, min, prod
    /// The sum of magnitudes, and the root of the sum of squares.
    case l1, l2
    /// `log(Σ exp(x))`, without overflow.
    case logSumExp = "logsumexp"
    /// On bool: whether one is true, whether all are.
    case any, all
  }

  package static let name = "reduce"
  package static var attributes: [Attribute<Reduce>] {
    [.choice("function", \.function), .ints("axes", \.axes), .bool("keep_dims", \.keepDims), .bool("widens", \.widens)]
  }
  package var function = Function.sum
  /// Empty: all axes.
  package var axes: [Int] = []
  /// The axes stay, with extent 1.
  package var keepDims = false
  /// Integers are summed in int32, the type of the result.
  package var widens = false

  package init() {}
  package init(_ function: Function, axes: [Int] = [], keepDims: Bool = false, widens: Bool = false) {
    self.function = function
    self.axes = axes
    self.keepDims = keepDims
    self.widens = widens
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let x = try inputs.required(0)
    guard function.accepts(x.dtype) else {
      throw Diagnostic("\"\(function.rawValue)\" of \(x)", hint: "cast it to \(function.hint)")
    }
    let axes = try ReducedAxes(axes, rank: x.rank)
    return [TensorType(try resultType(x.dtype), axes.shape(x.shape, keepDims: keepDims))]
  }

  private func resultType(_ dtype: DType) throws(Diagnostic) -> DType {
    guard widens else { return dtype }
    guard function == .sum else { throw Diagnostic("\"\(function.rawValue)\" in int32", hint: "only sums are widened") }
    return try productType(dtype, dtype, widens: true)
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let x = try inputs.required(0)
    let dims = try resultDims(inputs)
    let rows = try ReducedAxes(axes, rank: x.rank).rows(x)
    switch Column(x) {
    case .floats(let values): return [Tensor(x.dtype, dims, rows.map { row in function.value(row.map { values[$0] }) })]
    case .integers(let values):
      let dtype = widens ? DType.int32 : x.dtype
      return [Tensor(dtype, dims, integers: rows.map { row in function.value(row.map { values[$0] }, dtype) })]
    }
  }

  package func lower(_ operands: Operands) -> [Stmt] { nest(operands.input(0), operands) }

  /// Reduces `x`, the input or another view of it.
  func nest(_ x: TensorView, _ operands: Operands) -> [Stmt] {
    let axes = ReducedAxes(settled: axes, rank: x.rank)
    let wide = productAccumulator(x.dtype, widens: widens)
    return loops("i", axes.kept.map { x.shape[$0] }) { outer in
      shifted(x, axes, outer) { shift in
        local("result", function.start(wide)) { result in
          loops("r", axes.reduced.map { x.shape[$0] }) { inner in
            step(result, x[axes.merged(outer, inner)].converted(to: wide), shift)
          }
          operands.store(
            keepDims ? axes.merged(outer, axes.reduced.map { _ in 0 }) : outer,
            finished(result.value, shift, axes.count(x.shape)).converted(to: widens ? wide : x.dtype))
        }
      }
    }
  }

  package func macs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Dim {
    function == .l2 ? inputs[0]?.shape.elementCount ?? 0 : 0
  }

  /// For `logSumExp` the largest element, by which all are reduced so that no exponential overflows; else nothing.
  private func shifted(_ x: TensorView, _ axes: ReducedAxes, _ outer: [Expr], _ body: (Expr?) -> [Stmt]) -> [Stmt] {
    guard function == .logSumExp else { return body(nil) }
    let type = x.dtype.accumulator
    return local("peak", type.lowest) { peak in
      loops("p", axes.reduced.map { x.shape[$0] }) { inner in
        peak.set(maximum(peak.value, x[axes.merged(outer, inner)].converted(to: type)))
      }
      // An infinite shift would make NaN of infinity minus infinity.
      local("shift", .select(.unary(.isInfinite, peak.value), .constant(0, type), peak.value)) { body($0.value) }
    }
  }

  private func step(_ result: Local, _ element: Expr, _ shift: Expr?) -> Stmt {
    switch function {
    case .sum, .mean: result.add(element)
    case .max: result.set(maximum(result.value, element))
    case .min: result.set(minimum(result.value, element))
    case .prod: result.set(.binary(.multiply, result.value, element))
    case .l1: result.add(.unary(.abs, element))
    case .l2: result.addProduct(element, element)
    case .logSumExp: result.add(.unary(.exp, shift.map { element - $0 } ?? element))
    case .any: result.set(.binary(.or, result.value, element))
    case .all: result.set(.binary(.and, result.value, element))
    }
  }

  private func finished(_ result: Expr, _ shift: Expr?, _ count: Dim) -> Expr {
    switch function {
    case .sum, .max, .min, .prod, .l1, .any, .all: return result
    case .mean:
      if count.constant != nil, count != 0 { return result / Expr(count).converted(to: result.dtype) }
      let nan = Expr.constant(.nan, result.dtype)
      return count == 0 ? nan : .select(Expr(count) .> 0, result / maximum(Expr(count), 1).converted(to: result.dtype), nan)
    case .l2: return .unary(.sqrt, result)
    case .logSumExp:
      let log = Expr.unary(.log, result)
      return shift.map { log + $0 } ?? log
    }
  }
}
