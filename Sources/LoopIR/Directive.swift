import Tensors

/// One step of a schedule: what is done to a loop, which is named. A schedule changes the order in which a nest computes, and never
/// its values; only `vectoriseReduction`, `chainReduction` and `alternate` round sums of floats otherwise.
package enum Directive: Hashable, Sendable {
  /// What becomes of the iterations that fill no whole part.
  package enum Tail: String, Hashable, Sendable {
    /// There are none, or the split is refused.
    case mustDivide
    /// A copy of the loop, named `L_t` like everything in it, runs them one at a time.
    case epilogue
    /// The last part begins earlier than it would, so that it is whole, and computes some elements a second time.
    case overlapping
  }

  /// Loop `L` becomes `L_o` over parts and `L_i` over the `by` iterations of one.
  case split(String, by: Int, tail: Tail)
  /// The range of `L` is cut at the places: copies `L_0`, `L_1`, … in which every name has the same suffix.
  case partition(String, at: [Expr])
  /// The loops, of which the second is all that the first holds, become one named like both together.
  case fuse(String, String)
  /// Loops that hold nothing but each other take this order, outermost first.
  case reorder([String])
  /// The body once for each iteration; its locals are renamed `NAME_0`, `NAME_1`, ….
  case unroll(String)
  /// As `unroll`, but a loop in the body stays one loop around the copies of what it holds.
  case unrollAndJam(String)
  /// Iterations become lanes, and locals vectors.
  case vectorise(String)
  /// Sums, minima and maxima over the loop are taken in so many partial ones side by side; the rest follows as the loop `L_t`.
  case vectoriseReduction(String, lanes: Int)
  /// The iterations of a loop that sums, or takes minima or maxima, are dealt out to so many chains, each with locals of its own, so
  /// that none waits for the one before.
  case chainReduction(String, count: Int)
  /// In odd iterations of the loop `by` around it, a loop that sums runs backwards: it begins with what was read last.
  case alternate(String, by: String)
  /// Elements that a block reads several times are read once, into locals.
  case shareLoads
  /// Vectors of the buffer are asked of the memory before they are loaded.
  case prefetch(String, Prefetch)
  /// Tiles that read what an iteration of the loop reads from the buffer ask the memory for what the next one will, each for a part.
  case prefetchPanels(String, along: String, level: Int)
  /// Threads may share the iterations of the loop. What is done to it afterwards forgets that.
  case parallelise(String)
}

extension Directive: CustomStringConvertible {
  package var description: String {
    switch self {
    case .split(let loop, let size, .mustDivide): "split \(loop) by \(size)"
    case .split(let loop, let size, let tail): "split \(loop) by \(size), \(tail.rawValue) tail"
    case .partition(let loop, let places): "partition \(loop) at \(places.map(\.description).joined(separator: ", "))"
    case .fuse(let outer, let inner): "fuse \(outer) with \(inner)"
    case .reorder(let loops): "reorder \(loops.joined(separator: ", "))"
    case .unroll(let loop): "unroll \(loop)"
    case .unrollAndJam(let loop): "unroll and jam \(loop)"
    case .vectorise(let loop): "vectorise \(loop)"
    case .vectoriseReduction(let loop, let lanes): "vectorise the reduction \(loop) by \(lanes)"
    case .chainReduction(let loop, let count): "chain the reduction \(loop) by \(count)"
    case .alternate(let loop, let outer): "alternate \(loop) by \(outer)"
    case .shareLoads: "share loads"
    case .parallelise(let loop): "share \(loop) among threads"
    case .prefetch(let buffer, let prefetch): "prefetch \(buffer) \(prefetch.ahead) ahead into cache \(prefetch.level)"
    case .prefetchPanels(let buffer, let panels, let level): "prefetch the next panel of \(buffer) along \(panels) into cache \(level)"
    }
  }
}

extension Kernel {
  /// The kernel with the directives applied one after the other, and simplified. Throws where one is not legal or names no loop.
  package func scheduled(_ directives: [Directive], dims ranges: [String: ClosedRange<Int>] = [:]) throws(Diagnostic) -> Kernel {
    var result = simplified(dims: ranges)
    for directive in directives { result = try result.applying(directive, dims: ranges) }
    try result.checkNames()
    return result
  }

  /// One step of `scheduled`, on a kernel that is simplified already; names are not checked.
  package func applying(_ directive: Directive, dims ranges: [String: ClosedRange<Int>] = [:]) throws(Diagnostic) -> Kernel {
    try applied(directive, ranges).simplified(dims: ranges)
  }

  private func applied(_ directive: Directive, _ ranges: [String: ClosedRange<Int>]) throws(Diagnostic) -> Kernel {
    switch directive {
    case .split(let name, let size, let tail): try editing(name, ranges) { (site) throws(Diagnostic) in try site.split(by: size, tail) }
    case .partition(let name, let places): try editing(name, ranges) { (site) throws(Diagnostic) in try site.partitioned(at: places) }
    case .fuse(let outer, let inner): try editing(outer, ranges) { (site) throws(Diagnostic) in try site.fused(with: inner) }
    case .reorder(let names): try reordering(names, ranges)
    case .unroll(let name): try editing(name, ranges) { (site) throws(Diagnostic) in try site.unrolled() }
    case .unrollAndJam(let name): try editing(name, ranges) { (site) throws(Diagnostic) in try site.jammed() }
    case .vectorise(let name): try editing(name, ranges) { (site) throws(Diagnostic) in try site.vectorised() }
    case .vectoriseReduction(let name, let lanes):
      try editing(name, ranges) { (site) throws(Diagnostic) in try site.reductionVectorised(lanes) }
    case .chainReduction(let name, let count):
      try editing(name, ranges) { (site) throws(Diagnostic) in try site.chained(count) }
    case .alternate(let name, let outer): try editing(name, ranges) { (site) throws(Diagnostic) in try site.alternated(by: outer) }
    case .shareLoads: sharingLoads()
    case .parallelise(let name): try editing(name, ranges) { (site) throws(Diagnostic) in try site.parallelised() }
    case .prefetch(let buffer, let prefetch): prefetching(buffer, prefetch)
    case .prefetchPanels(let buffer, let panels, let level): try prefetchingPanels(buffer, along: panels, level: level)
    }
  }
}
