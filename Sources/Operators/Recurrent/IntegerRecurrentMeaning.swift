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
    case .simple: [states[0].indices.map { short(bounded(op.candidate, argument(x, 0, $0, product(0, $0, states[0])))) }]
    case .lstm: lstm(x, states[0], states[1])
    case .gru: [gru(x, states[0]) { u, reset in (product(2, u, states[0]) &* 2).upperHalf(of: min(reset[u], 32767) &* 65536) }]
    case .gruResettingBefore:
      [gru(x, states[0]) { u, reset in product(2, u, zip(reset, states[0]).map { rounded($0 &* $1, 15) }) }]
    }
  }

  private func lstm(_ x: [Int32], _ h: [Int32], _ c: [Int32]) -> [[Int32]] {
    let (bits, cellBits) = (op.stateBits[0], op.stateBits[1])
    var (newH, newC) = (h, c)
    for u in h.indices {
      let input = gate(x, 0, u, h)
      let forget = op.couplesGates ? 32768 &- input : gate(x, 1, u, h)
      let candidate = value(op.candidate, argument(x, 2, u, product(2, u, h)), cellBits)
      newC[u] = short(rounded(forget &* c[u], 15) &+ rounded(input &* candidate, 15 + op.candidate.bits(cellBits) - cellBits))
      let last = value(op.last, newC[u] &* (1 << Int32(16 - cellBits)), bits)
      newH[u] = short(rounded(gate(x, 3, u, h) &* last, 15 + op.last.bits(bits) - bits))
    }
    return [newH, newC]
  }

  /// `inner` is the product for the candidate of a unit from the reset gates of all.
  private func gru(_ x: [Int32], _ h: [Int32], inner: (Int, [Int32]) -> Int32) -> [Int32] {
    let reset = h.indices.map { gate(x, 1, $0, h) }
    return h.indices.map { u in
      let (update, candidate) = (gate(x, 0, u, h), bounded(op.candidate, argument(x, 2, u, inner(u, reset))))
      return short(rounded(update &* h[u] &+ (32768 &- update) &* candidate, 15))
    }
  }

  /// With 16 bits of fraction: the sum of a column by its multiplier.
  private func product(_ gate: Int, _ u: Int, _ h: [Int32]) -> Int32 {
    let column = gate * units + u
    let sum = zip(weights[column], h).reduce(start[column]) { $0 &+ $1.0 &* ($1.1 &+ (op.isPacked ? 32768 : 0)) }
    return (sum &* (1 << Int32(op.sumShift))).upperHalf(of: multipliers[column])
  }

  private func argument(_ x: [Int32], _ gate: Int, _ u: Int, _ product: Int32) -> Int32 {
    let sum = x[gate * units + u] &* (1 << Int32(16 - op.inputBits[gate])) &+ product
    return op.limit.map { min(max(sum, -$0), $0) } ?? sum
  }

  private func gate(_ x: [Int32], _ gate: Int, _ u: Int, _ h: [Int32]) -> Int32 {
    value(op.gate, argument(x, gate, u, product(gate, u, h)), 15)
  }

  private func value(_ function: IntegerActivation, _ x: Int32, _ bits: Int) -> Int32 { function.value(x, bits: bits, curve) }

  /// With the bits of fraction of the first state.
  private func bounded(_ function: IntegerActivation, _ x: Int32) -> Int32 {
    rounded(value(function, x, op.stateBits[0]), function.bits(op.stateBits[0]) - op.stateBits[0])
  }

  private func rounded(_ x: Int32, _ bits: Int) -> Int32 { bits == 0 ? x : (x &+ (1 << Int32(bits - 1))) >> Int32(bits) }

  private func short(_ x: Int32) -> Int32 { IntegerActivation.short(x) }
}

extension Tensor {
  fileprivate var numbers: [Int32] { integers.map { Int32(truncatingIfNeeded: $0) } }
}
