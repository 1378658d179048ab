import LoopIR
import Tensors

/// The definition of `NAME_run`.
struct RunPrinter {
  private let program: Program
  private let names: ModelNames
  private let facts: ProgramFacts
  private let options: SourceOptions
  private let kernels: [Int: String]
  private let constants: [Int: String]
  private var expressions: ExpressionPrinter
  private var lines = Lines()
  private var callCount = 0
  private var currentLayer: Int?

  /// `kernels` and `constants` are the C texts by which they are reached.
  init(
    _ program: Program, _ names: ModelNames, _ facts: ProgramFacts, _ options: SourceOptions, kernels: [Int: String],
    constants: [Int: String]
  ) {
    self.program = program
    self.names = names
    self.facts = facts
    self.options = options
    self.kernels = kernels
    self.constants = constants
    expressions = ExpressionPrinter(scope: names.run)
    expressions.knowledge.indices = Set(program.openDims.map(\.name))
  }

  static func text(_ printer: RunPrinter) -> String {
    var printer = printer
    printer.print()
    return printer.lines.text
  }

  private mutating func print() {
    lines.openFunction("int \(names.prefix)_run", SignaturePrinter(program: program, names: names).parameters)
    printUnused()
    for (name, macro) in zip(names.dims, names.dimMacros) {
      printFailure("\(name) < \(macro)_MIN || \(name) > \(macro)_MAX", 1)
    }
    if options.weights == .bind { printFailure("self->weights == 0", 1) }
    if countsTime { lines.add("SWDL_TICKS swdl_from = SWDL_CLOCK();") }
    print(program.steps)
    for (name, dim) in zip(names.returned, program.returnedDims) { lines.add("*\(name) = \(expressions.scope[dim.name]);") }
    lines.add("return 0;")
    lines.close()
  }

  private var countsTime: Bool { options.isProfiled && !facts.usedKernels.isEmpty }

  private mutating func printUnused() {
    let usesSelf = !facts.arenaTypes.isEmpty || facts.usesStates || options.weights == .bind || countsTime
    if !usesSelf { lines.add("(void)self;") }
    for (position, name) in names.inputs.enumerated() where !facts.usedInputs.contains(position) { lines.add("(void)\(name);") }
    for (position, name) in names.outputs.enumerated() where !facts.usedOutputs.contains(position) { lines.add("(void)\(name);") }
  }

  private mutating func print(_ steps: [Step]) {
    for (position, step) in steps.enumerated() {
      switch step {
      case .call(let kernel, let arguments, let layer):
        printCall(kernel, arguments, layer)
        if options.isProfiled && !steps[(position + 1)...].startsIn(layer) { printLap(layer) }
      case .loop(let variable, let count, let body): printLoop(variable, count, body)
      case .settle(let dim, let source, let dtype, let range):
        printSettling(dim, pointer(source, dtype), range, rest: steps[(position + 1)...])
      case .repetition(let repetition, let body): printRepetition(repetition, body)
      case .branch(let condition, let then, let otherwise): printBranch(condition, then, otherwise)
      }
    }
  }

  private mutating func printCall(_ position: Int, _ arguments: [Argument], _ layer: Int) {
    let kernel = program.kernels[position]
    precondition(arguments.count == kernel.parameters.count, "\(kernel.name) is called with \(arguments.count) arguments")
    if layer != currentLayer, program.layers.indices.contains(layer) {
      lines.comment(["\(program.layers[layer].name): \(program.layers[layer].operatorName)"])
    }
    currentLayer = layer
    let texts = kernel.dims.map { expressions.scope[$0] } + zip(arguments, kernel.parameters).map { pointer($0, $1.buffer.dtype) }
    lines.list(kernels[position] ?? kernel.name, texts, ";")
    if options.isTraced && facts.lastCalls[layer] == callCount { printTrace(layer) }
    callCount += 1
  }

  /// What has passed since the layer before is the time of this one.
  private mutating func printLap(_ layer: Int) {
    guard program.layers.indices.contains(layer) else { return }
    lines.add("swdl_from = swdl_lap(swdl_from, &self->profile_ticks[\(layer)], &self->profile_calls[\(layer)]);")
  }

  /// Outputs of layers are numbered in the order of `Program.layers`.
  private mutating func printTrace(_ layer: Int) {
    guard program.layers.indices.contains(layer) else { return }
    let first = program.layers[..<layer].reduce(0) { $0 + $1.outputs.count }
    for (position, output) in program.layers[layer].outputs.enumerated() {
      lines.add("swiftdl_trace_hook(\(first + position), \(pointer(output.argument, output.view.buffer.dtype)));")
    }
  }

