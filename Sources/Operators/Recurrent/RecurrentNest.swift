import GraphIR
import LoopIR
import Tensors

/// The nest around the steps of a recurrent cell. The states of one row are kept in workspaces; each step multiplies them with
/// the recurrent kernel, column by column, then computes every unit on its own: both loops run over contiguous memory and
/// their iterations are independent.
struct RecurrentNest {
  private let operands: Operands
  private let stateCount: Int
  /// The position of the first initial state.
  private let firstState: Int
  /// The position of the steps of the kernel.
  private let stepsPosition: Int?
  /// What cells compute with.
  let dtype: DType
  private let goBackwards: Bool
  private let zeroOutputForMask: Bool
  /// Rows whose steps are computed together: workspaces have as many rows. One where rows follow each other.
  private let together: Int
  /// Of those, the row at hand.
  private var member: Expr = 0
  /// Row, step in the order of processing, and step in the input.
  private var row: Expr = 0
  private var processed: Expr = 0
  private var time: Expr = 0
  /// Whether the step counts, and whether one has so far.
  private var isOn: Expr?
  private var hasBeenOn: Expr?

  /// Without a `dtype` cells compute with that of their input.
  init(
    _ operands: Operands, states: Int, firstState: Int = 3, stepsPosition: Int? = nil, dtype: DType? = nil, goBackwards: Bool,
    zeroOutputForMask: Bool, together: Int = 1
  ) {
    self.operands = operands
    stateCount = states
    self.firstState = firstState
    self.stepsPosition = stepsPosition
    self.dtype = dtype ?? operands.input(0).dtype.accumulator
    self.goBackwards = goBackwards
    self.zeroOutputForMask = zeroOutputForMask
    self.together = together
  }

  var units: Dim { operands.output.shape[2] }
  /// The type of the cell's own output, whatever an epilogue makes of it.
  private var resultType: DType { operands.input(0).dtype }
  /// What the gates of a step are kept in, gate by gate.
  var gates: TensorView { own(0) }
  /// Memory of the cell after the gates and the states.
  func workspace(_ position: Int) -> TensorView { own(1 + stateCount + position) }

  func state(_ position: Int) -> TensorView { own(1 + position) }

  /// Memory of the row at hand.
  private func own(_ position: Int) -> TensorView {
    together > 1 ? operands.workspaces[position].part(member) : operands.workspaces[position]
  }

  /// A state of a unit, as cells compute with it.
  func value(_ position: Int, _ unit: Expr) -> Expr { state(position)[unit].converted(to: dtype) }
  func column(_ gate: Int, _ unit: Expr) -> Expr { unit + Expr(units * Dim(gate)) }

  /// The projected input of the step at a column.
  func input(_ column: Expr) -> Expr { operands.input(0)[[row, time, column]].converted(to: dtype) }

  /// An element of a further input that the cell may have, or zero.
  func extra(_ position: Int, _ index: Expr) -> Expr? { operands.optionalInput(position).map { $0[[index]].converted(to: dtype) } }

  /// Some columns of `vector` times the recurrent kernel, added to `start`, become gates.
  func multiply(_ name: String, _ vector: TensorView, columns: Range<Int>, _ start: (Expr) -> Expr) -> Stmt {
    let (first, last) = (Expr(units * Dim(columns.lowerBound)), Expr(units * Dim(columns.upperBound)))
    return loop("\(name)_j", from: first, to: last) { j in
      local("\(name)_sum", firstTerm(start(j))) { sum in
        loop("\(name)_h", to: Expr(units)) { h in
          sum.addProduct(vector[h].converted(to: dtype), operands.input(1)[h, j].converted(to: dtype))
        }
        gates.store([j], total(sum, j, start(j)))
      }
    }
  }

  /// The same for some gates, all of a unit together.
  func multiplyTogether(_ name: String, _ vector: TensorView, gates range: Range<Int>, _ start: (Expr, Int) -> Expr) -> Stmt {
    loop("\(name)_u", to: Expr(units)) { u in
      locals(range.map { ("\(name)_sum\($0)", firstTerm(start(column($0, u), $0))) }) { sums in
        loop("\(name)_h", to: Expr(units)) { h in
          zip(sums, range).map { $0.addProduct(vector[h], operands.input(1)[h, column($1, u)].converted(to: dtype)) }
        }
        zip(sums, range).map { gates.store([column($1, u)], total($0, column($1, u), start(column($1, u), $1))) }
      }
    }
  }

  private var kernelSteps: TensorView? { stepsPosition.flatMap { operands.optionalInput($0) } }

  /// Where products have no steps, sums begin with what is added to them.
  private func firstTerm(_ start: Expr) -> Expr { kernelSteps == nil ? start : .constant(0, dtype) }

  private func total(_ sum: Local, _ column: Expr, _ start: Expr) -> Expr {
    kernelSteps.map { .multiplyAdd(sum.value, $0[column].converted(to: dtype), start) } ?? sum.value
  }

