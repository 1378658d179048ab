import GraphIR
import LoopIR
import Tensors

/// Where each element would have to be put into `keys [K]`, which rise, to keep them rising: the number of keys that are less, or
/// with `isRight` not greater. A NaN comes first. Keys that do not rise give some number from 0 to K.
package struct SearchSorted: Operator {
  package static let name = "search_sorted"
  package static var attributes: [Attribute<SearchSorted>] { [.bool("right", \.isRight)] }
  package var isRight = false

  package init() {}
  package init(isRight: Bool) { self.isRight = isRight }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let (x, keys) = (try inputs.required(0), try inputs.required(1))
    guard keys.rank == 1, let count = keys.shape[0].constant, count < 1 << 30 else {
      throw Diagnostic("\(x) is searched for in \(keys)", hint: "keys have one axis of a fixed extent below 2^30")
    }
    guard keys.dtype == x.dtype, x.dtype != .bool, x.dtype != .uint64 else {
      throw Diagnostic("\(x) is searched for in \(keys)", hint: "cast both to one type of numbers that is not uint64")
    }
    return [TensorType(.int32, x.shape)]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let (x, keys) = (try inputs.required(0), try inputs.required(1))
    let found = x.dtype.isFloat ? places(x.doubles, keys.doubles) : places(x.integers, keys.integers)
    return [Tensor(.int32, x.dims, integers: found)]
  }

  private func places<Number: Comparable>(_ values: [Number], _ keys: [Number]) -> [Int64] {
    values.map { value in
      var (low, high) = (0, keys.count)
      while low < high {
        let middle = (low + high) / 2
        if isRight ? keys[middle] <= value : keys[middle] < value { low = middle + 1 } else { high = middle }
      }
      return Int64(low)
    }
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (x, keys) = (operands.input(0), operands.input(1))
    let type = x.dtype.accumulator
    return loops("i", x.shape) { index in
      local("value", x[index].converted(to: type)) { value in
        local("low", 0) { low in
          local("high", keys.extent(0)) { high in
            loop("step", to: .index(steps(keys.shape[0].constant ?? 0))) { _ in
              local("middle", (low.value + high.value) / 2) { middle in
                // Once nothing is left to halve, the last key is looked at and nothing changes.
                let key = keys[minimum(middle.value, keys.extent(0) - 1)].converted(to: type)
                let isBefore = Expr.compare(isRight ? .lessOrEqual : .less, key, value.value)
                local("rises", middle.value .< high.value .&& isBefore) { rises in
                  high.set(.select(rises.value, high.value, middle.value))
                  low.set(.select(rises.value, middle.value + 1, low.value))
                }
              }
            }
            operands.store(index, low.value)
          }
        }
      }
    }
  }

  /// How often `count + 1` places can be halved.
  private func steps(_ count: Int) -> Int { Int.bitWidth - count.leadingZeroBitCount }
}
