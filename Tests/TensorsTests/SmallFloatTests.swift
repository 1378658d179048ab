import Glibc
import Tensors
import Testing

/// What the specifications say of a format: how many bits exponent and mantissa have, the bias, and the codes that are no numbers.
private struct Format: Sendable {
  let dtype: DType
  let exponent: Int
  let mantissa: Int
  let bias: Int
  let special: [Int: Double]

  var codeCount: Int { 2 << (exponent + mantissa) }

  func value(_ code: Int) -> Double {
    if let value = special[code] { return value }
    let sign: Double = code >> (exponent + mantissa) == 0 ? 1 : -1
    let (e, m) = ((code >> mantissa) % (1 << exponent), Double(code % (1 << mantissa)) / Double(1 << mantissa))
    return e == 0 ? sign * pow(2, Double(1 - bias)) * m : sign * pow(2, Double(e - bias)) * (1 + m)
  }

  /// The codes of the numbers that are not negative, which follow one another.
  var counting: [Int] { (0..<codeCount / 2).filter { value($0).isFinite } }
}

private let nan = Double.nan
private let formats: [Format] = [
  Format(dtype: .float8e4m3fn, exponent: 4, mantissa: 3, bias: 7, special: [0x7F: nan, 0xFF: nan]),
  Format(dtype: .float8e4m3fnuz, exponent: 4, mantissa: 3, bias: 8, special: [0x80: nan]),
  Format(
    dtype: .float8e5m2, exponent: 5, mantissa: 2, bias: 15,
    special: [0x7C: .infinity, 0xFC: -.infinity, 0x7D: nan, 0x7E: nan, 0x7F: nan, 0xFD: nan, 0xFE: nan, 0xFF: nan]),
  Format(dtype: .float8e5m2fnuz, exponent: 5, mantissa: 2, bias: 16, special: [0x80: nan]),
  Format(dtype: .float4e2m1, exponent: 2, mantissa: 1, bias: 1, special: [:]),
]

@Suite struct SmallFloatTests {
  private func values(_ dtype: DType, _ codes: [Int]) -> [Double] { Tensor(dtype, [codes.count], bytes: codes.map { UInt8($0) }).doubles }

  private func codes(_ dtype: DType, _ numbers: [Double]) -> [Int] { Tensor(dtype, [numbers.count], numbers).bytes.map { Int($0) } }

  /// Equal numbers, with their signs, or both NaN.
  private func areEqual(_ a: [Double], _ b: [Double]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { $0 == $1 && $0.sign == $1.sign || $0.isNaN && $1.isNaN }
  }

  @Test(arguments: formats.indices) func everyCodeIsTheNumberOfItsDefinition(index: Int) {
    let (format, all) = (formats[index], Array(0..<formats[index].codeCount))
    #expect(areEqual(values(format.dtype, all), all.map(format.value)))
  }

  @Test func theNumbersThatTheSpecificationsNameAreFound() {
    #expect(values(.float8e4m3fn, [0x7E, 0x08, 0x01, 0x80]) == [448, 0x1p-6, 0x1p-9, 0])
    #expect(values(.float8e4m3fnuz, [0x7F, 0x08, 0x01]) == [240, 0x1p-7, 0x1p-10])
    #expect(values(.float8e5m2, [0x7B, 0x04, 0x01]) == [57344, 0x1p-14, 0x1p-16])
    #expect(values(.float8e5m2fnuz, [0x7F, 0x04, 0x01]) == [57344, 0x1p-15, 0x1p-17])
    #expect(values(.float4e2m1, Array(0..<16)) == [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6])
    #expect(values(.float8e8m0, [0, 1, 127, 254]) == [0x1p-127, 0x1p-126, 1, 0x1p127] && values(.float8e8m0, [255])[0].isNaN)
  }

  @Test(arguments: formats.indices) func everyNumberHasItsOwnCode(index: Int) {
    let format = formats[index]
    let all = (0..<format.codeCount).filter { !format.value($0).isNaN }
    #expect(codes(format.dtype, all.map(format.value)) == all)
  }

  @Test(arguments: formats.indices) func whatLiesBetweenGoesToTheNearestAndTiesToTheEvenCode(index: Int) {
    let format = formats[index]
    for (a, b) in zip(format.counting, format.counting.dropFirst()) {
      let middle = (format.value(a) + format.value(b)) / 2
      #expect(codes(format.dtype, [middle.nextDown, middle, middle.nextUp]) == [a, a % 2 == 0 ? a : b, b])
      // No number is -0 where the code of it is NaN.
      let minus = { format.special[format.codeCount / 2] != nil && $0 == 0 ? 0 : $0 + format.codeCount / 2 }
      #expect(codes(format.dtype, [-middle.nextDown, -middle, -middle.nextUp]) == [minus(a), minus(a % 2 == 0 ? a : b), minus(b)])
    }
  }

  @Test(arguments: formats.indices) func whatLiesBeyondBecomesTheLargest(index: Int) {
    let format = formats[index]
    let largest = format.counting.map(format.value).max() ?? 0
    let beyond: [Double] = [largest.nextUp, largest * 1.2, 1e10, 3.5e38, .greatestFiniteMagnitude]
    #expect(Set(values(format.dtype, codes(format.dtype, beyond))) == [largest])
    #expect(Set(values(format.dtype, codes(format.dtype, beyond.map { -$0 }))) == [-largest])
    #expect([.infinity, -.infinity].map(format.dtype.cast) == [largest, -largest])
    let tiny: [Double] = [0, 1e-300, .leastNonzeroMagnitude, 1e-40]
    #expect(Set(codes(format.dtype, tiny)) == [0])
  }

