import GraphIR
import Operators
import Tensors

/// Trees of version 5: inner nodes and leaves are counted apart.
struct ONNXLeafedTrees {
  private let features: [Int]
  private let splits: [Double]
  private let modes: [Int]
  private let children: [(id: [Int], isLeaf: [Int])]
  private let targets: [Int]
  private let weights: [Double]
  private let sendsNaN: [Int]
  private let roots: [Int]
  private var members: ArraySlice<Double>

  init(_ attributes: ONNXAttributes, _ leafWeights: Tensor?) throws(Diagnostic) {
    features = try attributes.ints("nodes_featureids")
    splits = try attributes.tensor("nodes_splits")?.doubles ?? []
    modes = try attributes.tensor("nodes_modes")?.integers.map { Int($0) } ?? []
    let first = (id: try attributes.ints("nodes_truenodeids"), isLeaf: try attributes.ints("nodes_trueleafs"))
    children = [first, (try attributes.ints("nodes_falsenodeids"), try attributes.ints("nodes_falseleafs"))]
    targets = try attributes.ints("leaf_targetids")
    weights = leafWeights?.doubles ?? []
    let flags = try attributes.ints("nodes_missing_value_tracks_true")
    sendsNaN = flags.isEmpty ? [Int](repeating: 0, count: features.count) : flags
    roots = try attributes.ints("tree_roots")
    members = try attributes.tensor("membership_values")?.doubles[...] ?? []
    let counts = [splits.count, modes.count, sendsNaN.count] + children.flatMap { [$0.id.count, $0.isLeaf.count] }
    guard counts.allSatisfy({ $0 == features.count }), targets.count == weights.count else {
      throw Diagnostic("the attributes of the nodes have the lengths \(counts)", hint: "\(features.count) nodes have one of each")
    }
  }

  func tables(_ dtype: DType) throws(Diagnostic) -> ONNXTreeTables {
    var copy = self
    var nodes: [ONNXTreeTables.Node] = []
    for position in features.indices { nodes.append(try copy.node(position)) }
    nodes += zip(targets, weights).map { .leaf([(target: $0, weight: $1)]) }
    let starts = try roots.map { (root) throws(Diagnostic) in
      guard features.indices.contains(root) else { throw Diagnostic("root \(root) of a tree is no node", hint: "export the model again") }
      // A tree that is a leaf is written as a node both of whose children are that leaf.
      let isLeaf = children.allSatisfy { $0.isLeaf[root] != 0 } && children[0].id[root] == children[1].id[root]
      return isLeaf ? try child(root, 0) : root
    }
    return try ONNXTreeTables(nodes, roots: starts, features: dtype)
  }

  private mutating func node(_ position: Int) throws(Diagnostic) -> ONNXTreeTables.Node {
    .inner(
      feature: features[position], try comparison(position), first: try child(position, 0), second: try child(position, 1),
      sendsNaN: sendsNaN[position] != 0)
  }

  private func child(_ position: Int, _ which: Int) throws(Diagnostic) -> Int {
    let (id, isLeaf) = (children[which].id[position], children[which].isLeaf[position] != 0)
    guard (isLeaf ? weights.indices : features.indices).contains(id) else {
      throw Diagnostic("node \(position) of the trees has the child \(id)", hint: "there is none of that number")
    }
    return isLeaf ? features.count + id : id
  }

  private mutating func comparison(_ position: Int) throws(Diagnostic) -> ONNXTreeTables.Comparison {
    let split = splits[position]
    switch modes[position] {
    case 0: return .lessOrEqual(split)
    case 1: return .less(split)
    case 2: return .greaterOrEqual(split)
    case 3: return .greater(split)
    case 4: return .equal(split)
    case 5: return .notEqual(split)
    case 6:
      // The members of each such node end with a NaN.
      let own = Array(members.prefix { !$0.isNaN })
      members = members.dropFirst(own.count + 1)
      return .member(own)
    default: throw Diagnostic("node \(position) of the trees has the mode \(modes[position])", hint: "known are 0 to 6")
    }
  }
}
