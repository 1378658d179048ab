import CSource
import FoundationEssentials
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

@Suite(.serialized) struct OptionTests {
  private let x = Tensor.small([2, 5])

  private func expected() throws -> [Tensor] { try ProgramInterpreter(Programs.recurrent).run([x], dims: ["int": 2]) }

  @Test(arguments: [Backend.gcc, .clang14, .clang])
  func weightsCanComeFromAFileOfTheAssembler(backend: Backend) throws {
    var options = SourceOptions(name: "net")
    options.weights = .incbin
    #expect(try runner(Programs.recurrent, backend, options).run([x], dims: [2], outputDims: [[2, 3]]) == expected())
  }

  @Test(arguments: Backend.allCases)
  func weightsCanBeBound(backend: Backend) throws {
    var options = SourceOptions(name: "net")
    options.weights = .bind
    let generated = ModelPrinter.print(Programs.recurrent, options)
    let (model, module) = try runnerAndModule(Programs.recurrent, backend, options)
    #expect(throws: Diagnostic.self) { try model.run([x], dims: [2], outputDims: [[2, 3]]) }
    typealias Bind = @convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer?) -> Int32
    let bind = unsafeBitCast(try module.symbol("net_bind"), to: Bind.self)
    #expect(bind(model.modelAddress, nil) == 1)
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: generated.weightsBytes, alignment: 64)
    defer { block.deallocate() }
    block.copyBytes(from: try #require(generated.weights))
    #expect(bind(model.modelAddress, block.baseAddress) == 0)
    #expect(try model.run([x], dims: [2], outputDims: [[2, 3]]) == expected())
  }

  @Test(arguments: Backend.allCases)
  func weightsMayBeNaNOrInfinite(backend: Backend) throws {
    for dtype in DType.allCases where dtype.isFloat {
      var program = Programs.map({ $0[0] }, [dtype], count: 4)
      program.constants = [constant("double", Tensor(dtype, [4], [.nan, -.infinity, 0.1, -0.0]))]
      program.inputs = []
      program.steps = [.call(kernel: 0, [Argument(.constant(0)), Argument(.output(0))], layer: 0)]
      let results = try runner(program, backend).run([], outputDims: [[4]])
      #expect(results.map(\.bytes) == [program.constants[0].data.bytes])
    }
  }

  @Test(arguments: Backend.allCases)
  func resultsOfLayersAreTraced(backend: Backend) throws {
    var options = SourceOptions(name: "net")
    options.isTraced = true
    var seen: [Int: [Float]] = [:]
    _ = try runner(Programs.recurrent, backend, options).run([x], dims: [2], outputDims: [[2, 3]]) { step, data in
      seen[step] = (0..<6).map { data.load(fromByteOffset: 4 * $0, as: Float.self) }
    }
    let weights = Programs.recurrent.constants.map(\.data.floats)
    let sums = (0..<6).map { at in
      var sum = weights[1][at % 3]
      for k in 0..<5 { sum += x.floats[at / 3 * 5 + k] * weights[0][k * 3 + at % 3] }
      return sum
    }
    #expect(seen == [0: sums])
  }

  @Test func sanitizersFindNothing() throws {
    let flags = ["-fsanitize=address,undefined,float-cast-overflow,float-divide-by-zero", "-fno-sanitize-recover=all", "-g"]
    let outcome = try harness(Programs.recurrent, SourceOptions(name: "net"), flags).run(["--dim", "int=7", "--repeat", "2"])
    #expect(outcome.succeeded, "\(outcome.standardError)")
  }

  @Test(arguments: WeightStorage.allCases)
  func theHarnessRunsFilesAndMeasures(weights: WeightStorage) throws {
    var options = SourceOptions(name: "net")
    options.weights = weights
    let program = try harness(Programs.recurrent, options, ["-O1"])
    let folder = program.folder.path
    try Data(x.bytes).write(to: URL(filePath: "\(folder)/x.bin"))
    let outcome = try program.run(
      ["\(folder)/x.bin", "--out", "\(folder)/y", "--dim", "int=2", "--repeat", "3"]
        + (weights == .bind ? ["--weights", "\(folder)/net_weights.bin"] : []))
    #expect(outcome.succeeded, "\(outcome.standardError)")
    #expect(try program.folder.read("y0.bin") == expected()[0].bytes)
    #expect(String(decoding: try program.folder.read("y0.shape"), as: UTF8.self) == "2 3\n")
    #expect(outcome.standardOutput.hasPrefix("{\"runs\":3,\"min_ns\":"))
  }

  @Test(arguments: Backend.allCases)
  func aModelWithCountersGivesTheSameResults(backend: Backend) throws {
    var options = SourceOptions(name: "net")
    options.isProfiled = true
    #expect(try runner(Programs.recurrent, backend, options).run([x], dims: [2], outputDims: [[2, 3]]) == expected())
  }

  @Test func countersAreNothingWhereNobodyAsksForThem() {
    let text = ModelPrinter.print(Programs.recurrent, SourceOptions(name: "net")).files.map { String(decoding: $0.bytes, as: UTF8.self) }
    #expect(!text.joined().contains("SWDL_CLOCK") && !text.joined().contains("profile"))
  }

  /// With a clock that counts its readings: every lap is one tick, also where the type wraps.
  @Test(arguments: [[], ["-DSWDL_TICKS=uint8_t", "-DSWDL_CLOCK()=read_clock()", "-include", "clock.h"]])
  func theHarnessPrintsTheTimeOfEachLayer(clock: [String]) throws {
    var options = SourceOptions(name: "net")
    (options.isProfiled, options.hasHarness) = (true, true)
    var sources: SourceSet = [:]
    sources.add("clock.h", "extern unsigned char readings;\nstatic inline unsigned char read_clock(void) { return readings++; }\n")
    sources.add("clock.c", "unsigned char readings;\n")
    for file in ModelPrinter.print(Programs.recurrent, options).files { sources.add(file.name, bytes: file.bytes) }
    let quiet = ["-Wno-unused-function", "-Wno-missing-prototypes", "-Wno-missing-declarations"]
    let outcome = try SystemCompiler("gcc", flags: warnings + quiet + clock).executable(sources).run(["--dim", "int=5", "--repeat", "300"])
    #expect(outcome.succeeded, "\(outcome.standardError)")
    #expect(outcome.standardOutput.hasPrefix("{\"runs\":300,\"min_ns\":"))
    let layers = try #require(outcome.standardOutput.split(separator: "\"layers\":").last)
    #expect(layers.contains("{\"name\":\"dense\",\"operator\":\"matmul\",\"calls\":1,\"ns\":"))
    #expect(layers.contains("{\"name\":\"re\\u000acurrent\",\"operator\":\"scan\",\"calls\":5,\"ns\":"))
    guard !clock.isEmpty else { return }
    let times = layers.split(separator: "\"ns\":").dropFirst().compactMap { Double($0.prefix { $0 != "}" }) }
    #expect(times.count == 2 && abs(times[1] / times[0] - 5) < 0.2, "\(times)")
  }

  @Test func theHeaderSuitsCPlusPlus() throws {
    let generated = ModelPrinter.print(Programs.recurrent, SourceOptions(name: "class"))
    #expect(generated.prefix == "n_class")
    let flags = ["-x", "c++", "-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    let user = "#include \"n_class.h\"\nint f() { n_class_t m{}; return (int)sizeof m; }"
    #expect(throws: Never.self) { try SystemCompiler("g++", flags: flags).load(["n_class.h": generated.header, "user.c": user]) }
  }

  /// The program with its `main`, compiled by gcc under all warnings.
  private func harness(_ program: Program, _ options: SourceOptions, _ flags: [String]) throws -> Executable {
    var options = options
    options.hasHarness = true
    var sources: SourceSet = [:]
    for file in ModelPrinter.print(program, options).files { sources.add(file.name, bytes: file.bytes) }
    return try SystemCompiler("gcc", flags: warnings + flags).executable(sources)
  }
}

