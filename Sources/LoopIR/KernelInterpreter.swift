import Tensors

/// Runs a kernel as written, every access checked: the meaning of the loop IR, and the oracle for schedules. What iterations do that
/// are said to need no other one is checked as well.
package struct KernelInterpreter {
  private var variables: [String: Column]
  private let buffers: [String: (memory: Memory, offset: Int)]
  /// The elements that may be touched, by the buffers' own word; empty where that is not to be checked.
  private let counts: [String: Int]
  private let bufferTypes: [String: Buffer]
  private let dims: [String: Int]
  /// One for each loop around whose iterations are said to be independent.
  private var logs: [IterationLog] = []

  /// `arguments` in the order of the kernel's parameters, with offsets in elements; `dims` gives the open dimensions. With
  /// `confined` no element may be touched beyond those that a buffer says it has.
  package static func run(
    _ kernel: Kernel, _ arguments: [(memory: Memory, offset: Int)], dims: [String: Int] = [:], confined: Bool = false
  ) throws(Diagnostic) {
    precondition(arguments.count == kernel.parameters.count)
    let named = zip(kernel.parameters, arguments).map { ($0.0.buffer.name, $0.1) }
    let counts = confined ? kernel.parameters.map { ($0.buffer.name, $0.buffer.count.value(dims) ?? 0) } : []
    var interpreter = KernelInterpreter(
      variables: dims.mapValues { .integers([Int64($0)]) }, buffers: Dictionary(uniqueKeysWithValues: named),
      counts: Dictionary(uniqueKeysWithValues: counts),
      bufferTypes: Dictionary(uniqueKeysWithValues: kernel.parameters.map { ($0.buffer.name, $0.buffer) }), dims: dims)
    try interpreter.run(kernel.body)
  }

  private mutating func run(_ body: [Stmt]) throws(Diagnostic) {
    for statement in body { try run(statement) }
  }

  private mutating func run(_ statement: Stmt) throws(Diagnostic) {
    switch statement {
    case .loop(let loop): try run(loop)
    case .declare(let variable, let value), .assign(let variable, let value): variables[variable.name] = try evaluator.value(value)
    case .store(let buffer, let at, let stride, let value):
      let new = try evaluator.value(value)
      let (memory, offset) = try place(buffer, evaluator.index(at), Access(lanes: new.count, stride: stride), isStore: true)
      try memory.store(buffer, offset, stride: stride, new)
    case .branch(let condition, let then, let otherwise):
      let holds = try evaluator.value(condition) != .integers([0])
      try run(holds ? then : otherwise)
    }
  }

  private mutating func run(_ loop: Loop) throws(Diagnostic) {
    let lower = try evaluator.index(loop.lower)
    let upper = try evaluator.index(loop.upper)
    let outer = logs
    if loop.isParallel || loop.scratch != nil { logs.append(IterationLog(loop.variable, except: loop.scratch ?? [])) }
    for value in stride(from: lower, to: upper, by: 1) {
      variables[loop.variable] = .integers([Int64(value)])
      if logs.count > outer.count { logs[outer.count].iteration = value }
      forget(loop.scratch ?? [])
      try run(loop.body)
    }
    logs = outer
  }

  /// What is in these buffers is from another iteration: reading it shows.
  private func forget(_ scratch: [String]) {
    for (name, buffer) in bufferTypes where scratch.contains(name) {
      guard let (memory, offset) = buffers[name], let count = buffer.count.value(dims) else { continue }
      memory.forget(buffer, offset, count)
    }
  }

  private var evaluator: ColumnEvaluator {
    let variables = variables
    return ColumnEvaluator(
      .typed,
      variables: { (variable) throws(Diagnostic) in
        guard let column = variables[variable.name] else { throw Diagnostic("\(variable.name) has no value here") }
        return column
      },
      load: { (buffer, at, access) throws(Diagnostic) in
        let (memory, offset) = try place(buffer, at, access, isStore: false)
        return try memory.load(buffer, offset, access)
      })
  }

  /// Where the element `at` of a buffer lies.
  private func place(_ buffer: Buffer, _ at: Int, _ access: Access, isStore: Bool) throws(Diagnostic) -> (Memory, Int) {
    guard let (memory, offset) = buffers[buffer.name] else { throw Diagnostic("no memory is bound to \(buffer.name)") }
    let last = at + (access.lanes - 1) * access.stride
    if let count = counts[buffer.name], min(at, last) < 0 || max(at, last) >= count {
      throw Diagnostic("\(buffer.name)[\(at)] and \(access.lanes) lanes from it are outside of its \(count) elements")
    }
    for lane in logs.isEmpty ? 0..<0 : 0..<access.lanes {
      let byte = (offset + at + lane * access.stride) * buffer.dtype.byteCount
      for log in logs { try log.note(memory, byte: byte, buffer, isStore: isStore) }
    }
    return (memory, offset + at)
  }
}
