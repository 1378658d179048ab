import LoopIR

/// Locals `PREFIX0`, `PREFIX1`, … with these first values, for the statements that follow in `body`.
func locals(_ prefix: String, _ values: [Expr], @NestBuilder _ body: ([Expr]) -> [Stmt]) -> [Stmt] {
  let variables = values.enumerated().map { Variable("\(prefix)\($0.offset)", $0.element.type) }
  return zip(variables, values).map { .declare($0, $1) } + body(variables.map { .variable($0) })
}
