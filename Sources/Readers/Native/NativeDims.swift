import Containers
import Tensors

/// The open dimensions of a model, which are the names in the shapes of its inputs, as the user or else the file settles them.
struct NativeDims {
  /// A constant, or the dimension itself where it stays open.
  private(set) var settled: [String: Dim] = [:]
  private var open = OpenDims()

  var bounds: [String: ClosedRange<Int>] { open.bounds }

  /// Settles the dimensions of the model `json`; problems are reported.
  init(_ json: JSONValue, _ session: ReadSession) {
    let names = Self.names(json)
    let defaults = Self.defaults(json, names, session)
    for (name, place) in names where settled[name] == nil {
      let setting = Self.setting(name, session) ?? defaults[name] ?? (name == "batch" ? .fixed(1) : nil)
      let dim = session.located(place) { () throws(Diagnostic) in try open.open(name, setting, "the dimension \"\(name)\" is open") }
      settled[name] = dim ?? 1
    }
    session.reportUnusedDims(open: open.names)
    if session.options.batch != nil, settled["batch"] == nil { reportFixedBatch(json, session) }
  }

  /// Dimensions that stand alone as an extent of an input: only these can be told from the data.
  private static func names(_ json: JSONValue) -> [(String, JSONValue)] {
    let shapes = ((try? json["inputs"]?.array()) ?? []).compactMap { try? $0["shape"]?.array() }
    return shapes.joined().compactMap { extent in
      guard let text = try? extent.string(), let dim = Dim(text: text), dim == .symbol(text), isName(text) else { return nil }
      return (text, extent)
    }
  }

  private static func isName(_ text: String) -> Bool {
    text.utf8.count <= 64
      && text.unicodeScalars.allSatisfy { $0.isASCII && ($0.properties.isAlphabetic || "0123456789_.".unicodeScalars.contains($0)) }
  }

  private static func setting(_ name: String, _ session: ReadSession) -> ReadOptions.Extent? {
    let given = session.setting(name)
    return name == "batch" ? session.options.batch ?? given : given
  }

  private static func defaults(_ json: JSONValue, _ names: [(String, JSONValue)], _ session: ReadSession) -> [String: ReadOptions.Extent] {
    guard let object = json.optional("dims"), let members = session.located(object, { () throws(Diagnostic) in try object.members() })
    else {
      return [:]
    }
    var found: [String: ReadOptions.Extent] = [:]
    for (name, value) in members {
      if names.contains(where: { $0.0 == name }) {
        found[name] = session.located(value) { () throws(Diagnostic) in try setting(value) }
      } else {
        session.report(
          value.problem("no input has an axis \"\(printable(name, limit: 60))\"", hint: "write the name as an extent of an input's shape"))
      }
    }
    return found
  }

  /// `32`, or `"..256"` for open up to a bound, as `--dim` takes it.
  private static func setting(_ json: JSONValue) throws(Diagnostic) -> ReadOptions.Extent {
    guard json.isString else { return .fixed(try json.int()) }
    let text = try json.string()
    guard text.hasPrefix(".."), let bound = Int(text.dropFirst(2)) else { throw json.wrongKind("a number, or a bound as in \"..256\"") }
    return .upTo(bound)
  }

  private func reportFixedBatch(_ json: JSONValue, _ session: ReadSession) {
    session.report(
      json.problem("the model leaves no batch open, and --batch is given", hint: "write \"batch\" as the extent of an axis of the inputs"))
  }
}

extension NativeDims {
  /// A shape as the file has it, and as it is settled.
  func shape(_ json: JSONValue) throws(Diagnostic) -> (declared: Shape, settled: Shape) {
    let declared = try json.map { (extent) throws(Diagnostic) in try self.extent(extent) }
    guard declared.count <= 16 else { throw json.problem("a shape of \(declared.count) axes", hint: "a tensor has 16 at most") }
    let settled = declared.map { $0.substituting(self.settled) }
    guard let problem = sizeProblem(settled) else { return (declared, settled) }
    throw json.problem(problem, hint: Self.sizeHint)
  }

  private func extent(_ json: JSONValue) throws(Diagnostic) -> Dim {
    guard json.isString else {
      let value = try json.int()
      guard (1..<1 << 31).contains(value) else { throw json.problem("an extent of \(value)", hint: "extents lie between 1 and 2^31 - 1") }
      return Dim(value)
    }
    let text = try json.string()
    guard let dim = Dim(text: text) else { throw json.wrongKind("a name or a sum of products like \"2*T+1\"") }
    try check(dim, json)
    return dim
  }

  /// Refuses names that no input settles.
  func check(_ dim: Dim, _ json: JSONValue) throws(Diagnostic) {
    guard let stray = dim.symbols.sorted().first(where: { settled[$0] == nil }) else { return }
    throw json.problem(
      "the dimension \"\(printable(stray, limit: 60))\" is not known",
      hint: "a dimension is a name of letters, digits and _ that stands alone as an extent of an input")
  }

  static let sizeHint = "extents are 1 or more, and a tensor holds fewer than 2^31 elements"

  /// What is wrong with the size of a tensor, whatever values the open dimensions take.
  func sizeProblem(_ shape: Shape) -> String? {
    for ends in [bounds.mapValues(\.lowerBound), bounds.mapValues(\.upperBound)] {
      var product = 1
      for dim in shape {
        guard let extent = dim.value(ends), extent >= 1 else { return "the extent \(dim) of \(shape) is not positive" }
        let (next, overflow) = product.multipliedReportingOverflow(by: extent)
        guard !overflow, next < 1 << 31 else { return "a tensor of the shape \(shape) is too large" }
        product = next
      }
    }
    return nil
  }
}
