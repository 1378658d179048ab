import Tensors

/// The bytes that `text` stands for in the common alphabet with padding (RFC 4648).
func base64Bytes(_ text: String) throws(Diagnostic) -> [UInt8] {
  let digits = Array(text.utf8)
  guard digits.count.isMultiple(of: 4) else {
    throw Diagnostic("\(digits.count) characters of base64", hint: "it comes in groups of 4, filled up with =")
  }
  let padding = digits.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
  var bytes: [UInt8] = []
  bytes.reserveCapacity(digits.count / 4 * 3)
  var bits: UInt32 = 0
  for (position, digit) in digits.dropLast(padding).enumerated() {
    let value = sextets[Int(digit)]
    guard value < 64 else {
      throw Diagnostic("character \(position) of base64 is the byte \(digit)", hint: "letters, digits, + and / are used")
    }
    bits = bits << 6 | UInt32(value)
    if position % 4 == 3 {
      bytes += [UInt8(truncatingIfNeeded: bits >> 16), UInt8(truncatingIfNeeded: bits >> 8), UInt8(truncatingIfNeeded: bits)]
    }
  }
  if padding == 1 { bytes += [UInt8(truncatingIfNeeded: bits >> 10), UInt8(truncatingIfNeeded: bits >> 2)] }
  if padding == 2 { bytes.append(UInt8(truncatingIfNeeded: bits >> 4)) }
  return bytes
}

/// The six bits of each character; 64 for what is none.
private let sextets: [UInt8] = {
  var table = [UInt8](repeating: 64, count: 256)
  let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  for (value, character) in alphabet.utf8.enumerated() { table[Int(character)] = UInt8(value) }
  return table
}()
