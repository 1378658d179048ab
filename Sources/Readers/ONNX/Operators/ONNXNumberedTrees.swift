import GraphIR
import Operators
import Tensors

/// Trees of versions 1 to 4: nodes are named by the number of their tree and one within it, and a leaf has a list of weights.
struct ONNXNumberedTrees {
  private struct Key: Hashable {
    let tree: Int
    let node: Int
  }

  private let keys: [Key]
  private let positions: [Key: Int]
  private let features: [Int]
  private let splits: [Double]
  private let modes: [String]
  private let children: [[Int]]
  private let sendsNaN: [Int]
  private var weights: [Key: [(target: Int, weight: Double)]] = [:]

  /// `kind` is how the attributes of the weights are called: `target` or `class`.
  init(_ attributes: ONNXAttributes, weights kind: String) throws(Diagnostic) {
    attributes.ignore("nodes_hitrates", "nodes_hitrates_as_tensor")
    keys = Self.keys(try attributes.ints("nodes_treeids"), try attributes.ints("nodes_nodeids"))
    positions = Dictionary(zip(keys, keys.indices), uniquingKeysWith: { first, _ in first })
    features = try attributes.ints("nodes_featureids")
    splits = try attributes.numbers("nodes_values")
    modes = try attributes.strings("nodes_modes")
    children = [try attributes.ints("nodes_truenodeids"), try attributes.ints("nodes_falsenodeids")]
    let flags = try attributes.ints("nodes_missing_value_tracks_true")
    sendsNaN = flags.isEmpty ? [Int](repeating: 0, count: keys.count) : flags
    let counts = [positions.count, features.count, splits.count, modes.count, sendsNaN.count] + children.map(\.count)
    guard counts.allSatisfy({ $0 == keys.count }) else {
      throw Diagnostic("the attributes of the nodes have the lengths \(counts)", hint: "\(keys.count) nodes have one of each")
    }
    let leaves = Self.keys(try attributes.ints("\(kind)_treeids"), try attributes.ints("\(kind)_nodeids"))
    let (targets, values) = (try attributes.ints("\(kind)_ids"), try attributes.numbers("\(kind)_weights"))
    guard targets.count == leaves.count, values.count == leaves.count else {
      throw Diagnostic("\(leaves.count) leaves have \(targets.count) targets and \(values.count) weights", hint: "one of each is expected")
    }
    for (position, key) in leaves.enumerated() { weights[key, default: []].append((targets[position], values[position])) }
  }

  private static func keys(_ trees: [Int], _ nodes: [Int]) -> [Key] { zip(trees, nodes).map { Key(tree: $0, node: $1) } }

  func tables(_ dtype: DType) throws(Diagnostic) -> ONNXTreeTables {
    var nodes: [ONNXTreeTables.Node] = []
    for position in keys.indices { nodes.append(try node(position)) }
    var isChild = [Bool](repeating: false, count: nodes.count)
    for case .inner(_, _, let first, let second, _) in nodes { (isChild[first], isChild[second]) = (true, true) }
    let roots = nodes.indices.filter { !isChild[$0] }
    let sizes = Dictionary(keys.map { ($0.tree, 1) }, uniquingKeysWith: +)
    guard sizes.count == roots.count, roots.allSatisfy({ modes[$0] != "LEAF" || sizes[keys[$0].tree] == 1 }) else {
      throw Diagnostic(
        "\(roots.count) nodes of \(sizes.count) trees are nobody's child",
        hint: "every tree has one such node, its root, and that is a leaf only where it is alone")
    }
    return try ONNXTreeTables(nodes, roots: roots, features: dtype)
  }

  private func node(_ position: Int) throws(Diagnostic) -> ONNXTreeTables.Node {
    guard let comparison = try comparison(position) else { return .leaf(weights[keys[position]] ?? []) }
    return .inner(
      feature: features[position], comparison, first: try child(position, 0), second: try child(position, 1),
      sendsNaN: sendsNaN[position] != 0)
  }

  private func child(_ position: Int, _ which: Int) throws(Diagnostic) -> Int {
    let key = Key(tree: keys[position].tree, node: children[which][position])
    if let child = positions[key] { return child }
    throw Diagnostic("node \(keys[position].node) of tree \(key.tree) has the child \(key.node)", hint: "there is none of that number")
  }

  /// Nothing for leaves.
  private func comparison(_ position: Int) throws(Diagnostic) -> ONNXTreeTables.Comparison? {
    let split = splits[position]
    switch modes[position] {
    case "LEAF": return nil
    case "BRANCH_LEQ": return .lessOrEqual(split)
    case "BRANCH_LT": return .less(split)
    case "BRANCH_GTE": return .greaterOrEqual(split)
    case "BRANCH_GT": return .greater(split)
    case "BRANCH_EQ": return .equal(split)
    case "BRANCH_NEQ": return .notEqual(split)
    default: throw Diagnostic("the mode \"\(printable(modes[position], limit: 40))\" of a node", hint: "export the model again")
    }
  }
}
