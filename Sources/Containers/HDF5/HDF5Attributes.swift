import Tensors

extension HDF5Group {
  /// The attribute `name`; `nil` where there is none.
  package func attribute(_ name: String) throws(Diagnostic) -> HDF5Value? { try header.attribute(name, of: "/\(path)", format) }

  package func attributeNames() throws(Diagnostic) -> [String] { try header.attributeNames(format) }
}

extension HDF5Dataset {
  /// The attribute `name`; `nil` where there is none.
  package func attribute(_ name: String) throws(Diagnostic) -> HDF5Value? { try header.attribute(name, of: "/\(path)", format) }
}

extension HDF5Header {
  func attribute(_ name: String, of owner: String, _ format: HDF5Format) throws(Diagnostic) -> HDF5Value? {
    for message in try attributes(format) {
      var attribute = try HDF5Attribute(message)
      guard attribute.name == name else { continue }
      do throws(Diagnostic) { return try attribute.value(format) } catch { throw error.at("attribute \"\(name)\" of \"\(owner)\"") }
    }
    return nil
  }

  /// In order of name.
  func attributeNames(_ format: HDF5Format) throws(Diagnostic) -> [String] {
    var names: [String] = []
    for message in try attributes(format) { names.append(try HDF5Attribute(message).name) }
    return names.sorted()
  }

  private func attributes(_ format: HDF5Format) throws(Diagnostic) -> [ByteReader] {
    if let info = try optional(Kind.attributeInfo) {
      try HDF5Link.refuseDense(info, format, isAttributes: true, "attributes in the newest form (a fractal heap)")
    }
    var bodies: [ByteReader] = []
    for message in all(Kind.attribute) {
      guard !message.isShared else { throw message.body.unsupported("attributes shared between objects") }
      bodies.append(message.body)
    }
    return bodies
  }
}

/// The parts of an attribute message.
private struct HDF5Attribute {
  let name: String
  private let type: ByteReader
  private let space: ByteReader
  private let data: ByteReader

  init(_ message: ByteReader) throws(Diagnostic) {
    var reader = message
    let version = try reader.byte()
    guard (1...3).contains(version) else { throw message.unsupported("attributes of version \(version)") }
    let flags = try reader.byte()
    guard version == 1 || flags & 3 == 0 else { throw message.unsupported("attributes with a named datatype") }
    let sizes = [Int(try reader.little(UInt16.self)), Int(try reader.little(UInt16.self)), Int(try reader.little(UInt16.self))]
    if version == 3 { try reader.skip(1) }
    let parts = try sizes.map { (size) throws(Diagnostic) in
      let part = try reader.slice(size)
      if version == 1 { try reader.skip((8 - size % 8) % 8) }
      return part
    }
    var label = parts[0]
    name = try label.text(label.count { $0 == 0 })
    (type, space, data) = (parts[1], parts[2], reader)
  }

  mutating func value(_ format: HDF5Format) throws(Diagnostic) -> HDF5Value {
    try HDF5Value(data, HDF5Type(type), HDF5Space(space, format), format)
  }
}
