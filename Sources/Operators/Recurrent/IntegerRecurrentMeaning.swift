import Tensors

/// `IntegerRecurrent` in numbers, which wrap.
struct IntegerRecurrentMeaning {
  private let op: IntegerRecurrent
  private let x: Tensor
  private let numbers: [Int32]
  /// Column by column.
  private let weights: [[Int32]]
  private let mask: [Int64]?
  private let multipliers: [Int32]
  private let curve: [Int32]
  private let start: [Int32]
  private let initial: [[Int32]]
  private let units: Int

  init(_ op: IntegerRecurrent, _ inputs: [Tensor?]) throws(Diagnostic) {
    self.op = op
    x = try inputs.required(0)
    numbers = x.numbers
    let columns = x.dims[2]
    units = columns / op.cell.gateCount
    let (kernel, units) = (try inputs.required(1).numbers, units)
    weights = (0..<columns).map { j in
      (0..<units).map { h in op.isPacked ? kernel[(h / 4 * columns + j) * 4 + h % 4] : kernel[h * columns + j] }
    }
    mask = inputs.optional(2)?.integers
    multipliers = try inputs.required(3).numbers
    curve = inputs.optional(4)?.numbers ?? []
    start = inputs.optional(IntegerRecurrent.startPosition)?.numbers ?? [Int32](repeating: 0, count: columns)
    let zeros = [Int32](repeating: 0, count: x.dims[0] * units)
    initial = (0..<op.cell.stateCount).map { inputs.optional(IntegerRecurrent.firstState + $0)?.numbers ?? zeros }
  }

  var outputs: [Tensor] {
    var sequence: [Int64] = []
    var last = [[Int64]](repeating: [], count: initial.count)
    for row in 0..<x.dims[0] {
      var states = initial.map { Array($0[row * units..<(row + 1) * units]) }
      var output = [Int32](repeating: 0, count: units)
      for processed in 0..<x.dims[1] {
        let at = row * x.dims[1] + (op.goBackwards ? x.dims[1] - 1 - processed : processed)
        if mask.map({ $0[at] != 0 }) ?? true {
          states = step(Array(numbers[at * weights.count..<(at + 1) * weights.count]), states)
          output = states[0]
        } else if op.zeroOutputForMask {
          output = [Int32](repeating: 0, count: units)
        }
        sequence += output.map { Int64($0) }
      }
      for (position, state) in states.enumerated() { last[position] += state.map { Int64($0) } }
    }
    return [Tensor(.int16, [x.dims[0], x.dims[1], units], integers: sequence)]
      + last.map { Tensor(.int16, [x.dims[0], units], integers: $0) }
  }

  private func step(_ x: [Int32], _ states: [[Int32]]) -> [[Int32]] {
    switch op.cell {
    case .simple: [states[0].indices.map { value(op.candidate, argument(x, 0, $0, part(0, $0, states[0])), op.stateBits[0]) }]
    case .lstm: lstm(x, states[0], states[1])
    case .gru: [gru(x, states[0]) { u, reset in (reset[u] * part(2, u, states[0]) + 16384) >> 15 }]
    case .gruResettingBefore: [gru(x, states[0]) { u, reset in part(2, u, zip(reset, states[0]).map { ($0 * $1 + 16384) >> 15 }) }]
    }
  }

  private func lstm(_ x: [Int32], _ h: [Int32], _ c: [Int32]) -> [[Int32]] {
    let (bits, cellBits) = (op.stateBits[0], op.stateBits[1])
    var (newH, newC) = (h, c)
    for u in h.indices {
      let input = gate(x, 0, u, h)
      let forget = op.couplesGates ? 32768 - input : gate(x, 1, u, h)
      let candidate = value(op.candidate, argument(x, 2, u, part(2, u, h)), cellBits)
      newC[u] = IntegerActivation.short((forget * c[u] &+ (input * candidate + 16384)) >> 15)
      let shift = Int32(op.last.argumentBits - cellBits)
      let last = value(op.last, shift < 0 ? newC[u] >> -shift : newC[u] << shift, bits)
      newH[u] = (gate(x, 3, u, h) * last + 16384) >> 15
    }
    return [newH, newC]
  }

  /// `inner` is what is left of the sum for the candidate of a unit, from the reset gates of all.
  private func gru(_ x: [Int32], _ h: [Int32], inner: (Int, [Int32]) -> Int32) -> [Int32] {
    let reset = h.indices.map { gate(x, 1, $0, h) }
    return h.indices.map { u in
      let (update, candidate) = (gate(x, 0, u, h), value(op.candidate, argument(x, 2, u, inner(u, reset)), op.stateBits[0]))
      return (update * h[u] + ((32768 - update) * candidate + 16384)) >> 15
    }
  }

  /// What is left of the sum of a column.
  private func part(_ gate: Int, _ u: Int, _ h: [Int32]) -> Int32 {
    let column = gate * units + u
    let sum = zip(weights[column], h).reduce(start[column]) { $0 &+ $1.0 &* ($1.1 &+ (op.isPacked ? 32768 : 0)) }
    return Int32(Int16(truncatingIfNeeded: sum >> Int32(op.sumShift)))
  }

  private func argument(_ x: [Int32], _ gate: Int, _ u: Int, _ part: Int32) -> Int32 {
    let column = gate * units + u
    let input = x[column] &* (1 << Int32(op.argumentBits(gate) + op.productBits - op.inputBits[gate]))
    let sum = ((multipliers[column] & 32767) &* part &+ input) >> Int32(op.productBits)
    return op.limit(gate).map { min(max(sum, -$0), $0) } ?? sum
  }

  private func gate(_ x: [Int32], _ gate: Int, _ u: Int, _ h: [Int32]) -> Int32 {
    value(op.gate, argument(x, gate, u, part(gate, u, h)), 15)
  }

  private func value(_ function: IntegerActivation, _ x: Int32, _ bits: Int) -> Int32 { function.value(x, bits: bits, curve) }
}

extension Tensor {
  fileprivate var numbers: [Int32] { integers.map { Int32(truncatingIfNeeded: $0) } }
}
