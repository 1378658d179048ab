import Containers
import Tensors
import Testing

@Suite struct JSONTests {
  @Test func givesMembersByKey() throws {
    let value = try JSONValue(parsing: #"{"s": "a", "i": 3, "d": 0.5, "b": true, "n": null, "list": ["x", 1], "ints": [1, 2]}"#)
    #expect(try value.string("s") == "a")
    #expect(try value.int("i") == 3)
    #expect(try value.double("d") == 0.5)
    #expect(try value.bool("b"))
    #expect(try value.value("n").isNull)
    #expect(try value.array("list")[1].int() == 1)
    #expect(try value.ints("ints") == [1, 2])
    #expect(value.keys == ["s", "i", "d", "b", "n", "list", "ints"])
    #expect(value["absent"] == nil)
    #expect(value["list"]?[2] == nil)
  }

  @Test func takesNullForLeftOut() throws {
    let value = try JSONValue(parsing: #"{"n": null, "i": 3}"#)
    #expect(try value.int("n", default: 7) == 7)
    #expect(try value.string("absent", default: "x") == "x")
    #expect(try value.int("i", default: 7) == 3)
    #expect(throws: Diagnostic.self) { try value.bool("i", default: true) }
  }

  @Test func namesTheLineTheColumnAndTheKeys() throws {
    let value = try JSONValue(parsing: "{\n  \"layers\": [\"a\",\n    {\"units\": \"many\"}]}", file: "m.json")
    let found = problem { () throws(Diagnostic) in try value.array("layers")[1].int("units") }
    #expect(found.description == "m.json:3:15: error: layers[1].units: found the string \"many\", expected an integer")
  }

  @Test(arguments: ["0", "-1", "9007199254740993", "9223372036854775807", "-9223372036854775808"])
  func keepsIntegersExactly(text: String) throws {
    #expect(try JSONValue(parsing: text).int() == Int(text))
    #expect(try JSONValue(parsing: "[\(text), 1]").ints() == [Int(text), 1])
  }

  @Test func keepsAnIntegerThatADoubleCannotHoldBesideFloats() throws {
    let value = try JSONValue(parsing: "[0.5, 9007199254740993]")
    #expect(try value[1]?.int() == 9_007_199_254_740_993)
    #expect(try JSONValue(parsing: "[9007199254740993, 0.5]")[0]?.int() == 9_007_199_254_740_993)
  }

  @Test(arguments: [
    "0.1", "1e22", "1e23", "123456789012345678901234567890", "2.2250738585072011e-308", "4.9e-324", "0.30000000000000004", "-0.0",
  ])
  func givesTheNearestDouble(text: String) throws {
    let expected = try #require(Double(text))
    #expect(try JSONValue(parsing: text).double().bitPattern == expected.bitPattern)
    #expect(try JSONValue(parsing: "[\(text), 0.5]").doubles()[0].bitPattern == expected.bitPattern)
  }

  @Test func takesWhatPythonWritesForSpecialNumbers() throws {
    let values = try JSONValue(parsing: "[NaN, Infinity, -Infinity]").doubles()
    #expect(values[0].isNaN)
    #expect(values.dropFirst() == [.infinity, -.infinity])
  }

  @Test func undoesEscapes() throws {
    #expect(try JSONValue(parsing: #""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é""#).string() == "\"\\/\u{8}\u{C}\n\r\té😀é")
  }

  @Test(arguments: [
    ("", "the text ends; expected a value"), ("{", "a key in double quotes"), ("[1,]", "found ']', expected a value"),
    ("{\"a\":1,\"a\":2}", "the key \"a\" occurs twice"), ("[1 2]", "',' or ']'"), ("01", "starts with a zero"), ("1.", "a digit"),
    ("1e", "a digit of the exponent"), ("-", "a value"), ("+1", "found '+'"), ("tru", "expected true"), ("\"a", "does not end"),
    ("\"\\x\"", "after a backslash"), ("\"\\ud800\"", "surrogate"), ("\"\n\"", "control character"), ("1 2", "the end of the text"),
    ("1e999", "too large"), ("{'a': 1}", "found '''"), ("-NaN", "a value"), ("[", "a value"), ("\u{0}", "a value"),
  ])
  func refuses(text: String, message: String) throws {
    let found = problem { () throws(Diagnostic) in try JSONValue(parsing: text) }
    #expect(found.message.contains(message), "\(found.message)")
    #expect(found.place.line != nil)
  }

  @Test(arguments: ["[", "{\"a\":", "[{\"a\":"]) func refusesEndlessNesting(opening: String) throws {
    let text = String(repeating: opening, count: 10_000)
    #expect(problem { () throws(Diagnostic) in try JSONValue(parsing: text) }.message.contains("more than 256 deep"))
  }

  @Test func findsADuplicateAmongManyKeys() throws {
    let members = (0..<1000).map { "\"k\($0)\": \($0)" }.joined(separator: ", ")
    #expect(try JSONValue(parsing: "{\(members)}").int("k999") == 999)
    #expect(
      problem { () throws(Diagnostic) in try JSONValue(parsing: "{\(members), \"k500\": 1}") }.message.contains("\"k500\" occurs twice"))
  }
}
