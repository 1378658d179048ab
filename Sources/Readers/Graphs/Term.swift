import GraphIR
import Operators
import Tensors

/// A tensor in a formula: `try a * b + 1` adds the nodes that compute it.
struct Term {
  let writer: GraphWriter
  let id: ValueID

  init(_ id: ValueID, _ writer: GraphWriter) {
    self.id = id
    self.writer = writer
  }

  /// An elementwise function of this term and others.
  func applying(_ name: String, _ others: Operand..., attributes: [String: Double] = [:]) throws(Diagnostic) -> Term {
    Term(try writer.apply(name, [.value(id)] + others, attributes, name), writer)
  }

  /// The term where the condition, which this is, holds; else the other one.
  func choosing(_ term: Operand, else other: Operand) throws(Diagnostic) -> Term { try applying("where", term, other) }

  static func + (a: Term, b: Term) throws(Diagnostic) -> Term { try a.applying("add", .value(b.id)) }
  static func - (a: Term, b: Term) throws(Diagnostic) -> Term { try a.applying("subtract", .value(b.id)) }
  static func * (a: Term, b: Term) throws(Diagnostic) -> Term { try a.applying("multiply", .value(b.id)) }
  static func / (a: Term, b: Term) throws(Diagnostic) -> Term { try a.applying("divide", .value(b.id)) }
  static func + (a: Term, b: Double) throws(Diagnostic) -> Term { try a.applying("add", .number(b)) }
  static func * (a: Term, b: Double) throws(Diagnostic) -> Term { try a.applying("multiply", .number(b)) }
  static func / (a: Term, b: Double) throws(Diagnostic) -> Term { try a.applying("divide", .number(b)) }
  static func - (a: Double, b: Term) throws(Diagnostic) -> Term { try (b * -1) + a }
}
