import GraphIR
import Operators
import Tensors

/// Decision trees as formats give them: nodes of any comparison, in the form of tables that `TreeEnsemble` takes, where a node only
/// ever asks whether a feature is not greater than its split.
struct ONNXTreeTables {
  /// What holds for a feature on the way to the first child. A NaN goes to the second unless it is sent to the first.
  enum Comparison {
    case lessOrEqual(Double)
    case less(Double)
    case greaterOrEqual(Double)
    case greater(Double)
    case equal(Double)
    case notEqual(Double)
    case member([Double])
  }

  enum Node {
    case inner(feature: Int, Comparison, first: Int, second: Int, sendsNaN: Bool)
    case leaf([(target: Int, weight: Double)])
  }

  private let nodes: [Node]
  private let roots: [Int]
  private let dtype: DType
  /// The first row of each inner node, or the number of each leaf.
  private var places: [Int] = []
  private var rowCount = 0
  private var rows: [(feature: Int, split: Double, first: Int, second: Int, sendsNaN: Bool)] = []

  /// Children and roots are positions in `nodes`; features are compared in `dtype`.
  init(_ nodes: [Node], roots: [Int], features dtype: DType) throws(Diagnostic) {
    (self.nodes, self.roots, self.dtype) = (nodes, roots, dtype)
    var leafCount = 0
    for node in nodes {
      switch node {
      case .inner(_, let comparison, let first, let second, _):
        guard nodes.indices.contains(first), nodes.indices.contains(second) else {
          throw Diagnostic("a node of a tree has a child that is missing", hint: "export the model again")
        }
        places.append(rowCount)
        rowCount += comparison.rowCount
      case .leaf:
        places.append(leafCount)
        leafCount += 1
      }
    }
    guard roots.allSatisfy({ nodes.indices.contains($0) }), !roots.isEmpty else {
      throw Diagnostic("a tree has no root", hint: "export the model again")
    }
  }

  /// The weights that a row of `x` gets for each of `targets`.
  func apply(
    to x: ValueID, targets: Int, _ aggregate: TreeEnsemble.Aggregate, weights type: DType, _ writer: GraphWriter
  ) throws(Diagnostic) -> ValueID {
    var tables = self
    for position in nodes.indices { tables.addRows(position) }
    let depths = try depths()
    let trees = zip(roots, depths).flatMap { [Int64(tables.reference($0.0)), Int64($0.1)] }
    return try tables.add(x, trees, TreeEnsemble(targets: targets, aggregate), type, writer)
  }

  private func add(
    _ x: ValueID, _ trees: [Int64], _ op: TreeEnsemble, _ type: DType, _ writer: GraphWriter
  ) throws(Diagnostic) -> ValueID {
    // A table of no nodes is no tensor of an operator: one row that nobody comes to.
    let rows = self.rows.isEmpty ? [(feature: 0, split: 0, first: 0, second: 0, sendsNaN: false)] : self.rows
    func table(_ values: [Int64], columns: Int? = nil, _ label: String) -> ValueID {
      writer.constant(Tensor(.int32, columns.map { [values.count / $0, $0] } ?? [values.count], integers: values), label)
    }
    let weights = leafWeights
    var inputs = [
      x, table(rows.map { Int64($0.feature) }, "features"),
      writer.constant(Tensor(dtype, [rows.count], rows.map(\.split)), "splits"),
      table(rows.flatMap { [Int64($0.first), Int64($0.second)] }, columns: 2, "children"), table(trees, columns: 2, "trees"),
      table(weights.starts, "leaves"), table(weights.targets, "targets"),
      writer.constant(Tensor(type, [weights.values.count], weights.values), "weights"),
    ]
    if rows.contains(where: \.sendsNaN) {
      inputs.append(writer.constant(Tensor(.bool, [rows.count], integers: rows.map { $0.sendsNaN ? 1 : 0 }), "missing"))
    }
    return try writer.add(op, inputs, "trees")
  }

