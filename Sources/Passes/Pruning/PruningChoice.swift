import Tensors

/// Which weights go, by how much each matters.
enum PruningChoice {
  /// Of all layers together the smallest share; ties in order. For each layer the positions of what goes.
  static func smallest(_ share: Double, of scores: [[Double]]) -> [[Int]] {
    let count = Int((share * Double(scores.reduce(0) { $0 + $1.count })).rounded())
    guard count > 0 else { return scores.map { _ in [] } }
    let limit = scores.flatMap { $0 }.sorted()[count - 1]
    // As many of those that are just as small as the limit as are still missing.
    var ties = count - scores.reduce(0) { $0 + $1.count { $0 < limit } }
    return scores.map { layer in
      layer.indices.filter { position in
        if layer[position] == limit, ties > 0 {
          ties -= 1
          return true
        }
        return layer[position] < limit
      }
    }
  }

  /// Of every `size` inputs in a row, for each output, all but the `keep` that matter most; a last group that is shorter keeps as many.
  static func outsideOfGroups(_ layer: PrunableLayer, _ scores: [Double], keep: Int, of size: Int) -> [Int] {
    groups(layer.matrices, layer.inputs, size) { matrix, inputs in
      (0..<layer.outputs).flatMap { output in
        let positions = inputs.map { layer.position(matrix, $0, output) }
        // Among equals the first stay.
        return positions.enumerated().sorted { (scores[$1.element], $0.offset) < (scores[$0.element], $1.offset) }.dropFirst(keep).map(
          \.element)
      }
    }
  }

  /// The blocks that matter least on average, as a share of all blocks of the layer.
  static func blocks(_ layer: PrunableLayer, _ scores: [Double], inputs: Int, outputs: Int, _ share: Double) -> [Int] {
    let blocks = groups(layer.matrices, layer.inputs, inputs) { matrix, rows in
      groups(1, layer.outputs, outputs) { _, columns in
        [rows.flatMap { row in columns.map { layer.position(matrix, row, $0) } }]
      }
    }
    let means = blocks.map { block in block.reduce(0) { $0 + scores[$1] * scores[$1] } / Double(block.count) }
    return smallest(share, of: [means])[0].flatMap { blocks[$0] }
  }

  /// What `body` gives for every `size` neighbours of `extent`, in each of so many matrices.
  private static func groups<T>(_ matrices: Int, _ extent: Int, _ size: Int, _ body: (Int, Range<Int>) -> [T]) -> [T] {
    (0..<matrices).flatMap { matrix in
      stride(from: 0, to: extent, by: size).flatMap { body(matrix, $0..<min($0 + size, extent)) }
    }
  }
}
