import GraphIR
import LoopIR
import Tensors

/// `x · W` of uint8 by int8 for a matrix most of whose elements are zero: `[…, K] → […, N]` in int32, which wraps. The outputs are dealt
/// out to blocks of `lanes`, and the non-zero elements of each to steps, of which every one adds four products per lane: of any of the 16
/// elements of x from the step's start on. Lanes that have run out add zeros.
///
/// Inputs: `x`, `values [pairs, 2, 4 · lanes]`, `numbers [pairs, 4 · lanes]`, uint8, whose lower and upper four bits tell the first and
/// the second step which elements are multiplied, `starts [pairs, 2]`, uint16 or int32, and `bounds [blocks + 1]`, int32: which pairs of
/// steps belong to a block. What would leave x is moved to the nearest that does not.
package struct SparseDots: Operator {
  package static let name = "sparse_dots"
  package static var attributes: [Attribute<SparseDots>] { [.int("outputs", \.outputs)] }
  /// Elements of x that a step sees.
  package static let window = 16
  /// Extent of the last axis of the result; the lanes beyond it are not stored.
  package var outputs = 1
  /// Starts and bounds are known to stay within the ends. Only who makes them can say so: no file does.
  package var staysInside = false

  package init() {}
  package init(outputs: Int, staysInside: Bool = false) { (self.outputs, self.staysInside) = (outputs, staysInside) }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let (x, values) = (try inputs.required(0), try inputs.required(1))
    guard let dims = values.shape.constants, dims.count == 3, dims[1] == 2, dims[2] % 4 == 0, (dims[2] / 4).nonzeroBitCount == 1,
      dims[2] <= 128, dims[0] > 0, values.dtype == .int8
    else {
      throw Diagnostic("the values are \(values)", hint: "int8 [pairs, 2, 4 · lanes] is expected, with lanes a power of two up to 32")
    }
    guard x.dtype == .uint8, let last = x.shape.last?.constant, last >= Self.window else {
      throw Diagnostic("\(x) is multiplied with \(values)", hint: "uint8 is expected, \(Self.window) or more along the last axis")
    }
    guard (1...1 << 24).contains(outputs) else { throw Diagnostic("there are \(outputs) outputs", hint: "at least one is expected") }
    let (pairs, blocks) = (Dim(dims[0]), Dim(outputs.ceilingDivision(by: dims[2] / 4)))
    try inputs.required(2).checkTable("numbers", [.uint8], [pairs, Dim(dims[2])])
    try inputs.required(3).checkTable("starts", [.uint16, .int32], [pairs, 2])
    try inputs.required(4).checkTable("bounds", [.int32], [blocks + 1])
    return [TensorType(.int32, x.shape.dropLast() + [Dim(outputs)])]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let (x, values) = (try inputs.required(0), try inputs.required(1))
    let dims = try infer(inputs.map { $0?.type })[0].shape.constants ?? []
    let (inner, pairs, lanes) = (x.dims[x.rank - 1], values.dims[0], values.dims[2] / 4)
    let (factors, weights, numbers) = (x.integers, values.integers, try inputs.required(2).integers)
    let starts = try inputs.required(3).integers.map { Swift.min(Swift.max(Int($0), 0), inner - Self.window) }
    let bounds = try inputs.required(4).integers.map { Swift.min(Swift.max(Int($0), 0), pairs) }
    let result = (0..<dims.reduce(1, *)).map { flat in
      let (row, output) = flat.quotientAndRemainder(dividingBy: outputs)
      let (block, lane) = output.quotientAndRemainder(dividingBy: lanes)
      return stride(from: 2 * bounds[block], to: 2 * bounds[block + 1], by: 1).reduce(Int64(0)) { sum, step in
        (4 * lane..<4 * lane + 4).reduce(sum) { sum, place in
          let number = Int(numbers[step / 2 * 4 * lanes + place] >> Int64(4 * (step % 2))) & (Self.window - 1)
          return sum + weights[step * 4 * lanes + place] * factors[row * inner + starts[step] + number]
        }
      }
    }
    return [Tensor(.int32, dims, integers: result)]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (x, lanes) = (operands.input(0), (operands.input(1).shape[2].constant ?? 4) / 4)
    let rows = Array(x.shape.dropLast())
    return operands.storingBlocks(rows, outputs: outputs) { store in products(operands, rows, lanes, store: store) }
  }

  /// The sums of each row and lane, handed to `store` with their place.
  private func products(_ operands: Operands, _ rows: Shape, _ lanes: Int, store: ([Expr], Expr, Expr) -> Stmt) -> [Stmt] {
    let (values, bounds) = (operands.input(1), operands.input(4))
    let sums = (0..<2).map { Variable("sum\($0)", ValueType(.int32)) }
    func bound(_ index: Expr, _ inside: (Expr) -> Expr) -> Expr { staysInside ? bounds[index] : inside(bounds[index]) }
    return loops("m", rows) { row in
      loop("b", to: bounds.extent(0) - 1) { block in
        loop("lane", to: .index(lanes)) { lane in
          sums.map { Stmt.declare($0, .constant(0, .int32)) }
          loop("q", from: bound(block) { maximum($0, 0) }, to: bound(block + 1) { minimum($0, values.extent(0)) }) { pair in
            sums.enumerated().map { step, sum in
              Stmt.assign(sum, product(operands, row, [pair, .index(step)], lane * 4, .variable(sum)))
            }
          }
          store(row, block * .index(lanes) + lane, .variable(sums[0]) + .variable(sums[1]))
        }
      }
    }
  }

  /// Four products of a step added to a sum.
  private func product(_ operands: Operands, _ row: [Expr], _ step: [Expr], _ first: Expr, _ sum: Expr) -> Expr {
    let (x, values, numbers, starts) = (operands.input(0), operands.input(1), operands.input(2), operands.input(3))
    let (start, shift) = (starts[step].converted(to: .int32), 4 * (step[1].constantIndex ?? 0))
    let inside = staysInside ? start : maximum(minimum(start, x.extent(x.rank - 1) - .index(Self.window)), 0)
    if x.strides.last == 1, x.type.layout == .rowMajor, x.periods.isEmpty {
      let elements = Expr.lookup(
        x.buffer, at: x.position(row + [inside]), numbers: numbers.group([step[0], first], of: 4), shift: shift, window: Self.window)
      return .dot(elements, values.group(step + [first], of: 4), sum)
    }
    return (0..<4).reduce(sum) { sum, element in
      let number = Expr.binary(
        .and, .binary(.shiftRight, numbers[step[0], first + .index(element)].converted(to: .int32), .index(shift)), .index(Self.window - 1))
      let weight = values[step + [first + .index(element)]].converted(to: .int32)
      return .multiplyAdd(x[row + [inside + number]].converted(to: .int32), weight, sum)
    }
  }

  package func workspaces(_ inputs: [TensorType?], _ outputs: [TensorType]) -> [TensorType] {
    guard let lanes = inputs[1]?.shape[2].constant.map({ $0 / 4 }), !self.outputs.isMultiple(of: lanes) else { return [] }
    return [TensorType(.int32, outputs[0].shape.dropLast() + [Dim(self.outputs.ceilingDivision(by: lanes) * lanes)])]
  }

  /// Of the products that are computed, those with a zero that fills a lane included.
  package func macs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Dim {
    Array(outputs[0].shape.dropLast()).elementCount * (inputs[1].map { $0.shape.elementCount } ?? 0)
  }
}
