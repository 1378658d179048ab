import Tensors

/// An HDF5 file as Keras and h5py write it by default: old and new superblocks, groups kept as symbol tables or links in
/// the object header, numbers and strings, contiguous, compact or chunked data, deflate and shuffle. Everything else is
/// refused with what to do.
///
///     let file = try HDF5File(bytes, file: "model.weights.h5")
///     for name in file.root.names { … }                                // in order of name
///     let kernel = try file.root.dataset("layers/dense/vars/0").tensor()
///     let config = try file.root.attribute("model_config")?.string()
///     let order = try file.root.group("model_weights").attribute("layer_names")?.strings()
package struct HDF5File: Sendable {
  package let root: HDF5Group

  /// Reads the superblock and the root group; the rest is read when asked for. `file` is the name shown in diagnostics.
  package init(_ bytes: [UInt8], file: String? = nil) throws(Diagnostic) {
    let whole = ByteReader(bytes, format: "HDF5", file: file)
    let (format, rootAddress) = try Self.superblock(whole)
    root = try HDF5Group(format, path: "", address: rootAddress, ancestors: [])
  }

  private static func superblock(_ whole: ByteReader) throws(Diagnostic) -> (HDF5Format, root: UInt64) {
    var reader = whole
    guard try reader.bytes(8) == signature else {
      throw whole.problem("this is not an HDF5 file: its signature is missing", hint: "expected a .h5 or .hdf5 file")
    }
    let version = try reader.byte()
    switch version {
    case 0, 1: return try oldSuperblock(&reader, whole, version: version)
    case 2, 3: return try newSuperblock(&reader, whole)
    default: throw reader.unsupported("superblocks of version \(version)")
    }
  }

  static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

  private static func oldSuperblock(
    _ reader: inout ByteReader, _ whole: ByteReader, version: UInt8
  ) throws(Diagnostic) -> (HDF5Format, root: UInt64) {
    try reader.skip(4)
    let widths = (Int(try reader.byte()), Int(try reader.byte()))
    let format = try HDF5Format(whole, offsetWidth: widths.0, lengthWidth: widths.1)
    try reader.skip(version == 0 ? 9 : 13)
    try checkExtent(format, &reader, skipping: 1)
    try reader.skip(2 * format.offsetWidth)  // driver information, name of the root
    return (format, try format.address(&reader, "the root group"))
  }

  private static func newSuperblock(_ reader: inout ByteReader, _ whole: ByteReader) throws(Diagnostic) -> (HDF5Format, root: UInt64) {
    let widths = (Int(try reader.byte()), Int(try reader.byte()))
    let format = try HDF5Format(whole, offsetWidth: widths.0, lengthWidth: widths.1)
    try reader.skip(1)
    try checkExtent(format, &reader, skipping: 1)
    return (format, try format.address(&reader, "the root group"))
  }

  /// Reads the base address, which is 0, `skipping` addresses, and the end of the file, which should be there.
  private static func checkExtent(_ format: HDF5Format, _ reader: inout ByteReader, skipping count: Int) throws(Diagnostic) {
    let before = reader
    guard try reader.unsigned(width: format.offsetWidth) == 0 else { throw before.unsupported("files within other files") }
    try reader.skip(count * format.offsetWidth)
    let end = try reader.unsigned(width: format.offsetWidth)
    guard end <= UInt64(format.size) else {
      throw before.problem("the file says that it has \(end) bytes and has \(format.size)", hint: "it is cut short; fetch or save it again")
    }
  }
}
