import LoopIR
import Tensors
import TestSupport
import Testing

@Suite struct SteppedSumTests {
  private func part(_ step: Int, _ lower: Int, _ upper: Int, _ isInQuestion: Bool) -> SteppedSum.Part {
    SteppedSum.Part(step: step, count: Interval(lower, upper), isInQuestion: isInQuestion)
  }

  @Test func rowsOfATileDoNotHideThatColumnsAreApart() {
    // Vectors of 16 lanes, 64 panels of 32 columns, and tiles of 13 rows of 2048 columns: the sixth row, second vector.
    let parts = [part(1, -15, 15, false), part(32, -63, 63, true), part(2048, -36, 36, false)]
    #expect(SteppedSum(constant: 5 * 2048 + 16, parts: parts).vanishesOnlyAtZero)
    // Columns of one panel more would reach the next row.
    let wide = [part(1, -15, 15, false), part(32, -64, 64, true), part(2048, -36, 36, false)]
    #expect(!SteppedSum(constant: 5 * 2048, parts: wide).vanishesOnlyAtZero)
  }

  @Test func vectorsNextToEachOtherAreApart() {
    let parts = [part(1, -15, 15, false), part(64, -2, 2, true)]
    for constant in [-48, -16, 0, 16, 48] { #expect(SteppedSum(constant: constant, parts: parts).vanishesOnlyAtZero) }
    for constant in [-64, -50, 50, 128] { #expect(!SteppedSum(constant: constant, parts: parts).vanishesOnlyAtZero) }
  }

  @Test func whatIsClaimedHoldsForAllCounts() {
    var generator = SeededGenerator(7)
    var claims = 0
    for _ in 0..<2000 {
      let steps = Array([1, 2, 3, 4, 6, 8, 12, 16, 24].shuffled(using: &generator).prefix(3))
      let parts = steps.enumerated().map { position, step in
        let reach = Int.random(in: 1...4, using: &generator)
        return (step, reach, position != 1)
      }
      let constant = Int.random(in: -30...30, using: &generator)
      let sum = SteppedSum(constant: constant, parts: parts.map { part($0, -$1, $1, $2) })
      guard sum.vanishesOnlyAtZero else { continue }
      claims += 1
      for a in -parts[0].1...parts[0].1 {
        for b in -parts[1].1...parts[1].1 {
          for c in -parts[2].1...parts[2].1 where a != 0 || c != 0 {
            #expect(constant + a * steps[0] + b * steps[1] + c * steps[2] != 0, "\(steps) \(constant)")
          }
        }
      }
    }
    #expect(claims > 100)
  }
}
