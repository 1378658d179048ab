import Containers
import Tensors

/// The constant tensors that nodes of one graph may name: its own, those of the graph around it, and those of the file of weights.
final class NativeTensors {
  struct Constant {
    var tensor: Tensor
    var quantisation: Quantisation?
  }

  private let outer: NativeTensors?
  private let weights: NativeWeights
  private let session: ReadSession
  /// `nil` where a tensor has a problem that is reported.
  private var own: [String: Constant?] = [:]
  private var origins: [(name: String, json: JSONValue)] = []
  private var used: Set<String> = []

  init(_ json: JSONValue, _ weights: NativeWeights, outer: NativeTensors? = nil, _ session: ReadSession) {
    self.outer = outer
    self.weights = weights
    self.session = session
    guard let object = json.optional("tensors"), let members = session.located(object, { () throws(Diagnostic) in try object.members() })
    else {
      return
    }
    for (name, value) in members {
      origins.append((name, value))
      own.updateValue(session.located(value) { () throws(Diagnostic) in try constant(value, name) }, forKey: name)
    }
  }

  func inner(_ json: JSONValue) -> NativeTensors { NativeTensors(json, weights, outer: self, session) }

  var names: [String] { origins.map(\.name) }
  var allNames: [String] { names + (outer?.allNames ?? []) }

  enum Found {
    case constant(Constant)
    /// There is one, with a problem that is reported.
    case broken
    case none
  }

  func find(_ name: String) -> Found {
    used.insert(name)
    if let known = own[name] { return known.map { .constant($0) } ?? .broken }
    if let outer { return outer.find(name) }
    if weights.isBroken { return .broken }
    guard let stored = session.attempt({ () throws(Diagnostic) in try weights.named(name) }) else { return .broken }
    let constant = stored.map { Constant(tensor: $0) }
    if let constant {
      own.updateValue(constant, forKey: name)
      warnOfNonFinite(constant.tensor, name, nil)
    }
    return constant.map { .constant($0) } ?? .none
  }

  func warnOfUnused() {
    let unused = origins.filter { !used.contains($0.name) }
    guard let first = unused.first else { return }
    let shown = unused.prefix(6).map { "\"\($0.name)\"" }.joined(separator: ", ") + (unused.count > 6 ? ", …" : "")
    session.report(first.json.problem("\(unused.count) tensors are not used: \(shown)", severity: .warning))
  }
}

extension NativeTensors {
  private func constant(_ json: JSONValue, _ name: String) throws(Diagnostic) -> Constant {
    if json.isObject { session.checkKeys(json, NativeKeys.tensor) }
    let tensor = try tensor(json, name)
    guard tensor.count > 0, tensor.count < 1 << 31, tensor.rank <= 16 else {
      throw json.problem("the tensor is \(tensor.type)", hint: "it holds 1 to 2^31 - 1 elements and has 16 axes at most")
    }
    warnOfNonFinite(tensor, name, json)
    let quantisation = try json.optional("quantisation").map { (value) throws(Diagnostic) in
      try Quantisation(value, tensor.dtype, tensor.type.shape, session)
    }
    return Constant(tensor: tensor, quantisation: quantisation)
  }

  /// The tensor that `json` describes; `dtype` and `dims` are taken where it does not say them.
  func tensor(_ json: JSONValue, _ name: String?, dtype: DType? = nil, dims: [Int]? = nil) throws(Diagnostic) -> Tensor {
    guard json.isObject else { return try NativeNumbers.tensor(json, dtype ?? .float32, dims) }
    let dtype = try json.optional("dtype").map { (value) throws(Diagnostic) in try DType(json: value) } ?? dtype
    let dims = try json.optional("shape").map { (value) throws(Diagnostic) in try extents(value) } ?? dims
    let data = json.optional("data")
    if let data, !data.isObject { return try NativeNumbers.tensor(data, dtype ?? .float32, dims) }
    if data == nil, let name, let stored = try weights.named(name) { return try checked(stored, dtype, dims, json) }
    if data == nil, weights.isBroken { throw KerasSkip.diagnostic }
    guard data != nil || weights.isPlain, let dims else { throw lacking(json, data) }
    let element = dtype ?? .float32
    guard let size = checkedProduct(dims + [element.byteCount]), size < 1 << 35 else {
      throw json.problem("a tensor of the shape \(dims) is too large")
    }
    return try Tensor(element, dims, file: bytes(data, size, json))
  }

