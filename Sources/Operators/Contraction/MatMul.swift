import GraphIR
import LoopIR
import Tensors

/// `a · b` over the last two axes, leading axes broadcast as NumPy does: `[…, M, K] · […, K, N] → […, M, N]`.
package struct MatMul: Operator {
  package static let name = "matmul"
  package static var attributes: [Attribute<MatMul>] {
    [
      .bool("transpose_a", \.transposeA), .bool("transpose_b", \.transposeB), .bool("widens", \.widens), .int("zero_a", \.zeroA),
      .int("zero_b", \.zeroB),
    ]
  }
  /// The last two axes of an input are stored the other way round.
  package var transposeA = false
  package var transposeB = false
  /// Integers of any types are multiplied and summed in int32, the type of the result.
  package var widens = false
  /// What is subtracted from each element of an input before it is multiplied, where integers are widened: their codes of 0.
  package var zeroA = 0
  package var zeroB = 0

  package init() {}
  package init(transposeA: Bool = false, transposeB: Bool = false, widens: Bool = false, zeroA: Int = 0, zeroB: Int = 0) {
    self.transposeA = transposeA
    self.transposeB = transposeB
    self.widens = widens
    self.zeroA = zeroA
    self.zeroB = zeroB
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let (a, b) = (try inputs.required(0), try inputs.required(1))
    guard a.rank >= 2, b.rank >= 2 else {
      throw Diagnostic("\(a) and \(b) are multiplied", hint: "both need two axes or more: add axes of extent 1")
    }
    let dtype = try productType(a.dtype, b.dtype, widens: widens)
    guard zeroA == 0 && zeroB == 0 || widens && abs(zeroA) < 1 << 16 && abs(zeroB) < 1 << 16 else {
      throw Diagnostic(
        "\(a) less \(zeroA) is multiplied with \(b) less \(zeroB)", hint: "only integers of 16 bits that are widened have zeros")
    }
    let (rows, inner) = oriented(a.shape, transposeA)
    let (innerOfB, columns) = oriented(b.shape, transposeB)
    guard inner == innerOfB else {
      throw Diagnostic("\(a) and \(b) are multiplied: the inner extents are \(inner) and \(innerOfB)", hint: "they must be equal")
    }
    let batch = try Broadcasting.shape([a.shape.dropLast(2), b.shape.dropLast(2)].map { Array($0) })
    return [TensorType(dtype, batch + [rows, columns])]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let (a, b) = (try inputs.required(0), try inputs.required(1))
    let type = try infer([a.type, b.type])[0]
    let dims = type.shape.constants ?? []
    let (rows, columns) = (dims[dims.count - 2], dims[dims.count - 1])
    let inner = transposeA ? a.dims[a.rank - 2] : a.dims[a.rank - 1]
    let batch = Array(dims.dropLast(2))
    let left = Broadcasting.expanded(a, to: batch + a.dims.suffix(2)).doubles
    let right = Broadcasting.expanded(b, to: batch + b.dims.suffix(2)).doubles
    var result = [Double](repeating: 0, count: dims.reduce(1, *))
    for block in 0..<batch.reduce(1, *) {
      for row in 0..<rows {
        for k in 0..<inner {
          let x = left[block * rows * inner + (transposeA ? k * rows + row : row * inner + k)] - Double(zeroA)
          for column in 0..<columns {
            let y = right[block * inner * columns + (transposeB ? column * inner + k : k * columns + column)] - Double(zeroB)
            result[(block * rows + row) * columns + column] += x * y
          }
        }
      }
    }
    return [Tensor(type.dtype, dims, result)]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (a, b, output) = (operands.input(0), operands.input(1), operands.output)
    let batch = Array(output.shape.dropLast(2))
    let inner = oriented(a.shape, transposeA).1
    let wide = productAccumulator(a.dtype, widens: widens)
    return loops("b", batch) { outer in
      loop("m", to: output.extent(output.rank - 2)) { m in
        loop("n", to: output.extent(output.rank - 1)) { n in
          local("sum", .constant(0, wide)) { sum in
            loop("k", to: Expr(inner)) { k in
              sum.addProduct(
                a.broadcast(outer + (transposeA ? [k, m] : [m, k]), batch: batch).converted(to: wide).less(zeroA),
                b.broadcast(outer + (transposeB ? [n, k] : [k, n]), batch: batch).converted(to: wide).less(zeroB))
            }
            operands.store(outer + [m, n], sum.value.converted(to: widens ? wide : a.dtype))
          }
        }
      }
    }
  }

  package func macs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Dim {
    outputs[0].shape.elementCount * (inputs[0].map { oriented($0.shape, transposeA).1 } ?? 0)
  }

  private func oriented(_ shape: Shape, _ isTransposed: Bool) -> (Dim, Dim) {
    let (first, last) = (shape[shape.count - 2], shape[shape.count - 1])
    return isTransposed ? (last, first) : (first, last)
  }
}

extension Expr {
  fileprivate func less(_ zero: Int) -> Expr { zero == 0 ? self : .binary(.subtract, self, .int(Int64(zero), dtype)) }
}

extension TensorView {
  /// The element at `index` where only the axes before the last two broadcast, up to `batch`.
  fileprivate func broadcast(_ index: [Expr], batch: Shape) -> Expr {
    broadcast(index, to: batch + shape.suffix(2))
  }
}
