import Tensors

/// An attribute, or the contents of a dataset of text.
package enum HDF5Value: Sendable {
  case strings([String], dims: [Int])
  case numbers(Tensor)

  /// The one string.
  package func string() throws(Diagnostic) -> String {
    guard case .strings(let texts, _) = self, texts.count == 1, let text = texts.first else { throw wrongKind("one string") }
    return text
  }

  /// The strings in row-major order; an array of no numbers, as which NumPy saves an empty list, is no strings.
  package func strings() throws(Diagnostic) -> [String] {
    switch self {
    case .strings(let texts, _): return texts
    case .numbers(let tensor) where tensor.count == 0: return []
    case .numbers: throw wrongKind("strings")
    }
  }

  package func tensor() throws(Diagnostic) -> Tensor {
    guard case .numbers(let tensor) = self else { throw wrongKind("numbers") }
    return tensor
  }

  /// The one number as a double.
  package func double() throws(Diagnostic) -> Double {
    guard case .numbers(let tensor) = self, tensor.count == 1, let value = tensor.doubles.first else { throw wrongKind("one number") }
    return value
  }

  private func wrongKind(_ expected: String) -> Diagnostic {
    let found =
      switch self {
      case .strings(let texts, let dims): "\(texts.count) strings of the extents \(dims)"
      case .numbers(let tensor): "numbers \(tensor.type)"
      }
    return Diagnostic("found \(found), expected \(expected)")
  }
}

extension HDF5Value {
  /// The elements of `type` and `space` at the start of `data`. Text of varying length lies in the global heap.
  init(_ data: ByteReader, _ type: HDF5Type, _ space: HDF5Space, _ format: HDF5Format) throws(Diagnostic) {
    var reader = data
    switch type {
    case .string:
      var heap = HDF5GlobalHeap(format)
      var texts: [String] = []
      for _ in 0..<space.count { texts.append(try heap.text(&reader)) }
      self = .strings(texts, dims: space.dims)
    case .fixedString(let size, let isSpacePadded):
      var texts: [String] = []
      for _ in 0..<space.count { texts.append(try reader.fixedText(size, isSpacePadded: isSpacePadded)) }
      self = .strings(texts, dims: space.dims)
    case .number(let dtype, let isBigEndian):
      self = .numbers(try reader.tensor(dtype, space.isNull ? [0] : space.dims, isBigEndian: isBigEndian))
    case .opaque(let size): throw data.unsupported("elements of \(size) bytes without a type (bfloat16, in .h5 files of whole models)")
    }
  }
}

extension ByteReader {
  fileprivate mutating func fixedText(_ size: Int, isSpacePadded: Bool) throws(Diagnostic) -> String {
    var field = try slice(size)
    var text = try field.text(field.count { $0 == 0 })
    while isSpacePadded && text.hasSuffix(" ") { text.removeLast() }
    return text
  }
}

/// The heap of a file in which text of varying length lies.
private struct HDF5GlobalHeap {
  private let format: HDF5Format
  /// Many elements may refer to the same large text, or to overlapping collections.
  private var budget: Budget
  /// The collections read so far: where each object is. A collection of the size of the file is read once only.
  private var collections: [UInt64: [UInt16: ByteReader]] = [:]

  init(_ format: HDF5Format) {
    self.format = format
    budget = Budget(fileSize: format.size)
  }

  /// The text to which the next element refers.
  mutating func text(_ reader: inout ByteReader) throws(Diagnostic) -> String {
    let before = reader
    let length = Int(try reader.little(UInt32.self))
    let address = try format.address(&reader)
    let index = try reader.little(UInt32.self)
    guard let address, length > 0 else { return "" }
    if collections[address] == nil { collections[address] = try collection(address) }
    guard let index = UInt16(exactly: index), var object = collections[address]?[index] else {
      throw before.damaged("a text refers to the object \(index) of a heap that has none")
    }
    try budget.take(length, for: before)
    return try object.fixedText(length, isSpacePadded: false)
  }

  private mutating func collection(_ address: UInt64) throws(Diagnostic) -> [UInt16: ByteReader] {
    var whole = try format.reader(at: address, "a global heap")
    var head = whole
    try head.expect("GCOL", "a global heap")
    try head.skip(4)
    var reader = try whole.slice(try format.length(&head))
    try budget.take(reader.remaining, for: reader)
    try reader.skip(8 + format.lengthWidth)
    var objects: [UInt16: ByteReader] = [:]
    while reader.remaining >= 8 + format.lengthWidth {
      let index = try reader.little(UInt16.self)
      try reader.skip(6)
      let size = try format.length(&reader)
      if index == 0 { break }
      objects[index] = try reader.slice(size)
      try reader.skip(min(reader.remaining, (8 - size % 8) % 8))
    }
    return objects
  }
}
