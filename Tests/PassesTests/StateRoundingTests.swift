import Tensors
import Testing

@testable import Passes

struct StateRoundingTests {
  /// States that go together: three numbers of each decide about all units.
  private func states(_ count: Int, units: Int, seed: UInt64) -> [[Double]] {
    var generator = SeededGenerator(seed)
    let shapes = (0..<3).map { _ in (0..<units).map { _ in Double.random(in: -1...1, using: &generator) } }
    return (0..<count).map { _ in
      let parts = shapes.map { _ in Double.random(in: -0.3...0.7, using: &generator) }
      return (0..<units).map { unit -> Double in zip(parts, shapes).reduce(0.0) { $0 + $1.0 * $1.1[unit] } }
    }
  }

  private func moments(_ states: [[Double]], units: Int) -> StateMoments {
    var moments = StateMoments(runs: 1)
    moments.add(Tensor(.float32, [states.count, units], states.flatMap { $0 }))
    return moments
  }

  @Test func averagesProductsOfStates() throws {
    let states = [[1.0, 2], [3, -4], [0.5, 0]]
    let values = moments(states, units: 2).values
    let thirds: [Double] = [10.25, 0, 0, -10, 20, 0, 4.5, -2, 3]
    for (row, column) in [(0, 0), (1, 0), (1, 1), (2, 0), (2, 1), (2, 2)] {
      let at = 3 * row + column
      #expect(abs(3 * values[at] - thirds[at]) < 1e-5)
    }
    #expect(StateMoments(runs: 4).values.isEmpty)
  }

  @Test(arguments: [1, 2, 7, 20])
  func errorsOfSumsShrink(units: Int) throws {
    let (seen, unseen) = (states(200, units: units, seed: 3), Array(states(400, units: units, seed: 3).dropFirst(200)))
    var generator = SeededGenerator(5)
    let columns = 9
    let weights = (0..<units * columns).map { _ in Double.random(in: -1...1, using: &generator) }
    let steps = (0..<columns).map { column -> Double in
      let peak: Double = (0..<units).map { abs(weights[$0 * columns + column]) }.reduce(1e-3, max)
      return peak / 127
    }
    let rounding = try #require(StateRounding(moments(seen, units: units).values, units: units))
    let (integers, drift) = rounding.integers(weights, steps: steps)
    #expect(integers.allSatisfy { (-127...127).contains($0) })
    func error(_ integers: [Double], _ drift: [Double]) -> Double {
      var sum = 0.0
      for state in unseen {
        for column in 0..<columns {
          var difference = -drift[column]
          for unit in 0..<units {
            let at = unit * columns + column
            let left: Double = weights[at] - integers[at] * steps[column]
            difference += state[unit] * left
          }
          sum += difference * difference
        }
      }
      return sum
    }
    let nearest = weights.enumerated().map { at, weight -> Double in (weight / steps[at % columns]).rounded() }
    let before: Double = error(nearest, [Double](repeating: 0, count: columns))
    let after: Double = error(integers.map { Double($0) }, drift)
    #expect(after <= before * (units > 3 ? 0.5 : 1.01))
  }

  @Test func refusesMomentsOfOtherLayers() {
    #expect(StateRounding([], units: 3) == nil)
    #expect(StateRounding([Double](repeating: 1, count: 9), units: 3) == nil)
    // Zeros everywhere are states that never left zero.
    #expect(StateRounding([0, 0, 0, 0, 0, 0, 0, 0, 1], units: 2)?.integers([0.3, -0.7], steps: [0.01]).integers == [30, -70])
  }
}
