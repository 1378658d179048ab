import GraphIR
import LoopIR
import Tensors

/// Decision trees over the rows of `x [N, F]`, whose leaves give weights to targets: `[N, targets]`. A node that is `i` below the
/// number of inner nodes goes on with the first of its children where feature `i` of the row is not greater than its split, else
/// with the second; any other number is that of a leaf, counted from the number of inner nodes. Inputs:
///
/// 0. `x`, floats;
/// 1. the feature of each inner node, int32 `[nodes]`;
/// 2. its split `[nodes]`, as `x`;
/// 3. its children, int32 `[nodes, 2]`;
/// 4. for each tree its root and the most steps from there to a leaf, int32 `[trees, 2]`;
/// 5. the first weight of each leaf, then their number, int32 `[leaves + 1]`;
/// 6. the target of each weight, int32 `[weights]`;
/// 7. the weights, floats of the type of the result;
/// 8. optionally bool `[nodes]`: a NaN goes to the first child. Without, it goes to the second.
///
/// Numbers that name nothing are moved to the nearest that does.
package struct TreeEnsemble: Operator {
  package enum Aggregate: String, Hashable, Sendable, CaseIterable { case sum, average, min, max }

  package static let name = "tree_ensemble"
  package static var attributes: [Attribute<TreeEnsemble>] { [.int("targets", \.targets), .choice("aggregate", \.aggregate)] }
  package var targets = 1
  /// What becomes of all weights of a target. `average` divides their sum by the number of trees.
  package var aggregate = Aggregate.sum

  package init() {}
  package init(targets: Int, _ aggregate: Aggregate = .sum) {
    self.targets = targets
    self.aggregate = aggregate
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let (x, weights) = (try inputs.required(0), try inputs.required(7))
    guard x.rank == 2, x.dtype.isFloat, weights.rank == 1, weights.dtype.isFloat, x.shape[1] != 0 else {
      throw Diagnostic("trees over \(x) with the weights \(weights)", hint: "floats [rows, features] and [weights] are needed")
    }
    guard (1..<1 << 24).contains(targets) else {
      throw Diagnostic("\(targets) targets", hint: "there must be between 1 and 2^24 - 1")
    }
    let nodes = try inputs.required(1).shape.first ?? 0
    let trees = try inputs.required(4).shape.first ?? 0
    let starts = try inputs.required(5).shape.first ?? 0
    let expected = [
      TensorType(.int32, [nodes]), TensorType(x.dtype, [nodes]), TensorType(.int32, [nodes, 2]), TensorType(.int32, [trees, 2]),
      TensorType(.int32, [starts]), TensorType(.int32, weights.shape), weights,
    ]
    for (position, type) in expected.enumerated() { try check(position + 1, try inputs.required(position + 1), type) }
    if let missing = inputs.optional(8) { try check(8, missing, TensorType(.bool, [nodes])) }
    guard [nodes, trees, weights.shape[0]].allSatisfy({ $0.constant ?? 1 > 0 }), starts.constant ?? 2 > 1 else {
      throw Diagnostic("\(trees) trees of \(nodes) nodes and \(weights.shape[0]) weights", hint: "one or more of each are needed")
    }
    return [TensorType(weights.dtype, [x.shape[0], Dim(targets)])]
  }

  private func check(_ position: Int, _ found: TensorType, _ expected: TensorType) throws(Diagnostic) {
    guard found.dtype != expected.dtype || found.shape != expected.shape else { return }
    throw Diagnostic("input \(position) of trees is \(found)", hint: "it must be \(expected)")
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let forest = try Forest(inputs)
    let x = try inputs.required(0)
    let (rows, features, values) = (x.dims[0], x.dims[1], x.doubles)
    var result: [Double] = []
    for row in 0..<rows {
      var sums = [Double](repeating: start(forest.dtype), count: targets)
      for tree in forest.trees {
        for (target, weight) in forest.weights(of: tree, values[row * features..<(row + 1) * features]) {
          let at = Swift.min(Swift.max(target, 0), targets - 1)
          sums[at] = combined(sums[at], weight)
        }
      }
      result += aggregate == .average ? sums.map { $0 / Double(forest.trees.count) } : sums
    }
    return [Tensor(forest.dtype, [rows, targets], result)]
  }

  /// Where an aggregate starts: what a target without weights gets.
  private func start(_ dtype: DType) -> Double {
    let greatest = dtype == .float64 ? Double.greatestFiniteMagnitude : Double(Float.greatestFiniteMagnitude)
    switch aggregate {
    case .sum, .average: return 0
    case .min: return greatest
    case .max: return -greatest
    }
  }

  private func combined(_ sum: Double, _ weight: Double) -> Double {
    switch aggregate {
    case .sum, .average: sum + weight
    case .min: weight < sum ? weight : sum
    case .max: weight > sum ? weight : sum
    }
  }

  private func combined(_ sum: Expr, _ weight: Expr) -> Expr {
    switch aggregate {
    case .sum, .average: sum + weight
    case .min: minimum(sum, weight)
    case .max: maximum(sum, weight)
    }
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let nest = ForestNest(operands)
    let (sums, type) = (operands.workspaces[0], operands.workspaces[0].dtype)
    let treeCount = operands.input(4).extent(0).converted(to: type)
    return [
      loop("n", to: operands.input(0).extent(0)) { n in
        loop("s", to: .index(targets)) { s in sums.store([s], .constant(start(type), type)) }
        loop("t", to: operands.input(4).extent(0)) { t in
          nest.weights(n, t) { target, weight in
            local("at", nest.bounded(target, .index(targets))) { at in
              sums.store([at.value], combined(sums[at.value], weight.converted(to: type)))
            }
          }
        }
        loop("c", to: .index(targets)) { c in
          let sum = aggregate == .average ? sums[c] / treeCount : sums[c]
          operands.store([n, c], sum.converted(to: operands.input(7).dtype))
        }
      }
    ]
  }

  /// The aggregates of one row.
  package func workspaces(_ inputs: [TensorType?], _ outputs: [TensorType]) -> [TensorType] {
    [TensorType(inputs[7]?.dtype.accumulator ?? .float32, [Dim(targets)])]
  }
}
