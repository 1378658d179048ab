import CSource
import LoopIR
import Targets
import Tensors
import Testing
import Validation

private let total = 48

private func view(_ name: String, _ dtype: DType, _ count: Int) -> TensorView { view(name, [Dim(count)], dtype) }

private func int(_ value: Int64) -> Expr { .int(value, .int32) }

/// Integers with all the ends of their types among them.
private func inputs() -> [Tensor] {
  var generator = SeededGenerator(11)
  func numbers(_ dtype: DType, _ count: Int) -> Tensor {
    let range = dtype.integerRange
    let ends = [range.lowerBound, range.upperBound, 0, 1, range.upperBound - 1, range.lowerBound + 1]
    return Tensor(
      dtype, [count],
      integers: (0..<count).map { $0 % 3 == 0 ? ends[$0 / 3 % ends.count] : Int64.random(in: range, using: &generator) })
  }
  return [
    numbers(.int32, total), numbers(.int32, total), numbers(.uint8, 4 * total), numbers(.int8, 4 * total), numbers(.int16, total),
    Tensor.random(.float32, [total], .hard, using: &generator),
  ]
}

/// Everything that vectors of integers can do in the loop IR, on `lanes` lanes.
private func program(lanes: Int) -> Program {
  let (a, b, u, s) = (view("a", .int32, total), view("b", .int32, total), view("u", .uint8, 4 * total), view("s", .int8, 4 * total))
  let (h, f) = (view("h", .int16, total), view("f", .float32, total))
  func vector(_ x: TensorView) -> Expr { .load(x.buffer, at: .index("i") * .index(lanes), Access(lanes: lanes)) }
  func groups(_ x: TensorView, at: Expr, _ count: Int) -> Expr { .load(x.buffer, at: at * 4, Access(lanes: 4 * count)) }
  let (x, y, bytes, signed) = (vector(a), vector(b), vector(u), vector(s))
  let zero = Expr.broadcast(int(0), lanes: lanes)
  let binary = BinaryFunction.allCases.filter { $0.isVectorised(on: .int32) }.map { Expr.binary($0, x, y) }
  let shifts =
    [0, 1, 31].map { Expr.binary(.shiftRight, x, int($0)) } + [.binary(.shiftRight, x, .binary(.and, y, .broadcast(int(31), lanes: lanes)))]
  let selected = LoopIR.Comparison.allCases.map { Expr.select(.compare($0, x, y), x, y) }
  let narrow: [Expr] = [.uint8, .int8, .int16].map { .cast($0, x) }
  let wide = [bytes, signed, vector(h)].map { Expr.cast(.int32, $0) }
  let least = [bytes, signed].flatMap {
    [Expr.binary(.minimum, $0, .broadcast(.int(7, $0.dtype), lanes: lanes)), .binary(.maximum, $0, $0)]
  }
  let reduced = [BinaryFunction.add, .minimum, .maximum].map { Expr.broadcast(.reduce($0, x), lanes: lanes) }
  let bound = { (number: Double) in Expr.broadcast(.constant(number, .float32), lanes: lanes) }
  let floats: [Expr] = [.cast(.float32, x), .cast(.int32, .binary(.minimum, .binary(.maximum, vector(f), bound(-100)), bound(100)))]
  let products: [Expr] = [
    .multiplyAdd(x, y, zero), .multiplyAdd(wide[0], wide[1], x), .multiplyAdd(wide[1], wide[0], x), .multiplyAdd(wide[1], wide[2], x),
    .dot(groups(u, at: .index("i") * .index(lanes), lanes), groups(s, at: .index("i") * .index(lanes), lanes), x),
    .dot(.broadcast(groups(u, at: .index("i"), 1), lanes: 4 * lanes), groups(s, at: .index("i") * .index(lanes), lanes), x),
    .broadcast(.dot(groups(u, at: .index("i"), 1), groups(s, at: .index("i") + 3, 1), a["i"]), lanes: lanes),
  ]
  let strided = [a, b].map { Expr.load($0.buffer, at: .index("i"), Access(lanes: lanes, stride: 2)) }
  let results = binary + shifts + selected + narrow + wide + least + reduced + floats + products + strided
  return vectorProgram([a, b, u, s, h, f], results, count: total, lanes: lanes)
}

@Suite(.serialized) struct IntegerVectorTests {
  /// Bit for bit, by the compiler's own vectors or structs, and with the instructions of each level that this machine has.
  @Test(arguments: Backend.allCases, [4, 8, 16])
  func vectorsEqualTheInterpreter(backend: Backend, lanes: Int) throws {
    let program = program(lanes: lanes)
    let expected = try ProgramInterpreter(program).run(inputs())
    for target in [Target.generic, .x86v3, .x86v4] where runsHere(target) {
      var options = SourceOptions(name: "vectors")
      (options.preamble, options.postamble) = (target.preamble, target.postamble)
      let actual = try runner(program, backend, options).run(inputs(), outputDims: program.outputs.map { _ in [total] })
      for (port, pair) in zip(program.outputs, zip(actual, expected)) {
        #expect(pair.0.bytes == pair.1.bytes, "\(target.name): \(port.name)")
      }
    }
  }
}