  @Test func infinityAndNaNStayWhereTheTypeHasThem() {
    #expect(codes(.float8e5m2, [.infinity, -.infinity, .nan, -.nan]) == [0x7C, 0xFC, 0x7E, 0xFE])
    #expect(codes(.float8e4m3fn, [.infinity, -.infinity, .nan, -.nan]) == [0x7E, 0xFE, 0x7F, 0xFF])
    #expect(codes(.float8e4m3fnuz, [.nan, -.nan, -0.0]) == [0x80, 0x80, 0])
    #expect(codes(.float8e5m2fnuz, [.nan, -.nan, -0.0]) == [0x80, 0x80, 0])
    #expect(codes(.float4e2m1, [.nan, -0.0, -0.2]) == [8, 8, 8])
  }

  @Test func powersOfTwoAreRoundedUp() {
    let powers = (0...254).map { pow(2, Double($0 - 127)) }
    #expect(values(.float8e8m0, Array(0...254)) == powers && codes(.float8e8m0, powers) == Array(0...254))
    #expect(codes(.float8e8m0, powers.map(\.nextUp)) == Array(1...254) + [254])
    #expect(codes(.float8e8m0, powers.map(\.nextDown)) == [0] + Array(1...254))
    #expect(codes(.float8e8m0, [0, -0.0, 1e-300, .infinity, .nan, -1, -.infinity]) == [0, 0, 0, 254, 255, 255, 255])
  }
}

@Suite struct ConversionTests {
  @Test func shortIntegersWrapInTwosComplement() {
    let numbers = Array(Int64(-40)...40)
    func wrapped(_ dtype: DType) -> [Int64] { Tensor(dtype, [numbers.count], integers: numbers).integers }
    #expect(wrapped(.int4) == numbers.map { ($0 + 48) % 16 - (($0 + 48) % 16 > 7 ? 16 : 0) })
    #expect(wrapped(.uint4) == numbers.map { ($0 + 48) % 16 })
    #expect(wrapped(.int2) == numbers.map { ($0 + 48) % 4 - (($0 + 48) % 4 > 1 ? 4 : 0) })
    #expect(wrapped(.uint2) == numbers.map { ($0 + 48) % 4 })
    #expect(Tensor(.int4, [2], integers: [-1, 7]).bytes == [0xFF, 7] && Tensor(.uint2, [1], integers: [-1]).bytes == [3])
  }

  @Test func floatsBecomeIntegersByTruncationAndWrap() {
    #expect([300, -1.9, .nan, .infinity, -.infinity].map(DType.uint8.integer) == [44, 255, 0, 255, 0])
    #expect([-9, 8, 15.9, -8.5].map(DType.int4.integer) == [7, -8, -1, -8])
    #expect([3e9, -3e9, 1e30].map(DType.int32.integer) == [-1_294_967_296, 1_294_967_296, -1])
    #expect([1e19, 2e19, -1].map { UInt64(bitPattern: DType.uint64.integer($0)) } == [10_000_000_000_000_000_000, .max, .max])
    #expect([.nan, 0.1, -0.0, .infinity].map(DType.bool.integer) == [1, 1, 0, 1])
  }

  @Test func doublesAreRoundedOnceToBFloat16() {
    let tie = 1 + 0x1p-8
    #expect(DType.bfloat16.rounded(tie) == 1 && DType.bfloat16.rounded(tie + 0x1p-40) == 1.0078125)
    #expect(DType.bfloat16.rounded(-tie - 0x1p-40) == -1.0078125 && DType.bfloat16.rounded(1 + 0x3p-8 - 0x1p-40) == 1.0078125)
    #expect(DType.bfloat16.rounded(3.4e38) == .infinity && DType.bfloat16.rounded(3.38e38).isFinite)
    #expect(DType.bfloat16.rounded(1e-300) == 0 && DType.bfloat16.rounded(-.infinity) == -.infinity && DType.bfloat16.rounded(.nan).isNaN)
  }

  @Test func bitsAreKeptUnderAnotherType() {
    #expect(Tensor(.float32, [2], [1, -2]).reinterpreted(as: .uint32).integers == [0x3F80_0000, 0xC000_0000])
    #expect(Tensor(.int4, [3], integers: [-1, -8, 5]).reinterpreted(as: .uint4).integers == [15, 8, 5])
    #expect(Tensor(.int4, [3], integers: [-1, 7, 2]).reinterpreted(as: .float4e2m1).bytes == [15, 7, 2])
    #expect(Tensor(.float4e2m1, [2], [-6, 1]).reinterpreted(as: .int4).integers == [-1, 2])
    #expect(Tensor(.uint8, [2], integers: [0, 6]).reinterpreted(as: .bool).integers == [0, 1])
    #expect(Tensor(.uint8, [2], integers: [0x7E, 0xFF]).reinterpreted(as: .float8e4m3fn).bytes == [0x7E, 0xFF])
  }
}
