import Containers
import ONNXProto
import Tensors

/// Turns the tensors of a file into ours. The bytes of each are taken over as they are, once.
struct ONNXTensorReader {
  let session: ReadSession

  func tensor(_ proto: ONNXTensorProto) throws(Diagnostic) -> Tensor {
    do throws(Diagnostic) { return try read(proto) } catch {
      throw proto.name.isEmpty ? error : error.at("tensor \"\(proto.name)\"")
    }
  }

  private func read(_ proto: ONNXTensorProto) throws(Diagnostic) -> Tensor {
    let dtype = try ONNXElementType.dtype(proto.dataType)
    let (dims, count) = try extents(proto.dims)
    if proto.dataLocation == .external { return try external(proto, dtype, dims, count) }
    if proto.hasRawData { return try packed(Array(proto.rawData), dtype, dims, count) }
    return try typed(proto, dtype, dims, count)
  }

  /// A sparse tensor with its zeros.
  func dense(_ sparse: ONNXSparseTensorProto) throws(Diagnostic) -> Tensor {
    let (values, indices) = (try tensor(sparse.values), try tensor(sparse.indices))
    let (dims, count) = try extents(sparse.dims)
    guard values.rank == 1, indices.dtype == .int64, indices.dims == [values.count] || indices.dims == [values.count, dims.count] else {
      throw Diagnostic(
        "\(values.type) with the indices \(indices.type) for the shape \(dims)", hint: "the file is damaged; export it again")
    }
    guard count < 1 << 28 else {
      throw Diagnostic("a sparse tensor of \(count) elements", hint: "it is stored with its zeros, which are too many")
    }
    let width = values.dtype.byteCount
    var bytes = [UInt8](repeating: 0, count: count * width)
    let positions = indices.integers.map { Int($0) }
    for row in 0..<values.count {
      let place = try place(indices.rank == 1 ? [positions[row]] : Array(positions[row * dims.count..<(row + 1) * dims.count]), dims, count)
      bytes.replaceSubrange(place * width..<(place + 1) * width, with: values.bytes[row * width..<(row + 1) * width])
    }
    return Tensor(values.dtype, dims, bytes: bytes)
  }

  /// Where an element of a sparse tensor lies; `index` has one number for the whole tensor, or one for each axis.
  private func place(_ index: [Int], _ dims: [Int], _ count: Int) throws(Diagnostic) -> Int {
    let extents = index.count == dims.count ? dims : [count]
    guard zip(index, extents).allSatisfy({ $0 >= 0 && $0 < $1 }) else {
      throw Diagnostic("the index \(index) of a sparse tensor of the shape \(dims)", hint: "the file is damaged; export it again")
    }
    return zip(index, extents).reduce(0) { $0 * $1.1 + $1.0 }
  }

  private func extents(_ given: [Int64]) throws(Diagnostic) -> (dims: [Int], count: Int) {
    let dims = given.map { Int($0) }
    guard dims.allSatisfy({ $0 >= 0 }), let count = checkedProduct(dims), count < 1 << 31 else {
      throw Diagnostic("the shape is \(given)", hint: "extents are not negative, and a tensor holds fewer than 2^31 elements")
    }
    return (dims, count)
  }

  /// Elements as they lie in `raw_data` and in external files.
  private func packed(_ bytes: [UInt8], _ dtype: DType, _ dims: [Int], _ count: Int) throws(Diagnostic) -> Tensor {
    let perByte = max(8 / dtype.bitCount, 1)
    guard bytes.count == (count * dtype.byteCount + perByte - 1) / perByte else {
      throw Diagnostic("\(bytes.count) bytes of data for \(count) elements of \(dtype)", hint: "the file is damaged; export it again")
    }
    return Tensor(dtype, dims, bytes: perByte == 1 ? bytes : unpacked(bytes, dtype, count))
  }

  /// A byte for each element of a type of fewer than eight bits; the first lies in the lowest bits.
  private func unpacked(_ bytes: [UInt8], _ dtype: DType, _ count: Int) -> [UInt8] {
    let (width, perByte) = (dtype.bitCount, 8 / dtype.bitCount)
    let unused = 8 - width
    return (0..<count).map { position in
      let high = (bytes[position / perByte] >> (position % perByte * width)) << unused
      return dtype.isInteger && dtype.isSigned ? UInt8(bitPattern: Int8(bitPattern: high) >> unused) : high >> unused
    }
  }

  /// Elements in the fields that protobuf has for numbers; small types share `int32_data`.
  private func typed(_ proto: ONNXTensorProto, _ dtype: DType, _ dims: [Int], _ count: Int) throws(Diagnostic) -> Tensor {
    func checked<T>(_ elements: [T]) throws(Diagnostic) -> [T] {
      guard elements.count == count else {
        throw Diagnostic("\(elements.count) numbers for \(count) elements of \(dtype)", hint: "the file is damaged; export it again")
      }
      return elements
    }
    switch dtype {
    case .float32: return Tensor(dtype, dims, elements: try checked(proto.floatData))
    case .float64: return Tensor(dtype, dims, elements: try checked(proto.doubleData))
    case .int64: return Tensor(dtype, dims, elements: try checked(proto.int64Data))
    case .uint64: return Tensor(dtype, dims, elements: try checked(proto.uint64Data))
    case .uint32: return Tensor(dtype, dims, elements: try checked(proto.uint64Data).map { UInt32(truncatingIfNeeded: $0) })
    case .float16, .bfloat16:
      return Tensor(dtype, dims, elements: try checked(proto.int32Data).map { UInt16(truncatingIfNeeded: $0) })
    case .int8, .int16, .int32, .uint8, .uint16, .bool:
      return Tensor(dtype, dims, integers: try checked(proto.int32Data).map { Int64($0) })
    case .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0, .float4e2m1, .int4, .int2, .uint4, .uint2:
      return try packed(proto.int32Data.map { UInt8(truncatingIfNeeded: $0) }, dtype, dims, count)
    }
  }

  /// Elements in a file of their own, inside the folder of the model.
  private func external(_ proto: ONNXTensorProto, _ dtype: DType, _ dims: [Int], _ count: Int) throws(Diagnostic) -> Tensor {
    let entries = Dictionary(proto.externalData.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    guard let location = entries["location"] else {
      throw Diagnostic("the data lies outside of the file, which does not say where", hint: "export the model again")
    }
    let offset = try number(entries["offset"], "offset") ?? 0
    let length = try number(entries["length"], "length")
    let bytes = try session.slice(named: location, from: offset, count: length)
    return try packed(bytes, dtype, dims, count)
  }

  private func number(_ text: String?, _ name: String) throws(Diagnostic) -> Int? {
    guard let text else { return nil }
    if let number = Int(text), number >= 0 { return number }
    throw Diagnostic("the \(name) of the external data is \"\(printable(text, limit: 40))\"", hint: "it is a number of bytes")
  }
}
