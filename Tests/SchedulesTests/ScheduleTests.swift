import Foundation
import LoopIR
import Schedules
import Targets
import Tensors
import TestSupport
import Testing

@Test(arguments: Nest.all.indices, Target.all) func schedulesKeepTheValues(position: Int, target: Target) throws {
  let nest = Nest.all[position]
  let scheduled = schedule(nest, for: target)
  for draw in [Draw.whole, .hard] where draw == .whole || !scheduled.description.contains("of lanes") {
    #expect(try Nest.run(scheduled, seed: 5, draw: draw).isSame(as: Nest.run(nest, seed: 5, draw: draw)), "\(scheduled)")
  }
}

/// What is expected of a nest on AVX-512: the strategy, and lines that its text must hold.
private let expectations: [(Kernel, String, [String])] = [
  (Nest.matmul(250, 250, 16), "m: contraction", ["for m_o in 0..<18", "sum_1_13: float32 x 16"]),
  // What comes from afar is read once.
  (Nest.matmul(16, 512, 1024), "m: contraction", ["for n_o in 0..<32", "sum_15: float32 x 16"]),
  (
    Nest.convolution(.init(size: (4, 4), channels: 16, filters: 32, window: (1, 1), padding: 0)), "o1: contraction", ["for o1o2_o in 0..<2"]
  ),
  // What all columns read again and again stays in the cache.
  (Nest.matmul(3136, 256, 64), "m: contraction", ["for m_o in 0..<2"]),
  (Nest.depthwise(.init(size: (9, 16), channels: 32)), "o1: window", ["float32 x 16"]),
  (Nest.matmul(5, 6, 64, transposed: true), "m: dot products", ["add of lanes"]),
  (Nest.elementwise([3, 5, 32]), "i0: elementwise", ["x 16"]),
  (Nest.rows([3, 19], axis: 1), "k: reduction", ["maximum of lanes"]),
  (Nest.recurrent(4, 64), "u: contraction", ["for t in 0..<4"]),
]

