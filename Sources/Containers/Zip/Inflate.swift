import CZlib
import Tensors

/// What surrounds the blocks of deflated data.
enum DeflateWrapper: Int32 {
  case raw = -15
  case zlib = 15
  case gzip = 31
}

/// The bytes that were deflated to `deflated`, at most `limit` of them; more are a problem of `source`.
func inflated(_ deflated: [UInt8], _ wrapper: DeflateWrapper, limit: Int, _ source: ByteReader) throws(Diagnostic) -> [UInt8] {
  var stream = z_stream()
  guard inflateInit2_(&stream, wrapper.rawValue, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
    throw source.problem("zlib does not start", hint: "is there enough memory?")
  }
  defer { inflateEnd(&stream) }
  var result: [UInt8] = []
  var status = Z_OK
  var block = [UInt8](repeating: 0, count: 1 << 18)
  var consumed = 0
  while status == Z_OK {
    let (given, made) = (min(deflated.count - consumed, 1 << 20), block.count)
    let available = UInt32(truncatingIfNeeded: given)
    let left = deflated.withUnsafeBufferPointer { input in
      block.withUnsafeMutableBufferPointer { output in
        stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress.map { $0 + consumed })
        stream.avail_in = available
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(truncatingIfNeeded: made)
        status = inflate(&stream, Z_NO_FLUSH)
        return (input: Int(stream.avail_in), output: Int(stream.avail_out))
      }
    }
    consumed += given - left.input
    result += block[0..<made - left.output]
    guard result.count <= limit else { throw source.problem("compressed data unfolds to more than the \(limit) bytes declared") }
  }
  guard status == Z_STREAM_END else {
    throw source.problem("compressed data is damaged (zlib says \(status))", hint: "fetch or save the file again")
  }
  return result
}

/// The checksum that zip files keep.
func crc32(of bytes: [UInt8]) -> UInt32 {
  var sum: UInt = 0
  for start in stride(from: 0, to: bytes.count, by: 1 << 30) {
    let count = min(1 << 30, bytes.count - start)
    sum = bytes.withUnsafeBufferPointer { buffer in
      CZlib.crc32(sum, buffer.baseAddress.map { $0 + start }, UInt32(truncatingIfNeeded: count))
    }
  }
  return UInt32(truncatingIfNeeded: sum)
}
