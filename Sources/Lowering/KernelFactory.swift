import GraphIR
import LoopIR
import Tensors

/// One parameter of a kernel call before the arena is planned.
struct PlannedArgument: Hashable {
  var slot: Slot
  var type: TensorType
  var isWritten: Bool
}

/// Makes kernels from nodes and shares equal ones.
struct KernelFactory {
  private(set) var kernels: [Kernel] = []
  private var positions: [Kernel: Int] = [:]
  private var counts: [String: Int] = [:]
  private let dims: Set<String>
  private let schedule: (Kernel) -> Kernel

  init(dims: Set<String>, schedule: @escaping (Kernel) -> Kernel) {
    self.dims = dims
    self.schedule = schedule
  }

  /// The position of the kernel whose body `body` writes, over buffers named by `prefixes` for `arguments`.
  mutating func kernel(_ label: String, _ prefixes: [String], _ arguments: [PlannedArgument], body: ([TensorView]) -> [Stmt]) -> Int {
    let views = zip(prefixes, arguments).map { name, argument in
      let buffer = Buffer(name, argument.type.dtype, count: argument.type.span(argument.slot.strides))
      return TensorView(buffer, argument.type, strides: argument.slot.strides)
    }
    let parameters = zip(views, arguments).map { view, argument in
      Parameter(view.buffer, isWritten: argument.isWritten, isUnaliased: !isAliased(argument, among: arguments))
    }
    let statements = body(views).flatMap(\.withoutEmptyLoops)
    let used = statements.reduce(into: Set<String>()) { $0.formUnion($1.variables) }.intersection(dims)
    var kernel = Kernel("", parameters, dims: used.sorted(), body: statements)
    if let position = positions[kernel] { return position }
    let key = kernel
    counts[label, default: 0] += 1
    kernel.name = "\(label)_\(counts[label, default: 1])"
    kernels.append(schedule(kernel))
    positions[key] = kernels.count - 1
    return kernels.count - 1
  }

  /// Another argument lies in the same root, and one of the two is written.
  private func isAliased(_ argument: PlannedArgument, among arguments: [PlannedArgument]) -> Bool {
    let sharing = arguments.filter { $0.slot.root == argument.slot.root }
    return sharing.count > 1 && sharing.contains(where: \.isWritten)
  }
}

extension Stmt {
  /// Names of the variables that occur in expressions.
  fileprivate var variables: Set<String> {
    var names: Set<String> = []
    _ = mapExpressions { expr in
      names.formUnion(expr.variables)
      return expr
    }
    return names
  }
}
