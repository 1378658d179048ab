import LoopIR
import Tensors
import TestSupport
import Testing

/// `i` in 0..<6, `j` in 0..<16, `k` in i..<n, where n is open.
private let scope = IndexScope(dims: ["n"], ranges: ["n": 6...40])
  .inside("i", 0, 6).inside("j", 0, 16).inside("k", .index("i"), .index("n"))
private let (i, j, k, n) = (Expr.index("i"), Expr.index("j"), Expr.index("k"), Expr.index("n"))

private let identities: [(Expr, Expr)] = [
  (i + j - i, j),
  ((i + 1) * 3 + 2 * i - 3, i * 5),
  ((i * 16 + j) / 16, i),
  ((i * 16 + j) % 16, j),
  ((i * 32 + j) / 16, i * 2),
  ((i * 16 + j + 32) / 16, i + 2),
  ((i * 16 + j) / 64, i / 4),
  ((i * 16 + j) % 64, i % 4 * 16 + j),
  ((j * 7) / 3 * 3 + (j * 7) % 3, j * 7),
  (j / 4 * 12 + j % 4 * 3, j * 3),
  (minimum(i, 5), i),
  (maximum(j - i, -5), j - i),
  (minimum(n, 7) * 0 + maximum(i, k), k),
  (minimum(k, n - 1), k),
  ((k - i) / 1, k - i),
  (maximum(2 - (i + 2), 0), 0),
  (.binary(.floorModulo, j, 16), j),
  (.multiplyAdd(i, 4, j), i * 4 + j),
]

@Test(arguments: identities.indices) func indicesAreSimplified(position: Int) {
  let (before, after) = identities[position]
  #expect(scope.simplified(before).description == scope.simplified(after).description, "\(before)")
}

@Test func anUndecidedIndexKeepsItsOperation() {
  #expect(scope.simplified(minimum(i, j)) == minimum(i, j))
  #expect(scope.simplified((i + j) / 16) == (i + j) / 16)
  #expect(scope.simplified((i - j) / 2) == (i - j) / 2)
}

@Test func boundsFollowLoopsWhoseRangesDependOnEachOther() {
  #expect(scope.bounds(of: n - k) == Interval(1, 40))
  #expect(scope.bounds(of: k - i) == Interval(0, 39))
  #expect(scope.bounds(of: i * 16 + j) == Interval(0, 95))
  #expect(scope.bounds(of: j % 4) == Interval(0, 3))
}

@Test(arguments: UInt64(0)..<40) func randomIndicesKeepTheirValues(seed: UInt64) throws {
  var generator = SeededGenerator(seed)
  for _ in 0..<50 {
    let before = randomIndex(4, &generator)
    let after = scope.simplified(before)
    let bounds = scope.bounds(of: before)
    for _ in 0..<10 {
      let place = randomPlace(&generator)
      let (x, y) = (try value(before, place), try value(after, place))
      #expect(x == y, "seed \(seed): \(before) became \(after), at \(place)")
      #expect((bounds.lower ?? x) <= x && x <= (bounds.upper ?? x), "seed \(seed): \(before) in \(bounds) is \(x) at \(place)")
    }
    #expect(scope.simplified(after) == after, "seed \(seed): \(before) becomes \(after), then something else")
  }
}

@Test(arguments: UInt64(0)..<20) func randomComparisonsKeepTheirTruth(seed: UInt64) throws {
  var generator = SeededGenerator(seed)
  for comparison in Comparison.allCases {
    let before = Expr.compare(comparison, randomIndex(3, &generator), randomIndex(3, &generator))
    let after = scope.value(before)
    for _ in 0..<20 {
      let place = randomPlace(&generator)
      #expect(try value(before, place) == value(after, place), "seed \(seed): \(before) became \(after), at \(place)")
    }
  }
}

@Test func loopsThatRunOnceOrNeverVanish() {
  let buffer = Buffer("y", .float32, count: 8)
  func store(_ at: Expr) -> Stmt { .store(buffer, at: at, stride: 1, .float(1, .float32)) }
  let kernel = Kernel(
    "k", [Parameter(buffer, isWritten: true)],
    body: [
      loop("a", from: 3, to: 4) { a in store(a) },
      loop("b", from: 4, to: 4) { b in store(b) },
      loop("c", to: 8) { c in
        branch(c .< 9) {
          store(c)
        } else: {
          store(c + 1)
        }
      },
      loop("d", to: 8) { d in branch(d .< 0) { store(d) } },
    ])
  #expect(kernel.simplified().body == [store(3), loop("c", to: 8) { c in store(c) }])
}

@Test func dataOfTheIndexTypeIsNotReordered() {
  let buffer = Buffer("x", .int32, count: 4)
  let element = Expr.load(buffer, at: 0, .scalar)
  let doubled = Expr.binary(.divide, .binary(.multiply, element, 2), 2)
  #expect(scope.value(doubled) == doubled)
}

@Test(arguments: Nest.all.indices) func aSimplifiedNestKeepsItsValues(position: Int) throws {
  let nest = Nest.all[position]
  #expect(try Nest.run(nest.simplified(), seed: 1).isSame(as: Nest.run(nest, seed: 1)), "\(nest.simplified())")
}

extension IndexScope {
  fileprivate func inside(_ name: String, _ lower: Expr, _ upper: Expr) -> IndexScope {
    entering(Loop(name, from: lower, to: upper, body: []))
  }
}

private func value(_ expr: Expr, _ place: [String: Int]) throws(Diagnostic) -> Int {
  let evaluator = ColumnEvaluator(
    .typed, variables: { (variable) throws(Diagnostic) in .integers([Int64(place[variable.name] ?? 0)]) })
  return try evaluator.index(expr)
}

private func randomPlace(_ generator: inout SeededGenerator) -> [String: Int] {
  let (i, n) = (Int.random(in: 0..<6, using: &generator), Int.random(in: 6...40, using: &generator))
  return ["i": i, "j": Int.random(in: 0..<16, using: &generator), "k": Int.random(in: i..<n, using: &generator), "n": n]
}

private func randomIndex(_ depth: Int, _ generator: inout SeededGenerator) -> Expr {
  if depth == 0 || Int.random(in: 0..<6, using: &generator) == 0 {
    return [i, j, k, n, .index(Int.random(in: -20...40, using: &generator))][Int.random(in: 0..<5, using: &generator)]
  }
  let (a, b) = (randomIndex(depth - 1, &generator), randomIndex(depth - 1, &generator))
  let divisor = Expr.index(Int.random(in: 1...17, using: &generator))
  switch Int.random(in: 0..<9, using: &generator) {
  case 0, 1: return a + b
  case 2: return a - b
  case 3: return a * divisor
  case 4: return a / divisor
  case 5: return a % divisor
  case 6: return minimum(a, b)
  case 7: return .binary(.floorDivide, a, divisor)
  default: return maximum(a, b)
  }
}
