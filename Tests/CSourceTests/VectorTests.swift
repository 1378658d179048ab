import CSource
import FoundationEssentials
import LoopIR
import Runtime
import Targets
import Tensors
import Testing
import Validation

private let total = 48

/// Everything that vectors can do in the loop IR, on `lanes` lanes.
private func program(lanes: Int) -> Program {
  let (a, b) = (view("a", [Dim(total)]), view("b", [Dim(total)]))
  func vector(_ x: TensorView) -> Expr { .load(x.buffer, at: .index("i") * .index(lanes), Access(lanes: lanes)) }
  let (x, y) = (vector(a), vector(b))
  let unary = UnaryFunction.allCases.filter { $0.isVectorised(on: .float32) }.map { Expr.unary($0, x) }
  let binary = BinaryFunction.allCases.filter { $0.isVectorised(on: .float32) }.map { Expr.binary($0, x, y) }
  let masks = LoopIR.Comparison.allCases.map { Expr.compare($0, x, y) }
  let logic: [Expr] = [masks[0] .&& masks[3], .binary(.or, masks[0], masks[2]), .binary(.xor, masks[1], masks[4])]
  let zero = Expr.broadcast(.constant(0, .float32), lanes: lanes)
  let sums = [BinaryFunction.add, .minimum, .maximum].map { Expr.broadcast(.reduce($0, x), lanes: lanes) }
  let strided = Expr.load(a.buffer, at: .index("i"), Access(lanes: lanes, stride: 2))
  let selected = (masks + logic).map { Expr.select($0, x, zero) }
  let results = unary + binary + selected + sums + [strided, .multiplyAdd(x, y, zero), .select(a["i"] .> b["i"], x, y)]
  return vectorProgram([a, b], results, count: total, lanes: lanes)
}

private let inputs: [Tensor] = {
  var generator = SeededGenerator(7)
  return (0..<2).map { _ in .random(.float32, [total], .hard, using: &generator) }
}()

/// For a machine that is emulated.
private let emulated = ["aarch64-linux-gnu-gcc", "-static"]

@Suite(.serialized) struct VectorTests {
  /// The polynomials are exact to a few units of the last place; everything else is exact.
  private func expectAgreement(_ program: Program, _ actual: [Tensor]) throws {
    let expected = try ProgramInterpreter(program).run(inputs)
    for (port, pair) in zip(program.outputs, zip(actual, expected)) {
      let isApproximate = ["exp", "tanh", "sigmoid", "erf"].contains { port.name.hasPrefix("\($0)(") }
      let comparison = Comparison(pair.0, expected: pair.1)
      #expect(comparison.maxULP <= (isApproximate ? 8 : 0), "\(port.name): \(comparison)")
    }
  }

  @Test(arguments: Backend.allCases, [4, 8, 16])
  func vectorsEqualTheInterpreter(backend: Backend, lanes: Int) throws {
    let program = program(lanes: lanes)
    var options = SourceOptions(name: "vectors")
    options.isStrict = true
    try expectAgreement(program, runner(program, backend, options).run(inputs, outputDims: program.outputs.map { _ in [total] }))
  }

  @Test(arguments: Backend.allCases)
  func vectorsEqualTheInterpreterWithTheInstructionsOfThisMachine(backend: Backend) throws {
    let program = program(lanes: 8)
    var options = SourceOptions(name: "vectors")
    options.preamble = Target.native.preamble
    options.postamble = Target.native.postamble
    let results = try runner(program, backend, options).run(inputs, outputDims: program.outputs.map { _ in [total] })
    try expectAgreement(program, results)
  }

  /// Without contraction, so that only the functions' own instructions are fused.
  @Test func vectorsEqualTheInterpreterOnAnEmulatedMachine() throws {
    let program = program(lanes: 4)
    var options = SourceOptions(name: "vectors")
    options.isStrict = true
    options.hasHarness = true
    var compiler = SystemCompiler(emulated[0], flags: warnings + ["-O2", "-static"])
    compiler.launcher = ["qemu-aarch64"]
    var sources: SourceSet = [:]
    for file in ModelPrinter.print(program, options).files { sources.add(file.name, bytes: file.bytes) }
    let executable = try compiler.executable(sources)
    let folder = executable.folder.path
    for (position, input) in inputs.enumerated() { try Data(input.bytes).write(to: URL(filePath: "\(folder)/in\(position)")) }
    let outcome = try executable.run(inputs.indices.map { "\(folder)/in\($0)" } + ["--out", "\(folder)/out"])
    #expect(outcome.succeeded, "\(outcome.standardError)")
    let results = try program.outputs.indices.map { position in
      Tensor(.float32, [total], bytes: Array(try Data(contentsOf: URL(filePath: "\(folder)/out\(position).bin"))))
    }
    try expectAgreement(program, results)
  }
}

/// Elements of twice as many as there are lanes, looked up by the bits of numbers.
private func lookups(lanes: Int) -> Program {
  let (x, n) = (view("x", [Dim(total + 64)]), view("n", [Dim(total)], .int32))
  var program = Program(name: "lookups")
  program.inputs = [port("x", "x", [Dim(total + 64)]), port("n", "n", [Dim(total)], .int32)]
  for (position, (lanes, shift)) in [(lanes, 0), (lanes, 8), (lanes, 24), (1, 0), (1, 16)].enumerated() {
    let out = view("y", [Dim(total)])
    program.outputs.append(port("\(lanes) lanes shifted by \(shift)", "y", [Dim(total)]))
    let body = loop("i", to: .index(total / lanes)) { i in
      let numbers = Expr.load(n.buffer, at: i * .index(lanes), Access(lanes: lanes))
      return [
        .store(out.buffer, at: i * .index(lanes), stride: 1, .lookup(x.buffer, at: i, numbers: numbers, shift: shift, window: 2 * lanes))
      ]
    }
    program.kernels.append(Kernel("kernel", [reading(x), reading(n), writing(out)], body: [body]))
    program.steps.append(.call(kernel: position, [Argument(.input(0)), Argument(.input(1)), Argument(.output(position))], layer: 0))
  }
  return program
}

