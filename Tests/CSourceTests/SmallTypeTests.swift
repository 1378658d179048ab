import CSource
import LoopIR
import Tensors
import Testing
import Validation

private let small: [DType] = [.float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0, .float4e2m1]
private let others: [DType] = [
  .float32, .float64, .float16, .bfloat16, .int8, .uint8, .int32, .int64, .uint64, .int4, .uint4, .int2, .bool,
]

/// A program of one kernel for each target: every element of its only input cast.
private func casts(_ source: DType, to targets: [DType], count: Int) -> Program {
  let x = view("x", [Dim(count)], source)
  var program = Program(name: "casts")
  program.inputs = [port("x", "x", [Dim(count)], source)]
  for (position, target) in targets.enumerated() {
    let y = view("y", [Dim(count)], target)
    program.outputs.append(port("\(target)", "y\(position)", [Dim(count)], target))
    program.kernels.append(
      Kernel("\(target)", [reading(x), writing(y)], body: [loop("i", to: .index(count)) { y.store([$0], .cast(target, x["i"])) }]))
    program.steps.append(.call(kernel: position, [Argument(.input(0)), Argument(.output(position))], layer: 0))
  }
  return program
}

/// Numbers at which rounding decides: those of the type, the middles between neighbours, what lies beside them, and ends.
private func decisive(_ dtype: DType) -> [Double] {
  let numbers = Tensor(dtype, [256], bytes: Array(0...255)).doubles.filter(\.isFinite).sorted()
  let middles = zip(numbers, numbers.dropFirst()).map { ($0 + $1) / 2 }
  let beside = (numbers + middles).flatMap { [$0, Double(Float($0).nextUp), Double(Float($0).nextDown), $0.nextUp, $0.nextDown] }
  let largest = numbers.last ?? 0
  return beside + [
    largest * 1.03, largest * 1.07, largest * 1.2, -largest * 1.3, 1e10, 3e38, 1e-40, 0x1p-1060, .nan, .infinity, -.infinity, -0.0,
  ]
}

@Suite(.serialized) struct SmallTypeTests {
  private func expectAgreement(_ input: Tensor, _ targets: [DType], _ backend: Backend) throws {
    let program = casts(input.dtype, to: targets, count: input.count)
    let actual = try runner(program, backend, SourceOptions(name: "casts")).run([input], outputDims: targets.map { _ in [input.count] })
    let expected = try ProgramInterpreter(program).run([input])
    for (target, (found, reference)) in zip(targets, zip(actual, expected)) {
      let isExact = small.contains(target) ? found == reference : Comparison(found, expected: reference).isExact
      #expect(isExact, "\(input.dtype) to \(target): \(Comparison(found, expected: reference))")
    }
  }

  @Test(arguments: Backend.allCases) func everyCodeIsReadAsTheInterpreterReadsIt(backend: Backend) throws {
    for dtype in small {
      let codes = dtype == .float4e2m1 ? Array(UInt8(0)..<16) : Array(UInt8(0)...255)
      try expectAgreement(Tensor(dtype, [codes.count], bytes: codes), others + small, backend)
    }
  }

  @Test(arguments: Backend.allCases) func numbersAreRoundedAsTheInterpreterRoundsThem(backend: Backend) throws {
    for target in small {
      for source in [DType.float32, .float64, .float16, .bfloat16] {
        let numbers = decisive(target)
        try expectAgreement(Tensor(source, [numbers.count], numbers), [target], backend)
      }
    }
  }

  @Test(arguments: Backend.allCases) func integersBecomeSmallTypes(backend: Backend) throws {
    let numbers: [Int64] =
      Array(-20...20) + [100, 127, -128, 248, 249, 464, 465, 57344, 61440, 65536, 1 << 31, 1 << 40, .max, .min, 1 << 53 + 1]
    for source in [DType.int8, .uint8, .int32, .uint32, .int64, .uint64, .int4, .uint2, .bool] {
      try expectAgreement(Tensor(source, [numbers.count], integers: numbers), small + [.int4, .uint4, .int2, .uint2], backend)
    }
  }
}
