import GraphIR
import Operators
import Tensors

/// A tensor whose axes carry numbers: axes of one number run together.
struct LabelledTensor {
  let id: ValueID
  let labels: [Int]
}

extension GraphWriter {
  /// Products of two tensors, summed over the axes that are not kept. The result has the shared axes first, then those of `a`, then
  /// those of `b`.
  func contracted(
    _ a: LabelledTensor, _ b: LabelledTensor, keeping kept: [Int], _ label: String
  ) throws(Diagnostic) -> LabelledTensor {
    let a = try summed(a, keeping: kept + b.labels, "\(label)/left_sum")
    let b = try summed(b, keeping: kept + a.labels, "\(label)/right_sum")
    let shared = a.labels.filter { b.labels.contains($0) }
    let (batch, inner) = (shared.filter { kept.contains($0) }, shared.filter { !kept.contains($0) })
    let rows = a.labels.filter { !shared.contains($0) }
    let columns = b.labels.filter { !shared.contains($0) }
    let labels = batch + rows + columns
    guard !inner.isEmpty else { return LabelledTensor(id: try outerProduct(a, b, batch, rows, columns, label), labels: labels) }
    for axis in inner where extent(a, axis) != extent(b, axis) {
      throw Diagnostic("\(type(a.id)) and \(type(b.id)) are multiplied and summed along axes of unlike extents")
    }
    let left = try matrices(a, batch, rows, inner, "\(label)/left")
    let right = try matrices(b, batch, inner, columns, "\(label)/right")
    let product = try matmul(
      left.id, right.id, transposeA: left.isTransposed, transposeB: right.isTransposed, "\(label)/matmul")
    let shape = Array(self.shape(product).prefix(batch.count)) + rows.map { extent(a, $0) } + columns.map { extent(b, $0) }
    return LabelledTensor(id: try reshape(product, shape, "\(label)/parted"), labels: labels)
  }

  /// Without the axes that are not kept, over which it is summed.
  func summed(_ x: LabelledTensor, keeping kept: [Int], _ label: String) throws(Diagnostic) -> LabelledTensor {
    let axes = x.labels.indices.filter { !kept.contains(x.labels[$0]) }
    return LabelledTensor(id: try reduce(.sum, x.id, axes: axes, label), labels: x.labels.filter { kept.contains($0) })
  }

  /// With its axes in the order of `labels`, which are its own.
  func ordered(_ x: LabelledTensor, _ labels: [Int], _ label: String) throws(Diagnostic) -> ValueID {
    try transpose(x.id, labels.compactMap { x.labels.firstIndex(of: $0) }, label)
  }

  /// An axis that both tensors have may have the extent 1 in one of them.
  private func outerProduct(
    _ a: LabelledTensor, _ b: LabelledTensor, _ batch: [Int], _ rows: [Int], _ columns: [Int], _ label: String
  ) throws(Diagnostic) -> ValueID {
    let left = try ordered(a, batch + rows, "\(label)/left")
    let right = try ordered(b, batch + columns, "\(label)/right")
    let column = try reshape(left, shape(left) + Shape(repeating: 1, count: columns.count), "\(label)/column")
    let row = batch.map { extent(b, $0) } + Shape(repeating: 1, count: rows.count) + columns.map { extent(b, $0) }
    return try binary("multiply", column, try reshape(right, row, "\(label)/row"), "\(label)/product")
  }

  /// `[batch…, first, second]`, each of the two merged from several axes; the other way round where the tensor lies so.
  private func matrices(
    _ x: LabelledTensor, _ batch: [Int], _ first: [Int], _ second: [Int], _ label: String
  ) throws(Diagnostic) -> (id: ValueID, isTransposed: Bool) {
    let isTransposed = x.labels == batch + second + first && x.labels != batch + first + second
    let (rows, columns) = isTransposed ? (second, first) : (first, second)
    let moved = try ordered(x, batch + rows + columns, "\(label)/axes")
    let merged = [rows, columns].map { axes in axes.map { extent(x, $0) }.elementCount }
    return (try reshape(moved, batch.map { extent(x, $0) } + merged, "\(label)/merged"), isTransposed)
  }

  private func extent(_ x: LabelledTensor, _ label: Int) -> Dim {
    x.labels.firstIndex(of: label).map { shape(x.id)[$0] } ?? 1
  }

  /// NumPy's `dot`: the last axis of `a` with the last but one of `b`, or with its only one.
  func dot(_ a: ValueID, _ b: ValueID, _ label: String) throws(Diagnostic) -> ValueID {
    if rank(a) == 0 || rank(b) == 0 { return try binary("multiply", a, b, label) }
    return try tensordot(a, [rank(a) - 1], b, [max(rank(b) - 2, 0)], label)
  }

  /// Sums of products over pairs of axes; the others of `a` come first, then those of `b`.
  func tensordot(_ a: ValueID, _ axesOfA: [Int], _ b: ValueID, _ axesOfB: [Int], _ label: String) throws(Diagnostic) -> ValueID {
    let first = try axesOfA.map { (axis) throws(Diagnostic) in try normalisedAxis(axis, rank: rank(a)) }
    let second = try axesOfB.map { (axis) throws(Diagnostic) in try normalisedAxis(axis, rank: rank(b)) }
    guard first.count == second.count, Set(first).count == first.count, Set(second).count == second.count else {
      throw Diagnostic("products are summed over the axes \(axesOfA) and \(axesOfB)", hint: "name as many of each, none twice")
    }
    let left = Array(0..<rank(a))
    let right = (0..<rank(b)).map { axis in second.firstIndex(of: axis).map { first[$0] } ?? rank(a) + axis }
    let kept = (left + right).filter { !first.contains($0) }
    return try contracted(LabelledTensor(id: a, labels: left), LabelledTensor(id: b, labels: right), keeping: kept, label).id
  }
}
