import GraphIR
import LoopIR
import Tensors

/// `scale * x + offset`, with numbers for each index of the last axis of `x`: batch normalisation, bias, rescaling.
struct AffineMap {
  /// `x`.
  let source: ValueID
  var scale: [Double]
  var offset: [Double]

  /// `nil` for other nodes, and where a number is not finite.
  init?(_ node: Node?, in editor: Editor) {
    guard let node, let body = node.op.elementwise, node.epilogue == nil else { return nil }
    let inputs = node.inputs.compactMap { $0 }
    let open = inputs.indices.filter { editor.constant(inputs[$0]) == nil }
    guard open.count == 1, editor.type(inputs[open[0]]) == editor.type(node.outputs[0]) else { return nil }
    source = inputs[open[0]]
    let type = editor.type(source)
    guard type.dtype == .float32 || type.dtype == .float64, let channels = type.shape.last?.constant else { return nil }
    let tensors = inputs.map { editor.constant($0).flatMap { $0.alongLastAxis } }
    guard zip(inputs.indices, tensors).allSatisfy({ $0 == open[0] || $1 != nil }) else { return nil }
    guard let form = AffineForm(body.body, in: "x\(open[0])") else { return nil }
    let operands = tensors.map { $0 ?? Tensor(type.dtype, [1], [0]) }
    guard let scale = AffineMap.numbers(form.scale, operands, channels) else { return nil }
    guard let offset = AffineMap.numbers(form.offset, operands, channels) else { return nil }
    (self.scale, self.offset) = (scale, offset)
  }

  private static func numbers(_ expr: Expr?, _ operands: [Tensor], _ channels: Int) -> [Double]? {
    guard let expr else { return [Double](repeating: 0, count: channels) }
    let numbers = try? ElementwiseBody(.cast(.float64, expr)).evaluate(operands, dims: [channels]).doubles
    return numbers.flatMap { $0.allSatisfy(\.isFinite) ? $0 : nil }
  }

  /// This map after `inner`.
  func after(_ inner: AffineMap) -> AffineMap {
    var map = inner
    map.scale = zip(scale, inner.scale).map { $0 * $1 }
    map.offset = zip(zip(scale, inner.offset).map { $0 * $1 }, offset).map { $0 + $1 }
    return map
  }

  var onlyAdds: Bool { scale.allSatisfy { $0 == 1 } }
  var onlyScales: Bool { offset.allSatisfy { $0 == 0 } }
}

extension Tensor {
  /// The tensor as a vector if all its axes but the last have an extent of one.
  fileprivate var alongLastAxis: Tensor? { dims.dropLast().allSatisfy { $0 == 1 } ? reshaped([dims.last ?? 1]) : nil }
}

/// An expression taken apart into `scale * x + offset`, neither of which contains `x`; `nil` stands for zero.
private struct AffineForm {
  var scale: Expr?
  var offset: Expr?

  private init(scale: Expr?, offset: Expr?) {
    self.scale = scale
    self.offset = offset
  }

  init?(_ expr: Expr, in x: String) {
    if !expr.variables.contains(x) {
      self.init(scale: nil, offset: expr)
      return
    }
    guard let form = AffineForm.ofOperation(expr, x) else { return nil }
    self = form
  }

  private static func ofOperation(_ expr: Expr, _ x: String) -> AffineForm? {
    switch expr {
    case .variable: return AffineForm(scale: .constant(1, expr.dtype), offset: nil)
    case .unary(.negate, let a): return AffineForm(a, in: x)?.map { -$0 }
    case .multiplyAdd(let a, let b, let c): return AffineForm(.binary(.add, .binary(.multiply, a, b), c), in: x)
    case .binary(let function, let a, let b):
      guard let left = AffineForm(a, in: x), let right = AffineForm(b, in: x) else { return nil }
      return combined(function, left, right)
    case .int, .float, .load, .unary, .dot, .compare, .select, .cast, .reinterpret, .broadcast, .reduce, .lookup: return nil
    }
  }

  private static func combined(_ function: BinaryFunction, _ a: AffineForm, _ b: AffineForm) -> AffineForm? {
    switch function {
    case .add: return AffineForm(scale: sum(a.scale, b.scale), offset: sum(a.offset, b.offset))
    case .subtract: return combined(.add, a, b.map { -$0 })
    case .multiply:
      if b.scale == nil, let factor = b.offset { return a.map { $0 * factor } }
      if a.scale == nil, let factor = a.offset { return b.map { $0 * factor } }
      return nil
    case .divide:
      guard b.scale == nil, let divisor = b.offset else { return nil }
      return a.map { $0 / divisor }
    case .multiplyHigh, .remainder, .floorDivide, .floorModulo, .minimum, .maximum, .power, .arcTangent2, .shiftLeft, .shiftRight, .and,
      .or, .xor:
      return nil
    }
  }

  private static func sum(_ a: Expr?, _ b: Expr?) -> Expr? {
    guard let a, let b else { return a ?? b }
    return a + b
  }

  private func map(_ transform: (Expr) -> Expr) -> AffineForm {
    AffineForm(scale: scale.map(transform), offset: offset.map(transform))
  }
}
