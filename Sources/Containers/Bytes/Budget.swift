import Tensors

/// What reading one file may cost, so that a small file cannot ask for endless nesting or memory.
package struct Budget: Sendable {
  package private(set) var depth: Int
  private var bytes: Int

  package init(depth: Int = 128, bytes: Int) {
    self.depth = depth
    self.bytes = bytes
  }

  /// Room for 64 times the file, which well-compressed weights need, and never less than 256 MiB.
  package init(fileSize: Int, depth: Int = 128) {
    let (scaled, overflow) = fileSize.multipliedReportingOverflow(by: 64)
    self.init(depth: depth, bytes: max(256 << 20, overflow ? .max : scaled))
  }

  /// Takes `count` bytes of memory for what `reader` is about to read.
  package mutating func take(_ count: Int, for reader: ByteReader) throws(Diagnostic) {
    guard count >= 0, count <= bytes else {
      throw reader.problem(
        "would unfold to \(count) bytes and \(bytes) more are allowed for a file of this size",
        hint: "no model needs this; the file is damaged or hostile")
    }
    bytes -= count
  }

  /// Goes one level deeper.
  package mutating func enter(_ reader: ByteReader) throws(Diagnostic) {
    guard depth > 0 else { throw reader.problem("nested too deeply", hint: "no model needs this; the file is damaged or hostile") }
    depth -= 1
  }

  package mutating func leave() { depth += 1 }
}

/// The product of `factors`, none negative; `nil` where it overflows, or would but for a zero: strides are products of some
/// of the factors.
package func checkedProduct(_ factors: [Int]) -> Int? {
  var product = 1
  for factor in factors {
    let (value, overflow) = product.multipliedReportingOverflow(by: max(1, factor))
    if overflow { return nil }
    product = value
  }
  return factors.contains(0) ? 0 : product
}
