import CSource
import LoopIR
import Targets
import Tensors
import Testing
import Validation

private let total = 65_536

/// All floats of 16 bits, and floats of 32 at, just beside and halfway between them.
private let inputs: [Tensor] = {
  let halves = Tensor(.float16, [total], elements: (0..<total).map { UInt16($0) })
  let besides: [UInt32] = [0, 0x1000, 0x0FFF, 0x1001, 0x1800, 0x0800, 1]
  let floats = halves.doubles.enumerated().map { Float(bitPattern: Float($1).bitPattern &+ besides[$0 % besides.count]) }
  return [halves, Tensor(floats: floats, [total])]
}()

/// To floats of 32 bits and from them, on `lanes` lanes.
private func program(lanes: Int) -> Program {
  let views = [view("h", [Dim(total)], .float16), view("f", [Dim(total)])]
  let here = Expr.index("i") * .index(lanes)
  let vectors = views.map { Expr.load($0.buffer, at: here, Access(lanes: lanes)) }
  let results: [Expr] = [.cast(.float32, vectors[0]), .cast(.float16, vectors[1])]
  return vectorProgram(views, results, count: total, lanes: lanes)
}

@Suite(.serialized) struct HalfVectorTests {
  /// By the compiler's own vectors or structs, and with the instructions of each level that this machine has.
  @Test(arguments: Backend.allCases, [4, 8, 16])
  func everyHalfIsWidenedAndEveryFloatRounded(backend: Backend, lanes: Int) throws {
    let program = program(lanes: lanes)
    let expected = [inputs[0].doubles, inputs[1].doubles.map { DType.float16.rounded($0) }]
    for target in [Target.generic, .x86v3, .x86v4] where runsHere(target) {
      var options = SourceOptions(name: "halves")
      (options.preamble, options.postamble) = (target.preamble, target.postamble)
      let actual = try runner(program, backend, options).run(inputs, outputDims: [[total], [total]])
      for (actual, expected) in zip(actual, expected) {
        let wrong = zip(actual.doubles, expected).enumerated().first { $1.0.bitPattern != $1.1.bitPattern && !($1.0.isNaN && $1.1.isNaN) }
        #expect(wrong == nil, "\(target.name): \(wrong.map { "\(inputs[1].doubles[$0.offset]) becomes \($0.element)" } ?? "")")
      }
    }
  }
}
