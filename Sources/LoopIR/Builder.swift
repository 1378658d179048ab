import Tensors

/// Loop nests written in the shape of the C that they become.
@resultBuilder package enum NestBuilder {
  package static func buildExpression(_ statement: Stmt) -> [Stmt] { [statement] }
  package static func buildExpression(_ statements: [Stmt]) -> [Stmt] { statements }
  package static func buildBlock(_ parts: [Stmt]...) -> [Stmt] { parts.flatMap { $0 } }
  package static func buildOptional(_ part: [Stmt]?) -> [Stmt] { part ?? [] }
  package static func buildEither(first: [Stmt]) -> [Stmt] { first }
  package static func buildEither(second: [Stmt]) -> [Stmt] { second }
  package static func buildArray(_ parts: [[Stmt]]) -> [Stmt] { parts.flatMap { $0 } }
}

/// A loop from `lower` up to but not including `upper`. Names are unique along a nest.
package func loop(_ name: String, from lower: Expr = 0, to upper: Expr, @NestBuilder _ body: (Expr) -> [Stmt]) -> Stmt {
  .loop(Loop(name, from: lower, to: upper, body: body(.index(name))))
}

/// A loop of which no iteration touches what another one writes, but in `scratch`, of which each reads only what it has written.
package func loop(_ name: String, to upper: Expr, scratch: [TensorView], @NestBuilder _ body: (Expr) -> [Stmt]) -> Stmt {
  var loop = Loop(name, to: upper, body: body(.index(name)))
  loop.scratch = scratch.map(\.buffer.name)
  return .loop(loop)
}

/// A nest of loops named `PREFIX0`, `PREFIX1`, … over all indices of `shape`.
package func loops(_ prefix: String, _ shape: Shape, @NestBuilder _ body: ([Expr]) -> [Stmt]) -> [Stmt] {
  let names = shape.indices.map { "\(prefix)\($0)" }
  return zip(names, shape).reversed().reduce(body(names.map { .index($0) })) { inner, axis in
    [.loop(Loop(axis.0, to: Expr(axis.1), body: inner))]
  }
}

/// A local with its first value, for the statements that follow in `body`.
package func local(_ name: String, _ value: Expr, @NestBuilder _ body: (Local) -> [Stmt]) -> [Stmt] {
  let variable = Variable(name, value.type)
  return [.declare(variable, value)] + body(Local(variable))
}

/// A local in the hands of who writes a nest.
package struct Local {
  package let variable: Variable
  init(_ variable: Variable) { self.variable = variable }

  package var value: Expr { .variable(variable) }
  package func set(_ value: Expr) -> Stmt { .assign(variable, value) }
  package func add(_ term: Expr) -> Stmt { .assign(variable, value + term) }
  /// Adds a product; where the target has it, with one rounding.
  package func addProduct(_ a: Expr, _ b: Expr) -> Stmt { .assign(variable, .multiplyAdd(a, b, value)) }
}

package func branch(_ condition: Expr, @NestBuilder then: () -> [Stmt]) -> Stmt { .branch(condition, then: then(), else: []) }

package func branch(_ condition: Expr, @NestBuilder then: () -> [Stmt], @NestBuilder else otherwise: () -> [Stmt]) -> Stmt {
  .branch(condition, then: then(), else: otherwise())
}
