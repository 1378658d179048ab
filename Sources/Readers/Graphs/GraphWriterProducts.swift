import GraphIR
import Operators
import Tensors

extension GraphWriter {
  /// The softmax over one axis, or over several as if they were one.
  func softmax(_ x: ValueID, axes: [Int], isLogarithm: Bool = false, _ label: String) throws(Diagnostic) -> ValueID {
    let x = try floating(x, "\(label)/float")
    if axes.count == 1 { return try add(Softmax(axis: axes[0], isLogarithm: isLogarithm), [x], label) }
    let rank = self.rank(x)
    let inner = try axes.map { (axis) throws(Diagnostic) in try normalisedAxis(axis, rank: rank) }.sorted()
    let order = (0..<rank).filter { !inner.contains($0) } + inner
    let moved = try transpose(x, order, "\(label)/axes_last")
    let shape = self.shape(moved)
    let merged = Array(shape.prefix(rank - inner.count)) + [Array(shape.suffix(inner.count)).elementCount]
    let flat = try add(Softmax(axis: -1, isLogarithm: isLogarithm), [try reshape(moved, merged, "\(label)/merged")], "\(label)/softmax")
    return try transpose(try reshape(flat, shape, "\(label)/parted"), inverse(of: order), label)
  }

  /// Sums of products along one axis of each; the axes that are left stand behind the batch, those of `a` first. Two vectors give
  /// one column.
  func batchDot(_ a: (id: ValueID, axis: Int), _ b: (id: ValueID, axis: Int), _ label: String) throws(Diagnostic) -> ValueID {
    guard a.axis > 0, b.axis > 0 else { throw Diagnostic("the products are to be summed along the batch", hint: "name another axis") }
    let (ranks, batch) = ((rank(a.id), rank(b.id)), shape(a.id)[0])
    let left = try moved(a.id, a.axis, to: ranks.0 - 1, "\(label)/left")
    let right = try moved(b.id, b.axis, to: 1, "\(label)/right")
    let (rows, columns) = (Array(shape(left)[1..<(ranks.0 - 1)]), Array(shape(right).dropFirst(2)))
    let matrices = (
      try reshape(left, [batch, rows.elementCount, shape(left)[ranks.0 - 1]], "\(label)/rows"),
      try reshape(right, [batch, shape(right)[1], columns.elementCount], "\(label)/columns")
    )
    let product = try matmul(matrices.0, matrices.1, "\(label)/matmul")
    return try reshape(product, [batch] + (rows.isEmpty && columns.isEmpty ? [1] : rows + columns), label)
  }

  /// `axis` moved to `position`; the others keep their order.
  func moved(_ x: ValueID, _ axis: Int, to position: Int, _ label: String) throws(Diagnostic) -> ValueID {
    var order = Array(0..<rank(x))
    order.remove(at: axis)
    order.insert(axis, at: position)
    return try transpose(x, order, label)
  }

  /// The first half along an axis times the sigmoid of the second.
  func glu(_ x: ValueID, axis: Int, _ label: String) throws(Diagnostic) -> ValueID {
    let position = try normalisedAxis(axis, rank: rank(x))
    guard let extent = shape(x)[position].constant, extent % 2 == 0 else {
      throw Diagnostic("glu halves axis \(axis) of \(type(x))", hint: "the extent has to be even and known")
    }
    let first = try slice(x, axis: position, from: 0, to: extent / 2, "\(label)/first")
    let second = try slice(x, axis: position, from: extent / 2, to: extent, "\(label)/second")
    return try binary("multiply", first, try unary("sigmoid", second, [:], "\(label)/sigmoid"), label)
  }

  /// The order that undoes a permutation.
  func inverse(of permutation: [Int]) -> [Int] {
    var inverse = permutation
    for (position, axis) in permutation.enumerated() { inverse[axis] = position }
    return inverse
  }
}
