/// C text under construction, line by line.
struct Lines {
  private(set) var all: [String] = []
  private var depth = 0

  mutating func add(_ line: String) { all.append(line.isEmpty ? "" : String(repeating: "  ", count: depth) + line) }

  /// Lines up to the matching `close` are indented.
  mutating func open(_ head: String) {
    add(head + " {")
    depth += 1
  }

  mutating func close(_ tail: String = "}") {
    depth -= 1
    add(tail)
  }

  /// `} head {`
  mutating func reopen(_ head: String) {
    close("} \(head) {")
    depth += 1
  }

  /// The head of a function, on several lines where one would be long, and its opening brace.
  mutating func openFunction(_ head: String, _ parameters: [String]) {
    list(head, parameters.isEmpty ? ["void"] : parameters, " {")
    depth += 1
  }

  /// `prefix(a, b, c)suffix`, on several lines where one would be long.
  mutating func list(_ prefix: String, _ items: [String], _ suffix: String) {
    let line = "\(prefix)(\(items.joined(separator: ", ")))\(suffix)"
    if line.utf8.count + 2 * depth <= 120 { return add(line) }
    add(prefix + "(")
    for (position, item) in items.enumerated() {
      add("    " + item + (position == items.count - 1 ? ")\(suffix)" : ","))
    }
  }

  /// A comment of one line per element, which come from the model and cannot end it.
  mutating func comment(_ lines: [String]) {
    let safe = lines.map(commentText)
    if safe.count == 1 { return add("/* \(safe[0]) */") }
    for (position, line) in safe.enumerated() {
      add((position == 0 ? "/* " : " * ") + line + (position == safe.count - 1 ? " */" : ""))
    }
  }

  var text: String { all.joined(separator: "\n") + "\n" }
}