@Test(arguments: expectations.indices) func theShapeOfANestDecides(position: Int) {
  let (nest, note, lines) = expectations[position]
  let scheduled = schedule(nest, for: .x86v4)
  #expect(scheduled.notes.contains(note), "\(scheduled.notes)")
  for line in lines { #expect(scheduled.description.contains(line), "\(scheduled)") }
}

@Test func whatTheFirstCacheDoesNotHoldIsAskedForAhead() {
  func asks(_ inner: Int, _ target: Target) -> Bool {
    schedule(Nest.matmul(56, 64, inner), for: target).notes.contains { $0.contains("prefetch w") }
  }
  #expect(asks(512, .x86v4) && !asks(64, .x86v4))
  // Vectors that are shorter than a line would ask twice.
  #expect(!asks(512, .x86v3))
}

@Test func tilesThatReadAPanelAskForAllOfTheNext() throws {
  let layout = Layout.blocked(axis: 3, size: 32)
  let nest = Nest.convolution(.init(size: (7, 7), channels: 512, filters: 512, window: (1, 1), padding: 0, layout: layout))
  let scheduled = schedule(nest, for: .x86v4)
  var loads: [(at: Expr, prefetch: Prefetch)] = []
  func collect(_ expr: Expr) -> Expr {
    if case .load(_, let at, let access) = expr, let prefetch = access.prefetch, prefetch.level == 2 { loads.append((at, prefetch)) }
    return expr.mapChildren(collect)
  }
  for statement in scheduled.body { _ = statement.mapExpressions(collect) }
  #expect(!loads.isEmpty, "\(scheduled.notes)")
  var lines: Set<Int> = []
  for load in loads {
    var places = [(load.at + load.prefetch.ahead).substituting(["o3_o": 0])]
    for name in places[0].variables {
      let count = try #require(scheduled.loop(name)?.upper.constantIndex)
      places = places.flatMap { place in (0..<count).map { IndexScope().simplified(place.substituting([name: .index($0)])) } }
    }
    lines.formUnion(try places.map { try #require($0.constantIndex) / 16 })
  }
  let panel = 512 * 32 / 16
  #expect(lines.isSuperset(of: panel..<2 * panel))
}

@Test func windowsMoveDownWithOneVectorOfChannelsWhereLinesAreLong() {
  func order(channels: Int) -> [String] {
    let text = schedule(Nest.depthwise(.init(size: (14, 14), channels: channels)), for: .x86v4).description
    return text.components(separatedBy: "\n").filter { $0.contains("for ") }.prefix(2).map(\.self)
  }
  #expect(order(channels: 384)[0].contains("for o3_o") && order(channels: 64)[0].contains("for o1"), "\(order(channels: 384))")
  // Places that lie so far apart use the same few sets of the cache.
  #expect(order(channels: 1024)[0].contains("for o1"))
}

@Test(arguments: Target.all, [3, 20, 32]) func axesChangeTheirPlacesInVectors(target: Target, rows: Int) throws {
  let x = TensorView(Buffer("x", .float32, count: Dim(2 * rows * 37)), TensorType(.float32, [2, Dim(rows), 37]))
  let y = TensorView(Buffer("y", .float32, count: Dim(2 * rows * 37)), TensorType(.float32, [2, 37, Dim(rows)]))
  let body = loops("i", [2, 37, Dim(rows)]) { index in y.store(index, x[index[0], index[2], index[1]]) }
  let kernel = Kernel("turn", [Parameter(x.buffer, isWritten: false), Parameter(y.buffer, isWritten: true)], body: body)
  let scheduled = schedule(kernel, for: target)
  #expect(scheduled.notes.contains("i0: transposition") == (target.lanes > 1 && rows >= target.lanes), "\(scheduled.notes)")
  for draw in Draw.allCases {
    #expect(try Nest.run(scheduled, seed: 5, draw: draw).isSame(as: Nest.run(kernel, seed: 5, draw: draw)), "\(scheduled)")
  }
}

@Test func theInteriorOfAConvolutionHasConstantBounds() {
  let text = schedule(Nest.convolution(.init(size: (20, 32), channels: 8, filters: 64)), for: .x86v4).description
  #expect(text.contains("for r1_1 in 0..<3"), "\(text)")
}

@Test(arguments: Target.all) func threadsShareLongLoopsWhoseIterationsAreIndependent(target: Target) throws {
  let long = schedule(Nest.matmul(84, 256, 400), for: target, threads: true)
  #expect(long.description.components(separatedBy: "parallel for").count == 2, "\(long)")
  let few = schedule(Nest.matmul(2, 640, 400), for: target, threads: true)
  #expect(few.description.contains("parallel for n") && !few.description.contains("parallel for m"), "\(few)")
  let overlapping = schedule(Nest.matmul(49, 2048, 64), for: target, threads: true)
  #expect(target.lanes == 1 || overlapping.description.contains("parallel for n_o"), "\(overlapping)")
  #expect(!schedule(Nest.matmul(5, 6, 7), for: target, threads: true).description.contains("parallel"))
  let steps = schedule(Nest.recurrent(4, 300), for: target, threads: true).description
  #expect(steps.contains("parallel for u") && !steps.contains("parallel for t"), "\(steps)")
  #expect(!schedule(Nest.matmul(84, 256, 400), for: target).description.contains("parallel"))
}

@Test(arguments: [(2, true), (3, false), (4, true), (5, false), (40, true)])
func threadsShareTheLoopThatTheyShareEvenly(count: Int, isOuter: Bool) {
  let y = TensorView(Buffer("y", .float32, count: 1_600_000), TensorType(.float32, [1_600_000]))
  func fill(_ name: String, _ c: Expr, _ start: Int) -> Stmt {
    loop(name, to: 20_000) { i in y.store([c * 40_000 + i + .index(start)], .constant(1, .float32)) }
  }
  let body = loop("c", to: .index(count)) { c in
    fill("i", c, 0)
    fill("j", c, 20_000)
  }
  let shared = schedule(Kernel("fill", [Parameter(y.buffer, isWritten: true)], body: [body]), for: .generic, threads: true).description
  #expect(shared.contains("parallel for c") == isOuter && shared.contains("parallel for i") != isOuter, "\(shared)")
}

@Test(arguments: Target.all) func functionsStayShort(target: Target) {
  for extent in [7, 13, 31, 57, 100] {
    let convolution = Nest.convolution(.init(size: (extent, extent), channels: 3, filters: extent, window: (5, 5), stride: 2))
    #expect(schedule(convolution, for: target).statementCount < target.statementLimit * 2)
    #expect(schedule(Nest.matmul(extent, extent, extent), for: target).statementCount < target.statementLimit * 2)
  }
}

@Test(arguments: Target.all) func largerTilesKeepTheValues(target: Target) throws {
  let nests = [
    Nest.matmul(23, 70, 3), Nest.convolution(.init(size: (5, 34), channels: 2, filters: 20)),
    Nest.convolution(.init(size: (18, 6), channels: 1, filters: 37, window: (3, 2), layout: .blocked(axis: 3, size: 16))),
    Nest.depthwise(.init(size: (4, 24), channels: 21)), Nest.matmul(9, 11, 37, transposed: true),
  ]
  for nest in nests {
    let scheduled = schedule(nest, for: target)
    #expect(try Nest.run(scheduled, seed: 2).isSame(as: Nest.run(nest, seed: 2)), "\(scheduled)")
  }
}
