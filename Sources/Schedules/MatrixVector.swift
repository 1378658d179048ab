import LoopIR
import Targets
import Tensors

/// What pays where nothing shares the streams of a product: the vector is one, and every element of the matrix is read once.
extension Plan {
  /// A matrix that the first cache does not hold, and that each iteration of the loop around `root` reads anew, is read up and down:
  /// what was read last is still there. Whether it is.
  mutating func alternate(_ root: String, _ shape: NestShape, _ target: Target) -> Bool {
    guard let cache = target.caches.first, let reduction = shape.onlyReduction, let outer = kernel.loop(around: root) else { return false }
    let streams = shape.reduced.filter { !$0.isStore && $0.stride(along: reduction) != 0 && $0.stride(along: outer) == 0 }
    guard streams.contains(where: { ($0.buffer.count.constant ?? 0) * $0.buffer.dtype.byteCount > cache }) else { return false }
    return attempt { (trial) throws(Diagnostic) in try trial.apply(.alternate(reduction, by: outer)) }
  }

  /// A machine with two adders of latency four is busy with eight sums: fewer are taken apart into several, in half of the registers.
  /// Into how many.
  mutating func chain(_ shape: NestShape, along lanes: String, _ target: Target) -> Int {
    guard target.lanes > 1, let reduction = shape.onlyReduction, let extent = extent(lanes) else { return 1 }
    let width = target.vectorWidths.first { $0 <= extent } ?? 1
    let sums = shape.accumulators * Swift.min(extent / width, Swift.max(1, target.registers / 2 / shape.accumulators))
    guard sums > 0, sums < 8 || choice.chains != nil else { return 1 }
    let count = choice.chains ?? (target.registers / 2 / sums >= 4 ? 4 : 2)
    guard count > 1 else { return 1 }
    guard self.extent(reduction).map({ $0 >= 4 * count }) ?? false else { return 1 }
    let isDone = attempt { (trial) throws(Diagnostic) in try trial.apply(.chainReduction(reduction, count: count)) }
    return isDone ? count : 1
  }
}

extension NestShape {
  /// The loop inside of the band, if it is one.
  fileprivate var onlyReduction: String? { reductions.count == 1 ? reductions[0] : nil }
}

extension Kernel {
  /// The loop that holds `name` directly.
  fileprivate func loop(around name: String) -> String? { loopNames.first { loops(in: $0).contains(name) } }
}
