import LoopIR
import Tensors

extension NestShape {
  /// The innermost loop along which elements are written side by side, and read side by side or shared.
  /// With `gathering`, reads may be any constant distance apart.
  func laneLoop(gathering: Bool = false) -> String? {
    band.map(\.variable).last { name in
      independent.contains(name)
        && accesses.allSatisfy { access in
          guard let stride = access.stride(along: name) else { return false }
          return stride == 1 || !access.isStore && (stride == 0 || gathering)
        }
    }
  }

  /// There are loops inside of the band.
  var reduces: Bool { body.contains { $0.asLoop != nil } }

  /// Loops inside of the band.
  var reductions: [String] {
    accesses.reduce(into: []) { names, access in names += access.loops.dropFirst(band.count).filter { !names.contains($0) } }
  }

  /// Locals of the innermost loop that loops inside change.
  var accumulators: Int {
    let declared = body.compactMap { statement -> String? in
      guard case .declare(let variable, _) = statement else { return nil }
      return variable.name
    }
    return Swift.max(1, Set(declared).intersection(body.compactMap(\.asLoop).flatMap(\.body).flatMap(\.changed)).count)
  }
}

extension Stmt {
  /// Locals that the statement assigns.
  fileprivate var changed: [String] {
    if case .assign(let variable, _) = self { return [variable.name] }
    return nested.flatMap(\.changed)
  }
}

extension Plan {
  /// Makes one loop of neighbours in a band, wherever that leaves no division; the loops that are left.
  mutating func fuse(_ names: [String]) -> [String] {
    var left: [String] = []
    for name in names.reversed() {
      guard let inner = left.first else {
        left = [name]
        continue
      }
      let divisions = kernel.divisions
      let isFused = attempt { (trial) throws(Diagnostic) in
        try trial.apply(.fuse(name, inner))
        guard trial.kernel.divisions <= divisions else { throw .anotherShape }
      }
      left = isFused ? [name + inner] + left.dropFirst() : [name] + left
    }
    return left
  }

  /// Unrolls the copies of the loops `names` that hold no other loop, are short, and stay short when unrolled.
  mutating func unrollShortLoops(_ names: [String]) {
    for loop in kernel.loopNames where names.contains(where: { loop == $0 || loop.hasPrefix($0 + "_") }) {
      guard kernel.loops(in: loop).isEmpty, let extent = extent(loop), let body = kernel.loop(loop)?.body else { continue }
      if extent * body.count <= 100 { _ = attempt { (trial) throws(Diagnostic) in try trial.apply(.unroll(loop)) } }
    }
  }
}

extension Kernel {
  /// Divisions and remainders in it.
  fileprivate var divisions: Int {
    var count = 0
    for statement in body {
      _ = statement.mapExpressions { expr in
        count += expr.divisions
        return expr
      }
    }
    return count
  }
}

extension Expr {
  fileprivate var divisions: Int {
    var own = 0
    if case .binary(let function, _, _) = self, function == .divide || function == .remainder, dtype == .int32 { own = 1 }
    return children.reduce(own) { $0 + $1.divisions }
  }
}

extension Loop {
  /// Statements that run, roughly: bounds that are not known count as a few iterations.
  var work: Int {
    let count = (upper - lower).constantIndex ?? 8
    return count.multipliedReportingOverflow(by: body.reduce(0) { $0 &+ $1.work }).partialValue
  }
}

extension Stmt {
  var work: Int {
    if case .loop(let loop) = self { return loop.work }
    return nested.reduce(1) { $0 &+ $1.work }
  }
}