@Suite(.serialized) struct LookupTests {
  private func expectAgreement(_ backend: Backend, lanes: Int, _ options: SourceOptions) throws {
    let program = lookups(lanes: lanes)
    var generator = SeededGenerator(7)
    let numbers = (0..<total).map { _ in Int64(Int32.random(in: .min ... .max, using: &generator)) }
    let inputs = [Tensor.random(.float32, [total + 64], using: &generator), Tensor(.int32, [total], integers: numbers)]
    let expected = try ProgramInterpreter(program).run(inputs)
    #expect(try runner(program, backend, options).run(inputs, outputDims: program.outputs.map { _ in [total] }) == expected)
  }

  @Test(arguments: Backend.allCases, [4, 8, 16]) func anyBitsAreNumbers(backend: Backend, lanes: Int) throws {
    try expectAgreement(backend, lanes: lanes, SourceOptions(name: "net"))
  }

  @Test(arguments: Backend.allCases) func theInstructionsOfThisMachineLookUpTheSame(backend: Backend) throws {
    var options = SourceOptions(name: "net")
    options.preamble = Target.native.preamble
    options.postamble = Target.native.postamble
    for lanes in Target.native.vectorWidths { try expectAgreement(backend, lanes: lanes, options) }
  }
}

@Suite(.serialized) struct RuntimeTests {
  @Test(arguments: [["gcc"], ["gcc", "-mavx512f", "-mfma"], ["gcc", "-mavx2", "-mfma"], ["clang-14"], ["clang"]])
  func everyFileCompilesInSilence(command: [String]) throws {
    let text = "#include <math.h>\n#include <stdint.h>\n#include <string.h>\n" + Runtime.files.joined(separator: "\n")
    var compiler = SystemCompiler(command[0], flags: warnings + ["-Wno-unused-function", "-O1"])
    compiler.command = command
    if command.count > 1, Target.native.lanes < 16 { return }
    _ = try compiler.load(["runtime.c": text + "\ntypedef int nothing;\n"])
  }

  @Test(arguments: [["gcc", "-DLANES=4"], ["gcc"], ["clang"], ["gcc", "-DLANES=1"]])
  func theMachineIsMeasured(command: [String]) throws {
    var compiler = SystemCompiler(command[0], flags: ["-O2", "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
    compiler.command = command
    let outcome = try compiler.executable(["peak.c": Runtime.peak]).run()
    let rates = outcome.standardOutput.split { !("0123456789.".contains($0)) }.compactMap { Double($0) }
    #expect(outcome.succeeded && rates.count == 2 && rates.allSatisfy { $0 > 0 }, "\(outcome)")
  }

  /// With instructions, with vectors of the compiler only, and with structs.
  @Test(arguments: [["gcc", "-mavx512f"], ["gcc"], ["clang-14"], ["clang"], ["tcc"], emulated])
  func functionsAreExactToAFewUnits(command: [String]) throws {
    if command.contains("-mavx512f"), Target.native.lanes < 16 { return }
    let driver = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/accuracy.c")
    let headers = "#include <math.h>\n#include <stdint.h>\n#include <string.h>\n"
    var compiler = SystemCompiler(command[0], flags: ["-std=c99", "-O1"])
    compiler.command = command
    if command == emulated { compiler.launcher = ["qemu-aarch64"] }
    let program = String(decoding: try Data(contentsOf: driver), as: UTF8.self)
    let text = headers + Runtime.parts(usedBy: program) + program
    let outcome = try compiler.executable(["accuracy.c": text]).run()
    #expect(outcome.succeeded, "\(outcome.standardOutput)")
  }

  /// Functions of integers, each by itself: what one needs is pasted with it.
  @Test(arguments: [["-mavx2"], ["-mavx512bw", "-mavx512vl", "-mavx512vnni"]])
  func eachFunctionComesWithWhatItNeeds(flags: [String]) throws {
    let files = Runtime.files.joined(separator: "\n")
    let names = Set(files.matches(of: /swdl_inline \w+ (swdl_\w*(_from_|_mulhi|_dot_|_short)\w*)\(/).map { String($0.output.1) })
    #expect(names.count > 30)
    let headers = "#include <math.h>\n#include <stdint.h>\n#include <string.h>\n"
    let compiler = SystemCompiler("gcc", flags: ["-std=c99", "-Wno-psabi"] + flags)
    for name in names.sorted() {
      _ = try compiler.executable(["\(name).c": headers + Runtime.parts(usedBy: name) + "int main(void) { return 0; }\n"])
    }
  }

  @Test func onlyWhatIsUsedIsPasted() {
    #expect(Runtime.parts(usedBy: "y = a + b;").isEmpty)
    let text = Runtime.parts(usedBy: "swdl_f32x8_exp(x)")
    #expect(text.contains("swdl_f32x8_fma") && text.contains("swdl_native_min_x8") && !text.contains("x16") && !text.contains("tanh"))
  }
}
