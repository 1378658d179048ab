import Tensors

/// A dataset: extents, a type of element, and data that is read when asked for.
package struct HDF5Dataset: Sendable {
  /// From the root: `layers/dense/vars/0`.
  package let path: String
  let format: HDF5Format
  let header: HDF5Header
  private let type: HDF5Type
  private let space: HDF5Space

  init(_ format: HDF5Format, path: String, _ header: HDF5Header) throws(Diagnostic) {
    self.format = format
    self.path = path
    self.header = header
    do throws(Diagnostic) {
      type = try HDF5Type(header.required(HDF5Header.Kind.datatype, "a datatype"))
      space = try HDF5Space(header.required(HDF5Header.Kind.dataspace, "extents"), format)
    } catch {
      throw error.at("dataset \"\(path)\"")
    }
  }

  package var dims: [Int] { space.dims }

  /// The numbers. h5py has no bfloat16; what Keras marks so is read as that.
  package func tensor() throws(Diagnostic) -> Tensor {
    do throws(Diagnostic) { return try value(isMarkedBFloat16() ? .number(.bfloat16, isBigEndian: false) : type).tensor() } catch {
      throw error.at("dataset \"\(path)\"")
    }
  }

  /// The texts, in row-major order.
  package func strings() throws(Diagnostic) -> [String] {
    do throws(Diagnostic) { return try value(type).strings() } catch { throw error.at("dataset \"\(path)\"") }
  }

  private func isMarkedBFloat16() throws(Diagnostic) -> Bool {
    switch type {
    case .opaque(size: 2), .number(.uint16, isBigEndian: false): try attribute("dtype")?.string() == "bfloat16"
    case .opaque, .number, .string, .fixedString: false
    }
  }

  private func value(_ type: HDF5Type) throws(Diagnostic) -> HDF5Value {
    let elementSize = type.elementSize(format)
    guard let size = checkedProduct([space.count, elementSize]) else {
      throw header.start.damaged("the extents \(dims) overflow")
    }
    let extent = HDF5Extent(dims: dims, elementSize: elementSize, byteCount: size)
    return try HDF5Value(HDF5Storage(format, header, extent).data(), type, space, format)
  }
}
