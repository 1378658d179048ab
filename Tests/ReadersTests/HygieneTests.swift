import Containers
import Testing

/// Nothing in the readers traps on what a file holds. A line that is right nevertheless says why behind `// traps only`.
@Suite struct HygieneTests {
  private static let sources =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/") + "/Sources"

  private static func swiftFiles(_ folder: String) -> [String] {
    listing(folder).flatMap { name -> [String] in
      if name.hasSuffix(".swift") { return ["\(folder)/\(name)"] }
      return name.contains(".") ? [] : swiftFiles("\(folder)/\(name)")
    }
  }

  /// The code of a line: without what stands in quotes or behind `//`.
  private static func code(_ line: Substring) -> String {
    var result = ""
    var isQuoted = false
    var before: Character = " "
    for character in line {
      if character == "\"", before != "\\" { isQuoted.toggle() }
      if !isQuoted, character == "/", before == "/" { break }
      if !isQuoted { result.append(character) }
      before = character
    }
    return result
  }

  private static func traps(_ code: String) -> Bool {
    let words = ["try!", "as!", "fatalError", "precondition", "unsafelyUnwrapped", "unsafeBitCast", "assertionFailure"]
    if words.contains(where: { code.contains($0) }) { return true }
    let characters = Array(code)
    return characters.indices.dropFirst().contains { index in
      guard characters[index] == "!", index + 1 == characters.count || characters[index + 1] != "=" else { return false }
      let before = characters[index - 1]
      return before.isLetter || before.isNumber || ")]_?".contains(before)
    }
  }

  @Test(arguments: ["Readers", "Containers"]) func nothingTraps(module: String) throws {
    let files = Self.swiftFiles("\(Self.sources)/\(module)")
    #expect(files.count > 20)
    for file in files {
      let lines = String(decoding: try readFile(file), as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
      for (number, line) in lines.enumerated() where Self.traps(Self.code(line)) && !line.contains("// traps only") {
        Issue.record("\(file):\(number + 1): \(line)")
      }
    }
  }

  @Test(arguments: ["let a = b!", "f(x!, y)", "try! f()", "a as! B", "list[0]!.c", "fatalError()", "precondition(a > 0)"])
  func findsWhatTraps(line: String) { #expect(Self.traps(Self.code(line[...]))) }

  @Test(arguments: ["if !a { b != c }", "print(\"stop!\")", "// never b!", "guard !isEmpty, !(a || b)"])
  func letsPassWhatDoesNot(line: String) { #expect(!Self.traps(Self.code(line[...]))) }
}
