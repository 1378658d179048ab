import Tensors

extension Kernel {
  /// The kernel with the loads of vectors from the buffer asking for the panel behind the one in use, which is what an iteration of the
  /// loop `panels` reads. Where several tiles one after the other read the same panel, each asks for a part of the next: the memory is
  /// then as busy as the processor all the time. Only the first of neighbouring loads asks. Throws where no panel is read twice.
  func prefetchingPanels(_ name: String, along panels: String, level: Int) throws(Diagnostic) -> Kernel {
    var count = 0
    var result = self
    result.body = body.map { $0.replacingLoop(panels, { PanelReading(name, $0, level).map { ($0.loop, $0.count) } }, count: &count) }
    guard count > 0 else { throw Diagnostic("no panel of \(name) along \(panels) is read by several tiles") }
    return result
  }
}

extension Stmt {
  /// The statement with what `edit` makes of the loop of that name; `count` grows by what it counts.
  fileprivate func replacingLoop(_ name: String, _ edit: (Loop) -> (Loop, Int)?, count: inout Int) -> Stmt {
    switch self {
    case .loop(var loop):
      if loop.variable == name {
        guard let (edited, number) = edit(loop) else { return self }
        count += number
        return .loop(edited)
      }
      var number = 0
      loop.body = loop.body.map { $0.replacingLoop(name, edit, count: &number) }
      count += number
      return .loop(loop)
    case .branch, .declare, .assign, .store: return self
    }
  }
}

/// A loop over panels whose tiles ask for the next panel.
private struct PanelReading {
  private let buffer: String
  private let panels: Loop
  private let level: Int
  /// Parts of a panel: a power of two.
  private var parts = 1
  /// Loads that ask.
  private(set) var count = 0
  private(set) var loop: Loop

  /// `nil` where fewer than two tiles read a panel, or it is not known how many.
  init?(_ buffer: String, _ panels: Loop, _ level: Int) {
    (self.buffer, self.panels, self.level, loop) = (buffer, panels, level, panels)
    guard let tiles = tiles(in: panels.body), tiles > 1 else { return nil }
    while parts * 2 <= tiles { parts *= 2 }
    var first = 0
    loop.body = asking(panels.body, tile: 0, first: &first)
    guard count > 0 else { return nil }
  }

  /// Places where vectors of the buffer are loaded directly in statements, as sums.
  private func places(_ body: [Stmt]) -> [LinearForm] { body.flatMap(\.values).flatMap { $0.vectorPlaces(of: buffer) } }

  private func isPanelIndex(_ variable: String, in body: [Stmt]) -> Bool {
    body.contains { statement in
      guard case .loop(let loop) = statement else { return places([statement]).contains { $0.mentions(variable) } }
      return isPanelIndex(variable, in: loop.body)
    }
  }

  /// Tiles that read a panel in statements; `nil` where it is not known.
  private func tiles(in body: [Stmt]) -> Int? {
    var sum = 0
    for statement in body {
      guard case .loop(let loop) = statement else { continue }
      guard reads(loop.body) else { continue }
      if isPanelIndex(loop.variable, in: loop.body) {
        sum += 1
      } else {
        guard let extent = (loop.upper - loop.lower).constantIndex, let inner = tiles(in: loop.body) else { return nil }
        sum += extent * inner
      }
    }
    return sum
  }

  private func reads(_ body: [Stmt]) -> Bool {
    body.contains { statement in
      guard case .loop(let loop) = statement else { return !places([statement]).isEmpty }
      return reads(loop.body)
    }
  }

  /// Statements of tiles; `tile` counts those before this iteration, `first` those before a statement within it.
  private mutating func asking(_ body: [Stmt], tile: Expr, first: inout Int) -> [Stmt] {
    body.map { statement in
      guard case .loop(var loop) = statement, reads(loop.body) else { return statement }
      if isPanelIndex(loop.variable, in: loop.body) {
        loop.body = askingInside(loop.body, tile: tile + .index(first), reductions: [loop])
        first += 1
      } else {
        let each = tiles(in: loop.body) ?? 1
        var inner = 0
        loop.body = asking(loop.body, tile: tile + .index(first) + (.index(loop.variable) - loop.lower) * .index(each), first: &inner)
        first += each * ((loop.upper - loop.lower).constantIndex ?? 1)
      }
      return .loop(loop)
    }
  }

  /// Statements inside of the sums of a tile.
  private mutating func askingInside(_ body: [Stmt], tile: Expr, reductions: [Loop]) -> [Stmt] {
    let lowest = places(body).min { $0.constant < $1.constant }
    return body.map { statement in
      if case .loop(var loop) = statement {
        loop.body = askingInside(loop.body, tile: tile, reductions: reductions + [loop])
        return .loop(loop)
      }
      guard let lowest, let ahead = ahead(lowest, tile, reductions) else { return statement }
      return statement.mapExpressions { $0.asking(of: buffer, at: lowest, Prefetch(ahead: ahead, level: level), &count) }
    }
  }

  /// Elements from a place in a panel to what is asked for there: the panel after it, the part that is the tile's, and there in
  /// proportion to what has been read.
  private func ahead(_ place: LinearForm, _ tile: Expr, _ reductions: [Loop]) -> Expr? {
    let size = place.coefficient(of: panels.variable)
    guard size > 0, size.isMultiple(of: parts) else { return nil }
    var result = Expr.index(size) + tile * .index(size / parts)
    for loop in reductions where place.mentions(loop.variable) {
      let step = place.coefficient(of: loop.variable)
      guard step > 0, step.isMultiple(of: parts), loop.lower.constantIndex == 0, let end = loop.upper.constantIndex else { return nil }
      // Elsewhere a panel is no run of neighbours.
      guard step * end <= size else { return nil }
      result = result - .index(loop.variable) * .index(step - step / parts)
    }
    return result
  }
}

extension Stmt {
  /// Expressions of the statement itself.
  fileprivate var values: [Expr] {
    switch self {
    case .declare(_, let value), .assign(_, let value): [value]
    case .store(_, _, _, let value): [value]
    case .loop, .branch: []
    }
  }
}

extension Expr {
  /// Where vectors of the buffer are loaded.
  fileprivate func vectorPlaces(of name: String) -> [LinearForm] {
    if case .load(let buffer, let at, let access) = self, buffer.name == name, access.lanes > 1, access.stride == 1 {
      return [IndexScope().form(at)]
    }
    return children.flatMap { $0.vectorPlaces(of: name) }
  }

  fileprivate func asking(of name: String, at place: LinearForm, _ prefetch: Prefetch, _ count: inout Int) -> Expr {
    var number = 0
    let inner = mapChildren { $0.asking(of: name, at: place, prefetch, &number) }
    count += number
    guard case .load(let buffer, let at, var access) = inner, buffer.name == name, access.lanes > 1, access.stride == 1,
      IndexScope().form(at) == place
    else { return inner }
    access.prefetch = prefetch
    count += 1
    return .load(buffer, at: at, access)
  }
}
