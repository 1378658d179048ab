import Containers
import Passes
import Schedules
import Tensors

extension Tuning {
  static let version = 1

  /// The text of the file: the same for the same measurements.
  public var json: String {
    JSON.object([
      JSON.Member("version", .integer(Self.version)), JSON.Member("target", .string(target)), JSON.Member("compiler", .string(compiler)),
      JSON.Member("layers", .array(layers.map(describe))), JSON.Member("kernels", .array(entries.map(describe))),
    ]).pretty
  }

  private func describe(_ layer: Layer) -> JSON {
    .object([JSON.Member("name", .string(layer.name)), JSON.Member("algorithm", .string(layer.algorithm.rawValue))] + layer.times.members)
  }

  private func describe(_ entry: Entry) -> JSON {
    var members = [
      JSON.Member("kernel", .string(entry.kernel)), JSON.Member("loop", .string(entry.loop)), JSON.Member("name", .string(entry.name)),
      JSON.Member("choice", entry.choice.json),
    ]
    members += entry.times?.members ?? []
    return .object(members)
  }

  init(_ json: JSONValue) throws(Diagnostic) {
    let version = try json.int("version")
    guard version == Self.version else {
      throw try json.value("version").problem(
        "this is version \(version), expected \(Self.version)", hint: "measure again with this swiftdl-compile: tune MODEL -o FILE")
    }
    try json.checkKeys(["version", "target", "compiler", "layers", "kernels"])
    target = try json.string("target")
    compiler = try json.string("compiler")
    layers = try json.array("layers", default: []).map { (layer) throws(Diagnostic) in try Layer(layer) }
    entries = try json.value("kernels").map { (entry) throws(Diagnostic) in try Entry(entry) }
    var seen: Set<[String]> = []
    for (position, entry) in entries.enumerated() where !seen.insert([entry.kernel, entry.loop]).inserted {
      throw try json.value("kernels").problem("entry \(position) names a kernel and a loop that another has", hint: "keep one of them")
    }
  }
}

extension Tuning.Entry {
  fileprivate init(_ json: JSONValue) throws(Diagnostic) {
    try json.checkKeys(["kernel", "loop", "name", "choice", "default_ns", "ns"])
    kernel = try json.string("kernel")
    guard kernel.utf8.count == 16, kernel.allSatisfy({ $0.isHexDigit && !$0.isUppercase }) else {
      throw try json.value("kernel").wrongKind("16 hexadecimal digits in small letters")
    }
    loop = try json.string("loop")
    name = try json.string("name")
    choice = try ScheduleChoice(json.value("choice"))
    guard json["default_ns"] != nil || json["ns"] != nil else { return }
    times = try Tuning.Times(json)
  }
}

extension Tuning.Layer {
  fileprivate init(_ json: JSONValue) throws(Diagnostic) {
    try json.checkKeys(["name", "algorithm", "default_ns", "ns"])
    name = try json.string("name")
    guard let known = ConvolutionAlgorithm(rawValue: try json.string("algorithm")) else {
      let names = ConvolutionAlgorithm.allCases.map(\.rawValue)
      throw try json.value("algorithm").wrongKind("one of \(names.joined(separator: ", "))")
    }
    algorithm = known
    times = try Tuning.Times(json)
  }
}

extension Tuning.Times {
  fileprivate init(_ json: JSONValue) throws(Diagnostic) {
    defaultNanoseconds = try json.duration("default_ns")
    nanoseconds = try json.duration("ns")
  }

  fileprivate var members: [JSON.Member] {
    [JSON.Member("default_ns", .number(defaultNanoseconds)), JSON.Member("ns", .number(nanoseconds))]
  }
}

extension ScheduleChoice {
  /// What is chosen, and nothing else.
  fileprivate var json: JSON {
    var members: [JSON.Member] = []
    if let strategy { members.append(JSON.Member("strategy", .string(strategy))) }
    for (key, number) in [("columns", columns), ("rows", rows), ("blocks", blocks), ("chains", chains)] {
      if let number { members.append(JSON.Member(key, .integer(number))) }
    }
    if let prefetches { members.append(JSON.Member("prefetches", .bool(prefetches))) }
    return .object(members)
  }

  fileprivate init(_ json: JSONValue) throws(Diagnostic) {
    self.init()
    try json.checkKeys(["strategy", "columns", "rows", "blocks", "chains", "prefetches"])
    if let value = json.optional("strategy") {
      let names = Strategy.all.map(\.name)
      guard names.contains(try value.string()) else { throw value.wrongKind("one of \(names.joined(separator: ", "))") }
      strategy = try value.string()
    }
    columns = try json.count("columns", upTo: 64)
    rows = try json.count("rows", upTo: 64)
    blocks = try json.count("blocks", upTo: 1 << 20)
    chains = try json.count("chains", upTo: 16)
    prefetches = try json.optional("prefetches")?.bool()
  }
}

extension JSONValue {
  /// An object with no other keys: one that is misspelt would be ignored.
  fileprivate func checkKeys(_ known: [String]) throws(Diagnostic) {
    for (key, value) in try members() where !known.contains(key) {
      throw value.problem("\"\(printable(key, limit: 60))\" means nothing here", hint: "there are \(known.joined(separator: ", "))")
    }
  }

  /// A number from 1 on, where there is one.
  fileprivate func count(_ key: String, upTo limit: Int) throws(Diagnostic) -> Int? {
    guard let value = optional(key) else { return nil }
    let number = try value.int()
    guard (1...limit).contains(number) else { throw value.wrongKind("a number from 1 to \(limit)") }
    return number
  }

  fileprivate func duration(_ key: String) throws(Diagnostic) -> Double {
    let number = try double(key)
    guard number.isFinite, number >= 0 else { throw try value(key).wrongKind("a time in nanoseconds") }
    return number
  }
}
