import Tensors
import Testing

/// Casts with their attributes, bits under another type, shifts.
@Suite struct ONNXCastTests {
  private typealias Text = ONNXModelText

  private func result(_ x: Tensor, _ name: String, _ attributes: [(String, Int64)], round: String? = nil) throws -> Tensor {
    var model = Text(opset: 26, inputs: [("x", x.type)], outputs: ["y"])
    model.node(name, ["x"], ["y"], attributes.map { Text.int($0.0, $0.1) } + (round.map { [Text.string("round_mode", $0)] } ?? []))
    return try model.run([x])[0]
  }

  @Test func castsSaturateUnlessTheySayOtherwise() throws {
    let x = Tensor(floats: [1, 1000, -.infinity], [3])
    #expect(try result(x, "Cast", [("to", 17)]).doubles == [1, 448, -448])
    let open = try result(x, "Cast", [("to", 17), ("saturate", 0)])
    #expect(open.dtype == .float8e4m3fn && open.bytes == [0x38, 0x7F, 0xFF])
  }

  @Test func powersOfTwoAreRoundedAsTheAttributeSays() throws {
    let x = Tensor(floats: [1.25, 1.5], [2])
    #expect(try result(x, "Cast", [("to", 24)]).doubles == [2, 2])
    #expect(try result(x, "Cast", [("to", 24)], round: "down").doubles == [1, 1])
    #expect(try result(x, "Cast", [("to", 24)], round: "nearest").doubles == [1, 2])
    #expect(throws: (any Error).self) { try result(x, "Cast", [("to", 24)], round: "sideways") }
  }

  @Test func bitsAreReadAsATypeOfTheirWidth() throws {
    #expect(try result(Tensor(floats: [1], [1]), "BitCast", [("to", 6)]) == Tensor(.int32, [1], integers: [0x3F80_0000]))
    #expect(throws: (any Error).self) { try result(Tensor(floats: [1], [1]), "BitCast", [("to", 7)]) }
  }

  @Test func shiftsHaveADirection() throws {
    let (x, by) = (Tensor(.uint8, [3], integers: [129, 129, 1]), Tensor(.uint8, [3], integers: [1, 8, 3]))
    func shifted(_ direction: String?) throws -> [Int64] {
      var model = Text(inputs: [("x", x.type), ("by", by.type)], outputs: ["y"])
      model.node("BitShift", ["x", "by"], ["y"], direction.map { [Text.string("direction", $0)] } ?? [])
      return try model.run([x, by])[0].integers
    }
    #expect(try shifted("LEFT") == [2, 0, 8] && shifted("RIGHT") == [64, 0, 0])
    #expect(throws: (any Error).self) { try shifted("UP") }
    #expect(throws: (any Error).self) { try shifted(nil) }
  }
}
