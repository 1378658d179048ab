import Containers
import Tensors
import Testing

@Suite struct ByteReaderTests {
  @Test func readsLittleEndianNumbers() throws {
    var reader = ByteReader([1, 2, 3, 4, 5, 6, 7, 8, 0xFE, 0xFF, 9, 0, 0], format: "test")
    #expect(try reader.little(UInt16.self) == 0x0201)
    #expect(try reader.unsigned(width: 6) == 0x0807_0605_0403)
    #expect(try reader.little(Int16.self) == -2)
    #expect(try reader.count(width: 3) == 9)
    #expect(reader.isAtEnd)
    #expect(reader.peek() == nil)
  }

  @Test(
    arguments: [
      ([0x00], 0), ([0x7F], 127), ([0x80, 0x01], 128), ([0xAC, 0x02], 300), ([UInt8](repeating: 0xFF, count: 9) + [0x01], UInt64.max),
    ] as [([UInt8], UInt64)])
  func readsVarints(bytes: [UInt8], value: UInt64) throws {
    var reader = ByteReader(bytes, format: "test")
    #expect(try reader.varint() == value)
    #expect(reader.isAtEnd)
  }

  @Test(arguments: [[0x80], [UInt8](repeating: 0xFF, count: 9) + [0x02], [UInt8](repeating: 0x80, count: 11)])
  func refusesVarintsBeyond64Bits(bytes: [UInt8]) {
    #expect(throws: Diagnostic.self) {
      var reader = ByteReader(bytes, format: "test")
      _ = try reader.varint()
    }
  }

  @Test func seesNothingBeyondASlice() throws {
    var reader = ByteReader(Array(0..<10), format: "test", file: "a.bin")
    try reader.skip(2)
    var slice = try reader.slice(3)
    #expect(try slice.bytes(3) == [2, 3, 4])
    #expect(slice.peek() == nil)
    let found = problem { () throws(Diagnostic) in try slice.byte() }
    #expect(found.description.hasPrefix("a.bin: error: test, byte 5: needs 1 bytes and 0 are left"))
    #expect(try reader.byte() == 5)
    #expect(throws: Diagnostic.self) { try slice.at(6, "a table") }
  }

  @Test(arguments: [-1, 11, Int.max, Int.min]) func refusesCountsThatAreNotThere(count: Int) throws {
    var reader = ByteReader(Array(0..<10), format: "test")
    #expect(throws: Diagnostic.self) { try reader.bytes(count) }
    #expect(throws: Diagnostic.self) { try reader.text(count) }
    #expect(throws: Diagnostic.self) { try reader.slice(count) }
    #expect(reader.peek(ahead: count) == nil)
    #expect(reader.offset == 0)
  }

  @Test(arguments: [[-1], [1 << 62, 4], [1 << 62, 0, 4], [Int.max, Int.max]]) func refusesTensorsOfImpossibleSize(dims: [Int]) {
    var reader = ByteReader([], format: "test")
    #expect(throws: Diagnostic.self) { try reader.tensor(.float32, dims) }
  }

  @Test func readsTensorsOfBothByteOrders() throws {
    var reader = ByteReader([0, 1, 0, 2, 0, 7], format: "test")
    #expect(try reader.tensor(.int16, [2], isBigEndian: true) == Tensor(.int16, [2], [1, 2]))
    #expect(try reader.tensor(.bool, [1, 2]) == Tensor(.bool, [1, 2], bytes: [0, 1]))
  }

  @Test func runsOutOfBudget() throws {
    let reader = ByteReader([], format: "test")
    var budget = Budget(depth: 2, bytes: 10)
    try budget.take(6, for: reader)
    #expect(throws: Diagnostic.self) { try budget.take(5, for: reader) }
    try budget.take(4, for: reader)
    try budget.enter(reader)
    try budget.enter(reader)
    #expect(throws: Diagnostic.self) { try budget.enter(reader) }
    budget.leave()
    try budget.enter(reader)
  }
}
