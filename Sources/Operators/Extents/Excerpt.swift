import GraphIR
import LoopIR
import Tensors

/// Elements at positions that a run decides: along axis `a`, index `i` of the result stands for position `starts[a] + i * steps[a]` of
/// the input. What stands at positions outside of it is told by `mode`, as for `Pad`. Slices, paddings and tilings by data are this.
///
/// Inputs: the tensor, `starts` `[rank]` of int32 or int64, optionally `steps` of the same type (else 1), and for the mode `constant`
/// optionally the scalar that stands outside (else 0).
package struct Excerpt: Operator {
  package static let name = "excerpt"
  package static var attributes: [Attribute<Excerpt>] { [.dims("shape", \.shape), .choice("mode", \.mode)] }
  /// Extents of the result.
  package var shape: Shape = []
  package var mode = Pad.Mode.constant

  package init() {}
  package init(_ shape: Shape, mode: Pad.Mode = .constant) {
    self.shape = shape
    self.mode = mode
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let (x, starts) = (try inputs.required(0), try inputs.required(1))
    guard shape.count == x.rank, !shape.contains(where: { ($0.constant ?? 0) < 0 }) else {
      throw Diagnostic("\(shape) elements of \(x) are asked for", hint: "name one extent for each of the \(x.rank) axes")
    }
    try checkIndexType(starts.dtype)
    for positions in [starts, inputs.optional(2) ?? starts] where positions.dtype != starts.dtype || positions.shape != [Dim(x.rank)] {
      throw Diagnostic("positions in \(x) are \(positions)", hint: "\(starts.dtype)[\(x.rank)] is expected: one number for each axis")
    }
    if let fill = inputs.optional(3), fill.dtype != x.dtype || fill.rank != 0 {
      throw Diagnostic("\(x) is filled up with \(fill)", hint: "a scalar \(x.dtype) is expected")
    }
    return [TensorType(x.dtype, shape)]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let (x, starts) = (try inputs.required(0), try inputs.required(1).integers)
    let dims = try resultDims(inputs)
    let steps = inputs.optional(2)?.integers ?? starts.map { _ in 1 }
    let fill = (mode == .constant ? inputs.optional(3)?.bytes : nil) ?? [UInt8](repeating: 0, count: x.dtype.byteCount)
    let strides = rowMajorStrides(x.dims)
    var bytes: [UInt8] = []
    for index in Indices(dims) {
      let source = x.dims.indices.map { mode.place(starts[$0] &+ Int64(index[$0]) &* steps[$0], Int64(x.dims[$0])) }
      let at = zip(source, strides).reduce(0) { $0 + ($1.0 ?? 0) * $1.1 } * fill.count
      bytes += source.contains(nil) ? fill[...] : x.bytes[at..<at + fill.count]
    }
    return [Tensor(x.dtype, dims, bytes: bytes)]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let x = operands.input(0)
    guard mode != .constant else { return loops("i", shape) { filled($0, operands) } }
    return operands.unlessEmpty(x.shape.elementCount) {
      loops("i", shape) { index in
        locals("p", x.shape.indices.map { mode.place(position($0, index, operands), x.extent($0).converted(to: .int64)) }) { places in
          operands.store(index, x[places.map { $0.converted(to: .int32) }])
        }
      }
    }
  }

  private func filled(_ index: [Expr], _ operands: Operands) -> [Stmt] {
    let x = operands.input(0)
    return locals("p", index.indices.map { position($0, index, operands) }) { places in
      let isInside = places.enumerated().reduce(Expr.int(1, .bool)) { inside, place in
        inside .&& (place.element .>= .int(0, .int64)) .&& (place.element .< x.extent(place.offset).converted(to: .int64))
      }
      branch(isInside) {
        operands.store(index, x[places.map { $0.converted(to: .int32) }])
      } else: {
        operands.store(index, operands.optionalInput(3)?[[]] ?? .constant(0, x.dtype))
      }
    }
  }

  private func position(_ axis: Int, _ index: [Expr], _ operands: Operands) -> Expr {
    let (start, i) = (operands.input(1)[.index(axis)].converted(to: .int64), index[axis].converted(to: .int64))
    guard let steps = operands.optionalInput(2) else { return .binary(.add, start, i) }
    return .binary(.add, start, .binary(.multiply, i, steps[.index(axis)].converted(to: .int64)))
  }

  package func substituting(_ dims: [String: Dim]) -> Excerpt { Excerpt(shape.map { $0.substituting(dims) }, mode: mode) }
}

extension Pad.Mode {
  /// The element of `extent` ones that stands at `position`; `nil` where none does.
  fileprivate func place(_ position: Int64, _ extent: Int64) -> Int? {
    if extent == 0 { return nil }
    func folded(_ period: Int64, _ last: Int64) -> Int64 {
      let within = (position % period + period) % period
      return min(within, last - within)
    }
    switch self {
    case .constant: return (0..<extent).contains(position) ? Int(position) : nil
    case .edge: return Int(min(max(position, 0), extent - 1))
    case .wrap: return Int((position % extent + extent) % extent)
    case .symmetric: return Int(folded(2 * extent, 2 * extent - 1))
    case .reflect: return Int(folded(max(2 * extent - 2, 1), 2 * extent - 2))
    }
  }

  /// The same in a nest, for an extent that is not 0 and modes other than `constant`; all in int64.
  fileprivate func place(_ position: Expr, _ extent: Expr) -> Expr {
    func number(_ value: Int64) -> Expr { .int(value, .int64) }
    func less(_ value: Int64) -> Expr { .binary(.subtract, .binary(.multiply, number(2), extent), number(value)) }
    func folded(_ period: Expr, _ last: Expr) -> Expr {
      let within = Expr.binary(.floorModulo, position, period)
      return minimum(within, .binary(.subtract, last, within))
    }
    switch self {
    case .constant, .edge: return minimum(maximum(position, number(0)), .binary(.subtract, extent, number(1)))
    case .wrap: return .binary(.floorModulo, position, extent)
    case .symmetric: return folded(less(0), less(1))
    case .reflect: return folded(maximum(less(2), number(1)), less(2))
    }
  }
}
