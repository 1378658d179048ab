import GraphIR
import LoopIR
import Tensors

/// The loops of `WinogradConvolution`.
struct WinogradNest {
  private let op: WinogradConvolution
  private let transform: WinogradTransform
  private let operands: Operands
  /// Squares of an image along its axes.
  private let squares: [Int]
  /// Squares that are dealt out to blocks.
  private let count: Int
  /// Squares of a block.
  private let block: Int

  init(_ op: WinogradConvolution, _ transform: WinogradTransform, _ operands: Operands) {
    self.op = op
    self.transform = transform
    self.operands = operands
    squares = op.squares(operands.output.shape)
    count = op.squareCount(operands.output.shape)
    block = min(op.block, count)
  }

  private var dtype: DType { operands.input(0).dtype }
  private var products: Int { transform.reach * transform.reach }
  private var transformed: TensorView { operands.workspaces[0] }
  private var multiplied: TensorView { operands.workspaces[1] }

  func statements() -> [Stmt] {
    if let images = operands.output.shape[0].constant, images > 0 { return [blocks(of: 0)] }
    return [loop("n", to: operands.output.extent(0), scratch: operands.workspaces) { n in blocks(of: n) }]
  }

  /// All squares of the image `n`, or of all images behind it where their number is known.
  private func blocks(of n: Expr) -> Stmt {
    loop("b", to: .index(count.ceilingDivision(by: block)), scratch: operands.workspaces) { b in
      // The last block overlaps the one before, so that all are whole.
      let first = minimum(b * .index(block), .index(count - block))
      transformInputs(n, first)
      loop("g", to: .index(op.outputs / op.channels)) { g in
        multiply(g)
        transformProducts(n, first, from: b * .index(block), g * .index(op.channels))
      }
    }
  }

  /// The image that a square is of, counted from `n`, and row and column of the first of `size` by `size` results in it.
  private func place(_ n: Expr, _ square: Expr, _ size: Int) -> (image: Expr, corner: [Expr]) {
    let perImage = squares.reduce(1, *)
    let (image, within) = count == perImage ? (n, square) : (n + square / .index(perImage), square % .index(perImage))
    return (image, [within / .index(squares[1]) * .index(size), within % .index(squares[1]) * .index(size)])
  }

  private func transformInputs(_ n: Expr, _ first: Expr) -> Stmt {
    loop("s", to: .index(block)) { s in
      loop("c", to: operands.input(0).extent(3)) { c in
        let (image, corner) = place(n, first + s, op.tile)
        var (statements, seen) = window(image, zip(corner, op.padsBefore).map { $0 - .index($1) }, c)
        let values = WinogradTransform.square("input", transform.input, seen, dtype, into: &statements)
        return statements + values.enumerated().map { transformed.store([.index($0), s, c], $1) }
      }
    }
  }

  /// Locals for the inputs that a square sees, zero outside of the input.
  private func window(_ n: Expr, _ corner: [Expr], _ c: Expr) -> ([Stmt], [Expr]) {
    var statements: [Stmt] = []
    var seen: [Expr] = []
    for row in 0..<transform.reach {
      for column in 0..<transform.reach {
        let variable = Variable("x\(row)_\(column)", ValueType(dtype))
        let place = [corner[0] + .index(row), corner[1] + .index(column)]
        let load = operands.input(0)[[n] + place + [c]]
        seen.append(.variable(variable))
        guard let condition = inside(place, [row, column]) else {
          statements.append(.declare(variable, load))
          continue
        }
        statements.append(.declare(variable, .constant(0, dtype)))
        statements.append(.branch(condition, then: [.assign(variable, load)], else: []))
      }
    }
    return (statements, seen)
  }

  /// Whether a place lies in the input; `nil` where it always does.
  private func inside(_ place: [Expr], _ tap: [Int]) -> Expr? {
    let input = operands.input(0).shape
    var conditions: [Expr] = []
    for axis in 0..<2 {
      let last = (squares[axis] - 1) * op.tile - op.padsBefore[axis] + tap[axis]
      if tap[axis] < op.padsBefore[axis] { conditions.append(place[axis] .>= 0) }
      if last >= input[axis + 1].constant ?? 0 { conditions.append(place[axis] .< Expr(input[axis + 1])) }
    }
    return conditions.reduce(nil) { result, next in result.map { $0 .&& next } ?? next }
  }

  private func multiply(_ group: Expr) -> Stmt {
    let weights = operands.input(1)
    let width = weights.extent(4)
    return loop("e", to: .index(products)) { e in
      loop("t", to: .index(block)) { t in
        loop("k", to: .index(op.channels)) { k in
          local("sum", .constant(0, dtype)) { sum in
            loop("i", to: weights.extent(3)) { i in
              sum.addProduct(transformed[e, t, i], weights[group, e, k / width, i, k % width])
            }
            multiplied.store([e, t, k], sum.value)
          }
        }
      }
    }
  }

  /// Squares before `fresh` are there already; an epilogue may have overwritten what it reads.
  private func transformProducts(_ n: Expr, _ first: Expr, from fresh: Expr, _ start: Expr) -> Stmt {
    loop("u", to: .index(block), scratch: []) { u in
      let stores = transformProducts(n, first + u, u, start)
      return count % block == 0 ? [stores] : [.branch(first + u .>= fresh, then: [stores], else: [])]
    }
  }

  private func transformProducts(_ n: Expr, _ square: Expr, _ u: Expr, _ start: Expr) -> Stmt {
    loop("j", to: .index(op.channels)) { j in
      var statements: [Stmt] = []
      let seen = (0..<products).map { product -> Expr in
        let variable = Variable("m\(product)", ValueType(dtype))
        statements.append(.declare(variable, multiplied[.index(product), u, j]))
        return .variable(variable)
      }
      let values = WinogradTransform.square("output", transform.output, seen, dtype, into: &statements)
      let (image, corner) = place(n, square, op.kept)
      for position in 0..<op.kept * op.kept {
        let within = [position / op.kept, position % op.kept]
        statements += store(image, corner, within, start + j, greatest(values, within))
      }
      return statements
    }
  }

  /// Of the results that are pooled into one.
  private func greatest(_ values: [Expr], _ place: [Int]) -> Expr {
    let pooled = (0..<op.pool * op.pool).map { position in
      values[(place[0] * op.pool + position / op.pool) * op.tile + place[1] * op.pool + position % op.pool]
    }
    return pooled.dropFirst().reduce(pooled[0]) { maximum($0, $1) }
  }

  /// Stores a result of a square where the output has it.
  private func store(_ n: Expr, _ corner: [Expr], _ within: [Int], _ k: Expr, _ value: Expr) -> [Stmt] {
    let place = zip(corner, within).map { $0 + .index($1) }
    let biased = operands.optionalInput(2).map { value + $0[k] } ?? value
    let store = operands.store([n] + place + [k], biased)
    let conditions = (0..<2).compactMap { axis -> Expr? in
      let extent = operands.output.shape[axis + 1].constant ?? 0
      return (squares[axis] - 1) * op.kept + within[axis] < extent ? nil : place[axis] .< .index(extent)
    }
    guard let first = conditions.first else { return [store] }
    return [.branch(conditions.dropFirst().reduce(first) { $0 .&& $1 }, then: [store], else: [])]
  }
}
