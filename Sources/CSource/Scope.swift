/// The names in force at one place of the C text, each a C identifier that clashes with no other. Every name from a model
/// passes through here before it is printed.
struct Scope {
  private var taken: Set<String> = []
  private var identifiers: [String: String] = [:]
  /// Names are replaced by numbers: what differs in names only becomes equal.
  private let isAnonymous: Bool

  init(isAnonymous: Bool = false) { self.isAnonymous = isAnonymous }

  /// A scope within this one: it sees no name of ours, but its own names hide none of them either.
  var inner: Scope {
    var scope = Scope(isAnonymous: isAnonymous)
    scope.taken = taken
    return scope
  }

  /// Makes identifiers unavailable that are printed without asking.
  mutating func reserve(_ names: [String]) { taken.formUnion(names) }

  /// The identifier that stands for `name` from now on, as close to it as C allows.
  mutating func declare(_ name: String) -> String {
    let identifier = fresh(name)
    identifiers[name] = identifier
    return identifier
  }

  /// An identifier like `name` for something that is not looked up by its name.
  mutating func fresh(_ name: String) -> String {
    let base = isAnonymous ? "v" : identifierText(name)
    var candidate = base
    var suffix = 2
    while taken.contains(candidate) {
      candidate = "\(base)_\(suffix)"
      suffix += 1
    }
    taken.insert(candidate)
    return candidate
  }

  /// The identifier of a name that was declared.
  subscript(name: String) -> String {
    guard let identifier = identifiers[name] else { preconditionFailure("\(name) is not declared here") }
    return identifier
  }

  func isDeclared(_ name: String) -> Bool { identifiers[name] != nil }
}

/// `name` as a C identifier: ASCII letters, digits and single underscores, none at the start, at most 48 characters, and nothing
/// that C, C++ or their libraries know.
package func identifierText(_ name: String) -> String {
  var text = ""
  for scalar in name.unicodeScalars.prefix(200) {
    let isPlain = ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
    if isPlain { text.unicodeScalars.append(scalar) } else if !text.isEmpty && text.last != "_" { text.append("_") }
  }
  text = String(text.prefix(48))
  if text.last == "_" { text.removeLast() }
  if text.isEmpty { return "unnamed" }
  if text.first?.isNumber == true { text = "n" + text }
  return ReservedNames.contains(text) ? "n_" + text : text
}

/// Text from a model for the inside of a C comment, on one line: it cannot end the comment, nor reorder what a reader sees.
func commentText(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars.prefix(300) {
    let isPrintable = (0x20..<0x7F).contains(scalar.value)
    if !isPrintable {
      result += "<U+\(String(scalar.value, radix: 16, uppercase: true))>"
    } else {
      let pair = String(result.suffix(1)) + String(scalar)
      if ["*/", "/*", "??"].contains(pair) { result += " " }
      result.unicodeScalars.append(scalar)
    }
  }
  return result
}