@Suite struct IdentifierTests {
  @Test(arguments: [
    ("conv2d/kernel:0", "conv2d_kernel_0"), ("int", "n_int"), ("y0", "n_y0"), ("1x1", "n1x1"), ("", "unnamed"), ("ü", "unnamed"),
    ("__x__", "x"), ("a;}*/ int main(){", "a_int_main"), ("INT8_MAX", "n_INT8_MAX"), ("swdl_min", "n_swdl_min"),
    (String(repeating: "a", count: 99), String(repeating: "a", count: 48)),
  ])
  func becomeC(name: String, expected: String) { #expect(identifierText(name) == expected) }

  @Test func hostileNamesCompileInSilence() throws {
    let names = [
      "*/", "??/", "self", "arena", "time", "clock", "net_run", "int32_t", "\"\\\n", "\u{202E}", "/*", "x", "X", "x", "main", "NAN",
    ]
    var program = Programs.map({ $0.dropFirst().reduce($0[0]) { $0 + $1 } }, names.map { _ in .float32 }, count: 3)
    for (position, name) in names.enumerated() {
      program.inputs[position].name = name
      program.inputs[position].identifier = name
    }
    program.outputs[0].identifier = "self"
    program.kernels[0].name = "net_run"
    program.kernels[0].notes = names
    var options = SourceOptions(name: "net")
    options.isProfiled = true
    program.layers[0].name = "*/ #error"
    program.name = "*/"
    let inputs = names.map { _ in Tensor.small([3]) }
    for backend in Backend.allCases {
      for options in [options, SourceOptions(name: "net")] {
        #expect(try runner(program, backend, options).run(inputs, outputDims: [[3]]) == ProgramInterpreter(program).run(inputs))
      }
    }
  }
}
