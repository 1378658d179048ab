import GraphIR
import Tensors

/// One operator of ONNX: how a node of it becomes nodes of ours.
struct ONNXOperator: Sendable {
  typealias Build = @Sendable (ONNXCall) throws(Diagnostic) -> [ONNXValue]

  let domain: String
  let name: String
  /// The first opset of its domain that has it.
  let since: Int
  /// The types that its first tensor may have.
  let types: ONNXTypes
  let build: Build

  init(_ name: String, domain: String = "", since: Int = 1, _ types: ONNXTypes = .all, values build: @escaping Build) {
    self.domain = domain
    self.name = name
    self.since = since
    self.types = types
    self.build = build
  }

  /// An operator with one output, a tensor.
  init(
    _ name: String, domain: String = "", since: Int = 1, _ types: ONNXTypes = .all,
    build: @escaping @Sendable (ONNXCall) throws(Diagnostic) -> ValueID
  ) {
    self.init(name, domain: domain, since: since, types) { (call) throws(Diagnostic) in [.tensor(try build(call))] }
  }

  /// Stands for an operator in tables.
  struct Key: Hashable, Comparable {
    let domain: String
    let name: String
    static func < (a: Key, b: Key) -> Bool { (a.domain, a.name) < (b.domain, b.name) }
  }
  var key: Key { Key(domain: domain, name: name) }
}

/// A set of element types, for the check of inputs and for the documentation.
struct ONNXTypes: Sendable {
  let title: String
  let contains: @Sendable (DType) -> Bool

  static let all = ONNXTypes(title: "all") { _ in true }
  static let floats = ONNXTypes(title: "floats") { $0.isFloat }
  static let integers = ONNXTypes(title: "integers") { $0.isInteger }
  static let numbers = ONNXTypes(title: "numbers") { $0 != .bool }
  static let bits = ONNXTypes(title: "integers and bool") { !$0.isFloat }
  static let bool = ONNXTypes(title: "bool") { $0 == .bool }
}

/// Every operator that is read.
enum ONNXOperators {
  /// The newest opset of the standard that this reader knows.
  static let newestOpset = 28

  static let all: [ONNXOperator] = [
    activations, arithmetic, comparisons, casts, movement, shapes, constants, reductions, ranges, products, windows, normalisations,
    sequenceModels, control, sequences,
    elderNormalisations, losses, places, optimisers, upsampling,
    scattering, sampling, resizing, selection,
    runtimeFusions,
    recurrent, quantisation, quantisedProducts, quantisedFunctions, trees, linearModels, supportVectors, features, signals, transforms,
    ngrams, random, dropout,
  ].flatMap { $0 }

  static let byKey: [ONNXOperator.Key: ONNXOperator] = Dictionary(all.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })

  /// The names by which the standard's domain is called.
  static func canonical(_ domain: String) -> String { domain == "ai.onnx" ? "" : domain }
}
