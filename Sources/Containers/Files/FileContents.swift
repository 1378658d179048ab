import Tensors

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The bytes of the file at `path`. Folders and devices are refused; pipes are read to their end.
package func readFile(_ path: String) throws(Diagnostic) -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw unreadable(path, errno) }
  defer { close(descriptor) }
  var status = stat()
  guard fstat(descriptor, &status) == 0 else { throw unreadable(path, errno) }
  switch status.st_mode & S_IFMT {
  case S_IFREG, S_IFIFO: return try readAll(descriptor, path, expecting: Int(status.st_size))
  case S_IFDIR: throw Diagnostic("this is a folder, expected a file", hint: "name the model file inside it", place: Place(file: path))
  default: throw Diagnostic("this is a device, expected a file", place: Place(file: path))
  }
}

/// `count` bytes of the file at `path` from byte `start` on; all that are left where there is no count.
package func readFile(_ path: String, from start: Int, count: Int?) throws(Diagnostic) -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw unreadable(path, errno) }
  defer { close(descriptor) }
  var status = stat()
  guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
    throw Diagnostic("this is no file that holds data", hint: "the model needs it; fetch it again", place: Place(file: path))
  }
  let size = Int(status.st_size)
  guard start >= 0, start <= size, count.map({ $0 >= 0 && $0 <= size - start }) ?? true else {
    throw Diagnostic(
      "\(count.map { "\($0)" } ?? "all") bytes from byte \(start) on are asked for, and the file has \(size)",
      hint: "the file is cut off, or belongs to another model", place: Place(file: path))
  }
  guard lseek(descriptor, off_t(start), SEEK_SET) == off_t(start) else { throw unreadable(path, errno) }
  return try readExactly(count ?? size - start, descriptor, path)
}

private func readExactly(_ wanted: Int, _ descriptor: Int32, _ path: String) throws(Diagnostic) -> [UInt8] {
  var failure: Int32 = 0
  let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, done in
    while done < wanted {
      let count = read(descriptor, buffer.baseAddress.map { $0 + done }, wanted - done)
      if count > 0 {
        done += count
      } else if count == 0 || errno != EINTR {
        failure = count == 0 ? EIO : errno
        return
      }
    }
  }
  guard failure == 0 else { throw unreadable(path, failure) }
  return bytes
}

private func readAll(_ descriptor: Int32, _ path: String, expecting size: Int) throws(Diagnostic) -> [UInt8] {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(size)
  var block = [UInt8](repeating: 0, count: 1 << 20)
  while true {
    let count = read(descriptor, &block, block.count)
    if count == 0 { return bytes }
    if count > 0 {
      bytes += block[0..<count]
    } else if errno != EINTR {
      throw unreadable(path, errno)
    }
  }
}

private func unreadable(_ path: String, _ code: Int32) -> Diagnostic {
  let reason = String(cString: strerror(code))
  let hint =
    switch code {
    case ENOENT: "check the path; it is relative to the folder the command runs in"
    case EACCES: "check who may read the file"
    default: nil as String?
    }
  return Diagnostic("cannot read the file: \(reason)", hint: hint, place: Place(file: path))
}
