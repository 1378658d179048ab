import GraphIR
import LoopIR
import Operators
import Tensors
import TestSupport
import Testing

/// Numbers at which functions tend to be wrong: zeros of both signs, ties, where exponentials overflow, infinities, NaN.
private let hardFloats: [Double] = {
  let sizes: [Double] = [
    0, 1e-40, 1e-20, 1e-8, 1e-4, 0.01, 0.1, 0.25, 0.3, 0.5, 0.7, 0.999, 1, 1.5, 2, 2.5, 3, 3.3, 5, 6, 9.5, 17, 20, 25, 40, 88, 89,
    104, 200, 1e4, 1e7, 1e10, 1e19, 3e38, .infinity,
  ]
  return (sizes + sizes.map { -$0 } + [.nan]).map { Double(Float($0)) }
}()

private let hardIntegers: [Double] = [0, 1, -1, 2, -2, 3, -3, 5, 6, 7, -7, 8, 100, -128, 127]

/// Rows whose value hangs on the last bit of the input, or that library functions compute with a few more errors: a wider bound.
private let widerBounds: [String: Double] = ["lgamma": 3e-6, "exp2": 3e-6, "tan": 3e-6, "power": 3e-6]

/// Rows whose definition leaves the range of float32, or depends on how its steps are rounded, at some of the hard numbers.
private let otherNumbers: [String: [Double]] = [
  "floor_divide": [0, 0.25, 0.5, 1, 1.5, 2, 2.5, 7, -0.0, -0.25, -0.5, -1, -2, -2.5, -9, .infinity, -.infinity, .nan],
  "add_product": [0, -0.0, 0.5, -0.5, 1, -1, 2.5, -3, 7, 88, -104, 200, -200, 4096, .infinity, -.infinity, .nan],
]

/// Settings other than the defaults.
private let settings: [String: [[String: Double]]] = [
  "relu": [["max_value": 6], ["negative_slope": 0.1], ["threshold": 1], ["max_value": 3, "negative_slope": 0.25, "threshold": -2]],
  "leaky_relu": [["negative_slope": 0], ["negative_slope": 3], ["negative_slope": -1]],
  "elu": [["alpha": 0.3], ["alpha": -2]], "celu": [["alpha": 0.3], ["alpha": 4]], "selu": [["alpha": 2, "scale": 0.5]],
  "threshold": [["threshold": 1, "default_value": -3]], "hard_shrink": [["threshold": 2]], "soft_shrink": [["threshold": 2]],
  "hard_sigmoid": [["alpha": 0.2, "beta": 0.5]], "softplus": [["beta": 3]], "squareplus": [["b": 0.25]], "gelu": [["approximate": 1]],
  "affine": [["alpha": 0.5, "beta": -3]], "scaled_tanh": [["alpha": 2, "beta": 0.25]],
  "silu": [["beta": 1.702]], "clamp": [["min_value": -2], ["max_value": 3], ["min_value": 0, "max_value": 0]],
  "hard_tanh": [["min_value": -3, "max_value": 2]], "nan_to_num": [["nan": 7, "posinf": 8, "neginf": -9]],
]

@Suite struct ElementwiseFunctionTests {
  /// What the loop nest computes in `dtype`, and what the definition says, for every combination of the numbers.
  private func outcomes(_ row: ElementwiseFunction, _ given: [String: Double], _ dtype: DType, _ numbers: [Double]) throws
    -> [(inputs: [Double], found: Double, reference: Double, expected: Double)]
  {
    let step = row.arity == 3 ? 5 : row.arity
    let few = numbers.enumerated().filter { $0.offset % step == 0 || !$0.element.isFinite || $0.element == 0 }.map(\.element)
    let combinations = (0..<row.arity).reduce([[Double]]([[]])) { partial, _ in partial.flatMap { head in few.map { head + [$0] } } }
      .filter { isDefined(row, $0, dtype) }
    let tensors = (0..<row.arity).map { position in Tensor(dtype, [combinations.count], combinations.map { $0[position] }) }
    let map = try row.map(given, of: tensors.map(\.dtype))
    let found = try LoweredNode(map, tensors.map(\.type)).run(tensors)[0]
    let reference = try map.evaluate(tensors)[0]
    let attributes = try row.attributes(given)
    let meanings = combinations.map { row.meaning($0, attributes) }
    let expected = found.dtype == .bool || dtype.isFloat ? meanings : meanings.map { Double(wrapped(Int64(clamping: $0), dtype)) }
    return combinations.indices.map {
      (combinations[$0], found.doubles[$0], reference.doubles[$0], Tensor(found.dtype, [1], [expected[$0]]).doubles[0])
    }
  }

  /// Integer division by zero has no meaning; integer powers of negative exponents are their own.
  private func isDefined(_ row: ElementwiseFunction, _ inputs: [Double], _ dtype: DType) -> Bool {
    if dtype.isFloat || row.arity < 2 { return true }
    switch row.name {
    case "truncate_divide", "truncate_mod", "floor_divide", "mod": return inputs[1] != 0
    case "power": return (0...4).contains(inputs[1])
    default: return true
    }
  }

