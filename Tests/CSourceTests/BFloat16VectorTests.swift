import CSource
import LoopIR
import Targets
import Tensors
import Testing
import Validation

private let total = 96

/// Floats of 32 bits that lie between two of 16 and at their ends: ties to either side, what rounds to infinity, infinities, NaN, what
/// is not normal.
private let corners: [UInt32] = [
  0x3F80_8000, 0x3F81_8000, 0xBF80_8000, 0xBF81_8001, 0x3F80_7FFF, 0x7F7F_7FFF, 0x7F7F_8000, 0xFF7F_FFFF, 0x7F80_0000, 0xFF80_0000,
  0x7FC0_0000, 0x7F80_0001, 0xFFFF_FFFF, 0x0000_0000, 0x8000_0000, 0x0000_0001, 0x0000_8000, 0x8001_8000, 0x007F_FFFF, 0x0080_0000,
]

/// Of moderate size where sums are wanted in any order, with infinities and NaN among them.
private func inputs() -> [Tensor] {
  var generator = SeededGenerator(17)
  func numbers(_ dtype: DType, _ count: Int) -> Tensor {
    let strange: [Double] = [.infinity, -.infinity, .nan, 0, -0.0]
    return Tensor(
      dtype, [count],
      (0..<count).map { $0 % 11 == 0 ? strange[$0 / 11 % strange.count] : Double.random(in: -100...100, using: &generator) })
  }
  let floats = (0..<total).map { Float(bitPattern: corners[$0 % corners.count]) }
  let upper = Tensor(.bfloat16, [total], elements: floats.map { UInt16($0.bitPattern >> 16) })
  return [Tensor(floats: floats, [total]), numbers(.float32, total), numbers(.bfloat16, 2 * total), numbers(.bfloat16, 2 * total), upper]
}

/// What vectors of bfloat16 can do in the loop IR, on `lanes` lanes.
private func program(lanes: Int) -> Program {
  let (f, c) = (view("f", [Dim(total)]), view("c", [Dim(total)]))
  let h = view("h", [Dim(total)], .bfloat16)
  let (u, s) = (view("u", [Dim(2 * total)], .bfloat16), view("s", [Dim(2 * total)], .bfloat16))
  let here = Expr.index("i") * .index(lanes)
  func vector(_ x: TensorView) -> Expr { .load(x.buffer, at: here, Access(lanes: lanes)) }
  func pairs(_ x: TensorView, at: Expr, _ count: Int) -> Expr { .load(x.buffer, at: at * 2, Access(lanes: 2 * count)) }
  let results: [Expr] = [
    .cast(.bfloat16, vector(f)), .cast(.float32, vector(h)), vector(h), .cast(.float32, .broadcast(h["i"], lanes: lanes)),
    .cast(.float32, .load(s.buffer, at: .index("i"), Access(lanes: lanes, stride: 2))),
    .dot(pairs(u, at: here, lanes), pairs(s, at: here, lanes), vector(c)),
    .dot(.broadcast(pairs(u, at: .index("i"), 1), lanes: 2 * lanes), pairs(s, at: here, lanes), vector(c)),
    .broadcast(.dot(pairs(u, at: .index("i"), 1), pairs(s, at: .index("i") + 3, 1), c["i"]), lanes: lanes),
  ]
  return vectorProgram([f, c, u, s, h], results, count: total, lanes: lanes)
}

/// The same number, or both none; what is not normal may be zero, and the rounding of a sum of some hundreds may differ.
private func agree(_ a: Double, _ b: Double, _ rounding: Double) -> Bool {
  if a.isNaN || b.isNaN { return a.isNaN && b.isNaN }
  return a == b || abs(a - b) <= max(rounding, 0x1p-126)
}

@Suite(.serialized) struct BFloat16VectorTests {
  private func expectAgreement(_ program: Program, _ actual: [Tensor], _ comment: String) throws {
    let expected = try ProgramInterpreter(program).run(inputs())
    for (port, (actual, expected)) in zip(program.outputs, zip(actual, expected)) {
      let rounding = port.name.contains(" . ") ? 0x1p-7 : 0.0
      for (position, pair) in zip(actual.doubles, expected.doubles).enumerated() {
        #expect(agree(pair.0, pair.1, rounding), "\(comment): \(port.name)[\(position)] is \(pair.0), expected \(pair.1)")
      }
    }
  }

  /// By the compiler's own vectors or structs, and with the instructions of each level that this machine has.
  @Test(arguments: Backend.allCases, [4, 8, 16])
  func vectorsEqualTheInterpreter(backend: Backend, lanes: Int) throws {
    let program = program(lanes: lanes)
    for target in [Target.generic, .x86v3, .x86v4, .x86v4BFloat16] where runsHere(target) {
      var options = SourceOptions(name: "vectors")
      (options.preamble, options.postamble) = (target.preamble, target.postamble)
      let actual = try runner(program, backend, options).run(inputs(), outputDims: program.outputs.map { _ in [total] })
      try expectAgreement(program, actual, target.name)
    }
  }
}
