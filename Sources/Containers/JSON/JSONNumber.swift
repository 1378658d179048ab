import Tensors

/// A number of a JSON text: exact where it is written as an integer that fits 64 bits.
enum JSONNumber {
  case integer(Int64)
  case double(Double)

  var content: JSONNode.Content {
    switch self {
    case .integer(let value): .integer(value)
    case .double(let value): .number(value)
    }
  }
}

extension JSONParser {
  /// The number that comes next, if the next value is one.
  mutating func numberIfAny() throws(Diagnostic) -> JSONNumber? {
    guard let byte = reader.peek() else { return nil }
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "N"), UInt8(ascii: "I"): return try number()
    default: return nil
    }
  }

  mutating func number() throws(Diagnostic) -> JSONNumber {
    let start = self
    let isNegative = reader.skip(byte: UInt8(ascii: "-"))
    if let named = try namedNumber(isNegative) { return .double(named) }
    var digits = Digits()
    let isZero = reader.peek() == UInt8(ascii: "0")
    guard take(&digits, fraction: false) > 0 else { throw start.unexpected("a value") }
    if isZero && digits.written > 1 { throw start.problem("a number starts with a zero", "JSON has no such numbers") }
    var isInteger = true
    if reader.skip(byte: UInt8(ascii: ".")) {
      isInteger = false
      guard take(&digits, fraction: true) > 0 else { throw unexpected("a digit after the decimal point") }
    }
    if reader.peek() == UInt8(ascii: "e") || reader.peek() == UInt8(ascii: "E") {
      isInteger = false
      try exponent(&digits)
    }
    if isInteger, let value = digits.integer(isNegative) { return .integer(value) }
    if let value = digits.exactDouble { return .double(isNegative ? -value : value) }
    return .double(try start.slowDouble(length: reader.offset - start.reader.offset))
  }

  private mutating func namedNumber(_ isNegative: Bool) throws(Diagnostic) -> Double? {
    let before = self
    switch reader.peek() {
    case UInt8(ascii: "I"):
      for byte in "Infinity".utf8 where !reader.skip(byte: byte) { throw before.unexpected("a value") }
      return isNegative ? -.infinity : .infinity
    case UInt8(ascii: "N") where !isNegative:
      for byte in "NaN".utf8 where !reader.skip(byte: byte) { throw before.unexpected("a value") }
      return .nan
    default: return nil
    }
  }

  /// Passes the decimal digits that come next; gives how many.
  private mutating func take(_ digits: inout Digits, fraction: Bool) -> Int {
    let before = digits.written
    while let byte = reader.peek(), byte &- UInt8(ascii: "0") < 10 {
      digits.add(UInt64(byte &- UInt8(ascii: "0")), fraction: fraction)
      _ = reader.skip(byte: byte)
    }
    return digits.written - before
  }

  private mutating func exponent(_ digits: inout Digits) throws(Diagnostic) {
    try reader.skip(1)
    let isNegative = reader.peek() == UInt8(ascii: "-")
    if isNegative || reader.peek() == UInt8(ascii: "+") { try reader.skip(1) }
    var exponent = Digits()
    guard take(&exponent, fraction: false) > 0 else { throw unexpected("a digit of the exponent") }
    let size = Int(min(exponent.significand, 100_000))
    digits.exponent += isNegative ? -size : size
  }

  /// The nearest double, by the standard library, for what `exactDouble` cannot do.
  private func slowDouble(length: Int) throws(Diagnostic) -> Double {
    var copy = reader
    guard length <= 2_000, let value = Double(try copy.text(length)) else { throw problem("a number of \(length) characters") }
    guard value.isFinite else { throw problem("a number is too large for a double") }
    return value
  }
}

/// The digits of a number: `significand * 10^exponent` where no digit was lost.
private struct Digits {
  private(set) var significand: UInt64 = 0
  var exponent = 0
  private(set) var written = 0
  private var isExact = true

  mutating func add(_ digit: UInt64, fraction: Bool) {
    written += 1
    if significand >= 1_000_000_000_000_000_000 {
      isExact = false
    } else {
      significand = significand &* 10 &+ digit
      if fraction { exponent -= 1 }
    }
  }

  func integer(_ isNegative: Bool) -> Int64? {
    guard isExact, exponent == 0 else { return nil }
    if isNegative { return significand <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- significand) : nil }
    return Int64(exactly: significand)
  }

  /// The nearest double, where both the significand and the power of ten are doubles and one rounding gives it (Clinger).
  var exactDouble: Double? {
    guard isExact, significand <= 1 << 53 else { return nil }
    let value = Double(significand)
    switch exponent {
    case 0: return value
    case 1...22: return value * powersOfTen[exponent]
    case -22 ... -1: return value / powersOfTen[-exponent]
    default: return nil
    }
  }
}

private let powersOfTen: [Double] = (0...22).reduce(into: []) { powers, _ in powers.append(powers.last.map { $0 * 10 } ?? 1) }
