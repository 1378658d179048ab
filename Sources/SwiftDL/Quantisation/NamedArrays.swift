import Containers
import FoundationEssentials
import Tensors

/// The arrays of calibration data as files hold them.
struct NamedArrays {
  /// Where they were found, for people.
  let path: String
  /// In the order of the file; an array that stands alone has no name.
  let arrays: [(name: String?, tensor: Tensor)]

  init(path: String, arrays: [(name: String?, tensor: Tensor)]) {
    self.path = path
    self.arrays = arrays
  }

  /// A file of one or several arrays. Raw files hold elements of type `raw`, which become one array without shape.
  init(_ path: String, raw: DType) throws(Diagnostic) {
    self.path = path
    let bytes = try readFile(path)
    switch sniff(bytes) {
    case .safetensors:
      let file = try Safetensors(bytes, file: path)
      arrays = try file.names.map { (name) throws(Diagnostic) in (name, try file.tensor(name)) }
    case .zip:
      let file = try Npz(bytes, file: path)
      arrays = try file.names.map { (name) throws(Diagnostic) in (name, try file.tensor(name)) }
    case .npy: arrays = [(nil, try Npy.tensor(bytes, file: path))]
    default:
      guard path.hasSuffix(".raw") || path.hasSuffix(".bin") else {
        throw Diagnostic(
          "this is no calibration data",
          hint: "give a .npz, .npy or .safetensors file, a .raw or .bin file of elements, or a folder of these",
          place: Place(file: path))
      }
      guard bytes.count.isMultiple(of: raw.byteCount) else {
        throw Diagnostic(
          "\(bytes.count) bytes are no whole number of elements of \(raw)",
          hint: "raw files hold elements of the input's type, little-endian",
          place: Place(file: path))
      }
      arrays = [(nil, Tensor(raw, [bytes.count / raw.byteCount], bytes: bytes))]
    }
  }
}

extension NamedArrays {
  /// The array of a file that holds but one.
  var only: Tensor {
    get throws(Diagnostic) {
      if arrays.count == 1 { return arrays[0].tensor }
      throw Diagnostic("there are \(arrays.count) arrays", hint: "give a file of one array", place: Place(file: path))
    }
  }
}

/// The files of a folder, sorted by name; those that begin with a dot are left out.
func filesInFolder(_ path: String) throws(Diagnostic) -> [String] {
  do {
    let names = try FileManager.default.contentsOfDirectory(atPath: path)
    return names.filter { !$0.hasPrefix(".") }.sorted().map { "\(path)/\($0)" }
  } catch { throw Diagnostic("the folder cannot be read", hint: "check its name and rights", place: Place(file: path)) }
}

func isFolder(_ path: String) -> Bool {
  var isFolder = false
  return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
}
