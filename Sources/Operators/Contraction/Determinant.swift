import GraphIR
import LoopIR
import Tensors

/// The determinants of square matrices, `[…, N, N] → […]`: the product of the pivots of an elimination with row exchanges, in
/// float64 whatever the type. Of a matrix without elements it is 1.
package struct Determinant: Operator {
  package static let name = "determinant"
  package init() {}

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let x = try inputs.required(0)
    guard x.dtype.isFloat, x.rank >= 2, x.shape[x.rank - 1] == x.shape[x.rank - 2] else {
      throw Diagnostic("the determinant of \(x)", hint: "floats are expected, the last two extents equal")
    }
    return [TensorType(x.dtype, x.shape.dropLast(2))]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let x = try inputs.required(0)
    let (dims, n, values) = (try resultDims(inputs), x.dims[x.rank - 1], x.doubles)
    let determinants = (0..<dims.reduce(1, *)).map { matrix in
      let rows = (0..<n).map { row -> [Double] in
        let start = (matrix * n + row) * n
        return Array(values[start..<start + n])
      }
      return value(rows)
    }
    return [Tensor(x.dtype, dims, determinants)]
  }

  private func value(_ matrix: [[Double]]) -> Double {
    var (rows, result) = (matrix, 1.0)
    for k in rows.indices {
      let pivot = rows.indices[k...].reduce(k) { abs(rows[$1][k]) > abs(rows[$0][k]) ? $1 : $0 }
      if pivot != k { rows.swapAt(k, pivot) }
      result *= pivot == k ? rows[k][k] : -rows[k][k]
      for row in rows.indices[(k + 1)...] where rows[k][k] != 0 {
        let factor = rows[row][k] / rows[k][k]
        for column in k..<rows.count { rows[row][column] -= factor * rows[k][column] }
      }
    }
    return result
  }

  /// A copy of one matrix, which is eliminated in place.
  package func workspaces(_ inputs: [TensorType?], _ outputs: [TensorType]) -> [TensorType] {
    inputs[0].map { [TensorType(.float64, $0.shape.suffix(2))] } ?? []
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (x, rows) = (operands.input(0), operands.workspaces[0])
    let n = rows.extent(0)
    return loops("i", x.shape.dropLast(2)) { outer in
      loops("c", rows.shape) { at in rows.store(at, x[outer + at].converted(to: .float64)) }
      local("result", .constant(1, .float64)) { result in
        loop("k", to: n) { k in
          pivot(rows, k) { at in
            exchange(rows, k, at)
            result.set(result.value * .select(at .== k, rows[k, k], -rows[k, k]))
          }
          eliminate(rows, k)
        }
        operands.store(outer, result.value.converted(to: x.dtype))
      }
    }
  }

  /// The first row from `k` on whose element in column `k` is greatest.
  private func pivot(_ rows: TensorView, _ k: Expr, @NestBuilder _ body: (Expr) -> [Stmt]) -> [Stmt] {
    local("best", .unary(.abs, rows[k, k])) { best in
      local("at", k) { at in
        loop("r", from: k + 1, to: rows.extent(0)) { row in
          local("candidate", .unary(.abs, rows[row, k])) { candidate in
            local("wins", candidate.value .> best.value) { wins in
              best.set(.select(wins.value, candidate.value, best.value))
              at.set(.select(wins.value, row, at.value))
            }
          }
        }
        body(at.value)
      }
    }
  }

  private func exchange(_ rows: TensorView, _ a: Expr, _ b: Expr) -> Stmt {
    loop("x", from: a, to: rows.extent(1)) { column in
      local("kept", rows[a, column]) { kept in
        rows.store([a, column], rows[b, column])
        rows.store([b, column], kept.value)
      }
    }
  }

  /// Takes row `k` from those below, so that column `k` of these would be zero. Where the pivot is zero they are so already.
  private func eliminate(_ rows: TensorView, _ k: Expr) -> Stmt {
    loop("e", from: k + 1, to: rows.extent(0)) { row in
      local("factor", .select(rows[k, k] .== .constant(0, .float64), rows[k, k], rows[row, k] / rows[k, k])) { factor in
        loop("f", from: k + 1, to: rows.extent(1)) { column in
          rows.store([row, column], rows[row, column] - factor.value * rows[k, column])
        }
      }
    }
  }

  package func macs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Dim {
    guard let x = inputs[0] else { return 0 }
    return x.shape.elementCount * x.shape[x.rank - 1] / 3
  }
}
