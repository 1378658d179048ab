import CSource
import LoopIR
import Tensors

/// How a program uses one of its kernels: what a timing of its own has to imitate.
struct KernelUse {
  /// Positions of parameters that are constant data of the model.
  private(set) var constants: Set<Int> = []
  /// Positions of the layers that it computes something of.
  private(set) var layers: Set<Int> = []
  /// Calls in one run of the model, as far as they are known when we compile.
  private(set) var calls = 0
  /// Some call is inside of a loop: what it reads is still in the caches.
  private(set) var isRepeated = false

  /// By position of the kernel; only those that are called.
  static func all(of program: Program) -> [Int: KernelUse] {
    let largest = Dictionary(uniqueKeysWithValues: (program.openDims + program.computedDims).map { ($0.name, $0.range.upperBound) })
    var uses: [Int: KernelUse] = [:]
    func visit(_ steps: [Step], _ times: Int, isRepeated: Bool) {
      for step in steps {
        switch step {
        case .call(let kernel, let arguments, let layer): uses[kernel, default: KernelUse()].add(arguments, times, isRepeated, layer)
        case .loop(_, let count, let body): visit(body, times * max(count.value(largest) ?? 1, 1), isRepeated: true)
        case .repetition(_, let body): visit(body, times, isRepeated: true)
        case .branch(_, let then, let otherwise): visit(then + otherwise, times, isRepeated: isRepeated)
        case .settle: break
        }
      }
    }
    visit(program.steps, 1, isRepeated: false)
    return uses
  }

  private mutating func add(_ arguments: [Argument], _ times: Int, _ isRepeated: Bool, _ layer: Int) {
    for (position, argument) in arguments.enumerated() {
      if case .constant = argument.storage { constants.insert(position) }
    }
    layers.insert(layer)
    calls += times
    self.isRepeated = self.isRepeated || isRepeated
  }

  /// Memory for timing: between two calls with the same constants as much is read as all constants of the model, as in a run of it.
  func buffers(of kernel: Kernel, in program: Program) -> [TimingPrinter.Buffer] {
    let counts = kernel.parameters.map { program.largest($0.buffer.count) }
    let sizes = zip(kernel.parameters, counts).map { $0.buffer.dtype.byteCount * $1 }
    let own = constants.reduce(0) { $0 + sizes[$1] }
    let all = program.constants.reduce(0) { $0 + $1.data.bytes.count }
    let copies = isRepeated ? 1 : min(all, Self.mostConstants) / max(own, 1)
    return counts.enumerated().map { TimingPrinter.Buffer(count: $1, copies: constants.contains($0) ? max(copies, 1) : 1) }
  }

  /// Bytes that no cache holds.
  private static let mostConstants = 192 << 20
}

extension Expr {
  /// The value of an index, where the dimensions in it are known.
  fileprivate func value(_ dims: [String: Int]) -> Int? {
    IndexScope().simplified(substituting(dims.mapValues { .index($0) })).constantIndex
  }
}
