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
        applied("a", op.candidate, argument(0, u, product(0, u)), op.stateBits[0]) { a in
          nest.update(u, [inState(a.value).short])
        }
      }
    ]
  }

  private var lstm: [Stmt] {
    let (bits, cellBits) = (op.stateBits[0], op.stateBits[1])
    return products("gates", nest.state(0), columns: 0..<4) + [
      loop("u", to: Expr(nest.units)) { u in
        gate("i", 0, u) { i in
          forget(u, i) { f in
            applied("g", op.candidate, argument(2, u, product(2, u)), cellBits) { g in
              let kept = (f * nest.value(1, u)).rounded(right: 15)
              let added = (i.value * g.value).rounded(right: 15 + op.candidate.bits(cellBits) - cellBits)
              local("c", (kept + added).short) { c in
                gate("o", 3, u) { o in
                  applied("l", op.last, c.value * .index(1 << (16 - cellBits)), bits) { l in
                    nest.update(u, [(o.value * l.value).rounded(right: 15 + op.last.bits(bits) - bits).short, c.value])
                  }
                }
              }
            }
          }
        }
      }
    ]
  }

  private func forget(_ u: Expr, _ input: Local, @NestBuilder _ body: (Expr) -> [Stmt]) -> [Stmt] {
    op.couplesGates ? local("f", 32768 - input.value) { body($0.value) } : gate("f", 1, u) { body($0.value) }
  }

  private var gru: [Stmt] {
    products("gates", nest.state(0), columns: 0..<3) + [
      loop("u", to: Expr(nest.units)) { u in
        gate("r", 1, u) { r in
          update(u, .binary(.multiplyHigh, product(2, u) * 2, minimum(r.value, 32767) * 65536))
        }
      }
    ]
  }

  private var gruResettingBefore: [Stmt] {
    let reset = nest.workspace(0)
    let resetting = loop("v", to: Expr(nest.units)) { v in
      gate("r", 1, v) { r in reset.store([v], (r.value * nest.value(0, v)).rounded(right: 15).converted(to: .int16)) }
    }
    return products("gates", nest.state(0), columns: 0..<2) + [resetting] + products("inner", reset, columns: 2..<3) + [
      loop("u", to: Expr(nest.units)) { u in update(u, product(2, u)) }
    ]
  }

  /// The rest of a GRU: `inner` is the product for the candidate.
  private func update(_ u: Expr, _ inner: Expr) -> [Stmt] {
    gate("z", 0, u) { z in
      applied("a", op.candidate, argument(2, u, inner), op.stateBits[0]) { a in
        let sum = z.value * nest.value(0, u) + (32768 - z.value) * inState(a.value)
        nest.update(u, [sum.rounded(right: 15).short])
      }
    }
  }

  private func gate(_ name: String, _ gate: Int, _ u: Expr, @NestBuilder _ body: (Local) -> [Stmt]) -> [Stmt] {
    applied(name, op.gate, argument(gate, u, product(gate, u)), 15, body)
  }

  private func applied(
    _ name: String, _ function: IntegerActivation, _ argument: Expr, _ bits: Int, @NestBuilder _ body: (Local) -> [Stmt]
  ) -> [Stmt] {
    function.applied(name, to: argument, bits: bits, operands.optionalInput(4), body)
  }

  /// What the candidate's activation gives, with the bits of fraction of the first state.
  private func inState(_ x: Expr) -> Expr { x.rounded(right: op.candidate.bits(op.stateBits[0]) - op.stateBits[0]) }

  private func product(_ gate: Int, _ u: Expr) -> Expr {
    let column = nest.column(gate, u)
    return .binary(.multiplyHigh, nest.gates[column] * .index(1 << op.sumShift), operands.input(3)[column])
  }

  private func argument(_ gate: Int, _ u: Expr, _ product: Expr) -> Expr {
    let sum = nest.input(nest.column(gate, u)) * .index(1 << (16 - op.inputBits[gate])) + product
    return op.limit.map { minimum(maximum(sum, .index(-Int($0))), .index(Int($0))) } ?? sum
  }

  private func start(_ column: Expr) -> Expr { operands.optionalInput(IntegerRecurrent.startPosition)?[column] ?? 0 }

  /// Sums of some columns with a vector of int16.
  private func products(_ name: String, _ vector: TensorView, columns: Range<Int>) -> [Stmt] {
    guard op.isPacked else { return [nest.multiply(name, vector, columns: columns, start)] }
    let (high, low, weights) = (bytes(0), bytes(1), operands.input(1))
    let (first, last) = (Expr(nest.units * Dim(columns.lowerBound)), Expr(nest.units * Dim(columns.upperBound)))
    return [
      loop("\(name)_s", to: Expr(nest.units)) { s in
        local("\(name)_code", vector[s].converted(to: .int32) + 32768) { code in
          high.store([s], code.value.shifted(right: 8).converted(to: .uint8))
          low.store([s], Expr.binary(.and, code.value, 255).converted(to: .uint8))
        }
      },
      loop("\(name)_j", from: first, to: last) { j in
        local("\(name)_low", start(j)) { lowSum in
          local("\(name)_high", 0) { highSum in
            loop("\(name)_q", to: weights.extent(0)) { q in
              lowSum.set(.dot(low.group([q * 4], of: 4), weights.group([q, j * 4], of: 4), lowSum.value))
              highSum.set(.dot(high.group([q * 4], of: 4), weights.group([q, j * 4], of: 4), highSum.value))
            }
            nest.gates.store([j], highSum.value * 256 + lowSum.value)
          }
        }
      },
    ]
  }

  private func bytes(_ position: Int) -> TensorView { nest.workspace(position + (op.cell == .gruResettingBefore ? 1 : 0)) }
}
