import GraphIR
import LoopIR
import Tensors

/// What becomes of an element that another is scattered onto. Several onto one are taken in the order of the updates.
package enum ScatterReduction: String, Hashable, Sendable, CaseIterable {
  /// The new one takes its place.
  case none
  case add
  case multiply = "mul"
  /// The greater or lesser of both; NaN if either is.
  case max, min
}

extension ScatterReduction {
  func check(_ dtype: DType) throws(Diagnostic) {
    guard self == .none || dtype != .bool else {
      throw Diagnostic("\"\(rawValue)\" of elements of the type \(dtype)", hint: "cast them to a number type")
    }
  }

  /// The definition, on floats.
  private func value(_ old: Double, _ new: Double) -> Double {
    switch self {
    case .none: new
    case .add: old + new
    case .multiply: old * new
    case .max: old.isNaN || new.isNaN ? .nan : Swift.max(old, new)
    case .min: old.isNaN || new.isNaN ? .nan : Swift.min(old, new)
    }
  }

  /// The definition, on integers and bool; sums and products wrap.
  private func value(_ old: Int64, _ new: Int64, _ dtype: DType) -> Int64 {
    let isLess = dtype == .uint64 ? UInt64(bitPattern: new) < UInt64(bitPattern: old) : new < old
    switch self {
    case .none: return new
    case .add: return old &+ new
    case .multiply: return old &* new
    case .max: return isLess ? old : new
    case .min: return isLess ? new : old
    }
  }

  /// The definition: `data` after each element of `updates` has gone to its place, if it has one.
  func scattered(_ data: Tensor, _ updates: Tensor, _ places: [Int?]) -> Tensor {
    switch (Column(data), Column(updates)) {
    case (.floats(var elements), .floats(let new)):
      for (place, update) in zip(places, new) { if let place { elements[place] = value(elements[place], update) } }
      return Tensor(data.dtype, data.dims, elements)
    case (.integers(var elements), .integers(let new)):
      for (place, update) in zip(places, new) { if let place { elements[place] = value(elements[place], update, data.dtype) } }
      return Tensor(data.dtype, data.dims, integers: elements)
    case (.floats, .integers), (.integers, .floats): preconditionFailure("updates of another type")
    }
  }

  /// The same for one element in a nest.
  func combined(_ old: Expr, _ new: Expr) -> Expr {
    if self == .none { return new }
    let (a, b) = (old.converted(to: old.dtype.accumulator), new.converted(to: old.dtype.accumulator))
    let result: Expr =
      switch self {
      case .none: b
      case .add: .binary(.add, a, b)
      case .multiply: .binary(.multiply, a, b)
      case .max: a.dtype.isFloat ? a.maximumOrNaN(b) : maximum(a, b)
      case .min: a.dtype.isFloat ? a.minimumOrNaN(b) : minimum(a, b)
      }
    return result.converted(to: old.dtype)
  }
}

/// A nest that copies input 0 into output 0: what is scattered comes on top.
func copied(_ operands: Operands) -> [Stmt] {
  loops("c", operands.output.shape) { operands.output.store($0, operands.input(0)[$0]) }
}
