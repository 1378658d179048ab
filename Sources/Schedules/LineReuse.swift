import LoopIR
import Targets
import Tensors

extension Plan {
  /// Whether windows are better moved along `line` with one vector of channels at a time: neighbouring lines share most of what they
  /// read, the first cache does not hold it for all channels, but does for one vector.
  func keepsLines(_ shape: NestShape, along line: String, rows: String?, lanes: String, _ target: Target) -> Bool {
    guard let rows, let cache = target.caches.first, extent(lanes).map({ $0 >= 4 * target.lanes }) ?? false else { return false }
    return shape.reduced.contains { access in
      guard let windows = WindowLines(self, shape, access, line: line, rows: rows), windows.isShared else { return false }
      // A vector that is less than a line of the cache would bring neighbours that are not used.
      guard target.lanes * windows.elementBytes >= WindowLines.lineBytes else { return false }
      return 2 * windows.bytes > cache && windows.bytesOfSets <= cache
    }
  }
}

/// What windows that move along a line read.
private struct WindowLines {
  static let lineBytes = 64
  /// Bytes after which addresses use the same sets of the first cache.
  static let setBytes = 4096

  let elementBytes: Int
  /// Lines under a window, and by how many it moves.
  let taps: Int
  let step: Int
  /// Elements from line to line, and from place to place within one.
  let lineDistance: Int
  let placeDistance: Int

  init?(_ plan: Plan, _ shape: NestShape, _ access: AccessPattern, line: String, rows: String) {
    let inner = access.loops.dropFirst(shape.band.count)
    func tap(along loop: String) -> (name: String, distance: Int)? {
      guard let stride = access.stride(along: loop), stride != 0 else { return nil }
      return inner.lazy.compactMap { name in access.stride(along: name).map { (name, $0) } }
        .first { $0.1 != 0 && stride.isMultiple(of: $0.1) && stride / $0.1 < 4 }
    }
    guard let across = tap(along: line), let along = tap(along: rows), across.name != along.name,
      let stride = access.stride(along: line), let taps = plan.count(of: across.name, halfway: line)
    else { return nil }
    (elementBytes, self.taps, step) = (access.buffer.dtype.byteCount, taps, stride / across.distance)
    (lineDistance, placeDistance) = (across.distance, along.distance)
    guard lineDistance > 0, placeDistance > 0 else { return nil }
  }

  /// Each line is read for two windows at least.
  var isShared: Bool { taps >= 2 * step }
  /// Of the lines under a window, with all channels.
  var bytes: Int { taps * lineDistance * elementBytes }

  /// What one vector of each place takes of a cache, counting with it those sets that no place uses.
  var bytesOfSets: Int {
    var (common, rest) = (placeDistance * elementBytes, Self.setBytes)
    while rest != 0 { (common, rest) = (rest, common % rest) }
    return taps * (lineDistance / placeDistance) * Swift.max(common, Self.lineBytes)
  }
}

extension Plan {
  /// Iterations of a loop halfway through a loop around it, where they are known.
  fileprivate func count(of name: String, halfway outer: String) -> Int? {
    guard let loop = kernel.loop(name), let around = kernel.loop(outer) else { return nil }
    guard let first = around.lower.constantIndex, let end = around.upper.constantIndex else { return nil }
    let count = (loop.upper - loop.lower).substituting([outer: .index((first + end) / 2)])
    return IndexScope().simplified(count).constantIndex
  }
}