  /// The weights of all leaves, one after the other. There is one at least.
  private var leafWeights: (starts: [Int64], targets: [Int64], values: [Double]) {
    var (starts, targets, values): ([Int64], [Int64], [Double]) = ([0], [], [])
    for case .leaf(let weights) in nodes {
      targets += weights.map { Int64($0.target) }
      values += weights.map(\.weight)
      starts.append(Int64(values.count))
    }
    return values.isEmpty ? (starts, [0], [0]) : (starts, targets, values)
  }

  /// What a child is called in the tables: leaves come after all rows.
  private func reference(_ position: Int) -> Int {
    if case .leaf = nodes[position] { return max(rowCount, 1) + places[position] }
    return places[position]
  }
}

extension ONNXTreeTables.Comparison {
  fileprivate var rowCount: Int {
    switch self {
    case .lessOrEqual, .less, .greaterOrEqual, .greater: 1
    case .equal, .notEqual: 2
    case .member(let values): max(2 * values.count, 1)
    }
  }
}

extension ONNXTreeTables {
  /// The rows of one node; they stand one after the other.
  private mutating func addRows(_ position: Int) {
    guard case .inner(let feature, let comparison, let a, let b, let sendsNaN) = nodes[position] else { return }
    let (first, second) = (reference(a), reference(b))
    func add(_ split: Double, _ first: Int, _ second: Int, _ sendsNaN: Bool, to rows: inout [Row]) {
      rows.append((feature, split, first, second, sendsNaN))
    }
    switch comparison {
    case .lessOrEqual(let split): add(split, first, second, sendsNaN, to: &rows)
    case .less(let split): add(below(split), first, second, sendsNaN, to: &rows)
    case .greater(let split): add(split, second, first, !sendsNaN, to: &rows)
    case .greaterOrEqual(let split): add(below(split), second, first, !sendsNaN, to: &rows)
    case .equal(let value): addEqual([value], feature, first, second, sendsNaN)
    // A NaN differs from all numbers.
    case .notEqual(let value): addEqual([value], feature, second, first, false)
    case .member(let values) where values.isEmpty: add(-.infinity, second, second, false, to: &rows)
    case .member(let values): addEqual(values, feature, first, second, sendsNaN)
    }
  }

  private typealias Row = (feature: Int, split: Double, first: Int, second: Int, sendsNaN: Bool)

  /// Two rows for each value: not above it, and not below. What is none of them goes on to the next value, and in the end to `second`.
  private mutating func addEqual(_ values: [Double], _ feature: Int, _ first: Int, _ second: Int, _ sendsNaN: Bool) {
    for (position, value) in values.enumerated() {
      let other = position == values.count - 1 ? second : rows.count + 2
      rows.append((feature, value, rows.count + 1, other, sendsNaN && position == 0))
      rows.append((feature, below(value), other, first, false))
    }
  }

  /// The greatest number of the features' type that is less.
  private func below(_ value: Double) -> Double {
    switch dtype {
    case .float64: value.nextDown
    case .float16: Double(Float16(value).nextDown)
    default: Double(Float(value).nextDown)
    }
  }

  /// The most rows on the way from each root to a leaf. A node has one way to it at most.
  private func depths() throws(Diagnostic) -> [Int] {
    var seen = [Bool](repeating: false, count: nodes.count)
    var known: [Int: Int] = [:]
    var depths: [Int] = []
    for root in roots {
      if let depth = known[root] {
        depths.append(depth)
        continue
      }
      var pending = [(position: root, depth: 0)]
      var deepest = 0
      while let (position, depth) = pending.popLast() {
        guard case .inner(_, let comparison, let first, let second, _) = nodes[position] else {
          deepest = max(deepest, depth)
          continue
        }
        guard !seen[position] else { throw Diagnostic("a node of a tree is reached on two ways", hint: "export the model again") }
        seen[position] = true
        pending += [(first, depth + comparison.rowCount), (second, depth + comparison.rowCount)]
      }
      known[root] = deepest
      depths.append(deepest)
    }
    return depths
  }
}
