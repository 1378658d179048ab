import Tensors

/// The bytes of a file with the widths that its superblock declares. Facts are from the HDF5 file format specification,
/// version 3.
struct HDF5Format: Sendable {
  private let whole: ByteReader
  let offsetWidth: Int
  let lengthWidth: Int

  init(_ whole: ByteReader, offsetWidth: Int, lengthWidth: Int) throws(Diagnostic) {
    guard [2, 4, 8].contains(offsetWidth), [2, 4, 8].contains(lengthWidth) else {
      throw whole.problem("addresses of \(offsetWidth) and lengths of \(lengthWidth) bytes; expected 2, 4 or 8", hint: HDF5Format.advice)
    }
    self.whole = whole
    self.offsetWidth = offsetWidth
    self.lengthWidth = lengthWidth
  }

  /// What to do about a file that is sound but beyond what is read here.
  static let advice = "save the model again with keras (model.save(\"m.keras\")) or with h5py's default settings"

  var size: Int { whole.remaining }

  /// A reader from `address` to the end of the file.
  func reader(at address: UInt64, _ what: String) throws(Diagnostic) -> ByteReader { try whole.at(address, what) }

  /// The next address; `nil` where the field says that there is none.
  func address(_ reader: inout ByteReader) throws(Diagnostic) -> UInt64? {
    let address = try reader.unsigned(width: offsetWidth)
    return address == UInt64.max >> UInt64(64 - 8 * offsetWidth) ? nil : address
  }

  /// The next address, which has to be there.
  func address(_ reader: inout ByteReader, _ what: String) throws(Diagnostic) -> UInt64 {
    let before = reader
    guard let address = try address(&reader) else { throw before.damaged("the address of \(what) is not set") }
    return address
  }

  /// The next length.
  func length(_ reader: inout ByteReader) throws(Diagnostic) -> Int { try reader.count(width: lengthWidth) }

  /// The next offset into a heap, which has the width of an address.
  func heapOffset(_ reader: inout ByteReader) throws(Diagnostic) -> Int { try reader.count(width: offsetWidth) }
}

extension ByteReader {
  /// What a file holds that is beyond the subset read here.
  func unsupported(_ what: String) -> Diagnostic { problem("\(what) are not read", hint: HDF5Format.advice) }
}
