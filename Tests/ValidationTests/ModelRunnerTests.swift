import Tensors
import Testing
import Validation

/// Compiles a model whose `model_run` has the given parameters and body, along with the trampoline of its signature.
private struct Model {
  var signature: ModelSignature
  var sources: SourceSet

  init(_ signature: ModelSignature, members: String = "float total;", parameters: String, body: String) {
    self.signature = signature
    let name = signature.prefix
    sources = ["\(name)_call.c": signature.trampoline]
    sources.add(
      "\(name).h",
      """
      #ifndef MODEL_H
      #define MODEL_H
      #include <stdint.h>
      typedef struct { \(members) } \(name)_t;
      int \(name)_run(\(name)_t *self, \(parameters));
      void \(name)_reset(\(name)_t *self);
      #endif
      """)
    sources.add(
      "\(name).c",
      """
      #include "\(name).h"
      extern void (*swiftdl_trace_hook)(int32_t step, const void *data);
      void \(name)_reset(\(name)_t *self) { self->total = 0; }
      int \(name)_run(\(name)_t *self, \(parameters)) { (void)self; \(body) return 0; }
      """)
  }

  func runner(_ compiler: Backend) throws -> ModelRunner { try ModelRunner(compiler.compile(sources), signature) }
}

private enum Backend: CaseIterable {
  #if LibTCC
    case tcc
  #endif
  case gcc

