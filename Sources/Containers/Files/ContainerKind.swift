/// The format of a file, told by its contents; names and extensions say nothing.
package enum ContainerKind: String, Hashable, Sendable, CaseIterable {
  /// Text that begins with `{` or `[`.
  case json
  case hdf5
  /// Also `.keras`, `.npz` and `.pt`.
  case zip
  case safetensors
  case npy
  /// Fields of a protobuf message up to the last byte, as ONNX and TensorFlow files have them.
  case protobuf
  case tflite
  case gzip
  /// Python's format of old `.pt` and of `.pkl` files, which can run programs and is never read.
  case pickle
  case text
  case unknown
}

/// The format that `bytes` look like. It is a guess from a few bytes; the reader of the format tells whether it is right.
package func sniff(_ bytes: [UInt8]) -> ContainerKind {
  let reader = ByteReader(bytes, format: "file")
  // First, since the length of its header may begin with the bytes of another signature.
  if reader.looksLikeSafetensors { return .safetensors }
  for (kind, position, magic) in signatures where reader.has(magic, at: position) { return kind }
  if reader.looksLikeText { return reader.firstMark.map { "{[".utf8.contains($0) } == true ? .json : .text }
  return reader.looksLikeProtobuf ? .protobuf : .unknown
}

private let signatures: [(ContainerKind, position: Int, magic: [UInt8])] = [
  (.hdf5, 0, HDF5File.signature),
  (.zip, 0, [0x50, 0x4B, 0x03, 0x04]),
  (.zip, 0, [0x50, 0x4B, 0x05, 0x06]),
  (.npy, 0, [0x93] + Array("NUMPY".utf8)),
  (.gzip, 0, [0x1F, 0x8B, 0x08]),
  (.tflite, 4, Array("TFL3".utf8)),
  (.pickle, 0, [0x80, 0x02]),
  (.pickle, 0, [0x80, 0x03]),
  (.pickle, 0, [0x80, 0x04]),
  (.pickle, 0, [0x80, 0x05]),
]

extension ByteReader {
  fileprivate func has(_ magic: [UInt8], at position: Int) -> Bool {
    magic.enumerated().allSatisfy { peek(ahead: position + $0.offset) == $0.element }
  }

  /// The first byte that is neither space nor byte order mark.
  fileprivate var firstMark: UInt8? {
    let ignored: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF]
    return peek(ahead: count { !ignored.contains($0) })
  }

  /// A length of 8 bytes within the file, and an object in JSON of that length.
  fileprivate var looksLikeSafetensors: Bool {
    var copy = self
    guard let length = try? copy.count(width: 8), length >= 2, length <= copy.remaining else { return false }
    return copy.peek() == UInt8(ascii: "{")
  }

  /// No control character but those of lines among the first bytes.
  fileprivate var looksLikeText: Bool {
    !isAtEnd && count { $0 < 0x20 && !(0x09...0x0D).contains($0) || $0 == 0x7F } >= min(remaining, 4096)
  }

  /// Fields of small numbers, one after the other, that end exactly at the end of the file.
  fileprivate var looksLikeProtobuf: Bool {
    var copy = self
    var fields = 0
    while !copy.isAtEnd {
      guard let tag = try? copy.varint(), (1...1000).contains(tag >> 3), (try? copy.skipField(tag & 7)) != nil else { return false }
      fields += 1
    }
    return fields > 0
  }

  private mutating func skipField(_ wireType: UInt64) throws {
    switch wireType {
    case 0: _ = try varint()
    case 1: try skip(8)
    case 2: try skip(Int(clamping: try varint()))
    case 5: try skip(4)
    default: throw damaged("wire type \(wireType)")
    }
  }
}
