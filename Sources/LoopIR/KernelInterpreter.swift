import Tensors

/// Memory in the hands of the interpreter: one array of elements that several arguments may point into.
package final class Memory {
  package let dtype: DType
  package private(set) var column: Column

  package init(_ tensor: Tensor) {
    dtype = tensor.dtype
    column = Column(tensor)
  }

  /// Elements that have never been written are NaN, or a large odd number: reading them shows.
  package init(_ dtype: DType, count: Int) {
    self.dtype = dtype
    column =
      dtype.isFloat
      ? .floats([Double](repeating: .nan, count: count)) : .integers([Int64](repeating: wrapped(0x5A5A_5A5B, dtype), count: count))
  }

  package func tensor(_ dims: [Int]) -> Tensor { column.tensor(dtype, dims) }

  func load(_ name: String, _ at: Int, _ access: Access) throws(Diagnostic) -> Column {
    try check(name, at, access)
    return column.gathered((0..<access.lanes).map { at + $0 * access.stride })
  }

  func store(_ name: String, _ at: Int, stride: Int, _ value: Column) throws(Diagnostic) {
    try check(name, at, Access(lanes: value.count, stride: stride))
    switch (column, value) {
    case (.floats(var elements), .floats(let new)):
      column = .integers([])  // so that `elements` is the only reference and is changed in place
      for lane in new.indices { elements[at + lane * stride] = new[lane] }
      column = .floats(elements)
    case (.integers(var elements), .integers(let new)):
      column = .floats([])
      for lane in new.indices { elements[at + lane * stride] = new[lane] }
      column = .integers(elements)
    case (.floats, .integers), (.integers, .floats): throw Diagnostic("a value of another type is stored in \(name)")
    }
  }

  private func check(_ name: String, _ at: Int, _ access: Access) throws(Diagnostic) {
    let last = at + (access.lanes - 1) * access.stride
    guard at >= 0, last >= 0, at < column.count, last < column.count else {
      throw Diagnostic("\(name)[\(at)] and \(access.lanes) lanes from it are outside of \(column.count) elements")
    }
  }
}

/// Runs a kernel as written, every access checked: the meaning of the loop IR, and the oracle for schedules.
package struct KernelInterpreter {
  private var variables: [String: Column]
  private let buffers: [String: (memory: Memory, offset: Int)]

  /// `arguments` in the order of the kernel's parameters; `dims` gives the open dimensions.
  package static func run(_ kernel: Kernel, _ arguments: [(memory: Memory, offset: Int)], dims: [String: Int] = [:]) throws(Diagnostic) {
    precondition(arguments.count == kernel.parameters.count)
    let named = zip(kernel.parameters, arguments).map { ($0.0.buffer.name, $0.1) }
    var interpreter = KernelInterpreter(
      variables: dims.mapValues { .integers([Int64($0)]) }, buffers: Dictionary(uniqueKeysWithValues: named))
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
      guard let (memory, offset) = buffers[buffer.name] else { throw Diagnostic("no memory is bound to \(buffer.name)") }
      try memory.store(buffer.name, offset + evaluator.index(at), stride: stride, evaluator.value(value))
    case .branch(let condition, let then, let otherwise):
      let holds = try evaluator.value(condition) != .integers([0])
      try run(holds ? then : otherwise)
    }
  }

  private mutating func run(_ loop: Loop) throws(Diagnostic) {
    let lower = try evaluator.index(loop.lower)
    let upper = try evaluator.index(loop.upper)
    for value in stride(from: lower, to: upper, by: 1) {
      variables[loop.variable] = .integers([Int64(value)])
      try run(loop.body)
    }
  }

  private var evaluator: ColumnEvaluator {
    let (variables, buffers) = (variables, buffers)
    return ColumnEvaluator(
      .typed,
      variables: { (variable) throws(Diagnostic) in
        guard let column = variables[variable.name] else { throw Diagnostic("\(variable.name) has no value here") }
        return column
      },
      load: { (buffer, at, access) throws(Diagnostic) in
        guard let (memory, offset) = buffers[buffer.name] else { throw Diagnostic("no memory is bound to \(buffer.name)") }
        return try memory.load(buffer.name, offset + at, access)
      })
  }
}
