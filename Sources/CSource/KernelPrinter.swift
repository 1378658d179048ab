import LoopIR
import Tensors

/// A kernel as a `static` C function.
struct KernelPrinter {
  private let kernel: Kernel
  private let usage: Usage
  private var expressions: ExpressionPrinter
  private var lines = Lines()

  /// The text of the function, named `identifier`, in which no name of `outer` is hidden.
  static func text(_ kernel: Kernel, named identifier: String, in outer: Scope) -> String {
    var printer = KernelPrinter(kernel, outer)
    printer.printFunction(identifier)
    return printer.lines.text
  }

  private init(_ kernel: Kernel, _ outer: Scope) {
    self.kernel = kernel
    usage = Usage(kernel.body)
    expressions = ExpressionPrinter(scope: outer.inner)
    expressions.knowledge.indices = Set(kernel.dims)
  }

  private mutating func printFunction(_ identifier: String) {
    let dims = kernel.dims.map { expressions.scope.declare($0) }
    let buffers = kernel.parameters.map { expressions.scope.declare($0.buffer.name) }
    let parameters = dims.map { "int32_t \($0)" } + zip(kernel.parameters, buffers).map { declaration($0, $1) }
    lines.openFunction("SWDL_KERNEL void \(identifier)", parameters)
    for name in unusedParameters { lines.add("(void)\(expressions.scope[name]);") }
    print(kernel.body)
    lines.close()
  }

  private func declaration(_ parameter: Parameter, _ identifier: String) -> String {
    let dtype = parameter.buffer.dtype.storage
    return "\(parameter.isWritten ? "" : "const ")\(dtype) *\(parameter.isUnaliased ? "restrict " : "")\(identifier)"
  }

  private var unusedParameters: [String] {
    kernel.dims.filter { !usage.read.contains($0) } + kernel.parameters.map(\.buffer.name).filter { !usage.buffers.contains($0) }
  }

  private mutating func print(_ body: [Stmt]) {
    for statement in body { print(statement) }
  }

  private mutating func print(_ statement: Stmt) {
    switch statement {
    case .loop(let loop): print(loop)
    case .declare(let variable, let value): declare(variable, value)
    case .assign(let variable, let value): lines.add(assignment(variable, value))
    case .store(let buffer, let at, let stride, let value):
      if value.type.lanes > 1 { return lines.add(expressions.vectorStore(buffer, at, stride, value) + ";") }
      lines.add("\(expressions.scope[buffer.name])[\(expressions.text(at))] = \(expressions.stored(value));")
    case .branch(let condition, let then, let otherwise): branch(condition, then, otherwise)
    }
  }

  private mutating func print(_ loop: Loop) {
    let outer = expressions
    let lower = expressions.text(loop.lower)
    var upper = expressions.print(loop.upper).atLeast(.additive)
    if !loop.upper.loads.isEmpty {
      // read once, as the nest means it: the body may write what the bound reads
      let end = expressions.scope.declare(loop.variable + "_end")
      lines.add("const int32_t \(end) = \(upper);")
      upper = end
    }
    let range = (expressions.knowledge.range(loop.lower), expressions.knowledge.range(loop.upper))
    let variable = expressions.scope.declare(loop.variable)
    expressions.knowledge.indices.insert(loop.variable)
    expressions.knowledge.ranges[loop.variable] = range.0.lowerBound...max(range.0.lowerBound, range.1.upperBound - 1)
    if loop.isParallel {
      let most = loop.mostThreads.map { " num_threads(swdl_threads(\($0)))" } ?? ""
      for line in ["#if defined(_OPENMP)", "#pragma omp parallel for schedule(static)" + most, "#endif"] { lines.add(line) }
    }
    lines.open("for (int32_t \(variable) = \(lower); \(variable) < \(upper); \(variable)++)")
    if loop.mostThreads != nil { declareScratch(loop.scratch ?? []) }
    print(loop.body)
    lines.close()
    expressions = outer
  }

