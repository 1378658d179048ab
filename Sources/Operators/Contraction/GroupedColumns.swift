import GraphIR
import LoopIR
import Tensors

/// The second factor of matrix products, brought into groups of four neighbours of its columns as `PackedProduct` reads them:
/// `[…, K, N]`, or with `transposed` `[…, N, K]`, becomes `[…, groups, 4 · N]`, int8. Of uint8, 128 is subtracted. Where four does not divide K,
/// the last group ends where the columns end, and what it shares with the one before is zero.
package struct GroupedColumns: Operator {
  package static let name = "grouped_columns"
  package static var attributes: [Attribute<GroupedColumns>] { [.bool("transposed", \.transposed)] }
  package var transposed = false

  package init() {}
  package init(transposed: Bool) { self.transposed = transposed }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let x = try inputs.required(0)
    guard x.dtype == .uint8 || x.dtype == .int8, x.rank >= 2, let packing = packing(x.shape) else {
      throw Diagnostic("the columns of \(x) are grouped by four", hint: "bytes in columns of four or more are expected")
    }
    return [TensorType(.int8, x.shape.dropLast(2) + [Dim(packing.groups), 4 * columns(x.shape)])]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let x = try inputs.required(0)
    let dims = try infer([x.type])[0].shape.constants ?? []
    guard let packing = packing(x.type.shape) else { throw Diagnostic("no groups of four") }
    let (length, width, source) = (packing.run, dims[dims.count - 1] / 4, x.integers)
    var result: [Int64] = []
    for block in 0..<dims.dropLast(2).reduce(1, *) {
      for group in 0..<packing.groups {
        for column in 0..<width {
          for k in packing.start(group)..<packing.start(group) + 4 {
            let at = transposed ? column * length + k : k * width + column
            result.append(k < 4 * group ? 0 : source[block * length * width + at] - bias(x.dtype))
          }
        }
      }
    }
    return [Tensor(.int8, dims, integers: result)]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (x, output) = (operands.input(0), operands.output)
    guard let packing = packing(x.shape) else { return [] }
    return loops("b", Array(x.shape.dropLast(2))) { block in
      loop("g", to: .index(packing.groups)) { group in
        loop("n", to: Expr(columns(x.shape))) { column in
          (0..<4).map { element in
            let k = packing.start(group) + .index(element)
            let code = x[block + (transposed ? [column, k] : [k, column])].converted(to: .int32) - .int(bias(x.dtype), .int32)
            let value = packing.run.isMultiple(of: 4) ? code : .select(k .>= group * 4, code, .int(0, .int32))
            return operands.store(block + [group, column * 4 + .index(element)], .cast(output.dtype, value))
          }
        }
      }
    }
  }

  private func packing(_ shape: Shape) -> Packing? {
    shape[shape.count - (transposed ? 1 : 2)].constant.flatMap { Packing(channels: $0, taps: [], window: SlidingWindow()) }
  }

  private func columns(_ shape: Shape) -> Dim { shape[shape.count - (transposed ? 2 : 1)] }
  private func bias(_ dtype: DType) -> Int64 { dtype == .uint8 ? 128 : 0 }
}
