import GraphIR
import LoopIR
import Tensors

/// The shape that a reshape by data gives to a tensor of the extents `extents`: an int64 vector of the extents that the input
/// `[R]` of int32 or int64 asks for, in which -1 is what is left and 0, unless it is allowed, the tensor's own extent there; and one
/// element more, the number of elements that this shape has too many: 0 where it is sound.
package struct ResolvedShape: Operator {
  package static let name = "resolved_shape"
  package static var attributes: [Attribute<ResolvedShape>] { [.dims("extents", \.extents), .bool("allow_zero", \.allowsZero)] }
  package var extents: Shape = []
  package var allowsZero = false

  package init() {}
  package init(_ extents: Shape, allowsZero: Bool = false) {
    self.extents = extents
    self.allowsZero = allowsZero
  }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let asked = try inputs.required(0)
    try checkIndexType(asked.dtype)
    try checkExtents(extents)
    guard asked.rank == 1, let rank = asked.shape[0].constant, rank <= 64 else {
      throw Diagnostic("\(asked) is taken for a shape", hint: "a vector of a fixed extent of 64 at most is needed")
    }
    return [TensorType(.int64, [Dim(rank + 1)])]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    var shape = try inputs.required(0).integers
    guard let own = extents.constants?.map({ Int64($0) }) else { throw Diagnostic("the extents \(extents) are not settled") }
    for axis in shape.indices where shape[axis] == 0 && !allowsZero { shape[axis] = axis < own.count ? own[axis] : 0 }
    let (total, known) = (own.reduce(1, &*), shape.filter { $0 != -1 }.reduce(1, &*))
    let left = known == 0 ? 0 : total / known
    shape = shape.map { $0 == -1 ? left : $0 }
    shape.append(shape.reduce(1, &*) &- total)
    return [Tensor(.int64, [shape.count], integers: shape)]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (asked, output) = (operands.input(0), operands.output)
    let rank = (output.shape[0].constant ?? 1) - 1
    func number(_ value: Int64) -> Expr { .int(value, .int64) }
    func extent(_ axis: Int) -> Expr {
      let own = axis < extents.count ? Expr(extents[axis]).converted(to: .int64) : number(0)
      let value = asked[.index(axis)].converted(to: .int64)
      return allowsZero ? value : .select(value .== number(0), own, value)
    }
    return locals("extent", (0..<rank).map(extent)) { shape in
      let known = shape.map { Expr.select($0 .== number(-1), number(1), $0) }.reduce(number(1)) { .binary(.multiply, $0, $1) }
      locals("total", [Expr(extents.elementCount).converted(to: .int64), known]) { total in
        local("left", .binary(.divide, total[0], .select(total[1] .== number(0), total[0] + number(1), total[1]))) { left in
          locals("axis", shape.map { .select($0 .== number(-1), left.value, $0) }) { settled in
            settled.enumerated().map { output.store([.index($0.offset)], $0.element) }
            output.store([.index(rank)], settled.reduce(number(1)) { .binary(.multiply, $0, $1) } - total[0])
          }
        }
      }
    }
  }

  package func substituting(_ dims: [String: Dim]) -> ResolvedShape {
    ResolvedShape(extents.map { $0.substituting(dims) }, allowsZero: allowsZero)
  }
}