  private func extents(_ json: JSONValue) throws(Diagnostic) -> [Int] {
    let dims = try json.ints()
    guard dims.allSatisfy({ $0 > 0 }), (checkedProduct(dims) ?? .max) < 1 << 31, dims.count <= 16 else {
      throw json.problem(
        "the shape of a tensor is \(dims)", hint: "it has 16 axes at most, extents are 1 or more, and their product is below 2^31")
    }
    return dims
  }

  private func lacking(_ json: JSONValue, _ data: JSONValue?) -> Diagnostic {
    if data != nil || weights.isPlain { return json.problem("the shape is missing", hint: "bytes have none: give \"shape\"") }
    return json.problem("the tensor has no data", hint: "give \"data\", or put a tensor of this name into the file of \"weights\"")
  }

  private func checked(_ stored: Tensor, _ dtype: DType?, _ dims: [Int]?, _ json: JSONValue) throws(Diagnostic) -> Tensor {
    guard dtype == nil || dtype == stored.dtype, dims == nil || dims == stored.dims else {
      throw json.problem(
        "the file of weights has \(stored.type) under this name", hint: "leave dtype and shape out, or write those of the file")
    }
    return stored
  }

  private func bytes(_ data: JSONValue?, _ size: Int, _ json: JSONValue) throws(Diagnostic) -> [UInt8] {
    guard let data else {
      if outer != nil { throw json.problem("plain elements in a body need an offset", hint: "\"data\": {\"offset\": …}") }
      return try weights.plain(size, at: nil, json)
    }
    session.checkKeys(data, NativeKeys.data)
    if let text = data.optional("base64") {
      let bytes = try base64Bytes(text.string())
      guard bytes.count == size else { throw text.problem("\(bytes.count) bytes of base64, \(size) are needed") }
      return bytes
    }
    let offset = try data.int("offset", default: 0)
    guard let file = data.optional("file") else { return try weights.plain(size, at: offset, data) }
    return try weights.bytes(size, at: offset, of: file.string(), data)
  }

  private func warnOfNonFinite(_ tensor: Tensor, _ name: String, _ json: JSONValue?) {
    guard tensor.dtype.isFloat else { return }
    let count = tensor.doubles.count { !$0.isFinite }
    if count == 0 { return }
    let message = "the tensor \"\(printable(name, limit: 60))\" holds \(count) numbers that are NaN or infinite"
    session.report(json?.problem(message, severity: .warning) ?? .warning(message))
  }
}

extension Tensor {
  /// Elements as files hold them: any byte of a bool but 0 is true.
  fileprivate init(_ dtype: DType, _ dims: [Int], file bytes: [UInt8]) {
    self.init(dtype, dims, bytes: dtype == .bool ? bytes.map { $0 == 0 ? 0 : 1 } : bytes)
  }
}

extension DType {
  init(json: JSONValue) throws(Diagnostic) {
    let text = try json.string()
    guard let dtype = DType(rawValue: text) else {
      throw json.problem(
        "there is no element type \"\(printable(text, limit: 60))\"",
        hint: "known are \(DType.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    self = dtype
  }
}

extension Quantisation {
  init(_ json: JSONValue, _ dtype: DType, _ shape: Shape, _ session: ReadSession) throws(Diagnostic) {
    session.checkKeys(json, NativeKeys.quantisation)
    let scale = try json.value("scale")
    let scales = scale.isArray ? try scale.doubles() : [try scale.double()]
    let zero = json.optional("zero_point")
    let zeros = try zero.map { (value) throws(Diagnostic) in value.isArray ? try value.ints() : [try value.int()] }
    let axis = try json.optional("axis").map { (value) throws(Diagnostic) in try normalisedAxis(value.int(), rank: shape.count) }
    self.init(scales: scales, zeroPoints: zeros ?? [Int](repeating: 0, count: scales.count), axis: axis)
    guard dtype.isInteger else { throw json.problem("\(dtype) is quantised", hint: "only integers stand for other numbers") }
    guard scales.allSatisfy({ $0.isFinite && $0 > 0 }) else { throw scale.problem("a scale is not a positive number") }
    guard Dim(scales.count) == axis.map({ shape[$0] }) ?? 1, zeroPoints.count == scales.count else {
      throw json.problem(
        "\(scales.count) scales and \(zeroPoints.count) zero points", hint: "one of each, or with \"axis\" one for each index of that axis")
    }
    guard zeroPoints.allSatisfy({ dtype.holds($0) }) else { throw json.problem("a zero point does not fit \(dtype)") }
  }
}
