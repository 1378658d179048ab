import Containers
import Operators
import Tensors

/// The members that each object of the format may have; `comment` may stand everywhere.
enum NativeKeys {
  static let model = [
    "format", "version", "name", "dims", "inputs", "states", "outputs", "nodes", "tensors", "weights", "tests", "metadata", "$schema",
  ]
  static let body = ["name", "inputs", "outputs", "nodes", "tensors"]
  static let input = ["name", "dtype", "shape", "quantisation"]
  static let state = input + ["next"]
  static let output = ["name", "value", "dtype", "shape"]
  static let node = ["op", "name", "inputs", "outputs", "attributes"] + bodies
  /// Graphs inside a node.
  static let bodies = ["body", "then", "else"]
  static let tensor = ["dtype", "shape", "data", "quantisation"]
  static let data = ["base64", "file", "offset"]
  static let quantisation = ["scale", "zero_point", "axis"]
  static let test = ["inputs", "outputs", "tolerance", "continues"]
}

extension ReadSession {
  /// Refuses members of an object that are not `known`.
  func checkKeys(_ json: JSONValue, _ known: [String]) {
    for key in json.keys where !known.contains(key) && key != "comment" {
      guard let value = json[key] else { continue }
      report(
        value.problem("the key \"\(printable(key, limit: 60))\" is not known here", hint: "known are \(known.joined(separator: ", "))"))
    }
  }

  /// The value of `body`, or `nil` after reporting its problem, at the place of `json` if it has none in a file.
  func located<T>(_ json: JSONValue, _ body: () throws(Diagnostic) -> T) -> T? {
    do throws(Diagnostic) {
      return try body()
    } catch {
      if error != KerasSkip.diagnostic { report(error.placed(json)) }
      return nil
    }
  }

  /// `body` of every element of the array `key`; problems are reported, and their elements left out as `nil`.
  func each<T>(_ json: JSONValue, _ key: String, _ body: (JSONValue) throws(Diagnostic) -> T) -> [T?] {
    guard let list = json.optional(key), let elements = located(list, { () throws(Diagnostic) in try list.array() }) else { return [] }
    return elements.map { element in located(element) { () throws(Diagnostic) in try body(element) } }
  }
}

extension Diagnostic {
  /// The same problem at the place of `json`, unless a file is already known.
  func placed(_ json: JSONValue) -> Diagnostic {
    guard place.file == nil else { return self }
    var copy = self
    copy.place = json.place
    copy.place.path += place.path
    return copy
  }
}

/// The hint that names what is spelled most like `name`.
func nearestHint(_ name: String, _ names: some Sequence<String>) -> String? {
  let nearest = names.prefix(2_000).map { (distance: editDistance($0, name), name: $0) }.min {
    ($0.distance, $0.name) < ($1.distance, $1.name)
  }
  return nearest.map { "the nearest that is known is \"\(printable($0.name, limit: 60))\"" }
}
