import GraphIR
import LoopIR
import Tensors

/// The softmax of codes along an axis without floats: `b^x / Σ b^x` in int32, in units of `2^-28`, where the base `b` is `2^octaves`. For
/// codes of a step `s` that stand for real numbers, `octaves` is `s · log2(e)`.
///
/// Each result is off by at most `(3e-4 + n² · 2^-29) p + n · 2^-29` where `p` is the real softmax of `n` codes, and none exceeds 1: the
/// exponentials are off by 1.2e-4 of themselves each, and rounded down to units of at most `n · 2^-29`, so that their sum fits.
package struct IntegerSoftmax: Operator {
  package static let name = "integer_softmax"
  package static var attributes: [Attribute<IntegerSoftmax>] { [.int("axis", \.axis), .float("octaves", \.octaves)] }
  /// What one is in the result.
  package static let unit = 0x1p-28
  package static let longestRow = 4096

  package var axis = -1
  package var octaves = 1.0

  package init() {}
  package init(axis: Int, octaves: Double) {
    self.axis = axis
    self.octaves = octaves
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let x = try inputs.required(0)
    guard Octaves(octaves, x.dtype) != nil else {
      throw Diagnostic("integer softmax of \(x) in steps of \(octaves) octaves", hint: "codes of 8 or 16 bits in small steps are expected")
    }
    let extent = x.shape[try normalisedAxis(axis, rank: x.rank)]
    guard let count = extent.constant, count <= Self.longestRow else {
      throw Diagnostic("integer softmax along \(extent) elements", hint: "at most \(Self.longestRow), a known number, are expected")
    }
    return [TensorType(.int32, x.shape)]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let x = try inputs.required(0)
    let codes = x.integers
    var result = codes
    for row in try ReducedAxes([axis], rank: x.rank).rows(x) {
      let peak = row.map { codes[$0] }.max() ?? 0
      let differences = Tensor(.int32, [row.count], integers: row.map { peak - codes[$0] })
      let body = ElementwiseBody(exponential(ElementwiseBody.input(0, .int32), x.dtype, row.count))
      let exponentials = try body.evaluate([differences], dims: [row.count], precision: .typed).integers
      let bits = Self.exponentialBits(row.count)
      let scale = (Int64(1) << (bits + 30)) / max(exponentials.reduce(0, +), 1)
      for (at, exponential) in zip(row, exponentials) { result[at] = ((exponential << (30 - bits)) * scale) >> 32 }
    }
    return [Tensor(.int32, x.dims, integers: result)]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let x = operands.input(0)
    let axes = ReducedAxes(settled: [axis], rank: x.rank)
    let count = x.shape[axes.reduced[0]].constant ?? 0
    guard count > 0 else { return [] }
    let (extent, bits) = (Expr.index(count), Self.exponentialBits(count))
    return loops("i", axes.kept.map { x.shape[$0] }) { outer in
      local("peak", .int(x.dtype.integerRange.lowerBound, .int32)) { peak in
        loop("p", to: extent) { k in peak.set(maximum(peak.value, x[axes.merged(outer, [k])].converted(to: .int32))) }
        local("sum", .int(0, .int32)) { sum in
          loop("e", to: extent) { k in
            local("difference", peak.value - x[axes.merged(outer, [k])].converted(to: .int32)) { difference in
              local("exponential", exponential(difference.value, x.dtype, count)) { exponential in
                operands.workspaces[0].store([k], exponential.value)
                sum.add(exponential.value)
              }
            }
          }
          local("scale", .cast(.int32, .int(1 << (bits + 30), .int64) / .cast(.int64, sum.value))) { scale in
            loop("k", to: extent) { k in
              let exponential = operands.workspaces[0][k] * .int(1 << (30 - bits), .int32)
              operands.store(axes.merged(outer, [k]), .binary(.multiplyHigh, exponential, scale.value))
            }
          }
        }
      }
    }
  }

  /// The exponentials of one row.
  package func workspaces(_ inputs: [TensorType?], _ outputs: [TensorType]) -> [TensorType] {
    guard let x = inputs[0] else { return [] }
    return [TensorType(.int32, [x.shape[axis < 0 ? axis + x.rank : axis]])]
  }

  /// Of what lies a difference below the greatest code of its row.
  private func exponential(_ difference: Expr, _ dtype: DType, _ count: Int) -> Expr {
    let octaves = Octaves(octaves, dtype)?.expr(difference) ?? difference
    return BinaryExponential.expr(octaves, bits: Self.exponentialBits(count))
  }

  /// As many that the sum of a row fits.
  private static func exponentialBits(_ count: Int) -> Int64 { 30 - Int64(count.bitsOfRange) }
}

extension Int {
  /// The least number of bits `b` for which `2^b` is not less.
  var bitsOfRange: Int { self <= 1 ? 0 : Int.bitWidth - (self - 1).leadingZeroBitCount }
}
