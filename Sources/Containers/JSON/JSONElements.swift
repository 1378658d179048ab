/// Collects the elements of an array, packed as long as all of them are numbers.
struct JSONElements {
  private var integers: [Int64] = []
  private var numbers: [Double] = []
  private var nodes: [JSONNode] = []
  /// The place of the array, which elements have that were packed first.
  let line: Int32
  let column: Int32

  init(line: Int32, column: Int32) {
    self.line = line
    self.column = column
  }

  mutating func add(_ value: JSONNode) {
    unpack()
    nodes.append(value)
  }

  mutating func add(_ number: JSONNumber) {
    guard nodes.isEmpty else { return nodes.append(node(number.content)) }
    switch number {
    case .integer(let value) where numbers.isEmpty: integers.append(value)
    case .integer(let value):
      guard let exact = Double(exactly: value) else { return add(node(number.content)) }
      numbers.append(exact)
    case .double(let value):
      if !widen() { return add(node(number.content)) }
      numbers.append(value)
    }
  }

  var content: JSONNode.Content {
    if !nodes.isEmpty { return .array(nodes) }
    return numbers.isEmpty ? .integers(integers) : .numbers(numbers)
  }

  private func node(_ content: JSONNode.Content) -> JSONNode { JSONNode(content: content, line: line, column: column) }

  /// Turns the integers collected into doubles; false where that would change one.
  private mutating func widen() -> Bool {
    if integers.isEmpty { return true }
    let exact = integers.compactMap { Double(exactly: $0) }
    guard exact.count == integers.count else { return false }
    (numbers, integers) = (exact, [])
    return true
  }

  private mutating func unpack() {
    nodes += integers.map { node(.integer($0)) } + numbers.map { node(.number($0)) }
    (integers, numbers) = ([], [])
  }
}
