import Tensors

/// Runs a program as planned, every access checked: one arena in which values replace each other byte by byte, states that are
/// kept from run to run, and outputs as they are at the end.
package struct ProgramInterpreter {
  private let program: Program
  private let constants: [Memory]
  private let states: [Memory]
  private let arena: Memory

  /// States are zero; the dimensions of states are constants.
  package init(_ program: Program) {
    self.program = program
    constants = program.constants.map { Memory($0.data) }
    states = program.states.map { state in
      let count = state.type.storageCount.constant ?? 0
      return Memory(Tensor(state.type.dtype, [count], [Double](repeating: 0, count: count)))
    }
    arena = Memory(byteCount: program.arenaBytes)
  }

  /// The outputs for `inputs`, which are row-major and have the extents that `dims` gives to their types. Throws where a computed
  /// extent is out of its range.
  package func run(_ inputs: [Tensor], dims: [String: Int] = [:]) throws(Diagnostic) -> [Tensor] {
    for open in program.openDims {
      guard let value = dims[open.name], open.range.contains(value) else {
        throw Diagnostic("dimension \(open.name) is \(dims[open.name] ?? 0)", hint: "it has to be within \(open.range)")
      }
    }
    let written = program.outputs.map { Memory($0.type.dtype, count: program.largest($0.type.shape.elementCount, given: dims)) }
    var run = Run(interpreter: self, inputs: inputs.map { Memory($0) }, outputs: written, variables: dims)
    try run.steps(program.steps)
    var outputs: [Tensor] = []
    for (port, memory) in zip(program.outputs, written) { outputs.append(memory.tensor(try extents(port.type.shape, run.variables))) }
    return outputs
  }

  private func extents(_ shape: Shape, _ dims: [String: Int]) throws(Diagnostic) -> [Int] {
    var extents: [Int] = []
    for extent in shape {
      guard let value = extent.value(dims) else { throw Diagnostic("the extent \(extent) has no value") }
      extents.append(value)
    }
    return extents
  }

  private struct Run {
    let interpreter: ProgramInterpreter
    let inputs: [Memory]
    let outputs: [Memory]
    var variables: [String: Int]

    mutating func steps(_ steps: [Step]) throws(Diagnostic) {
      for step in steps { try run(step) }
    }

    private mutating func run(_ step: Step) throws(Diagnostic) {
      switch step {
      case .call(let position, let arguments, _):
        let kernel = interpreter.program.kernels[position]
        var places: [(memory: Memory, offset: Int)] = []
        for (argument, parameter) in zip(arguments, kernel.parameters) { places.append(try place(argument, parameter.buffer.dtype)) }
        try KernelInterpreter.run(kernel, places, dims: variables, confined: true)
      case .loop(let variable, let count, let body):
        for value in stride(from: 0, to: try index(count), by: 1) {
          variables[variable] = value
          try steps(body)
        }
        variables[variable] = nil
      case .settle(let name, let argument, let dtype, let range):
        let value = Int(try element(argument, dtype))
        guard range.contains(value) else { throw Diagnostic("the extent \(name) becomes \(value)", hint: "it has to be within \(range)") }
        variables[name] = value
      case .repetition(let repetition, let body): try run(repetition, body)
      case .branch(let condition, let then, let otherwise): try steps(try element(condition, .bool) != 0 ? then : otherwise)
      }
    }

    private mutating func run(_ repetition: Repetition, _ body: [Step]) throws(Diagnostic) {
      let wanted = try repetition.trips.map { (argument) throws(Diagnostic) in try element(argument, .int64) } ?? .max
      var count = 0
      while count < wanted, try repetition.condition.map({ (argument) throws(Diagnostic) in try element(argument, .bool) != 0 }) ?? true {
        guard count < repetition.counts.upperBound else { throw Diagnostic("steps want to run more than \(count) times") }
        variables[repetition.variable] = count
        try steps(body)
        count += 1
      }
      variables[repetition.variable] = nil
      guard count >= repetition.counts.lowerBound else {
        throw Diagnostic("steps run \(count) times", hint: "\(repetition.counts.lowerBound) times are the least")
      }
    }

    /// The integer that an argument points to.
    private func element(_ argument: Argument, _ dtype: DType) throws(Diagnostic) -> Int64 {
      let (memory, offset) = try place(argument, dtype)
      return try memory.load(Buffer("element", dtype, count: 1), offset, .scalar).integers[0]
    }

    private func place(_ argument: Argument, _ dtype: DType) throws(Diagnostic) -> (memory: Memory, offset: Int) {
      let offset = try index(argument.offset)
      switch argument.storage {
      case .input(let position): return (memory: inputs[position], offset: offset)
      case .output(let position): return (memory: outputs[position], offset: offset)
      case .constant(let position): return (memory: interpreter.constants[position], offset: offset)
      case .state(let position): return (memory: interpreter.states[position], offset: offset)
      case .arena(let byteOffset):
        precondition(byteOffset.isMultiple(of: dtype.byteCount), "\(dtype) at byte \(byteOffset) of the arena")
        return (memory: interpreter.arena, offset: byteOffset / dtype.byteCount + offset)
      }
    }

    private func index(_ expr: Expr) throws(Diagnostic) -> Int {
      let evaluator = ColumnEvaluator(
        .typed,
        variables: { (variable) throws(Diagnostic) in
          guard let value = variables[variable.name] else { throw Diagnostic("\(variable.name) has no value here") }
          return .integers([Int64(value)])
        })
      return try evaluator.index(expr)
    }
  }
}
