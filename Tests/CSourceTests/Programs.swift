import CSource
import LoopIR
import Targets
import Tensors
import Validation

/// Small programs written by hand, so that the printer is tested without what makes programs.
enum Programs {
  /// `y[t] = max(h, 0)` where `h = h / 2 + x[t]·w + b` is kept from call to call: an open dimension, a state, an arena, a loop of
  /// steps, and names that C does not take.
  static var recurrent: Program {
    let rows: Dim = .symbol("int")
    let x = view("x", [rows, 5])
    let (w, b, z, zIn) = (view("w", [5, 3]), view("b", [3]), view("z", [rows, 3]), view("z", [3]))
    let (h, y) = (view("h", [3]), view("y", [3]))
    var program = Program(name: "a */ net")
    program.openDims = [Program.OpenDim(name: "int", identifier: "int", range: 1...7)]
    program.inputs = [port("x*/y", "float", [rows, 5])]
    program.outputs = [port("out\nput", "y0", [rows, 3])]
    program.states = [port("h", "h", [3])]
    program.constants = [constant("w", Tensor.small([5, 3])), constant("w", Tensor.small([3]))]
    program.kernels = [
      Kernel(
        "matmul", [reading(x), reading(w), reading(b), writing(z)], dims: ["int"],
        body: [
          loop("m", to: .index("int")) { m in
            loop("n", to: 3) { n in
              local("sum", b[n]) { sum in
                loop("k", to: 5) { k in sum.addProduct(x[m, k], w[k, n]) }
                z.store([m, n], sum.value)
              }
            }
          }
        ], notes: ["plain */ rows"]),
      Kernel(
        "step", [reading(zIn), Parameter(h.buffer, isWritten: true), writing(y)],
        body: [
          loop("n", to: 3) { n in
            h.store([n], h[n] * half + zIn[n])
            y.store([n], maximum(h[n], .constant(0, .float32)))
          }
        ]),
    ]
    program.layers = [
      Program.Layer(name: "dense", operatorName: "matmul", macs: rows * 15, bytes: 0),
      Program.Layer(name: "re\ncurrent", operatorName: "scan", macs: 0, bytes: 0),
    ]
    program.layers[0].outputs = [
      Program.LayerOutput(value: "z", argument: Argument(.arena(byteOffset: 8)), view: z)
    ]
    program.arenaBytes = 8 + 7 * 3 * 4
    program.steps = [
      .call(
        kernel: 0,
        [Argument(.input(0)), Argument(.constant(0)), Argument(.constant(1)), Argument(.arena(byteOffset: 8))], layer: 0),
      .loop(
        "t", count: .index("int"),
        [
          .call(
            kernel: 1,
            [
              Argument(.arena(byteOffset: 8), offset: .index("t") * 3), Argument(.state(0)),
              Argument(.output(0), offset: .index("t") * 3),
            ], layer: 1)
        ]),
    ]
    return program
  }

  /// `body` over the elements of inputs of the given types, broadcast to nothing: all have `count` elements.
  static func map(_ body: ([Expr]) -> Expr, _ types: [DType], count: Int) -> Program {
    let inputs = types.enumerated().map { view("x\($0.offset)", [Dim(count)], $0.element) }
    let result = body(inputs.map { $0["i"] })
    let y = view("y", [Dim(count)], result.dtype)
    var program = Program(name: "map")
    program.inputs = types.enumerated().map { port("x\($0.offset)", "x\($0.offset)", [Dim(count)], $0.element) }
    program.outputs = [port("y", "y", [Dim(count)], result.dtype)]
    program.kernels = [
      Kernel("map", inputs.map { reading($0) } + [writing(y)], body: [loop("i", to: .index(count)) { y.store([$0], result) }])
    ]
    program.layers = [Program.Layer(name: "map", operatorName: "map", macs: 0, bytes: 0)]
    program.steps = [.call(kernel: 0, types.indices.map { Argument(.input($0)) } + [Argument(.output(0))], layer: 0)]
    return program
  }
}

private let half = Expr.constant(0.5, .float32)

func view(_ name: String, _ shape: Shape, _ dtype: DType = .float32) -> TensorView {
  let type = TensorType(dtype, shape)
  return TensorView(Buffer(name, dtype, count: type.storageCount), type)
}

