import CSource
import LoopIR
import Tensors
import Testing
import Validation

@Suite(.serialized) struct ModelTests {
  @Test(arguments: Backend.allCases)
  func aModelWithStateAndAnOpenDimensionEqualsTheInterpreter(backend: Backend) throws {
    let program = Programs.recurrent
    let interpreter = ProgramInterpreter(program)
    let model = try runner(program, backend)
    for (seed, rows) in [3, 7, 1].enumerated() {
      let x = Tensor.small([rows, 5], seed: UInt64(seed))
      let expected = try interpreter.run([x], dims: ["int": rows])
      #expect(try model.run([x], dims: [Int32(rows)], outputDims: [[rows, 3]]) == expected)
    }
    try model.reset()
    let x = Tensor.small([2, 5])
    let fresh = try ProgramInterpreter(program).run([x], dims: ["int": 2])
    #expect(try model.run([x], dims: [2], outputDims: [[2, 3]]) == fresh)
  }

  @Test(arguments: [0, 8, -1])
  func aDimensionOutsideItsRangeIsRefused(rows: Int32) throws {
    let model = try runner(Programs.recurrent, .gcc)
    #expect(throws: Diagnostic.self) { try model.run([Tensor.small([8, 5])], dims: [rows], outputDims: [[8, 3]]) }
  }

  @Test func theTextDependsOnNothingElse() {
    let options = SourceOptions(name: "net")
    #expect(ModelPrinter.print(Programs.recurrent, options) == ModelPrinter.print(Programs.recurrent, options))
  }
}

@Suite struct GoldenTests {
  @Test func aModelWithStateAndAnOpenDimension() {
    let generated = ModelPrinter.print(Programs.recurrent, SourceOptions(name: "net"))
    expectGolden(String(decoding: generated.source, as: UTF8.self), "recurrent.c")
    expectGolden(generated.header, "recurrent.h")
  }
}
