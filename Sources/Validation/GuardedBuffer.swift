import Glibc

/// Memory between two stretches of known bytes, which show whether C wrote outside it.
final class GuardedBuffer {
  /// How far beyond either end a write is noticed.
  private static let reach = 4096
  /// Read as a float this is a NaN, so that reading outside, or leaving an output unwritten, shows in the results.
  private static let sentinel: [UInt8] = (0..<reach).map { [0xAD, 0xDE, 0xF9, 0xFF][$0 % 4] }

  private let base: UnsafeMutableRawPointer
  let start: UnsafeMutableRawPointer
  let count: Int

  /// `count` bytes, all sentinels, at an address that is a multiple of `alignment` and of no higher power of two.
  init(count: Int, alignment: Int) {
    self.count = count
    base = .allocate(byteCount: 2 * Self.reach + alignment + count, alignment: 2 * max(alignment, 8))
    start = base + Self.reach + alignment
    Self.fill(start - Self.reach, Self.reach)
    Self.fill(start, count)
    Self.fill(start + count, Self.reach)
  }

  deinit { base.deallocate() }

  convenience init(_ bytes: [UInt8], alignment: Int) {
    self.init(count: bytes.count, alignment: alignment)
    bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(start: start, count: count).copyMemory(from: $0) }
  }

  var bytes: [UInt8] { Array(UnsafeRawBufferPointer(start: start, count: count)) }

  /// The place of a byte outside that was overwritten, if there is one.
  var damage: String? {
    if let offset = Self.firstChange(start + count, Self.reach) { return "at byte \(offset + 1) past its end" }
    return Self.firstChange(start - Self.reach, Self.reach).map { "at byte \(Self.reach - $0) before its start" }
  }

  /// The first byte inside that is no longer as it was when the buffer was made without contents.
  var firstWrittenByte: Int? { Self.firstChange(start, count) }

  private static func fill(_ target: UnsafeMutableRawPointer, _ count: Int) {
    for offset in stride(from: 0, to: count, by: reach) { memcpy(target + offset, sentinel, min(reach, count - offset)) }
  }

  private static func firstChange(_ memory: UnsafeMutableRawPointer, _ count: Int) -> Int? {
    for offset in stride(from: 0, to: count, by: reach) {
      let length = min(reach, count - offset)
      guard memcmp(memory + offset, sentinel, length) != 0 else { continue }
      let bytes = UnsafeRawBufferPointer(start: memory + offset, count: length)
      return zip(bytes, sentinel).enumerated().first { $1.0 != $1.1 }.map { offset + $0.offset }
    }
    return nil
  }
}
