import GraphIR
import LoopIR
import Tensors

/// `(x - mean) / divisor * scale + offset`, where mean and divisor are taken over some axes. Layer, group, instance, RMS and
/// unit normalisation are this over other axes; inputs 1 and 2, scale and offset, are optional and broadcast to `x`.
package struct Normalise: Operator {
  package enum Divisor: String, CaseIterable, Sendable {
    /// `sqrt(mean of squares + epsilon)`: after the mean is subtracted, the standard deviation.
    case deviation
    /// `sqrt(max(sum of squares, epsilon))`.
    case norm
  }

  package static let name = "normalise"
  package static var attributes: [Attribute<Normalise>] {
    [
      .ints("axes", \.axes), .bool("subtract_mean", \.subtractsMean), .choice("divisor", \.divisor), .float("epsilon", \.epsilon),
    ]
  }
  /// Empty: all axes.
  package var axes: [Int] = [-1]
  package var subtractsMean = true
  package var divisor = Divisor.deviation
  package var epsilon = 1e-3

  package init() {}
  package init(axes: [Int], subtractsMean: Bool = true, divisor: Divisor = .deviation, epsilon: Double) {
    self.axes = axes
    self.subtractsMean = subtractsMean
    self.divisor = divisor
    self.epsilon = epsilon
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let x = try inputs.required(0)
    guard x.dtype.isFloat, epsilon >= 0 else {
      throw Diagnostic("\(x) is normalised with epsilon \(epsilon)", hint: "cast it to a float type; epsilon must be 0 or more")
    }
    _ = try ReducedAxes(axes, rank: x.rank)
    for parameter in [inputs.optional(1), inputs.optional(2)].compactMap({ $0 }) {
      guard parameter.dtype == x.dtype, try Broadcasting.shape([x.shape, parameter.shape]) == x.shape else {
        throw Diagnostic("\(x) is normalised with the parameter \(parameter)", hint: "it must have the same type and broadcast to it")
      }
    }
    return [TensorType(x.dtype, x.shape)]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let x = try inputs.required(0)
    var values = x.doubles
    for row in try ReducedAxes(axes, rank: x.rank).rows(x) {
      let count = Double(row.count)
      let mean = subtractsMean ? row.reduce(0) { $0 + values[$1] } / count : 0
      let squares = row.reduce(0) { $0 + (values[$1] - mean) * (values[$1] - mean) }
      let divided = divisor == .deviation ? squares / count + epsilon : max(squares, epsilon)
      for at in row { values[at] = (values[at] - mean) / divided.squareRoot() }
    }
    if let scale = inputs.optional(1) { values = zip(values, Broadcasting.expanded(scale, to: x.dims).doubles).map { $0 * $1 } }
    if let offset = inputs.optional(2) { values = zip(values, Broadcasting.expanded(offset, to: x.dims).doubles).map { $0 + $1 } }
    return [Tensor(x.dtype, x.dims, values)]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let x = operands.input(0)
    let axes = ReducedAxes(settled: axes, rank: x.rank)
    let inner = axes.reduced.map { x.shape[$0] }
    let count = Expr(axes.count(x.shape)).converted(to: x.dtype.accumulator)
    return loops("i", axes.kept.map { x.shape[$0] }) { outer in
      unlessEmpty(axes.count(x.shape)) {
        centred(x, axes, outer, count) { element in
          local("squares", .constant(0, x.dtype.accumulator)) { squares in
            loops("q", inner) { k in
              local("distance", element(axes.merged(outer, k))) { squares.addProduct($0.value, $0.value) }
            }
            local("factor", .unary(.reciprocalSqrt, divided(squares.value, count))) { factor in
              loops("k", inner) { k in
                let index = axes.merged(outer, k)
                operands.store(index, adjusted(element(index) * factor.value, index, operands).converted(to: x.dtype))
              }
            }
          }
        }
      }
    }
  }

  package func inPlaceInputs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> [Int] { [0] }

  package func macs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Dim { outputs[0].shape.elementCount * 2 }

  /// Gives `body` the elements less their mean, if it is to be subtracted.
  private func centred(
    _ x: TensorView, _ axes: ReducedAxes, _ outer: [Expr], _ count: Expr, _ body: (@escaping ([Expr]) -> Expr) -> [Stmt]
  ) -> [Stmt] {
    let type = x.dtype.accumulator
    guard subtractsMean else { return body { x[$0].converted(to: type) } }
    return local("sum", .constant(0, type)) { sum in
      loops("m", axes.reduced.map { x.shape[$0] }) { k in sum.add(x[axes.merged(outer, k)].converted(to: type)) }
      local("mean", sum.value / count) { mean in body { x[$0].converted(to: type) - mean.value } }
    }
  }

  private func divided(_ squares: Expr, _ count: Expr) -> Expr {
    let epsilon = Expr.constant(epsilon, squares.dtype)
    return divisor == .deviation ? squares / count + epsilon : maximum(squares, epsilon)
  }

  private func adjusted(_ value: Expr, _ index: [Expr], _ operands: Operands) -> Expr {
    func parameter(_ position: Int) -> Expr? {
      operands.optionalInput(position).map { $0.broadcast(index, to: operands.output.shape).converted(to: value.dtype) }
    }
    switch (parameter(1), parameter(2)) {
    case (nil, nil): return value
    case (let scale?, nil): return value * scale
    case (nil, let offset?): return value + offset
    case (let scale?, let offset?): return .multiplyAdd(value, scale, offset)
    }
  }
}
