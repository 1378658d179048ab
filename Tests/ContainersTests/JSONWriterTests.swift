import Containers
import Testing

@Suite struct JSONWriterTests {
  @Test func keepsTheOrderOfKeys() {
    let value: JSON = ["z": 1, "a": [1, 2.5, true, nil, "x"], "empty": [:], "none": [], "nested": [["b": 1], []]]
    #expect(value.compact == #"{"z":1,"a":[1,2.5,true,null,"x"],"empty":{},"none":[],"nested":[{"b":1},[]]}"#)
    #expect(
      value.pretty == """
        {
          "z": 1,
          "a": [1, 2.5, true, null, "x"],
          "empty": {},
          "none": [],
          "nested": [
            {
              "b": 1
            },
            []
          ]
        }

        """)
  }

  @Test func escapesWhatJSONCannotHold() throws {
    let text = "\"\\/\n\r\t\u{0}\u{1F}\u{7F}\u{2028}é😀"
    #expect(JSON.string(text).compact == #""\"\\/\n\r\t\u0000\u001f\u007f\u2028é😀""#)
    #expect(try JSONValue(parsing: JSON.string(text).compact).string() == text)
  }

  @Test func writesDoublesThatReadBackTheSame() throws {
    var generator = SplitMix(state: 7)
    for round in 0..<2_000 {
      let value = Double(bitPattern: generator.next())
      let back = try JSONValue(parsing: JSON.number(value).compact).double()
      #expect(back == value || back.isNaN && value.isNaN, "seed 7, round \(round): \(value)")
    }
    for value in [0, -0.0, 1e16, 1e-5, 0.1, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude] {
      #expect(try JSONValue(parsing: JSON.number(value).compact).double().bitPattern == value.bitPattern)
    }
  }
}
