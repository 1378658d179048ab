import GraphIR
import LoopIR
import Operators
import Tensors
import TestSupport
import Testing

private let lasting = CastMode(saturates: false)

@Suite struct CastTests {
  /// The codes that both meanings give.
  private func codes(_ values: [Double], _ source: DType, _ target: DType, _ mode: CastMode) throws -> [UInt8] {
    let x = Tensor(source, [values.count], values)
    let map = ElementwiseFunction.cast(source, to: target, mode)
    let found = try LoweredNode(map, [x.type]).run([x])[0]
    #expect(try map.evaluate([x]) == [found])
    return found.bytes
  }

  private static let extremes: [Double] = [0, -0.0, .nan, -.nan, .infinity, -.infinity, 1e6, -1e6]

  @Test(arguments: [DType.float32, .float64, .float16, .bfloat16]) func saturatingCastsFollowTheTable(source: DType) throws {
    let wanted: [(DType, [UInt8])] = [
      (.float8e4m3fn, [0, 0x80, 0x7F, 0xFF, 0x7E, 0xFE, 0x7E, 0xFE]), (.float8e4m3fnuz, [0, 0, 0x80, 0x80, 0x7F, 0xFF, 0x7F, 0xFF]),
      (.float8e5m2, [0, 0x80, 0x7E, 0xFE, 0x7B, 0xFB, 0x7B, 0xFB]), (.float8e5m2fnuz, [0, 0, 0x80, 0x80, 0x7F, 0xFF, 0x7F, 0xFF]),
    ]
    for (target, expected) in wanted { #expect(try codes(Self.extremes, source, target, CastMode()) == expected, "\(target)") }
  }

  @Test(arguments: [DType.float32, .float64, .float16, .bfloat16]) func otherCastsFollowTheTable(source: DType) throws {
    let wanted: [(DType, [UInt8])] = [
      (.float8e4m3fn, [0, 0x80, 0x7F, 0xFF, 0x7F, 0xFF, 0x7F, 0xFF]),
      (.float8e4m3fnuz, [0, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80]),
      (.float8e5m2, [0, 0x80, 0x7E, 0xFE, 0x7C, 0xFC, 0x7C, 0xFC]),
      (.float8e5m2fnuz, [0, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80]),
    ]
    for (target, expected) in wanted { #expect(try codes(Self.extremes, source, target, lasting) == expected, "\(target)") }
  }

  @Test func whatIsRoundedToTheLargestIsNoOverflow() throws {
    #expect(try codes([448, 464, 464.001, -464, -465], .float32, .float8e4m3fn, lasting) == [0x7E, 0x7E, 0x7F, 0xFE, 0xFF])
    #expect(try codes([240, 247.9, 248, -247, -248], .float32, .float8e4m3fnuz, lasting) == [0x7F, 0x7F, 0x80, 0xFF, 0x80])
    #expect(try codes([57344, 61439, 61440, -61439, -61440], .float32, .float8e5m2, lasting) == [0x7B, 0x7B, 0x7C, 0xFB, 0xFC])
    #expect(try codes([57344, 61439, 61440, -61439, -61440], .float32, .float8e5m2fnuz, lasting) == [0x7F, 0x7F, 0x80, 0xFF, 0x80])
    #expect(try codes([464, 465, -465], .int32, .float8e4m3fn, lasting) == [0x7E, 0x7F, 0xFF])
    #expect(try codes([464, 465, -465], .int64, .float8e4m3fn, lasting) == [0x7E, 0x7F, 0xFF])
  }

  @Test func powersOfTwoAreRoundedAsTheModeSays() throws {
    let numbers: [Double] = [0.124, 0.25, 1.1, 1.5, 1.499, 3, 2.9, 0x1.8p126, 0x1.4p-126, 0x1.8p-127, 0x1p-127, 0x1.8p-128, 0]
    let up: [UInt8] = [124, 125, 128, 128, 128, 129, 129, 254, 2, 1, 0, 0, 0]
    let down: [UInt8] = [123, 125, 127, 127, 127, 128, 128, 253, 1, 0, 0, 0, 0]
    let nearest: [UInt8] = [124, 125, 127, 128, 127, 129, 128, 254, 1, 1, 0, 0, 0]
    for (rounding, expected) in [(CastMode.Rounding.up, up), (.down, down), (.nearest, nearest)] {
      #expect(try codes(numbers, .float32, .float8e8m0, CastMode(rounding: rounding)) == expected, "\(rounding)")
      let open = zip(numbers, expected).map { $0 < 0x1p-127 ? 0xFF : $1 }
      #expect(try codes(numbers, .float32, .float8e8m0, CastMode(saturates: false, rounding: rounding)) == open, "\(rounding)")
    }
  }

  @Test(arguments: CastMode.Rounding.allCases) func whatIsNoPowerOfTwoIsNaNOrTheNearestEnd(rounding: CastMode.Rounding) throws {
    let numbers: [Double] = [0x1.8p127, .infinity, .nan, -1, -.infinity]
    #expect(try codes(numbers, .float32, .float8e8m0, CastMode(rounding: rounding)) == [254, 254, 255, 255, 255])
    #expect(try codes(numbers, .float32, .float8e8m0, CastMode(saturates: false, rounding: rounding)) == [255, 255, 255, 255, 255])
  }

  @Test func castsWithoutAChoiceIgnoreTheMode() throws {
    #expect(try codes([7, -9, .infinity], .float32, .float4e2m1, lasting) == [7, 15, 7])
    #expect(try codes([300, -1], .float32, .uint8, lasting) == [44, 255])
    #expect(ElementwiseFunction.cast(.float8e5m2, to: .float8e5m2, lasting) == ElementwiseFunction.cast(.float8e5m2, to: .float8e5m2))
  }

  @Test func bitsAreReadAsAnotherType() throws {
    let x = Tensor(.float32, [4], [1, -2.5, .infinity, -0.0])
    let map = try ElementwiseFunction.bitCast(.float32, to: .int32)
    let expected = Tensor(.int32, [4], integers: [0x3F80_0000, 0xC020_0000, 0x7F80_0000, 0x8000_0000])
    #expect(try map.evaluate([x]) == [expected] && LoweredNode(map, [x.type]).run([x]) == [expected])
    #expect(try ElementwiseFunction.bitCast(.int32, to: .float32).evaluate([expected]) == [x])
    #expect(try ElementwiseFunction.bitCast(.uint8, to: .float8e4m3fn).evaluate([Tensor(.uint8, [1], [0x7E])])[0].doubles == [448])
    #expect(throws: Diagnostic.self) { try ElementwiseFunction.bitCast(.float32, to: .float64) }
    #expect(throws: Diagnostic.self) { try ElementwiseFunction.bitCast(.int4, to: .int8) }
  }

  @Test(arguments: [DType.int8, .uint8, .int16, .uint16, .int32, .uint32, .int64, .uint64, .int4, .uint4])
  func amountsBeyondTheWidthMoveEveryBitOut(dtype: DType) throws {
    let width = Int64(dtype.bitCount)
    let x = Tensor(dtype, [7], integers: [3, -3, 3, -3, 1, -4, 0])
    let by = Tensor(dtype, [7], integers: [width, width, -1, -1, width - 1, 1, -1])
    let lowest = dtype.isSigned ? dtype.integerRange.lowerBound : wrapped(1 << (width - 1), dtype)
    let half = dtype.isSigned ? -2 : wrapped((1 << (width - 1)) &- 2, dtype)
    let fill: Int64 = dtype.isSigned ? -1 : 0
    let wanted: [(String, [Int64])] = [
      ("shift_left", [0, 0, 0, 0, lowest, wrapped(-8, dtype), 0]), ("shift_right", [0, fill, 0, fill, 0, half, 0]),
    ]
    for (name, expected) in wanted {
      let map = try ElementwiseFunction.named(name).map(of: [dtype, dtype])
      #expect(try map.evaluate([x, by])[0].integers == expected, "\(name)")
      #expect(try LoweredNode(map, [x.type, by.type]).run([x, by])[0].integers == expected, "\(name)")
    }
  }
}
