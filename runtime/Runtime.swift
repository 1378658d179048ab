/// The C that we write by hand, as text to be pasted into what we emit.
///
/// A file of it consists of paragraphs, set apart by empty lines. A paragraph that defines functions or types called `swdl_…` is
/// taken where one of them is used, by the model or by another paragraph that is taken.
package enum Runtime {
  /// The paragraphs that `text` needs, in the order in which they are defined.
  package static func parts(usedBy text: String) -> String {
    let paragraphs = library
    var wanted = names(in: text)
    var taken = [Bool](repeating: false, count: paragraphs.count)
    // Definitions come before uses, so one walk from the end finds everything.
    for index in paragraphs.indices.reversed() where !paragraphs[index].defined.isDisjoint(with: wanted) {
      taken[index] = true
      wanted.formUnion(paragraphs[index].mentioned)
    }
    return zip(paragraphs, taken).filter(\.1).map { $0.0.text + "\n\n" }.joined()
  }

  private struct Paragraph {
    let text: String
    let defined: Set<String>
    let mentioned: Set<String>
  }

  /// The part of a harness that follows what depends on the model.
  package static func harness(isProfiled: Bool) -> String {
    let files = [PackageResources.harness_c, isProfiled ? PackageResources.profile_c : PackageResources.measure_c]
    return files.map { file in
      let text = String(decoding: file, as: UTF8.self)
      return text.split(separator: "\n\n", maxSplits: 1).last.map { String($0) } ?? text
    }.joined(separator: "\n")
  }

  /// A program that measures the machine.
  package static let peak = String(decoding: PackageResources.peak_c, as: UTF8.self)

  /// The part of a program that times kernels which follows the kernels.
  package static let timing = String(decoding: PackageResources.tune_c, as: UTF8.self)

  /// The files as they are, and those about vectors for each number of lanes and each type that they are needed for.
  package static let files: [String] = {
    let fixed = [
      PackageResources.clock_c, PackageResources.threads_c, PackageResources.scalar_c, PackageResources.inline_c, PackageResources.x86_c,
      PackageResources.neon_c,
    ].map { String(decoding: $0, as: UTF8.self) }
    let lanes = [16, 8, 4]
    let floats = lanes.flatMap { count in
      [text(PackageResources.memory_c, lanes: count, type: "f32"), text(PackageResources.vector_c, lanes: count)]
    }
    let elements = [64, 32, 16, 8, 4].flatMap { count in
      ["u8", "i8", "u16", "i16", "i32"].flatMap { type in
        [PackageResources.memory_c, PackageResources.elements_c, PackageResources.extremes_c].map { text($0, lanes: count, type: type) }
      }
    }
    let integers = lanes.map { text(PackageResources.integers_c, lanes: $0) }
    let conversions = lanes.flatMap { count in ["u8", "i8", "i16"].map { text(PackageResources.conversions_c, lanes: count, type: $0) } }
    let shorts = [32, 16, 8, 4, 2].flatMap { count in
      ["bf16", "f16"].flatMap { type in [PackageResources.memory_c, PackageResources.elements_c].map { text($0, lanes: count, type: type) }
      }
    }
    let halves = lanes.flatMap { count in [PackageResources.bfloat_c, PackageResources.half_c].map { text($0, lanes: count) } }
    let dots = [String(decoding: PackageResources.dot_c, as: UTF8.self)] + lanes.map { text(PackageResources.dots_c, lanes: $0) }
    let all = fixed + floats + elements + integers + conversions + shorts + halves + dots
    return all.map { split($0).flatMap(each).joined(separator: "\n\n") }
  }()

  /// A text about sixteen lanes, and twice and four times as many, made one about another number; and about bytes made one about
  /// another type.
  private static func text(_ file: [UInt8], lanes: Int, type: String = "u8") -> String {
    let base = String(decoding: file, as: UTF8.self)
    // The numbers of lanes in the text, and no other numbers, look like this.
    let marked = base.replacing("x32", with: "x*2").replacing("x64", with: "x*4")
    let numbers = ["x16", "[16]", "(16 *", "< 16;", "= 16 /"]
    let counted = numbers.reduce(marked) { $0.replacing($1, with: $1.replacing("16", with: "\(lanes)")) }
    let grouped = counted.replacing("x*2", with: "x\(2 * lanes)").replacing("x*4", with: "x\(4 * lanes)")
    return type == "u8" ? grouped : grouped.replacing("uint8_t", with: name(of: type)).replacing("u8", with: type)
  }

  private static func name(of type: String) -> String {
    switch type {
    case "f32": "float"
    // As it lies in memory.
    case "bf16", "f16": "uint16_t"
    default: (type.hasPrefix("u") ? "uint" : "int") + type.dropFirst() + "_t"
    }
  }

  /// A paragraph that begins with `/* each: min <, max > */` is one for `min` and one for `max`, which stand for `NAME` in it, and what
  /// follows them for `OP`.
  private static func each(_ paragraph: String) -> [String] {
    guard paragraph.hasPrefix("/* each: "), let end = paragraph.firstRange(of: " */\n") else { return [paragraph] }
    let items = paragraph[..<end.lowerBound].dropFirst("/* each: ".count).split(separator: ", ")
    let pattern = paragraph[end.upperBound...]
    return items.map { item in
      let words = item.split(separator: " ")
      return String(pattern.replacing("NAME", with: words[0]).replacing("OP", with: words[words.count - 1]))
    }
  }

  private static let library: [Paragraph] = files.flatMap(paragraphs)

  private static func paragraphs(_ text: String) -> [Paragraph] {
    split(text).map { Paragraph(text: $0, defined: definitions(in: $0), mentioned: names(in: $0)) }
  }

  private static func split(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).split { $0.isEmpty }.map { $0.joined(separator: "\n") }
  }

  /// Names that follow the first `(` of a line that starts a function, or that end a type definition.
  private static func definitions(in paragraph: String) -> Set<String> {
    let starts = ["static inline ", "swdl_inline ", "typedef ", "#define swdl_"]
    let heads = paragraph.split(separator: "\n").filter { line in starts.contains { line.hasPrefix($0) } }
    return heads.reduce(into: []) { result, line in
      let head = line.hasPrefix("typedef ") ? line : line.prefix { $0 != "(" }
      if let name = names(inOrder: head).last { result.insert(name) }
    }
  }

  private static func names(in text: some StringProtocol) -> Set<String> { Set(names(inOrder: text)) }

  private static func names(inOrder text: some StringProtocol) -> [String] {
    text.utf8.split { !($0 == UInt8(ascii: "_") || (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)) }
      .filter { $0.starts(with: "swdl_".utf8) }.map { String(decoding: $0, as: UTF8.self) }
  }
}
