import LoopIR
import Tensors

/// What the printers of a program's files ask of it.
struct ProgramFacts {
  /// Types of the elements that kernels keep in the arena, one for each C type.
  private(set) var arenaTypes: [DType] = []
  private(set) var usedConstants: Set<Int> = []
  private(set) var usedInputs: Set<Int> = []
  private(set) var usedOutputs: Set<Int> = []
  private(set) var usedDims: Set<String> = []
  private(set) var usedKernels: Set<Int> = []
  private(set) var usesStates = false
  /// The number of the last call of each layer, counted in the order of the text.
  private(set) var lastCalls: [Int: Int] = [:]
  private var callCount = 0
  private let program: Program

  init(_ program: Program) {
    self.program = program
    visit(program.steps)
    for output in program.layers.flatMap(\.outputs) { visit(output.argument, output.view.buffer.dtype) }
    let used = Set(arenaTypes.map(\.storage))
    arenaTypes = DType.allCases.filter { used.contains($0.storage) }.reduce(into: []) { distinct, dtype in
      if !distinct.contains(where: { $0.storage == dtype.storage }) { distinct.append(dtype) }
    }
  }

  private mutating func visit(_ steps: [Step]) {
    for step in steps {
      switch step {
      case .call(let kernel, let arguments, let layer):
        usedKernels.insert(kernel)
        lastCalls[layer] = callCount
        callCount += 1
        usedDims.formUnion(program.kernels[kernel].dims)
        for (argument, parameter) in zip(arguments, program.kernels[kernel].parameters) { visit(argument, parameter.buffer.dtype) }
      case .loop(_, let count, let body):
        usedDims.formUnion(count.variables)
        visit(body)
      case .settle(_, let argument, let dtype, _): visit(argument, dtype)
      case .repetition(let repetition, let body):
        if let trips = repetition.trips { visit(trips, .int64) }
        if let condition = repetition.condition { visit(condition, .bool) }
        visit(body)
      case .branch(let condition, let then, let otherwise):
        visit(condition, .bool)
        visit(then)
        visit(otherwise)
      }
    }
  }

  private mutating func visit(_ argument: Argument, _ dtype: DType) {
    usedDims.formUnion(argument.offset.variables)
    switch argument.storage {
    case .input(let position): usedInputs.insert(position)
    case .output(let position): usedOutputs.insert(position)
    case .constant(let position): usedConstants.insert(position)
    case .state: usesStates = true
    case .arena: arenaTypes.append(dtype)
    }
  }
}

extension Program {
  /// The elements of memory of a port, where they are known when we compile.
  func elementCount(_ port: Port) -> Int { largest(port.type.storageCount) }
}