  private mutating func printSettling(_ dim: String, _ source: String, _ range: ClosedRange<Int>, rest: ArraySlice<Step>) {
    printFailure("*(\(source)) < \(range.lowerBound) || *(\(source)) > \(range.upperBound)", 2)
    let isTraced = options.isTraced && program.computedDims.contains { $0.name == dim }
    let isReturned = program.returnedDims.contains { $0.name == dim }
    guard isTraced || isReturned || rest.contains(where: { $0.uses(dim, in: program) }) else { return }
    let identifier = expressions.scope.declare(dim)
    expressions.knowledge.indices.insert(dim)
    lines.add("const int32_t \(identifier) = (int32_t)*(\(source));")
    if isTraced, let position = program.computedDims.firstIndex(where: { $0.name == dim }) {
      lines.add("swiftdl_trace_hook(\(-1 - position), &\(identifier));")
    }
  }

  private mutating func printLoop(_ variable: String, _ count: Expr, _ body: [Step]) {
    let outer = expressions
    let end = expressions.print(count).atLeast(.additive)
    let identifier = expressions.scope.declare(variable)
    expressions.knowledge.indices.insert(variable)
    lines.open("for (int32_t \(identifier) = 0; \(identifier) < \(end); \(identifier)++)")
    print(body)
    lines.close()
    expressions = outer
  }

  private mutating func printRepetition(_ repetition: Repetition, _ body: [Step]) {
    let outer = expressions
    let count = expressions.scope.declare(repetition.variable)
    expressions.knowledge.indices.insert(repetition.variable)
    let goesOn = [
      repetition.trips.map { "\(count) < \(element($0, .int64))" }, repetition.condition.map { "\(element($0, .bool)) != 0" },
    ]
    lines.add("int32_t \(count) = 0;")
    lines.open("for (; \(goesOn.compactMap { $0 }.joined(separator: " && ")); \(count)++)")
    printFailure("\(count) == \(repetition.counts.upperBound)", 2)
    print(body)
    lines.close()
    if repetition.counts.lowerBound > 0 { printFailure("\(count) < \(repetition.counts.lowerBound)", 2) }
    expressions = outer
    expressions.scope.reserve([count])
  }

  private mutating func printFailure(_ condition: String, _ code: Int) {
    lines.open("if (\(condition))")
    lines.add("return \(code);")
    lines.close()
  }

  private mutating func printBranch(_ condition: Argument, _ then: [Step], _ otherwise: [Step]) {
    lines.open("if (\(element(condition, .bool)) != 0)")
    print(then)
    if !otherwise.isEmpty {
      lines.reopen("else")
      print(otherwise)
    }
    lines.close()
  }

  /// An argument's first element.
  private func element(_ argument: Argument, _ dtype: DType) -> String { "*(\(pointer(argument, dtype)))" }

  /// The address of an argument's first element.
  private func pointer(_ argument: Argument, _ dtype: DType) -> String {
    let (base, skipped) = base(argument.storage, dtype)
    let offset = Expr.index(skipped) + argument.offset
    return offset.constantIndex == 0 ? base : Fragment.infix("+", .additive, Fragment(base), expressions.print(offset)).text
  }

  /// The text of a place in memory, and how many elements behind it the argument's storage begins.
  private func base(_ storage: Storage, _ dtype: DType) -> (String, Int) {
    switch storage {
    case .input(let position): return (names.inputs[position], 0)
    case .output(let position): return (names.outputs[position], 0)
    case .constant(let position): return (constants[position] ?? names.constants[position], 0)
    case .state(let position): return ("self->\(names.states[position])", 0)
    case .arena(let byteOffset):
      precondition(byteOffset.isMultiple(of: dtype.byteCount), "\(dtype) at byte \(byteOffset) of the arena")
      return ("self->arena.\(dtype.arenaMember)", byteOffset / dtype.byteCount)
    }
  }
}

extension ArraySlice<Step> {
  /// The first step is a call of the layer.
  fileprivate func startsIn(_ layer: Int) -> Bool {
    if case .call(_, _, let next)? = first { next == layer } else { false }
  }
}

extension Step {
  /// The C of the step mentions a dimension.
  fileprivate func uses(_ dim: String, in program: Program) -> Bool {
    func mentions(_ arguments: [Argument]) -> Bool { arguments.contains { $0.offset.variables.contains(dim) } }
    switch self {
    case .call(let kernel, let arguments, _): return program.kernels[kernel].dims.contains(dim) || mentions(arguments)
    case .loop(_, let count, let body): return count.variables.contains(dim) || body.contains { $0.uses(dim, in: program) }
    case .settle(_, let source, _, _): return mentions([source])
    case .repetition(let repetition, let body):
      return mentions([repetition.trips, repetition.condition].compactMap { $0 }) || body.contains { $0.uses(dim, in: program) }
    case .branch(let condition, let then, let otherwise):
      return mentions([condition]) || (then + otherwise).contains { $0.uses(dim, in: program) }
    }
  }
}
