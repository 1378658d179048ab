import GraphIR
import LoopIR
import Tensors

/// `x · W` for a matrix most of whose elements are zero: `[…, K] → […, N]`. The outputs are dealt out to blocks of `lanes`, and the
/// non-zero elements of each to `steps` of which every one adds one product per lane. Four steps in a row see the same `2 * lanes`
/// elements of x, from a start of their own, so that both vectors stay in registers; lanes that have run out add a zero.
///
/// Inputs: `x`, `values [steps / 4, 4, lanes]`, `numbers [steps / 4, lanes]`, int32, of which byte j tells step j the element that is
/// multiplied, `starts [steps / 4]`, uint16 or int32, and `bounds [blocks + 1]`, int32: which fours of steps belong to a block. A start
/// from which two vectors would leave x is moved to the nearest from which they do not; a bound is moved to the nearest four.
package struct SparseProduct: Operator {
  package static let name = "sparse_product"
  package static var attributes: [Attribute<SparseProduct>] { [.int("outputs", \.outputs)] }
  /// Extent of the last axis of the result; the lanes beyond it are not stored.
  package var outputs = 1

  package init() {}
  package init(outputs: Int) { self.outputs = outputs }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let (x, values) = (try inputs.required(0), try inputs.required(1))
    guard let dims = values.shape.constants, dims.count == 3, dims[1] == 4, dims[2].nonzeroBitCount == 1, dims[2] <= 32 else {
      throw Diagnostic("the values are \(values)", hint: "[steps / 4, 4, lanes] is expected, with lanes a power of two up to 32")
    }
    guard x.dtype.isFloat, x.dtype == values.dtype, let last = x.shape.last, last.constant ?? 0 >= 2 * dims[2] else {
      throw Diagnostic("\(x) is multiplied with \(values)", hint: "as many elements as two vectors are expected along the last axis of x")
    }
    guard (1...1 << 24).contains(outputs) else { throw Diagnostic("there are \(outputs) outputs", hint: "at least one is expected") }
    let (fours, blocks) = (Dim(dims[0]), Dim(outputs.ceilingDivision(by: dims[2])))
    try inputs.required(2).checkTable("numbers", [.int32], [fours, Dim(dims[2])])
    try inputs.required(3).checkTable("starts", [.uint16, .int32], [fours])
    try inputs.required(4).checkTable("bounds", [.int32], [blocks + 1])
    return [TensorType(x.dtype, x.shape.dropLast() + [Dim(outputs)])]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let (x, values) = (try inputs.required(0), try inputs.required(1))
    let dims = try infer(inputs.map { $0?.type })[0].shape.constants ?? []
    let (inner, fours, lanes) = (x.dims[x.rank - 1], values.dims[0], values.dims[2])
    let (factors, weights, numbers) = (x.doubles, values.doubles, try inputs.required(2).integers)
    let starts = try inputs.required(3).integers.map { Int($0.clamped(to: 0...Int64(inner - 2 * lanes))) }
    let bounds = try inputs.required(4).integers.map { Int($0.clamped(to: 0...Int64(fours))) }
    let result = Indices(dims).map { index in
      let (row, output) = (index.dropLast().enumerated().reduce(0) { $0 * dims[$1.offset] + $1.element } * inner, index[dims.count - 1])
      let (block, lane) = output.quotientAndRemainder(dividingBy: lanes)
      return stride(from: 4 * bounds[block], to: 4 * bounds[block + 1], by: 1).reduce(0) { sum, step in
        let number = Int(numbers[step / 4 * lanes + lane] >> Int64(8 * (step % 4))) & (2 * lanes - 1)
        return sum + weights[step * lanes + lane] * factors[row + starts[step / 4] + number]
      }
    }
    return [Tensor(x.dtype, dims, result)]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (x, lanes) = (operands.input(0), operands.input(1).shape[2].constant ?? 1)
    let rows = Array(x.shape.dropLast())
    return operands.storingBlocks(rows, outputs: outputs) { store in products(operands, rows, lanes, store: store) }
  }

  /// The sums of each row and lane, handed to `store` with their place.
  private func products(_ operands: Operands, _ rows: Shape, _ lanes: Int, store: ([Expr], Expr, Expr) -> Stmt) -> [Stmt] {
    let (values, bounds) = (operands.input(1), operands.input(4))
    return loops("m", rows) { row in
      loop("b", to: bounds.extent(0) - 1) { block in
        loop("lane", to: .index(lanes)) { lane in
          (0..<4).map { Stmt.declare(sum($0, values.dtype), .constant(0, values.dtype)) }
          loop("q", from: maximum(bounds[block], 0), to: minimum(bounds[block + 1], values.extent(0))) { four in
            (0..<4).map { step in
              let product = Expr.multiplyAdd(
                values[four, .index(step), lane], element(operands, row, four, lane, step), .variable(sum(step, values.dtype)))
              return Stmt.assign(sum(step, values.dtype), product)
            }
          }
          store(row, block * .index(lanes) + lane, total(values.dtype))
        }
      }
    }
  }

  private func sum(_ step: Int, _ dtype: DType) -> Variable { Variable("sum\(step)", ValueType(dtype)) }

  private func total(_ dtype: DType) -> Expr {
    let sums = (0..<4).map { Expr.variable(sum($0, dtype)) }
    return (sums[0] + sums[2]) + (sums[1] + sums[3])
  }

  /// The element of x that a step multiplies in a lane.
  private func element(_ operands: Operands, _ row: [Expr], _ four: Expr, _ lane: Expr, _ step: Int) -> Expr {
    let (x, numbers, window) = (operands.input(0), operands.input(2)[four, lane], 2 * (operands.input(2).shape[1].constant ?? 1))
    let (start, last) = (operands.input(3)[four], x.extent(x.rank - 1) - .index(window))
    let first = minimum(start.dtype == .uint16 ? start.converted(to: .int32) : maximum(start, 0), last)
    guard x.strides.last == 1, x.type.layout == .rowMajor else {
      return x[row + [first + .binary(.and, .binary(.shiftRight, numbers, .index(8 * step)), .index(window - 1))]]
    }
    return .lookup(x.buffer, at: x.position(row + [first]), numbers: numbers, shift: 8 * step, window: window)
  }

  package func workspaces(_ inputs: [TensorType?], _ outputs: [TensorType]) -> [TensorType] {
    guard let lanes = inputs[1]?.shape[2].constant, !self.outputs.isMultiple(of: lanes) else { return [] }
    return [TensorType(outputs[0].dtype, outputs[0].shape.dropLast() + [Dim(self.outputs.ceilingDivision(by: lanes) * lanes)])]
  }

  /// Of the products that are computed, those with a zero that fills a lane included.
  package func macs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Dim {
    Array(outputs[0].shape.dropLast()).elementCount * (inputs[1].map { $0.shape.elementCount } ?? 0)
  }
}

extension Int64 {
  fileprivate func clamped(to range: ClosedRange<Int64>) -> Int64 { Swift.min(Swift.max(self, range.lowerBound), range.upperBound) }
}