  @Test(arguments: ElementwiseFunction.all.filter { $0.domain != .integers && $0.domain != .bits }.map(\.name))
  func meansWhatItsDefinitionSays(name: String) throws {
    let row = try ElementwiseFunction.named(name)
    for given in [[:]] + (settings[name] ?? []) {
      // One expectation for all: the library's bookkeeping takes longer than the comparison.
      let wrong = try outcomes(row, given, .float32, otherNumbers[name] ?? hardFloats).filter {
        !isClose($0.found, $0.expected, widerBounds[name] ?? 1e-6) || !isClose($0.reference, $0.expected, 1e-6)
      }
      #expect(wrong.isEmpty, "\(name) \(given)")
    }
  }

  @Test(arguments: ElementwiseFunction.all.filter { $0.domain.contains(.int8) }.map(\.name), [DType.int8, .int32])
  func meansTheSameOnIntegers(name: String, dtype: DType) throws {
    let row = try ElementwiseFunction.named(name)
    let given = ["hard_shrink": ["threshold": 2.0], "soft_shrink": ["threshold": 2.0]][name] ?? [:]
    for (inputs, found, reference, expected) in try outcomes(row, given, dtype, hardIntegers) {
      #expect(found == expected && reference == expected, "\(name)\(inputs) is \(found) and \(reference), not \(expected)")
    }
  }

  @Test(arguments: ElementwiseFunction.all.filter { $0.domain.contains(.bool) }.map(\.name))
  func meansTheSameOnBool(name: String) throws {
    for (inputs, found, reference, expected) in try outcomes(ElementwiseFunction.named(name), [:], .bool, [0, 1]) {
      #expect(found == expected && reference == expected, "\(name)\(inputs) is \(found) and \(reference), not \(expected)")
    }
  }

  @Test(arguments: [DType.float16, .bfloat16])
  func computesHalfFloatsInFloat32(dtype: DType) throws {
    let x = Tensor(dtype, [4], [-9, -0.5, 0.5, 9])
    let map = try ElementwiseFunction.named("mish").map(of: [dtype])
    let wide = try ElementwiseFunction.named("mish").map(of: [.float32]).evaluate([Tensor(.float32, [4], x.doubles)])[0]
    #expect(try LoweredNode(map, [x.type]).run([x])[0] == Tensor(dtype, [4], wide.doubles))
  }

  @Test func castsBetweenTypes() throws {
    let x = Tensor(.float32, [5], [-1.5, 0, 0.5, 2.5, 300])
    #expect(try ElementwiseFunction.cast(.float32, to: .int16).evaluate([x])[0].integers == [-1, 0, 0, 2, 300])
    #expect(try ElementwiseFunction.cast(.float32, to: .bool).evaluate([x])[0].integers == [1, 0, 1, 1, 1])
    #expect(try ElementwiseFunction.cast(.float32, to: .float32).evaluate([x])[0] == x)
  }

  @Test func keras2AndKeras3HardSigmoidsAreInstances() throws {
    let row = try ElementwiseFunction.named("hard_sigmoid")
    let x = Tensor(.float32, [5], [-2.9, -2, 0, 1, 2.6])
    let old = try row.map(["alpha": 0.2, "beta": 0.5], of: [.float32]).evaluate([x])[0]
    #expect(distance(old, Tensor(.float32, [5], [0, 0.1, 0.5, 0.7, 1])) < 1e-7)
    let new = try row.map(of: [.float32]).evaluate([x])[0]
    #expect(distance(new, Tensor(.float32, [5], [0.1 / 6, 1.0 / 6, 0.5, 4.0 / 6, 5.6 / 6])) < 1e-6)
  }

  @Test func namesWhatIsNearWhenANameIsUnknown() {
    #expect(throws: Diagnostic("\"sigmiod\" is no elementwise function", hint: "the nearest that is known is \"sigmoid\"")) {
      try ElementwiseFunction.named("sigmiod")
    }
  }

  @Test func refusesCallsThatHaveNoMeaning() throws {
    let row = try ElementwiseFunction.named("leaky_relu")
    #expect(throws: Diagnostic("leaky_relu has no attribute \"slope\"", hint: "it has: negative_slope")) {
      try row.map(["slope": 1], of: [.float32])
    }
    #expect(throws: Diagnostic.self) { try row.map(of: [.int32]) }
    #expect(throws: Diagnostic.self) { try row.map(of: [.float32, .float32]) }
    #expect(throws: Diagnostic.self) { try ElementwiseFunction.named("add").map(of: [.float32, .float64]) }
    #expect(throws: Diagnostic.self) { try ElementwiseFunction.named("add").map(of: [.bool, .bool]) }
    #expect(throws: Diagnostic.self) { try ElementwiseFunction.named("soft_shrink").map(of: [.int32]) }
    #expect(try ElementwiseFunction.named("where").map(of: [.bool, .float32, .float32]).inputCount == 3)
  }

  @Test func namesAreUnique() { #expect(Set(ElementwiseFunction.all.map(\.name)).count == ElementwiseFunction.all.count) }

  /// Within `bound` of the magnitude, or of one where that is less.
  private func isClose(_ a: Double, _ b: Double, _ bound: Double) -> Bool {
    if a == b || a.isNaN && b.isNaN { return true }
    return a.isFinite && b.isFinite && (a - b).magnitude <= bound * max(b.magnitude, 1)
  }
}
