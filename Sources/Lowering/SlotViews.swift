import GraphIR
import LoopIR
import Tensors

extension Slot {
  /// The place of a part of what lies here.
  func viewed(_ axes: [ViewAxis]) -> Slot {
    let start = axes.reduce(Dim(0)) { $0 + $1.start * strides[$1.axis] }
    return Slot(root: root, offset: offset + Expr(start), strides: axes.map { strides[$0.axis] * Dim($0.step) })
  }

  /// The place of the same elements under another shape; `nil` where no strides lead to them.
  func reshaped(from source: TensorType, to type: TensorType) -> Slot? {
    if source.isDense(strides) { return Slot(root: root, offset: offset, strides: type.strides) }
    guard let new = reshapedStrides(source.shape, to: type.shape) else { return nil }
    return Slot(root: root, offset: offset, strides: new)
  }

  /// The same elements lie here: axes of one element may have any strides.
  func isSame(as other: Slot, _ shape: Shape) -> Bool {
    root == other.root && offset == other.offset && zip(zip(strides, other.strides), shape).allSatisfy { $0.0 == $0.1 || $1 == 1 }
  }

  /// Axes are split and joined in groups of as many elements, from the last to the first; those that are joined must follow each
  /// other in memory.
  private func reshapedStrides(_ old: Shape, to new: Shape) -> [Dim]? {
    var sources = zip(old, strides).filter { $0.0 != 1 }
    var result = Shape(repeating: 1, count: new.count)
    var (left, stride): (Dim, Dim) = (1, 1)
    for axis in new.indices.reversed() where new[axis] != 1 {
      if left == 1 {
        guard let source = sources.popLast() else { return nil }
        (left, stride) = source
      }
      while let next = sources.last, let rest = left.constant, let wanted = new[axis].constant, rest % wanted != 0 {
        guard next.1 == Dim(rest) * stride, let more = next.0.constant else { return nil }
        left = Dim(rest * more)
        sources.removeLast()
      }
      result[axis] = stride
      if left == new[axis] {
        left = 1
      } else {
        guard let rest = left.constant, let wanted = new[axis].constant, wanted > 0, rest % wanted == 0 else { return nil }
        left = Dim(rest / wanted)
        stride *= new[axis]
      }
    }
    return sources.isEmpty && left == 1 ? result : nil
  }
}
