import Tensors

/// One array as `numpy.save` writes it.
package enum Npy {
  /// The array in `bytes`, in row-major order whatever its order in the file. `file` is the name shown in diagnostics.
  package static func tensor(_ bytes: [UInt8], file: String? = nil) throws(Diagnostic) -> Tensor {
    var reader = ByteReader(bytes, format: "npy", file: file)
    let header = try NpyHeader(&reader)
    let dims = header.isColumnMajor ? header.dims.reversed() : header.dims
    let tensor = try reader.tensor(header.dtype, dims, isBigEndian: header.isBigEndian)
    guard reader.isAtEnd else { throw reader.damaged("\(reader.remaining) bytes after the array") }
    return header.isColumnMajor ? tensor.reversingAxes() : tensor
  }
}

extension Tensor {
  /// The transposed tensor: axes in the opposite order.
  fileprivate func reversingAxes() -> Tensor {
    if rank < 2 { return self }
    let strides = Array(rowMajorStrides(dims).reversed())
    let reversed = Array(dims.reversed())
    let width = dtype.byteCount
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = reversed.map { _ in 0 }
    var source = 0
    for _ in 0..<count {
      result += bytes[source * width..<(source + 1) * width]
      for axis in index.indices.reversed() {
        index[axis] += 1
        source += strides[axis]
        if index[axis] < reversed[axis] { break }
        source -= strides[axis] * reversed[axis]
        index[axis] = 0
      }
    }
    return Tensor(dtype, reversed, bytes: result)
  }
}

/// The header of a .npy file: a Python dictionary of three entries.
struct NpyHeader {
  private(set) var dtype = DType.float32
  private(set) var isBigEndian = false
  private(set) var isColumnMajor = false
  private(set) var dims: [Int] = []

  /// Passes the header, and leaves `reader` at the data.
  init(_ reader: inout ByteReader) throws(Diagnostic) {
    guard try reader.bytes(6) == [0x93] + Array("NUMPY".utf8) else {
      throw reader.problem("this is not a .npy file: its signature is missing", hint: "save it with numpy.save")
    }
    let version = try reader.byte()
    try reader.skip(1)
    guard (1...3).contains(version) else { throw reader.problem("version \(version); read are 1 to 3", hint: "save it with numpy.save") }
    let length = try reader.count(width: version == 1 ? 2 : 4)
    var literal = PythonLiteral(try reader.slice(length))
    try parse(&literal)
  }

  private mutating func parse(_ literal: inout PythonLiteral) throws(Diagnostic) {
    var missing: Set = ["descr", "fortran_order", "shape"]
    try literal.expect("{")
    while !literal.skip("}") {
      let key = try literal.string()
      guard missing.remove(key) != nil else { throw literal.reader.damaged("the entry '\(key)' is unknown or there twice") }
      try literal.expect(":")
      switch key {
      case "descr": try readType(&literal)
      case "fortran_order": isColumnMajor = try literal.bool()
      default: dims = try literal.integers()
      }
      if !literal.skip(",") {
        try literal.expect("}")
        break
      }
    }
    guard missing.isEmpty else { throw literal.reader.damaged("the header lacks \(missing.sorted().joined(separator: " and "))") }
  }

  private mutating func readType(_ literal: inout PythonLiteral) throws(Diagnostic) {
    guard !literal.isAtList else {
      throw literal.reader.problem("records (structured arrays) are not read", hint: "save each field as an array of its own")
    }
    let code = try literal.string()
    let kinds: [String: DType] = [
      "f2": .float16, "f4": .float32, "f8": .float64, "i1": .int8, "i2": .int16, "i4": .int32, "i8": .int64, "u1": .uint8,
      "u2": .uint16, "u4": .uint32, "u8": .uint64, "b1": .bool,
    ]
    guard let order = code.first, "<>|=".contains(order), let dtype = kinds[String(code.dropFirst())] else {
      let isPickle = code.contains("O")
      throw literal.reader.problem(
        isPickle ? "the array holds pickled Python objects, which are never read" : "elements of the type '\(code)' are not read",
        hint: isPickle ? "save arrays of numbers, or weights as .h5 or .safetensors" : "convert the array to float32 or an integer type")
    }
    self.dtype = dtype
    isBigEndian = order == ">"
  }
}

/// Reads the few kinds of Python literals that a .npy header has.
struct PythonLiteral {
  private(set) var reader: ByteReader

  init(_ reader: ByteReader) { self.reader = reader }

  /// Passes `character` and the spaces before it, if it comes next.
  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    return reader.skip(byte: UInt8(truncatingIfNeeded: character.value))
  }

  mutating func expect(_ character: Unicode.Scalar) throws(Diagnostic) {
    guard skip(character) else { throw reader.damaged("expected '\(character)' in the header") }
  }

  var isAtList: Bool {
    var copy = self
    return copy.skip("[")
  }

  mutating func string() throws(Diagnostic) -> String {
    try expect("'")
    let text = try reader.text(reader.count { $0 == UInt8(ascii: "'") })
    try expect("'")
    return text
  }

  mutating func bool() throws(Diagnostic) -> Bool {
    skipSpace()
    switch try reader.text(reader.count { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "}") }) {
    case "True": return true
    case "False": return false
    case let other: throw reader.damaged("found '\(other)', expected True or False")
    }
  }

  /// A tuple of integers.
  mutating func integers() throws(Diagnostic) -> [Int] {
    try expect("(")
    var values: [Int] = []
    while !skip(")") {
      skipSpace()
      let digits = try reader.text(reader.count { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
      guard let value = Int(digits) else { throw reader.damaged("found '\(digits)', expected an extent") }
      values.append(value)
      _ = reader.skip(byte: UInt8(ascii: "L"))  // as Python 2 ended a long integer
      if !skip(",") {
        try expect(")")
        break
      }
    }
    guard values.count <= 64 else { throw reader.damaged("\(values.count) axes; NumPy has at most 64") }
    return values
  }

  private mutating func skipSpace() {
    while reader.skip(byte: UInt8(ascii: " ")) || reader.skip(byte: UInt8(ascii: "\n")) {}
  }
}