func reading(_ view: TensorView) -> Parameter { Parameter(view.buffer, isWritten: false) }
func writing(_ view: TensorView) -> Parameter { Parameter(view.buffer, isWritten: true) }

func port(_ name: String, _ identifier: String, _ shape: Shape, _ dtype: DType = .float32) -> Program.Port {
  Program.Port(name: name, identifier: identifier, type: TensorType(dtype, shape))
}

func constant(_ identifier: String, _ data: Tensor) -> Program.Constant { Program.Constant(identifier: identifier, data: data) }

extension TensorView {
  /// The element at the value of a loop variable.
  subscript(_ variable: String) -> Expr { self[[.index(variable)]] }
}

extension Tensor {
  /// Whole numbers, whose sums of products are exact.
  static func small(_ dims: [Int], seed: UInt64 = 1) -> Tensor {
    var generator = SeededGenerator(seed)
    return .random(.float32, dims, .whole, using: &generator)
  }
}

/// A program with an output for each result: vectors of `lanes` elements, beginning at `i * lanes`, that are computed from the inputs.
func vectorProgram(_ inputs: [TensorView], _ results: [Expr], count: Int, lanes: Int) -> Program {
  var program = Program(name: "vectors")
  program.inputs = inputs.map { Program.Port(name: $0.buffer.name, identifier: $0.buffer.name, type: $0.type) }
  for (position, result) in results.enumerated() {
    let out = view("y", [Dim(count)], result.dtype)
    program.outputs.append(Program.Port(name: "\(result)", identifier: "y", type: out.type))
    program.kernels.append(
      Kernel(
        "kernel", inputs.map { reading($0) } + [writing(out)],
        body: [
          loop("i", to: .index(count / lanes)) { i in
            local("v", result) { v in .store(out.buffer, at: i * .index(lanes), stride: 1, v.value) }
          }
        ]))
    program.steps.append(
      .call(kernel: position, inputs.indices.map { Argument(.input($0)) } + [Argument(.output(position))], layer: 0))
  }
  return program
}

/// This machine has the instructions of the target.
func runsHere(_ target: Target) -> Bool {
  if target.hasBFloat16Products { return Target.processorFeatures.contains("avx512_bf16") }
  return target == .generic || Target.native.vectorWidths.starts(with: target.vectorWidths)
}

/// The strictest options that the generated C promises to pass in silence.
let warnings = [
  "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wconversion", "-Wshadow", "-Wdouble-promotion", "-Wmissing-prototypes",
  "-Wundef", "-Wvla",
]

/// The ways in which tests compile C.
enum Backend: CaseIterable, Sendable {
  #if LibTCC
    case tcc
  #endif
  case gcc, clang14, clang

  func compile(_ sources: SourceSet, _ flags: [String] = []) throws -> any CompiledModule {
    switch self {
    #if LibTCC
      case .tcc: try TCC.compile(sources)
    #endif
    case .gcc: try SystemCompiler("gcc", flags: warnings + ["-O2"] + flags).load(sources)
    case .clang14: try SystemCompiler("clang-14", flags: warnings + ["-O1"] + flags).load(sources)
    case .clang: try SystemCompiler("clang", flags: warnings + ["-O1"] + flags).load(sources)
    }
  }
}

/// A printed program along with the trampoline that calls it.
func runner(_ program: Program, _ backend: Backend, _ options: SourceOptions = SourceOptions(name: "net")) throws -> ModelRunner {
  try runnerAndModule(program, backend, options).0
}

func runnerAndModule(_ program: Program, _ backend: Backend, _ options: SourceOptions) throws -> (ModelRunner, any CompiledModule) {
  let generated = ModelPrinter.print(program, options)
  let signature = ModelSignature(
    prefix: generated.prefix, dimCount: program.openDims.count,
    inputs: program.inputs.map { .init($0.name, $0.type.dtype) }, outputs: program.outputs.map { .init($0.name, $0.type.dtype) },
    isStateful: !program.states.isEmpty)
  // The trampoline defines functions that it does not declare.
  var sources: SourceSet = ["call.c": "#pragma GCC diagnostic ignored \"-Wmissing-prototypes\"\n" + signature.trampoline]
  if case .tcc = backend { sources = ["call.c": signature.trampoline] }
  for file in generated.files { sources.add(file.name, bytes: file.bytes) }
  let module = try backend.compile(sources)
  return (try ModelRunner(module, signature), module)
}
