import GraphIR
import LoopIR
import Tensors

/// One named function of single elements: what the readers and our own JSON format may call. Its body is what ships; its
/// meaning is written from the definition, in `Double`, and a test compares the two for every row.
package struct ElementwiseFunction: Sendable {
  package typealias Body = @Sendable (_ inputs: [Expr], _ attributes: Attributes) -> Expr
  package typealias Meaning = @Sendable (_ inputs: [Double], _ attributes: Attributes) -> Double

  /// The types that inputs may have. All inputs of one call have the same type, but for the condition of `selection`.
  package enum Domain: Sendable, CaseIterable {
    case floats, integers, numbers
    /// Integers and bool.
    case bits
    /// Numbers and bool.
    case any
    /// The first input, of any type, decides between the others.
    case selection
  }

  /// The value of each attribute by name.
  package struct Attributes: Sendable {
    fileprivate var values: [String: Double]
    package subscript(_ name: String) -> Double {
      guard let value = values[name] else { preconditionFailure("\(name) is not declared") }
      return value
    }
  }

  package let name: String
  /// The number of inputs.
  package let arity: Int
  package let domain: Domain
  /// Attributes with their defaults, in order.
  package let defaults: [(name: String, value: Double)]
  package let body: Body
  package let meaning: Meaning

  init(
    _ name: String, _ arity: Int, _ domain: Domain, _ defaults: KeyValuePairs<String, Double> = [:], body: @escaping Body,
    meaning: @escaping Meaning
  ) {
    self.name = name
    self.arity = arity
    self.domain = domain
    self.defaults = defaults.map { (name: $0.key, value: $0.value) }
    self.body = body
    self.meaning = meaning
  }

  /// A function of one input.
  init(
    _ name: String, _ domain: Domain, _ defaults: KeyValuePairs<String, Double> = [:], body: @escaping Body, meaning: @escaping Meaning
  ) {
    self.init(name, 1, domain, defaults, body: body, meaning: meaning)
  }
}

extension ElementwiseFunction {
  /// Every row.
  package static let all = rectifiers + sigmoids + gatedUnits + arithmetic + rounding + transcendentals + comparisons + combinations

  package static let byName: [String: ElementwiseFunction] = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

  /// The row of a name.
  package static func named(_ name: String) throws(Diagnostic) -> ElementwiseFunction {
    if let row = byName[name] { return row }
    let nearest = all.map(\.name).min { (editDistance($0, name), $0) < (editDistance($1, name), $1) }
    throw Diagnostic("\"\(name)\" is no elementwise function", hint: nearest.map { "the nearest that is known is \"\($0)\"" })
  }

  /// The attributes of a call: those given, and defaults for the others.
  package func attributes(_ given: [String: Double] = [:]) throws(Diagnostic) -> Attributes {
    let known = defaults.map(\.name)
    guard let stray = given.keys.sorted().first(where: { !known.contains($0) }) else {
      return Attributes(values: Dictionary(uniqueKeysWithValues: defaults.map { ($0.name, given[$0.name] ?? $0.value) }))
    }
    throw Diagnostic(
      "\(name) has no attribute \"\(stray)\"", hint: known.isEmpty ? "it has none" : "it has: \(known.joined(separator: ", "))")
  }

  /// The function applied to inputs of the types `dtypes`. Floats of 16 bits are computed in float32.
  package func map(_ given: [String: Double] = [:], of dtypes: [DType]) throws(Diagnostic) -> Map {
    let attributes = try attributes(given)
    try check(dtypes, attributes)
    let inputs = dtypes.enumerated().map { ElementwiseBody.input($0.offset, $0.element).converted(to: $0.element.accumulator) }
    let result = body(inputs, attributes)
    let dtype = dtypes.last ?? .float32
    return Map(ElementwiseBody(result.dtype == dtype.accumulator ? result.converted(to: dtype) : result), inputCount: arity)
  }

  private func check(_ dtypes: [DType], _ attributes: Attributes) throws(Diagnostic) {
    guard dtypes.count == arity else { throw Diagnostic("\(name) is given \(dtypes.count) inputs", hint: "it takes \(arity)") }
    let operands = domain == .selection ? dtypes.dropFirst() : dtypes[...]
    guard let dtype = operands.first, operands.allSatisfy({ $0 == dtype }) else {
      throw Diagnostic("\(name) is given inputs of the types \(listed(dtypes))", hint: "cast them to one type")
    }
    guard domain.contains(dtype) else {
      throw Diagnostic("\(name) is given \(listed(dtypes))", hint: "it acts on \(domain.title): cast its inputs")
    }
    for (key, value) in attributes.values.sorted(by: { $0.key < $1.key })
    where !dtype.isFloat && value.isFinite && value != value.rounded() {
      throw Diagnostic("\(name) of \(dtype) has \(key) = \(value)", hint: "use a whole number, or cast the input to a float type")
    }
  }

  private func listed(_ dtypes: [DType]) -> String { dtypes.map(\.description).joined(separator: ", ") }
}

extension ElementwiseFunction.Domain {
  package func contains(_ dtype: DType) -> Bool {
    switch self {
    case .floats: dtype.isFloat
    case .integers: dtype.isInteger
    case .numbers: dtype != .bool
    case .bits: !dtype.isFloat
    case .any, .selection: true
    }
  }

  package var title: String {
    switch self {
    case .floats: "floats"
    case .integers: "integers"
    case .numbers: "numbers"
    case .bits: "integers and bool"
    case .any, .selection: "all types"
    }
  }
}

/// The fewest insertions, deletions and replacements of characters that turn one text into the other.
package func editDistance(_ a: String, _ b: String) -> Int {
  let (x, y) = (Array(a.unicodeScalars.prefix(64)), Array(b.unicodeScalars.prefix(64)))
  var row = Array(0...y.count)
  for i in x.indices {
    var diagonal = row[0]
    row[0] = i + 1
    for j in y.indices {
      let replaced = diagonal + (x[i] == y[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
    }
  }
  return row[y.count]
}
