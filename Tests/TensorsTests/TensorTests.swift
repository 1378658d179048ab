import Tensors
import Testing

@Suite struct TensorTests {
  @Test(arguments: DType.allCases) func elementsSurviveTheirBytes(dtype: DType) {
    let values: [Double] = dtype == .bool ? [0, 1, 1] : dtype == .float8e8m0 ? [1, 2, 0.5] : dtype.isSigned ? [-2, 0, 1] : [3, 0, 1]
    let tensor = Tensor(dtype, [3], values)
    #expect(tensor.bytes.count == 3 * dtype.byteCount)
    #expect(tensor.doubles == values)
  }

  @Test func halvesRoundToNearestEvenAndOverflowToInfinity() {
    #expect(halfValue(halfBits(2049)) == 2048)
    #expect(halfValue(halfBits(2051)) == 2052)
    #expect(halfValue(halfBits(65520)) == .infinity)
    #expect(halfValue(halfBits(.nan)).isNaN)
    #expect(halfValue(halfBits(6e-8)) > 0)
    #expect(BFloat16(1.00390625 as Float).float == 1)
    #expect(BFloat16(1.01171875 as Float).float == 1.015625)
    #expect(BFloat16(Double.nan).float.isNaN && BFloat16(-Float.infinity).float == -.infinity)
  }

  @Test func integersWrapAndFloatsTruncate() {
    #expect(Tensor(.int8, [2], integers: [200, -129]).integers == [-56, 127])
    #expect(Tensor(.uint8, [2], integers: [-1, 256]).integers == [255, 0])
    #expect(Tensor(.float32, [3], [2.7, -2.7, .nan]).integers == [2, -2, 0])
    #expect(Int64(clamping: 1e30) == .max && Int64(clamping: -1e30) == .min)
  }

  @Test func indicesRunTheLastAxisFirst() {
    #expect(Array(Indices([2, 2])) == [[0, 0], [0, 1], [1, 0], [1, 1]])
    #expect(Array(Indices([])) == [[]])
    #expect(Array(Indices([3, 0])).isEmpty)
  }

  @Test func whatAModelSaysIsMadeSafeForATerminal() {
    let problem = Diagnostic("bad \u{1B}[31m name\n", hint: "rename it").at("layer \"\u{202E}x\"").inFile("m.json")
    #expect(problem.description == "m.json: error: layer \"\\u{202e}x\": bad \\u{1b}[31m name\\u{a}\n  hint: rename it")
    #expect(printable(String(repeating: "x", count: 3000)).count == 2001)
  }
}
