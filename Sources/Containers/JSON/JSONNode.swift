/// A parsed value with the place where it starts. FoundationEssentials' JSONDecoder gives neither places nor duplicate keys.
struct JSONNode: Sendable {
  enum Content: Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    /// Arrays of numbers alone are kept packed: weights written inline are millions of them.
    case integers([Int64])
    case numbers([Double])
    case array([JSONNode])
    case object(JSONMembers)
  }

  var content: Content
  /// 1-based; columns count bytes. Elements of packed arrays have the place of the array.
  var line: Int32
  var column: Int32
}

/// The members of an object in the order of the file, each key once.
struct JSONMembers: Sendable {
  private(set) var keys: [String] = []
  private(set) var values: [JSONNode] = []
  /// Filled only for large objects; a few keys are found faster by looking at each.
  private var index: [String: Int] = [:]
  private static let indexedFrom = 12

  func position(of key: String) -> Int? {
    index.isEmpty ? keys.firstIndex(of: key) : index[key]
  }

  subscript(key: String) -> JSONNode? { position(of: key).map { values[$0] } }

  /// False, and nothing is added, where the key is already there.
  mutating func add(_ key: String, _ value: JSONNode) -> Bool {
    if position(of: key) != nil { return false }
    keys.append(key)
    values.append(value)
    if !index.isEmpty {
      index[key] = keys.count - 1
    } else if keys.count == Self.indexedFrom {
      for (position, key) in keys.enumerated() { index[key] = position }
    }
    return true
  }
}
