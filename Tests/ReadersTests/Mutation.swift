import Tensors

/// Damage to a file that follows from a seed.
enum Mutation {
  /// One to four bits flipped, bytes replaced or copied; every third file is cut short as well.
  static func damaged(_ bytes: [UInt8], seed: UInt64) -> [UInt8] {
    guard !bytes.isEmpty else { return bytes }
    var generator = SeededGenerator(seed)
    var copy = bytes
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      let position = copy.indices.randomElement(using: &generator) ?? 0
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: copy[position] = [0, 0xFF, 0x7F, 0x80].randomElement(using: &generator) ?? 0
      case 1: copy[position] = copy.randomElement(using: &generator) ?? 0
      default: copy[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      }
    }
    if seed % 3 == 0 { copy.removeLast(copy.indices.randomElement(using: &generator) ?? 0) }
    return copy
  }

  /// One or two values of a JSON text replaced: by another value of the text, or by one that sizes are afraid of.
  static func edited(_ text: [UInt8], seed: UInt64) -> [UInt8] {
    var generator = SeededGenerator(seed)
    var copy = text
    for _ in 0..<Int.random(in: 1...2, using: &generator) {
      let values = scalars(copy)
      guard let place = values.randomElement(using: &generator), let other = values.randomElement(using: &generator) else { return copy }
      let odd = oddValues.randomElement(using: &generator) ?? "null"
      copy.replaceSubrange(place, with: Int.random(in: 0..<4, using: &generator) == 0 ? Array(copy[other]) : Array(odd.utf8))
    }
    return copy
  }

  private static let oddValues = [
    "0", "-1", "1", "2", "3", "7", "1000000", "16777215", "2147483647", "2147483648", "4294967297", "1099511627776", "4611686018427387904",
    "9223372036854775807", "-9223372036854775808", "-2147483648", "18446744073709551616", "1e300", "-1e300", "1e-300", "NaN", "Infinity",
    "-Infinity", "0.5", "null", "true", "false", "\"\"", "\"x\"", "[]", "{}", "[0]", "[-1]", "[1, 2, 3]", "[[1, 2], [3, 4]]", "[null]",
    "[9223372036854775807, 2]", "\"linear\"", "\"float16\"", "\"int64\"", "\"channels_first\"", "\"same\"", "\"causal\"",
  ]

  /// Where the numbers, literals and strings of `text` stand, keys left out.
  private static func scalars(_ text: [UInt8]) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var start = 0
    while start < text.count {
      var end = start + 1
      if text[start] == UInt8(ascii: "\"") {
        while end < text.count, text[end] != UInt8(ascii: "\"") { end += text[end] == UInt8(ascii: "\\") ? 2 : 1 }
        end = min(end + 1, text.count)
        if end == text.count || text[end] != UInt8(ascii: ":") { found.append(start..<end) }
      } else if isWord(text[start]) {
        while end < text.count, isWord(text[end]) { end += 1 }
        found.append(start..<end)
      }
      start = end
    }
    return found
  }

  private static func isWord(_ byte: UInt8) -> Bool { !"{}[]:,\" \n\r\t".utf8.contains(byte) }
}