  private func locals(_ starts: [(name: String, value: Expr)], @NestBuilder _ body: ([Local]) -> [Stmt]) -> [Stmt] {
    guard let first = starts.first else { return body([]) }
    return local(first.name, first.value) { local in locals(Array(starts.dropFirst())) { body([local] + $0) } }
  }

  /// All rows, one step after the other.
  func rows(_ step: (RecurrentNest) -> [Stmt]) -> [Stmt] {
    if together > 1 { return [blocks(step)] }
    return [
      loop("n", to: operands.input(0).extent(0), scratch: operands.workspaces) { n in
        begin(n)
        flagged { seen in
          loop("t", to: operands.input(0).extent(1)) { t in masked(at: n, t, seen, step) }
        }
        end(n)
      }
    ]
  }

  /// Blocks of rows: each stage of a step for all rows of a block, so that a weight is read once for all of them.
  private func blocks(_ step: (RecurrentNest) -> [Stmt]) -> Stmt {
    loop("b", to: operands.input(0).extent(0) / .index(together), scratch: operands.workspaces) { b in
      eachRow("first_n", b) { $0.begin($0.row) }
      loop("t", to: operands.input(0).extent(1)) { t in
        for stage in step(self).indices {
          eachRow("n\(stage)", b) { step($0.at($0.row, t))[stage] }
        }
      }
      eachRow("last_n", b) { $0.end($0.row) }
    }
  }

  private func eachRow(_ name: String, _ block: Expr, _ body: (RecurrentNest) -> Stmt) -> Stmt {
    var inner = self
    inner.member = .index(name)
    inner.row = block * .index(together) + inner.member
    let statement = body(inner)
    return loop(name, to: .index(together)) { _ in statement }
  }

  private func begin(_ n: Expr) -> Stmt {
    loop("first", to: Expr(units)) { u in
      (0..<stateCount).map { state($0).store([u], initial($0, n, u).converted(to: state($0).dtype)) }
    }
  }

  private func end(_ n: Expr) -> Stmt {
    loop("last", to: Expr(units)) { u in
      (0..<stateCount).map { operands.outputs[1 + $0].store([n, u], state($0)[u].converted(to: resultType)) }
    }
  }

  /// Stores the new states of a unit, if the step counts, and its output.
  func update(_ unit: Expr, _ new: [Expr]) -> [Stmt] {
    local("output", output(unit, new[0])) { output in
      new.indices.map { position -> Stmt in
        let kept = isOn.map { .select($0, new[position], value(position, unit)) } ?? new[position]
        return state(position).store([unit], kept.converted(to: state(position).dtype))
      }
      cells(unit)
      operands.store([row, processed, unit], output.value.converted(to: resultType))
    }
  }

  /// The last state is an output, too, where there is one more.
  private func cells(_ unit: Expr) -> [Stmt] {
    guard operands.outputs.count > 1 + stateCount else { return [] }
    return [operands.outputs[1 + stateCount].store([row, processed, unit], value(stateCount - 1, unit).converted(to: resultType))]
  }

  private func output(_ unit: Expr, _ new: Expr) -> Expr {
    guard let isOn else { return new }
    let zero = Expr.constant(0, dtype)
    guard let hasBeenOn else { return .select(isOn, new, zero) }
    return .select(isOn, new, .select(hasBeenOn, value(0, unit), zero))
  }

  private func initial(_ position: Int, _ n: Expr, _ unit: Expr) -> Expr {
    operands.optionalInput(firstState + position).map { $0[n, unit].converted(to: dtype) } ?? .constant(0, dtype)
  }

  /// A local that tells whether a step has counted, where that matters.
  @NestBuilder private func flagged(@NestBuilder _ body: (Local?) -> [Stmt]) -> [Stmt] {
    if operands.optionalInput(2) != nil, !zeroOutputForMask {
      local("seen", .int(0, .bool)) { body($0) }
    } else {
      body(nil)
    }
  }

  private func masked(at n: Expr, _ t: Expr, _ seen: Local?, _ step: (RecurrentNest) -> [Stmt]) -> [Stmt] {
    let inner = at(n, t)
    guard let mask = operands.optionalInput(2) else { return step(inner) }
    return local("on", mask[n, inner.time]) { on in
      if let seen { seen.set(.binary(.or, seen.value, on.value)) }
      step(inner.masked(on.value, seen?.value))
    }
  }

  private func at(_ n: Expr, _ t: Expr) -> RecurrentNest {
    var copy = self
    (copy.row, copy.processed) = (n, t)
    copy.time = goBackwards ? operands.input(0).extent(1) - 1 - t : t
    return copy
  }

  private func masked(_ on: Expr, _ seen: Expr?) -> RecurrentNest {
    var copy = self
    (copy.isOn, copy.hasBeenOn) = (on, seen)
    return copy
  }
}
