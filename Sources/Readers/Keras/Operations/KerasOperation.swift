import Containers
import GraphIR
import Tensors

/// A function on tensors that stands in a model as a node: `keras.ops` in Keras 3, `tf` functions in Keras 2.
struct KerasOperation: Sendable {
  typealias Emit = @Sendable (KerasOperationCall) throws(Diagnostic) -> [ValueID]

  /// Names without modules, in snake case; the first is the one in Keras 3.
  let names: [String]
  let emit: Emit

  init(_ names: String..., emit: @escaping Emit) {
    self.names = names
    self.emit = emit
  }
}

/// Every function that can be read.
enum KerasOperations {
  static let all: [KerasOperation] = [
    elementwise, arithmetic, reductions, sorting, shapes, triangles, products, networks, normalisations, images,
  ]
  .flatMap { $0 }

  static let byName: [String: KerasOperation] = Dictionary(
    all.flatMap { entry in entry.names.map { ($0, entry) } }, uniquingKeysWith: { first, _ in first })

  /// The function of an operator node; `nil` where it is not known.
  static func lookUp(_ spec: KerasLayerSpec) -> KerasOperation? {
    switch spec.className {
    case "TFOpLambda":
      guard let function = try? spec.config.string("function") else { return nil }
      return byName[function.split(separator: ".").last.map { snakeCase(String($0)) } ?? function]
    case "SlicingOpLambda": return byName["get_item"]
    default: return spec.module?.contains(".ops.") == true ? byName[snakeCase(spec.className)] : nil
    }
  }

  /// A function as a layer class, so that models run both in the same way.
  static func layerClass(_ operation: KerasOperation) -> KerasLayerClass {
    KerasLayerClass(operation.names.first ?? "") { (call) throws(Diagnostic) in
      let ids = try operation.emit(KerasOperationCall(call: call))
      for key in call.config.json.keys { call.config.accept(key) }
      return ids.map { KerasTensor($0) }
    }
  }
}

/// One call of a function, whose parameters stand among the arguments, the keyword arguments or the configuration.
struct KerasOperationCall {
  let call: KerasLayerCall

  var writer: GraphWriter { call.writer }

  /// The argument at `position`, or under one of `names`.
  func argument(_ position: Int, _ names: String...) -> KerasArgument? {
    if call.arguments.indices.contains(position) { return call.arguments[position].isNone ? nil : call.arguments[position] }
    return names.lazy.compactMap { self.call.keywords[$0] }.first { !$0.isNone }
  }

  /// A parameter, `nil` where it is absent or None.
  func parameter(_ names: String...) -> JSONValue? {
    names.lazy.compactMap { self.call.keywords[$0]?.literal ?? self.call.config.json.optional($0) }.first
  }

  /// The first tensor.
  func input() throws(Diagnostic) -> ValueID {
    guard let first = argument(0, "x", "input", "tensor", "logits", "features", "value") else {
      throw Diagnostic("the function gets no tensor")
    }
    return try value(first)
  }

  /// All tensors and constants in the first argument.
  func inputs() throws(Diagnostic) -> [ValueID] {
    try (argument(0, "xs", "values", "x")?.elements ?? []).map { (element) throws(Diagnostic) in try value(element) }
  }

  /// A number as it is, a tensor or a constant of the file as a value.
  func operand(_ argument: KerasArgument?) throws(Diagnostic) -> Operand {
    guard let argument else { throw Diagnostic("an argument is missing") }
    if let number = try argument.literal.flatMap({ (json) throws(Diagnostic) in try json.plainNumber() }) { return .number(number) }
    return .value(try value(argument))
  }

  func value(_ argument: KerasArgument) throws(Diagnostic) -> ValueID {
    if let tensor = argument.tensor { return tensor.id }
    if case .list(let elements) = argument {
      let parts = try elements.map { (element) throws(Diagnostic) in try writer.expandDims(try value(element), 0, "element") }
      return try writer.concatenate(parts, axis: 0, "list")
    }
    guard let json = argument.literal else { throw Diagnostic("an argument is missing") }
    return writer.constant(try json.tensor(), "constant")
  }

  func int(_ names: String..., default other: Int) throws(Diagnostic) -> Int {
    try names.lazy.compactMap { self.parameter($0) }.first?.boundedInt() ?? other
  }

  func number(_ names: String..., default other: Double) throws(Diagnostic) -> Double {
    try names.lazy.compactMap { self.parameter($0) }.first?.number() ?? other
  }

  func flag(_ names: String...) throws(Diagnostic) -> Bool { try names.lazy.compactMap { self.parameter($0) }.first?.bool() ?? false }

  func ints(_ names: String...) throws(Diagnostic) -> [Int]? {
    try names.lazy.compactMap { self.parameter($0) }.first.map { (value) throws(Diagnostic) in try (value["items"] ?? value).intList() }
  }

  /// The axes of `x` that a parameter names, counted from the front; all of them where it is None.
  func axes(of x: ValueID, _ names: String...) throws(Diagnostic) -> [Int] {
    let rank = writer.rank(x)
    let found = names.lazy.compactMap { self.parameter($0) }.first
    guard let given = try found.map({ (value) throws(Diagnostic) in try (value["items"] ?? value).intList() }) else {
      return Array(0..<rank)
    }
    return try given.map { (axis) throws(Diagnostic) in try normalisedAxis(axis, rank: rank) }
  }
}

extension JSONValue {
  /// A plain number or flag; `nil` for arrays and objects.
  func plainNumber() throws(Diagnostic) -> Double? {
    if isArray || isString { return nil }
    if isObject { return nil }
    if let flag = try? bool() { return flag ? 1 : 0 }
    return try double()
  }

  /// A constant of the file: a number, nested lists, or what Keras wraps as `__numpy__` and `__tensor__`.
  func tensor() throws(Diagnostic) -> Tensor {
    if isObject, let config = optional("config"), let value = config.optional("value") {
      let name = try config.optional("dtype").map { (json) throws(Diagnostic) in try json.string() } ?? "float32"
      guard let dtype = DType(rawValue: name) else { throw problem("a constant of the type \"\(name)\"") }
      return Tensor(dtype == .float64 ? .float32 : dtype == .int64 ? .int32 : dtype, try value.nestedShape(), try value.flatDoubles())
    }
    let values = try flatDoubles()
    let isWhole = values.allSatisfy { $0 == $0.rounded() && $0.magnitude < 0x1p31 } && !summary.contains(".")
    return Tensor(isWhole ? .int32 : .float32, try nestedShape(), values)
  }

  /// The extents of nested lists, which have to be equal.
  private func nestedShape() throws(Diagnostic) -> [Int] {
    guard isArray, let count else { return [] }
    guard let first = self[0] else { return [0] }
    let inner = try first.nestedShape()
    if !inner.isEmpty {
      for element in try array() where try element.nestedShape() != inner {
        throw element.problem("the rows of a constant have different lengths")
      }
    }
    return [count] + inner
  }
}
