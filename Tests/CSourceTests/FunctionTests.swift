import CSource
import LoopIR
import Tensors
import Testing
import Validation

private let count = 61

/// A program of one kernel for each expression over the inputs `a` and `b` of each type.
private func program(_ expressions: (DType, Expr, Expr) -> [Expr], _ dtypes: [DType]) -> Program {
  var program = Program(name: "functions")
  for dtype in dtypes {
    let (a, b) = (view("a", [Dim(count)], dtype), view("b", [Dim(count)], dtype))
    let first = program.inputs.count
    program.inputs += [port("a", "a_\(dtype)", [Dim(count)], dtype), port("b", "b_\(dtype)", [Dim(count)], dtype)]
    for body in expressions(dtype, a["i"], b["i"]) {
      let y = view("y", [Dim(count)], body.dtype)
      program.steps.append(
        .call(
          kernel: program.kernels.count, [Argument(.input(first)), Argument(.input(first + 1)), Argument(.output(program.outputs.count))],
          layer: 0))
      program.outputs.append(port("\(body)", "y", [Dim(count)], body.dtype))
      program.kernels.append(
        Kernel("\(dtype)", [reading(a), reading(b), writing(y)], body: [loop("i", to: .index(count)) { y.store([$0], body) }]))
    }
  }
  return program
}

/// Small numbers, the ends of the type, and any bits.
private func integers(_ dtype: DType, seed: UInt64) -> Tensor {
  var generator = SeededGenerator(seed)
  let ends: [Int64] = [0, 1, -1, 2, -2, 3, .max, .min, 127, -128, 1 << 31, (1 << 31) - 1, 1 << 15]
  return Tensor(
    dtype, [count],
    integers: (0..<count).map { _ in
      switch Int.random(in: 0..<3, using: &generator) {
      case 0: ends[Int.random(in: 0..<ends.count, using: &generator)]
      case 1: Int64.random(in: -9...9, using: &generator)
      default: Int64.random(in: .min ... .max, using: &generator)
      }
    })
}

private func floats(_ dtype: DType, seed: UInt64) -> Tensor {
  var generator = SeededGenerator(seed)
  let ends: [Double] = [
    0, -0.0, 0.5, 1.5, 2.5, -2.5, -0.5, .nan, .infinity, -.infinity, 1e-7, 65504, 65520, 3e38, 1e-40, 1.00048828125, 464, 465, 61440, 2e9,
    -2.5e9, 5e9, 1e19, -1e19, 1e30,
  ]
  return Tensor(
    dtype, [count],
    (0..<count).map { _ in
      Bool.random(using: &generator) ? ends[Int.random(in: 0..<ends.count, using: &generator)] : .random(in: -9...9, using: &generator)
    })
}

private func reinterpretations(_ x: Expr) -> [Expr] {
  DType.allCases.filter { $0.bitCount == x.dtype.bitCount }.map { .reinterpret($0, x) }
}

private let exactOnFloats: [BinaryFunction] = [
  .add, .subtract, .multiply, .divide, .remainder, .floorDivide, .floorModulo, .minimum, .maximum,
]

@Suite(.serialized) struct FunctionTests {
  private func expectAgreement(_ program: Program, _ inputs: [Tensor], _ backend: Backend, _ strict: Bool = false) throws {
    var options = SourceOptions(name: "functions")
    options.isStrict = strict
    let actual = try runner(program, backend, options).run(inputs, outputDims: program.outputs.map { _ in [count] })
    let expected = try ProgramInterpreter(program).run(inputs)
    for (port, pair) in zip(program.outputs, zip(actual, expected)) {
      let comparison = Comparison(pair.0, expected: pair.1)
      #expect(comparison.isExact, "\(port.name) of \(program.inputs.first?.type.dtype ?? .bool): \(comparison)")
    }
  }

  @Test(arguments: Backend.allCases)
  func integersEqualTheInterpreterForAllValues(backend: Backend) throws {
    // libtcc passes at most 255 arguments.
    for dtypes in [[DType.int8, .uint16, .int64, .uint32], [.uint8, .int16, .uint64, .int32], [.int4, .uint4, .int2, .uint2]] {
      try expectAgreement(dtypes, backend)
    }
  }

  private func expectAgreement(_ dtypes: [DType], _ backend: Backend) throws {
    let program = program(
      { dtype, a, b in
        let binary = BinaryFunction.allCases.filter { $0 != .arcTangent2 && ($0 != .multiplyHigh || dtype == .int32) }
          .map { Expr.binary($0, a, b) }
        let literals: [Expr] = [a / .int(3, dtype), a * .int(7, dtype), .multiplyAdd(a, b, a), .binary(.floorModulo, a, .int(5, dtype))]
        let unary = [UnaryFunction.negate, .abs, .sign, .bitwiseNot, .not].map { Expr.unary($0, a) }
        let compared = LoopIR.Comparison.allCases.map { Expr.select(.compare($0, a, b), a, b) }
        return binary + literals + unary + compared + DType.allCases.map { .cast($0, a) } + reinterpretations(a)
      }, dtypes)
    let inputs = dtypes.enumerated().flatMap { position, dtype in
      [integers(dtype, seed: UInt64(position)), integers(dtype, seed: UInt64(position + 100))]
    }
    try expectAgreement(program, inputs, backend)
  }

  @Test(arguments: Backend.allCases)
  func floatsEqualTheInterpreterForHardNumbers(backend: Backend) throws {
    let wide = [DType.float32, .float64, .float16, .bfloat16]
    let small = [[DType.float8e4m3fn, .float8e4m3fnuz, .float8e5m2], [.float8e5m2fnuz, .float4e2m1]]
    for dtypes in [wide] + small { try expectFloatAgreement(dtypes, backend) }
  }

  private func expectFloatAgreement(_ dtypes: [DType], _ backend: Backend) throws {
    let program = program(
      { dtype, a, b in
        let bounded = Expr.cast(.int8, minimum(maximum(a, .constant(-100, dtype)), .constant(7.5, dtype)))
        let literals: [Expr] = [a - .constant(-1.5, dtype), a * .constant(0.1, dtype), maximum(a, .constant(-.infinity, dtype)), bounded]
        let unary = [UnaryFunction.negate, .abs, .sign, .floor, .ceil, .round, .trunc, .sqrt, .isNaN, .isInfinite, .not]
        let compared = LoopIR.Comparison.allCases.map { Expr.select(.compare($0, a, b), a, .constant(.nan, dtype)) }
        let binary = exactOnFloats.map { Expr.binary($0, a, b) } + [.multiplyAdd(a, b, a), a - (b - a) * (a / b)]
        let casts = DType.allCases.map { Expr.cast($0, a) }
        return binary + literals + unary.map { .unary($0, a) } + compared + casts + reinterpretations(a)
      }, dtypes)
    let inputs = dtypes.enumerated().flatMap { [floats($1, seed: UInt64($0)), floats($1, seed: UInt64($0 + 100))] }
    try expectAgreement(program, inputs, backend, true)
  }

  @Test(arguments: Backend.allCases)
  func logicEqualsTheInterpreter(backend: Backend) throws {
    let program = program(
      { _, a, b in
        let truth: [Expr] = [a .&& b, .binary(.or, a, b), .binary(.xor, a, b), .unary(.not, a .&& .unary(.not, b))]
        return truth + [.select(.binary(.or, a .&& b, .compare(.notEqual, a, b)), a, b)] + DType.allCases.map { .cast($0, a) }
          + reinterpretations(a)
      }, [.bool])
    try expectAgreement(program, [integers(.bool, seed: 1), integers(.bool, seed: 2)], backend)
  }
}
