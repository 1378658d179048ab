import LoopIR
import Targets
import Tensors

/// A kernel on its way, and the directives that brought it there.
package struct Plan: Sendable {
  /// Simplified, and nothing else.
  let original: Kernel
  package private(set) var kernel: Kernel
  package private(set) var directives: [Directive] = []
  package let ranges: [String: ClosedRange<Int>]
  /// What goes before the strategies' own decisions about the nest at hand.
  var choice = ScheduleChoice()
  /// Statements that do not belong to the nest at hand.
  var otherStatements = 0

  package init(_ kernel: Kernel, dims ranges: [String: ClosedRange<Int>] = [:]) {
    original = kernel.simplified(dims: ranges)
    self.kernel = original
    self.ranges = ranges
  }

  /// Does one thing, or throws and leaves all as it was.
  mutating func apply(_ directive: Directive) throws(Diagnostic) {
    kernel = try kernel.applying(directive, dims: ranges)
    directives.append(directive)
  }

  /// Does all of it or nothing; whether it did.
  mutating func attempt(_ steps: (inout Plan) throws(Diagnostic) -> Void) -> Bool {
    var trial = self
    do throws(Diagnostic) {
      try steps(&trial)
    } catch {
      return false
    }
    self = trial
    return true
  }

  func checkLength(_ target: Target) throws(Diagnostic) {
    // One that is long as it was written may be copied for a tail or two.
    let limit = Swift.max(target.statementLimit, 3 * original.statementCount)
    guard kernel.statementCount - otherStatements <= limit else {
      throw Diagnostic("the nest would have more than \(limit) statements")
    }
  }

  /// Puts loops of a band in this order; those that have vanished are left out.
  mutating func reorder(_ names: [String]) throws(Diagnostic) {
    let present = names.filter(has)
    if present.count > 1 { try apply(.reorder(present)) }
  }

  func has(_ name: String) -> Bool { kernel.loop(name) != nil }

  /// Iterations of a loop, where they are known when we compile; 1 for one that is gone, since loops that run once vanish.
  func extent(_ name: String) -> Int? {
    guard let loop = kernel.loop(name) else { return 1 }
    return (loop.upper - loop.lower).constantIndex
  }

  func shape(_ root: String) -> NestShape? { kernel.shape(of: root, dims: ranges) }
}
