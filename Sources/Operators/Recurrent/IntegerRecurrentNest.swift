import GraphIR
import LoopIR
import Tensors

/// One step of `IntegerRecurrent`.
struct IntegerRecurrentNest {
  private let op: IntegerRecurrent
  private let operands: Operands
  private let nest: RecurrentNest

  init(_ op: IntegerRecurrent, _ operands: Operands, _ nest: RecurrentNest) {
    self.op = op
    self.operands = operands
    self.nest = nest
  }

  var step: [Stmt] {
    switch op.cell {
    case .simple: simple
    case .lstm: lstm
    case .gru: gru
    case .gruResettingBefore: gruResettingBefore
    }
  }

  private var simple: [Stmt] {
    products("gates", nest.state(0), columns: 0..<1) + [
      loop("u", to: Expr(nest.units)) { u in
        applied("a", op.candidate, argument(0, u, part(0, u)), op.stateBits[0]) { a in nest.update(u, [a.value]) }
      }
    ]
  }

  private var lstm: [Stmt] {
    products("gates", nest.state(0), columns: 0..<4) + [
      loop("u", to: Expr(nest.units)) { u in
        gate("i", 0, u) { i in
          forget(u, i) { f in
            applied("g", op.candidate, argument(2, u, part(2, u)), op.stateBits[1]) { g in
              local("c", share(f, nest.value(1, u), plus: share(i.value, g.value.lowShort)).shifted(right: 15).short) { c in
                output(u, c)
              }
            }
          }
        }
      }
    ]
  }

  /// The rest of an LSTM, from its new cell state.
  private func output(_ u: Expr, _ c: Local) -> [Stmt] {
    let argument = c.value.moved(left: op.last.argumentBits - op.stateBits[1])
    return gate("o", 3, u) { o in
      applied("l", op.last, argument, op.stateBits[0]) { l in
        nest.update(u, [share(o.value, l.value.lowShort).shifted(right: 15), c.value])
      }
    }
  }

  private func forget(_ u: Expr, _ input: Local, @NestBuilder _ body: (Expr) -> [Stmt]) -> [Stmt] {
    op.couplesGates ? local("f", Expr.index(32768) - input.value) { body($0.value) } : gate("f", 1, u) { body($0.value) }
  }

  private var gru: [Stmt] {
    products("gates", nest.state(0), columns: 0..<3) + [
      loop("u", to: Expr(nest.units)) { u in
        gate("r", 1, u) { r in update(u, share(r.value, part(2, u)).shifted(right: 15)) }
      }
    ]
  }

  private var gruResettingBefore: [Stmt] {
    let reset = nest.workspace(0)
    let resetting = loop("v", to: Expr(nest.units)) { v in
      gate("r", 1, v) { r in
        reset.store([v], share(r.value, nest.value(0, v)).shifted(right: 15).converted(to: .int16))
      }
    }
    let updating = loop("u", to: Expr(nest.units)) { u in update(u, part(2, u)) }
    let first: [Stmt] = products("gates", nest.state(0), columns: 0..<2)
    let second: [Stmt] = products("inner", reset, columns: 2..<3)
    return first + [resetting] + second + [updating]
  }

  /// A gate times a number of 16 bits, with 15 bits more of fraction, plus a half of what is left once these are moved out.
  private func share(_ gate: Expr, _ short: Expr, plus sum: Expr = 16384) -> Expr { .multiplyAdd(gate.lowest(15), short, sum) }

  /// The rest of a GRU: `inner` is what is left of the sum for the candidate.
  private func update(_ u: Expr, _ inner: Expr) -> [Stmt] {
    gate("z", 0, u) { z in
      applied("a", op.candidate, argument(2, u, inner), op.stateBits[0]) { a in
        let added = share(Expr.index(32768) - z.value, a.value.lowShort)
        nest.update(u, [share(z.value, nest.value(0, u), plus: added).shifted(right: 15)])
      }
    }
  }

  private func gate(_ name: String, _ gate: Int, _ u: Expr, @NestBuilder _ body: (Local) -> [Stmt]) -> [Stmt] {
    applied(name, op.gate, argument(gate, u, part(gate, u)), 15, body)
  }

  private func applied(
    _ name: String, _ function: IntegerActivation, _ argument: Expr, _ bits: Int, @NestBuilder _ body: (Local) -> [Stmt]
  ) -> [Stmt] {
    function.applied(name, to: argument, bits: bits, operands.optionalInput(4), body)
  }

  /// What is left of the sum of a column.
  private func part(_ gate: Int, _ u: Expr) -> Expr { nest.gates[nest.column(gate, u)].shifted(right: op.sumShift).lowShort }

  private func argument(_ gate: Int, _ u: Expr, _ part: Expr) -> Expr {
    let column = nest.column(gate, u)
    let input = nest.input(column).moved(left: op.argumentBits(gate) + op.productBits - op.inputBits[gate])
    let sum = Expr.multiplyAdd(operands.input(3)[column].lowest(15), part.lowShort, input).shifted(right: op.productBits)
    return op.limit(gate).map { minimum(maximum(sum, .index(-Int($0))), .index(Int($0))) } ?? sum
  }

  private func start(_ column: Expr) -> Expr { operands.optionalInput(IntegerRecurrent.startPosition)?[column] ?? 0 }

  /// Sums of some columns with a vector of int16.
  private func products(_ name: String, _ vector: TensorView, columns: Range<Int>) -> [Stmt] {
    guard op.isPacked else { return [nest.multiply(name, vector, columns: columns, start)] }
    let (first, last) = (Expr(nest.units * Dim(columns.lowerBound)), Expr(nest.units * Dim(columns.upperBound)))
    return [split(name, vector), loop("\(name)_j", from: first, to: last) { j in packedProduct(name, j) }]
  }

  /// The upper and the lower bytes of numbers that are 32768 more.
  private func split(_ name: String, _ vector: TensorView) -> Stmt {
    let (high, low) = (bytes(0), bytes(1))
    return loop("\(name)_s", to: Expr(nest.units)) { s in
      local("\(name)_code", vector[s].converted(to: .int32) + .index(32768)) { code in
        high.store([s], code.value.shifted(right: 8).converted(to: .uint8))
        low.store([s], code.value.lowest(8).converted(to: .uint8))
      }
    }
  }

  private func packedProduct(_ name: String, _ j: Expr) -> [Stmt] {
    let (high, low, weights) = (bytes(0), bytes(1), operands.input(1))
    return local("\(name)_low", start(j)) { lowSum in
      local("\(name)_high", Expr.index(0)) { highSum in
        loop("\(name)_q", to: weights.extent(0)) { q in
          lowSum.set(dot(low, weights, q, j, lowSum.value))
          highSum.set(dot(high, weights, q, j, highSum.value))
        }
        nest.gates.store([j], highSum.value * .index(256) + lowSum.value)
      }
    }
  }

  private func dot(_ bytes: TensorView, _ weights: TensorView, _ group: Expr, _ column: Expr, _ sum: Expr) -> Expr {
    let four = Expr.index(4)
    return .dot(bytes.group([group * four], of: 4), weights.group([group, column * four], of: 4), sum)
  }

  private func bytes(_ position: Int) -> TensorView { nest.workspace(position + (op.cell == .gruResettingBefore ? 1 : 0)) }
}

extension Expr {
  /// Times a power of two; to the right, rounded towards minus infinity.
  fileprivate func moved(left bits: Int) -> Expr { bits < 0 ? shifted(right: -bits) : bits == 0 ? self : self * .index(1 << bits) }
}
