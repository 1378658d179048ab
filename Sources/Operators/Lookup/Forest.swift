import GraphIR
import LoopIR
import Tensors

/// The tables of a `TreeEnsemble`, by its definition.
struct Forest {
  let dtype: DType
  /// Root and depth of each.
  let trees: [(root: Int, depth: Int)]
  private let features: [Int]
  private let splits: [Double]
  private let children: [Int]
  private let starts: [Int]
  private let targets: [Int]
  private let weights: [Double]
  private let goesFirst: [Bool]

  init(_ inputs: [Tensor?]) throws(Diagnostic) {
    func integers(_ position: Int) throws(Diagnostic) -> [Int] { try inputs.required(position).integers.map { Int($0) } }
    features = try integers(1)
    splits = try inputs.required(2).doubles
    children = try integers(3)
    let pairs = try integers(4)
    trees = stride(from: 0, to: pairs.count, by: 2).map { (pairs[$0], pairs[$0 + 1]) }
    starts = try integers(5)
    targets = try integers(6)
    weights = try inputs.required(7).doubles
    goesFirst = inputs.optional(8)?.integers.map { $0 != 0 } ?? [Bool](repeating: false, count: features.count)
    dtype = try inputs.required(7).dtype
  }

  /// The weights of the leaf that a row comes to in a tree, each with its target.
  func weights(of tree: (root: Int, depth: Int), _ row: ArraySlice<Double>) -> [(target: Int, weight: Double)] {
    var node = tree.root
    for _ in 0..<max(tree.depth, 0) where node < features.count {
      let at = max(node, 0)
      let value = row[row.startIndex + bounded(features[at], row.count)]
      node = children[2 * at + (value <= splits[at] || value.isNaN && goesFirst[at] ? 0 : 1)]
    }
    let leaf = bounded(node - features.count, starts.count - 1)
    let (first, end) = (max(starts[leaf], 0), min(starts[leaf + 1], weights.count))
    return first < end ? (first..<end).map { (targets[$0], weights[$0]) } : []
  }

  private func bounded(_ index: Int, _ count: Int) -> Int { min(max(index, 0), count - 1) }
}

/// The same in a nest. Nodes are gone down without branches: those that have come to a leaf stay there.
struct ForestNest {
  private let operands: Operands

  init(_ operands: Operands) { self.operands = operands }

  func bounded(_ index: Expr, _ count: Expr) -> Expr { minimum(maximum(index, 0), count - 1) }

  /// `body` for every weight that row `n` gets from tree `t`.
  @NestBuilder func weights(_ n: Expr, _ t: Expr, @NestBuilder _ body: (_ target: Expr, _ weight: Expr) -> [Stmt]) -> [Stmt] {
    let (trees, nodes, starts) = (operands.input(4), operands.input(1).extent(0), operands.input(5))
    local("node", trees[t, 0]) { node in
      loop("d", to: trees[t, 1]) { _ in
        local("inner", bounded(node.value, nodes)) { inner in
          node.set(.select(node.value .< nodes, child(n, inner.value), node.value))
        }
      }
      local("leaf", bounded(node.value - nodes, starts.extent(0) - 1)) { leaf in
        loop("p", from: maximum(starts[leaf.value], 0), to: minimum(starts[leaf.value + 1], operands.input(7).extent(0))) { p in
          body(operands.input(6)[p], operands.input(7)[p])
        }
      }
    }
  }

  private func child(_ n: Expr, _ node: Expr) -> Expr {
    let x = operands.input(0)
    let type = x.dtype.accumulator
    let value = x[n, bounded(operands.input(1)[node], x.extent(1))].converted(to: type)
    let holds = value .<= operands.input(2)[node].converted(to: type)
    let goesFirst = operands.optionalInput(8).map { .binary(.or, holds, .unary(.isNaN, value) .&& $0[node]) } ?? holds
    return operands.input(3)[node, .select(goesFirst, 0, 1)]
  }
}