  func compile(_ sources: SourceSet) throws -> any CompiledModule {
    switch self {
    #if LibTCC
      case .tcc: try TCC.compile(sources)
    #endif
    case .gcc: try SystemCompiler("gcc", flags: ["-O1", "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]).load(sources)
    }
  }
}

private let oneToOne = ModelSignature(prefix: "model", inputs: [.init("x", .float32)], outputs: [.init("y", .float32)])
private let x = Tensor(floats: [1, 2, 3], [3])

private func scalarModel(_ body: String) -> Model {
  Model(oneToOne, parameters: "const float x[3], float y[3]", body: body)
}

@Suite(.serialized) struct ModelRunnerTests {
  @Test(arguments: Backend.allCases)
  private func callsModelsOfAnyArity(backend: Backend) throws {
    let signature = ModelSignature(
      prefix: "net", dimCount: 2, inputs: [.init("a", .float32), .init("b", .int8)],
      outputs: [.init("sum", .float64), .init("flag", .bool), .init("extent", .int32)])
    let model = Model(
      signature, parameters: "int32_t n, int32_t m, const float *a, const int8_t b[1], double *sum, uint8_t *flag, int32_t *extent",
      body: "sum[0] = 0; for (int i = 0; i < n * m; i++) sum[0] += a[i] * b[0]; flag[0] = n > m; *extent = m;")
    let inputs = [Tensor(.float32, [2, 3], [1, 2, 3, 4, 5, 6]), Tensor(.int8, [1], [-2])]
    let outputs = try model.runner(backend).run(inputs, dims: [2, 3], outputDims: [[], [1], [1]])
    #expect(outputs == [Tensor(.float64, [], [-42]), Tensor(.bool, [1], [0]), Tensor(.int32, [1], [3])])
  }

  @Test(arguments: Backend.allCases)
  private func keepsStateUntilReset(backend: Backend) throws {
    var signature = oneToOne
    signature.isStateful = true
    let stateful = Model(signature, parameters: "const float x[3], float y[3]", body: "y[0] = y[1] = y[2] = self->total += x[0];")
    let runner = try stateful.runner(backend)
    let other = try stateful.runner(backend)
    func last(_ runner: ModelRunner) throws -> Float { try runner.run([x], outputDims: [[3]])[0].floats[2] }
    #expect(try [last(runner), last(runner), last(other)] == [1, 2, 1])
    try runner.reset()
    #expect(try [last(runner), last(other)] == [1, 2])
  }

  @Test(arguments: Backend.allCases)
  private func tracesStepsInOrderAndOnlyWhenAsked(backend: Backend) throws {
    let model = scalarModel("for (int s = 0; s < 3; s++) { y[s] = x[s] * 2; swiftdl_trace_hook(s, y + s); }")
    let (runner, other) = try (model.runner(backend), model.runner(backend))
    var seen: [Float] = []
    var steps: [Int] = []
    let traced = try runner.run([x], outputDims: [[3]]) { step, data in
      steps.append(step)
      seen.append(data.load(as: Float.self))
      _ = try? other.run([x], outputDims: [[3]])
    }
    #expect(steps == [0, 1, 2] && seen == [2, 4, 6])
    #expect(try runner.run([x], outputDims: [[3]]) == traced)
    #expect(steps.count == 3)
  }

  @Test(arguments: [
    ("y[3] = 1;", "output \"y\", at byte 1 past its end"), ("y[-1] = 0;", "output \"y\", at byte 4 before its start"),
    ("((float *)x)[5] = 0;", "input \"x\", at byte 9 past its end"), ("((float *)x)[1] = 7;", "changes input \"x\""),
    ("((uint8_t *)(self + 1))[7] = 0;", "model_t, at byte 8 past its end"),
    ("return 3;", "returned 3"), ("y[1] = 0; return 3;", "returns 3 but writes output \"y\" at byte 4"),
  ])
  func reportsWhatAModelMustNotDo(body: String, expected: String) throws {
    let runner = try scalarModel("volatile int zero = 0; y += zero; x += zero; \(body)").runner(.gcc)
    let text = message { _ = try runner.run([x], outputDims: [[3]]) }
    #expect(text.contains(expected), "\(text)")
  }

  @Test func aRefusedCallMustNotTouchTheModel() throws {
    var signature = oneToOne
    signature.dimCount = 1
    let model = Model(
      signature, parameters: "int32_t n, const float *x, float *y",
      body: "if (n == 9) self->total = 1; if (n > 3) return 1; for (int i = 0; i < n; i++) y[i] = x[i];")
    let runner = try model.runner(.gcc)
    #expect(try runner.run([x], dims: [3], outputDims: [[3]]) == [x])
    #expect(message { _ = try runner.run([x], dims: [4], outputDims: [[3]]) }.contains("model_run returned 1"))
    #expect(message { _ = try runner.run([x], dims: [9], outputDims: [[3]]) }.contains("but changes model_t"))
  }

  @Test func whatIsNotWrittenIsNoNumber() throws {
    let outputs = try scalarModel("y[0] = x[3]; y[1] = 1;").runner(.gcc).run([x], outputDims: [[3]])
    #expect(outputs[0].doubles.map(\.isNaN) == [true, false, true])
  }

  @Test(arguments: [(1, 4), (16, 16), (64, 64)])
  func buffersHaveExactlyTheAlignmentAskedFor(alignment: Int, expected: Int) throws {
    let body = "uintptr_t a = (uintptr_t)x | (uintptr_t)y; y[0] = y[1] = y[2] = (float)(a & (~a + 1)); return (uintptr_t)self % 64 != 0;"
    let runner = try scalarModel(body).runner(.gcc)
    runner.bufferAlignment = alignment
    #expect(try runner.run([x], outputDims: [[3]])[0].floats[0] == Float(expected))
  }

  @Test func twoModelsRunSideBySide() throws {
    var signatures = [oneToOne, oneToOne]
    signatures[1].prefix = "other"
    let models = signatures.enumerated().map { index, signature in
      Model(signature, parameters: "const float x[3], float y[3]", body: "for (int i = 0; i < 3; i++) y[i] = x[i] + \(index + 1);")
    }
    for backend in Backend.allCases {
      let results = try models.map { try $0.runner(backend) }.map { try $0.run([x], outputDims: [[3]])[0].floats }
      #expect(results == [[2, 3, 4], [3, 4, 5]])
    }
  }
}
