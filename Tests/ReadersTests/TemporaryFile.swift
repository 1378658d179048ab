import Glibc

/// A new file with `bytes` in the folder for temporary files; `nil` where it cannot be written.
func temporaryFile(_ bytes: [UInt8]) -> String? {
  var template = Array("/tmp/swiftdl-reader-XXXXXX".utf8CString)
  let descriptor = mkstemp(&template)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  guard write(descriptor, bytes, bytes.count) == bytes.count else { return nil }
  return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

func removeFile(_ path: String) { unlink(path) }
