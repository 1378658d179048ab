import GraphIR
import LoopIR
import Tensors

/// The different parts of a tensor along its first axis, `[R, …]`. Two NaNs are equal, and greater than all numbers; parts are ordered
/// by their first elements that differ.
///
/// Outputs: the parts `[R, …]`, behind the last of which zeros follow; the index at which each occurs first, the place of each part of
/// the input among them, and how often each occurs, `[R]` as int64; and how many there are, as int32. Takes time in the square of R.
package struct Unique: Operator {
  package static let name = "unique"
  package static var attributes: [Attribute<Unique>] { [.bool("sorted", \.isSorted)] }
  /// In rising order; else as they occur.
  package var isSorted = true

  package init() {}
  package init(isSorted: Bool) { self.isSorted = isSorted }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let x = try inputs.required(0)
    guard let rows = x.shape.first else { throw Diagnostic("the different parts of \(x)", hint: "it needs an axis: reshape it") }
    let places = TensorType(.int64, [rows])
    return [TensorType(x.dtype, x.shape), places, places, places, TensorType(.int32, [])]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let x = try inputs.required(0)
    let (rows, size) = (x.dims[0], x.dims.dropFirst().reduce(1, *))
    let keys = x.uniqueKeys
    let parts = (0..<rows).map { Array(keys[$0 * size..<($0 + 1) * size]) }
    var firsts = parts.indices.filter { row in !parts[..<row].contains(parts[row]) }
    if isSorted { firsts.sort { parts[$0].lexicographicallyPrecedes(parts[$1]) } }
    let inverse = parts.map { part in firsts.firstIndex { parts[$0] == part } ?? 0 }
    let counts = firsts.indices.map { place in inverse.filter { $0 == place }.count }
    let width = size * x.dtype.byteCount
    let bytes = firsts.flatMap { x.bytes[$0 * width..<($0 + 1) * width] }
    let filling = [UInt8](repeating: 0, count: x.bytes.count - bytes.count)
    func padded(_ values: [Int]) -> Tensor {
      Tensor(.int64, [rows], integers: (values + [Int](repeating: 0, count: rows - values.count)).map { Int64($0) })
    }
    return [
      Tensor(x.dtype, x.dims, bytes: bytes + filling), padded(firsts), padded(inverse), padded(counts),
      Tensor(.int32, [], integers: [Int64(firsts.count)]),
    ]
  }

  /// For each different part where it occurs first, how often it occurs, and its place in the result.
  package func workspaces(_ inputs: [TensorType?], _ outputs: [TensorType]) -> [TensorType] {
    let type = TensorType(.int32, Array(outputs[0].shape.prefix(1)))
    return [type, type, type]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let x = operands.input(0)
    let (rows, outputs) = (x.extent(0), operands.outputs)
    return loops("z", x.shape) { outputs[0].store($0, .constant(0, x.dtype)) }
      + [
        loop("y", to: rows) { row in
          for output in [outputs[1], outputs[3]] { output.store([row], .constant(0, .int64)) }
        }
      ]
      + local("count", 0) { count in
        found(operands, count)
        ranked(operands, count)
        written(operands, count)
        outputs[4].store([], count.value)
      }
  }

  /// Finds the different parts, and leaves for each part of the input the one that it is.
  private func found(_ operands: Operands, _ count: Local) -> Stmt {
    let (x, firsts, counts, inverse) = (operands.input(0), operands.workspaces[0], operands.workspaces[1], operands.outputs[2])
    return loop("r", to: x.extent(0)) { row in
      local("slot", -1) { slot in
        loop("s", to: count.value) { known in
          order(x, row, firsts[known], "a") { order in slot.set(.select(order .== 0, known, slot.value)) }
        }
        branch(slot.value .< 0) {
          slot.set(count.value)
          firsts.store([slot.value], row)
          counts.store([slot.value], 0)
          count.add(1)
        }
        counts.store([slot.value], counts[slot.value] + 1)
        inverse.store([row], slot.value.converted(to: .int64))
      }
    }
  }

  private func ranked(_ operands: Operands, _ count: Local) -> Stmt {
    let (x, firsts, ranks) = (operands.input(0), operands.workspaces[0], operands.workspaces[2])
    return loop("p", to: count.value) { part in
      if isSorted {
        local("rank", 0) { rank in
          loop("q", to: count.value) { other in
            order(x, firsts[other], firsts[part], "b") { order in rank.add(.select(order .< 0, 1, 0)) }
          }
          ranks.store([part], rank.value)
        }
      } else {
        ranks.store([part], part)
      }
    }
  }

  private func written(_ operands: Operands, _ count: Local) -> [Stmt] {
    let (x, outputs) = (operands.input(0), operands.outputs)
    let (firsts, counts, ranks) = (operands.workspaces[0], operands.workspaces[1], operands.workspaces[2])
    return [
      loop("w", to: count.value) { part in
        local("place", ranks[part]) { place in
          loops("v", Array(x.shape.dropFirst())) { outputs[0].store([place.value] + $0, x[[firsts[part]] + $0]) }
          outputs[1].store([place.value], firsts[part].converted(to: .int64))
          outputs[3].store([place.value], counts[part].converted(to: .int64))
        }
      },
      loop("u", to: x.extent(0)) { row in
        outputs[2].store([row], ranks[outputs[2][row].converted(to: .int32)].converted(to: .int64))
      },
    ]
  }

  /// Below, at or above zero as part `a` is less than part `b`, equal or greater.
  private func order(_ x: TensorView, _ a: Expr, _ b: Expr, _ name: String, @NestBuilder _ body: (Expr) -> [Stmt]) -> [Stmt] {
    local("\(name)Order", 0) { order in
      loops("\(name)Element", Array(x.shape.dropFirst())) { index in
        let (p, q) = (x[[a] + index].converted(to: x.dtype.accumulator), x[[b] + index].converted(to: x.dtype.accumulator))
        let found = Expr.select(precedes(p, q), -1, .select(precedes(q, p), 1, 0))
        order.set(.select(order.value .== 0, found, order.value))
      }
      body(order.value)
    }
  }

  private func precedes(_ a: Expr, _ b: Expr) -> Expr {
    guard a.dtype.isFloat else { return a .< b }
    return .binary(.or, a .< b, .unary(.isNaN, b) .&& .unary(.not, .unary(.isNaN, a)))
  }
}

extension Tensor {
  /// An integer for each element that orders as the elements do; NaNs are equal and greater than all others.
  fileprivate var uniqueKeys: [Int64] {
    let keys = orderKeys(nanIsLowest: false)
    return dtype.isFloat ? zip(keys, doubles).map { $1.isNaN ? .max : $0 } : keys
  }
}
