import GraphIR
import LoopIR
import Tensors

/// Pooling into a given number of positions: position `o` of `O` holds the elements from `floor(o · I / O)` up to
/// `ceil((o + 1) · I / O)` of an axis of `I`: `[N, spatial…, C] → [N, size…, C]`.
package struct AdaptivePool: Operator {
  package static let name = "adaptive_pool"
  package static var attributes: [Attribute<AdaptivePool>] { [.choice("kind", \.kind), .ints("size", \.size)] }
  package var kind = PoolKind.average
  /// Positions along each spatial axis of the output.
  package var size: [Int] = []

  package init() {}
  package init(_ kind: PoolKind, size: [Int]) {
    self.kind = kind
    self.size = size
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let input = try inputs.required(0)
    guard input.rank >= 3, size.count == input.rank - 2 else {
      throw Diagnostic(
        "\(input) is pooled into \(size)", hint: "give one size for each spatial axis of [N, …, C]: batch, spatial axes, channels")
    }
    guard size.allSatisfy({ $0 > 0 && $0 <= 1 << 15 }) else {
      throw Diagnostic("pooling into \(size) positions", hint: "every size must be between 1 and \(1 << 15)")
    }
    try kind.check(input.dtype)
    return [TensorType(input.dtype, [input.shape[0]] + Shape(size) + [input.shape[input.rank - 1]])]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let input = try inputs.required(0)
    let members = Indices(size).map { position in
      let ranges = size.indices.map { axis in
        let extent = input.dims[axis + 1]
        return position[axis] * extent / size[axis]..<((position[axis] + 1) * extent).ceilingDivision(by: size[axis])
      }
      return zip(ranges, input.dims.dropFirst()).reduce([0]) { heads, axis in
        heads.flatMap { head in axis.0.map { head * axis.1 + $0 } }
      }
    }
    return [pooled(input, kind, members, try resultDims(inputs)) { $1 }]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (input, output) = (operands.input(0), operands.output)
    return [
      loop("n", to: output.extent(0)) { n in
        loops("o", Shape(size)) { position in
          let bounds = size.indices.map { self.bounds(input.extent($0 + 1), position[$0], size[$0]) }
          let count = bounds.reduce(1) { $0 * ($1.to - $1.from) }
          loop("c", to: output.extent(output.rank - 1)) { c in
            PoolNest(kind: kind, dtype: input.dtype, count: count, divisor: maximum(1, count)) { prefix, body in
              overElements(prefix, bounds) { body(input[[n] + $0 + [c]]) }
            }.reduced { operands.store([n] + position + [c], $0) }
          }
        }
      }
    ]
  }

  private func bounds(_ extent: Expr, _ position: Expr, _ count: Int) -> (from: Expr, to: Expr) {
    (position * extent / .index(count), ((position + 1) * extent + .index(count - 1)) / .index(count))
  }

  private func overElements(_ prefix: String, _ bounds: [(from: Expr, to: Expr)], _ body: ([Expr]) -> [Stmt]) -> [Stmt] {
    let names = bounds.indices.map { "\(prefix)\($0)" }
    return zip(names, bounds).reversed().reduce(body(names.map { .index($0) })) { inner, axis in
      [.loop(Loop(axis.0, from: axis.1.from, to: axis.1.to, body: inner))]
    }
  }
}
