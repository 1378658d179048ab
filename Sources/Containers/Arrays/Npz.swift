import Tensors

/// Named arrays as `numpy.savez` writes them: a zip archive of .npy files.
package struct Npz: Sendable {
  /// In the order of the archive, without `.npy`.
  package let names: [String]
  private let archive: ZipArchive
  private let file: String?

  /// `file` is the name shown in diagnostics.
  package init(_ bytes: [UInt8], file: String? = nil) throws(Diagnostic) {
    archive = try ZipArchive(bytes, file: file)
    self.file = file
    guard let stray = archive.names.first(where: { !$0.hasSuffix(".npy") }) else {
      names = archive.names.map { String($0.dropLast(4)) }
      return
    }
    throw Diagnostic("npz: the entry \"\(stray)\" is not a .npy file", hint: "save it with numpy.savez", place: Place(file: file))
  }

  package func tensor(_ name: String) throws(Diagnostic) -> Tensor {
    let bytes = try archive.contents("\(name).npy")
    do throws(Diagnostic) { return try Npy.tensor(bytes, file: file) } catch { throw error.at("array \"\(name)\"") }
  }
}
