import LoopIR
import Targets
import Tensors

/// What a contraction reads, and how often: all columns are computed a few at a time, and each time all rows are read again.
struct CacheBlocking {
  /// Bytes that rows share with nothing else, and bytes that all rows use.
  let rowBytes: Int
  let streamBytes: Int
  /// Rows, and how often they are read.
  let rows: Int
  let passes: Int
  /// Iterations of the loop that is cut.
  let extent: Int
  /// Bytes of the last cache.
  let cache: Int

  /// Rows of which fewer would leave tiles short.
  private static let leastRows = 28

  /// Parts that the rows are cut into, each of which runs over all columns before the next begins: as few as the cache holds, where
  /// that saves more than it costs to read the streams for each.
  var blocks: Int {
    guard passes > 1, 2 * rowBytes > cache else { return 1 }
    let fitting = (2...max(2, extent)).first { extent.isMultiple(of: $0) && 2 * rowBytes <= $0 * cache && rows >= $0 * Self.leastRows }
    guard let count = fitting else { return 1 }
    let isFar = 2 * streamBytes > cache
    let (once, parted) = (passes * rowBytes + (isFar ? streamBytes : 0), rowBytes + (isFar ? count * streamBytes : 0))
    return parted < once ? count : 1
  }
}

extension Plan {
  /// How the rows of a nest are to be cut; `nil` where extents are not known, or there are no caches.
  func cacheBlocking(_ shape: NestShape, rows: [String], lanes: String, _ target: Target) -> CacheBlocking? {
    guard let cache = target.caches.last, let first = rows.first, has(first), let extent = extent(first) else { return nil }
    guard let width = self.extent(lanes), let length = reductionLength(shape) else { return nil }
    let count = rows.reduce(1) { $0 * (self.extent($1) ?? 1) }
    func bytes(_ accesses: [AccessPattern], _ elements: Int) -> Int {
      accesses.map { Swift.min($0.buffer.count.constant ?? elements, elements) * $0.buffer.dtype.byteCount }.max() ?? 0
    }
    return CacheBlocking(
      rowBytes: bytes(shape.reduced.filter { $0.stride(along: lanes) == 0 }, count * length),
      streamBytes: bytes(shape.reduced.filter { $0.stride(along: lanes) != 0 }, width * length),
      rows: count, passes: width / (2 * target.lanes), extent: extent, cache: cache)
  }

  /// Products that are added for each element; `nil` where it is not known when we compile.
  func reductionLength(_ shape: NestShape) -> Int? {
    var length = 1
    for name in shape.reductions {
      guard let extent = extent(name) else { return nil }
      length *= extent
    }
    return length
  }
}
