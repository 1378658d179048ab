import LoopIR
import Tensors

/// A piece of memory that holds one or several tensors during a part of a run.
struct Root: Hashable {
  enum Kind: Hashable {
    case input(Int)
    case output(Int)
    case constant(Int)
    case state(Int)
    case arena
  }

  var kind: Kind
  var dtype: DType
  /// Elements at the upper bounds of all open dimensions.
  var count: Int
  /// The first and the last step that touches it.
  var lifetime: ClosedRange<Int>?

  mutating func touch(_ step: Int) {
    lifetime = lifetime.map { min($0.lowerBound, step)...max($0.upperBound, step) } ?? step...step
  }
}

/// Where the elements of a value lie: in which root, from where on, and how far apart.
struct Slot: Hashable {
  var root: Int
  /// In elements; may depend on the variables of loops around the step.
  var offset: Expr
  var strides: [Dim]
}

extension TensorType {
  /// Whether strides are those of the type's own layout.
  func isDense(_ strides: [Dim]) -> Bool {
    zip(zip(strides, self.strides), shape).allSatisfy { $0.0 == $0.1 || $1 == 1 }
  }

  /// Elements from the first to the last one, both included, when neighbours are `strides` apart.
  func span(_ strides: [Dim]) -> Dim {
    guard layout == .rowMajor else { return storageCount }
    return zip(shape, strides).reduce(Dim(1)) { $0 + ($1.0 - 1) * $1.1 }
  }
}
