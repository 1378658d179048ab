import GraphIR
import LoopIR
import Tensors

/// Elements added before and after the input along each axis. What they are is told by `mode`, in NumPy's words; where the input
/// has no element to take, they are 0.
package struct Pad: Operator {
  package enum Mode: String, CaseIterable, Sendable {
    /// `value`.
    case constant
    /// The nearest element of the input.
    case edge
    /// The input mirrored at its first and last element, which are not repeated; again and again where the padding is longer.
    case reflect
    /// The input mirrored beyond its ends, which are repeated.
    case symmetric
    /// The input again and again.
    case wrap
  }

  package static let name = "pad"
  package static var attributes: [Attribute<Pad>] {
    [.ints("before", \.before), .ints("after", \.after), .choice("mode", \.mode), .float("value", \.value)]
  }
  /// Elements added on each axis.
  package var before: [Int] = []
  package var after: [Int] = []
  package var mode = Mode.constant
  package var value = 0.0

  package init() {}
  package init(before: [Int], after: [Int], mode: Mode = .constant, value: Double = 0) {
    self.before = before
    self.after = after
    self.mode = mode
    self.value = value
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let x = try inputs.required(0)
    guard before.count == x.rank, after.count == x.rank else {
      throw Diagnostic("\(before) and \(after) are added to \(x)", hint: "name one count for each of the \(x.rank) axes")
    }
    guard (before + after).allSatisfy({ (0..<1 << 20).contains($0) }) else {
      throw Diagnostic("\(before) and \(after) are added to \(x)", hint: "counts must be between 0 and 2^20; to take away, use slice")
    }
    return [TensorType(x.dtype, x.shape.indices.map { x.shape[$0] + Dim(before[$0] + after[$0]) })]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let x = try inputs.required(0)
    let dims = try resultDims(inputs)
    guard mode == .constant else {
      return [x.rearranged(dims) { index in index.indices.map { mode.source(index[$0] - before[$0], x.dims[$0]) } }]
    }
    let fill = Tensor(x.dtype, [], [value]).bytes
    let strides = rowMajorStrides(x.dims)
    var bytes: [UInt8] = []
    for index in Indices(dims) {
      let source = zip(index, before).map { $0 - $1 }
      let isInside = zip(source, x.dims).allSatisfy { (0..<$1).contains($0) }
      let at = zip(source, strides).reduce(0) { $0 + $1.0 * $1.1 } * fill.count
      bytes += isInside ? x.bytes[at..<at + fill.count] : fill[...]
    }
    return [Tensor(x.dtype, dims, bytes: bytes)]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let x = operands.input(0)
    guard mode != .constant else { return filled([], operands) }
    return operands.unlessEmpty(x.shape.indices.filter(isPadded).map { x.shape[$0] }.elementCount) {
      loops("i", operands.output.shape) { index in
        operands.store(index, x[index.indices.map { isPadded($0) ? source(index[$0], $0, x.extent($0)) : index[$0] }])
      }
    }
  }

  private func isPadded(_ axis: Int) -> Bool { before[axis] + after[axis] > 0 }

  /// Constant padding from the axis after `outer` on, within the input along the axes of `outer`: before, inside and after, so
  /// that no element needs a test.
  private func filled(_ outer: [Expr], _ operands: Operands) -> [Stmt] {
    let x = operands.input(0)
    let axis = outer.count
    guard axis < x.rank else { return [operands.store(zip(outer, before).map { $0 + .index($1) }, x[outer])] }
    return border("b", outer, to: .index(before[axis]), from: 0, operands)
      + [.loop(Loop("i\(axis)", to: x.extent(axis), body: filled(outer + [.index("i\(axis)")], operands)))]
      + border("a", outer, to: .index(after[axis]), from: x.extent(axis) + .index(before[axis]), operands)
  }

  /// Fills `count` indices of the axis after `outer`, and all of the axes behind it.
  private func border(_ name: String, _ outer: [Expr], to count: Expr, from start: Expr, _ operands: Operands) -> [Stmt] {
    let axis = outer.count
    guard count.constantIndex != 0 else { return [] }
    let rest = Array(operands.output.shape[(axis + 1)...])
    return [
      loop("\(name)\(axis)", to: count) { position in
        loops("\(name)\(axis)_", rest) { inner in
          operands.store(
            zip(outer, before).map { $0 + .index($1) } + [position + start] + inner, .constant(value, operands.input(0).dtype))
        }
      }
    ]
  }

  /// Which element along `axis` stands at `index` of the result. Numerators are moved up by whole periods to stay non-negative.
  private func source(_ index: Expr, _ axis: Int, _ extent: Expr) -> Expr {
    let start = Expr.index(before[axis])
    switch mode {
    case .constant, .edge: return minimum(maximum(index - start, 0), extent - 1)
    case .wrap: return (index + start * extent - start) % extent
    case .symmetric: return folded(index, start, period: extent * 2, last: extent * 2 - 1)
    case .reflect: return folded(index, start, period: maximum(extent * 2 - 2, 1), last: extent * 2 - 2)
    }
  }

  /// A position within a period, whose second half runs backwards.
  private func folded(_ index: Expr, _ start: Expr, period: Expr, last: Expr) -> Expr {
    let within = (index + start * period - start) % period
    return minimum(within, last - within)
  }
}

extension Pad.Mode {
  /// The element of `extent` ones that stands at `position`, which may lie outside.
  func source(_ position: Int, _ extent: Int) -> Int {
    var position = position
    while !(0..<extent).contains(position) {
      let isBefore = position < 0
      switch self {
      case .constant, .edge: position = isBefore ? 0 : extent - 1
      case .wrap: position += isBefore ? extent : -extent
      case .symmetric: position = isBefore ? -1 - position : 2 * extent - 1 - position
      case .reflect: position = extent == 1 ? 0 : isBefore ? -position : 2 * (extent - 1) - position
      }
    }
    return position
  }
}