  /// The copies of buffers that the thread has for itself.
  private mutating func declareScratch(_ names: [String]) {
    for buffer in kernel.parameters.map(\.buffer) where names.contains(buffer.name) {
      let (shared, size) = (expressions.scope[buffer.name], expressions.text(Expr(buffer.count)))
      let own = expressions.scope.declare(buffer.name)
      lines.add("\(buffer.dtype.storage) *const \(own) = \(shared) + (uintptr_t)swdl_thread() * (uintptr_t)(\(size));")
    }
  }

  private mutating func branch(_ condition: Expr, _ then: [Stmt], _ otherwise: [Stmt]) {
    let outer = expressions
    lines.open("if (\(expressions.text(condition)))")
    print(then)
    expressions = outer
    if !otherwise.isEmpty {
      lines.reopen("else")
      print(otherwise)
      expressions = outer
    }
    lines.close()
  }

  private mutating func declare(_ variable: Variable, _ value: Expr) {
    let text = expressions.text(value)
    let isConstant = !usage.assigned.contains(variable.name)
    if isConstant && expressions.knowledge.isIndex(value) { expressions.knowledge.indices.insert(variable.name) }
    if isConstant && variable.type.dtype.isInteger { expressions.knowledge.ranges[variable.name] = expressions.knowledge.range(value) }
    let identifier = expressions.scope.declare(variable.name)
    lines.add("\(isConstant ? "const " : "")\(variable.type.local) \(identifier) = \(text);")
    if !usage.read.contains(variable.name) { lines.add("(void)\(identifier);") }
  }

  private func assignment(_ variable: Variable, _ value: Expr) -> String {
    let target = expressions.scope[variable.name]
    let isPlainFloat = variable.type == ValueType(.float32) || variable.type == ValueType(.float64)
    switch value {
    case .multiplyAdd(let a, let b, .variable(variable)) where isPlainFloat:
      return "\(target) += \(expressions.text(.binary(.multiply, a, b)));"
    case .binary(.add, .variable(variable), let term) where isPlainFloat: return "\(target) += \(expressions.text(term));"
    case .binary(.multiply, .variable(variable), let factor) where isPlainFloat: return "\(target) *= \(expressions.text(factor));"
    case .int, .float, .variable, .load, .unary, .binary, .multiplyAdd, .dot, .compare, .select, .cast, .reinterpret, .broadcast, .reduce,
      .lookup:
      return "\(target) = \(expressions.text(value));"
    }
  }
}

/// Which names a kernel's body reads, assigns and touches.
struct Usage {
  private(set) var read: Set<String> = []
  private(set) var assigned: Set<String> = []
  private(set) var buffers: Set<String> = []

  init(_ body: [Stmt]) {
    for statement in body { visit(statement) }
  }

  private mutating func visit(_ statement: Stmt) {
    switch statement {
    case .loop(let loop):
      visit(loop.lower)
      visit(loop.upper)
    case .declare(_, let value): visit(value)
    case .assign(let variable, let value):
      assigned.insert(variable.name)
      visit(value)
    case .store(let buffer, let at, _, let value):
      buffers.insert(buffer.name)
      visit(at)
      visit(value)
    case .branch(let condition, _, _): visit(condition)
    }
    for inner in statement.nested { visit(inner) }
  }

  private mutating func visit(_ expr: Expr) {
    read.formUnion(expr.variables)
    buffers.formUnion(expr.loads)
  }
}

extension Expr {
  /// Names of the buffers that are loaded from.
  var loads: Set<String> {
    let inner = children.reduce(into: Set<String>()) { $0.formUnion($1.loads) }
    switch self {
    case .load(let buffer, _, _), .lookup(let buffer, _, _, _, _): return inner.union([buffer.name])
    case .int, .float, .variable, .unary, .binary, .multiplyAdd, .dot, .compare, .select, .cast, .reinterpret, .broadcast, .reduce:
      return inner
    }
  }
}
