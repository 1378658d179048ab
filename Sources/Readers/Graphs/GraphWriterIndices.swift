import GraphIR
import Operators
import Tensors

/// Arithmetic on vectors of axes, positions and extents, which a run computes where they are not known.
extension GraphWriter {
  /// 0, 1, 2, … as a constant.
  func counting(_ count: Int, from first: Int = 0, _ label: String) -> ValueID {
    constant(Tensor(.int64, [count], integers: (0..<Int64(count)).map { $0 + Int64(first) }), label)
  }

  /// Integers in int64; negative ones count from the end of `extent`.
  func fromFront(_ x: ValueID, _ extent: Int, _ label: String) throws(Diagnostic) -> ValueID {
    let wide = try cast(x, to: .int64, "\(label)/wide")
    let turned = try binary("add", wide, Double(extent), "\(label)/from_end")
    let isNegative = try binary("less", wide, 0, "\(label)/negative")
    return try apply("where", [.value(isNegative), .value(turned), .value(wide)], "\(label)/from_front")
  }

  /// `[axes, rank]`: which axis each element of a vector names.
  func matches(_ axes: ValueID, rank: Int, _ label: String) throws(Diagnostic) -> ValueID {
    let column = try reshape(try fromFront(axes, rank, label), [shape(axes).elementCount, 1], "\(label)/column")
    return try binary("equal", column, counting(rank, "\(label)/all"), "\(label)/matches")
  }

  /// The elements of a vector that are marked, in order: `count` of them, zeros where there are fewer.
  func marked(_ values: ValueID, _ marks: ValueID, count: Int, _ label: String) throws(Diagnostic) -> ValueID {
    if count == 0 { return constant(Tensor(.int64, [0], integers: []), label) }
    let column: Shape = [shape(values).elementCount, 1]
    let places = try self.places(marks, "\(label)/places")
    let wanted = counting(count, from: 1, "\(label)/wanted")
    let isHere = try binary("equal", try reshape(places, column, "\(label)/place"), wanted, "\(label)/here")
    let isTaken = try binary("logical_and", isHere, try reshape(marks, column, "\(label)/mark"), "\(label)/taken")
    let value = Operand.value(try reshape(values, column, "\(label)/value"))
    return try reduce(.sum, try apply("where", [.value(isTaken), value, .number(0)], "\(label)/parts"), axes: [0], label)
  }

  /// How many marks there are up to each place, that one included.
  func places(_ marks: ValueID, _ label: String) throws(Diagnostic) -> ValueID {
    try add(Cumulative(.sum, axis: 0), [try cast(marks, to: .int64, "\(label)/numbers")], label)
  }

  /// How many marks there are, a scalar.
  func count(_ marks: ValueID, _ label: String) throws(Diagnostic) -> ValueID {
    try reduce(.sum, try cast(marks, to: .int64, "\(label)/numbers"), axes: [0], label)
  }

  /// What an extent may be at most, where its dimensions are bounded.
  func largest(_ dim: Dim) -> Int? { dim.value(graph.dims.mapValues(\.upperBound)) }

  /// An element of an integer vector as an extent, where it is known or follows from shapes; also beside others that a run computes.
  func knownElement(_ vector: ValueID, _ element: Int) -> Dim? {
    var (vector, element) = (vector, element)
    for _ in 0..<Self.nestedConcatenations {
      if let known = knownExtents(vector) { return known.indices.contains(element) ? known[element] : nil }
      guard let node = graph.nodes.last(where: { $0.outputs.contains(vector) }), node.op is Concatenate else { return nil }
      var found: ValueID?
      for part in node.inputs.compactMap({ $0 }) where found == nil {
        guard rank(part) == 1, let count = shape(part)[0].constant else { return nil }
        if element < count { found = part } else { element -= count }
      }
      guard let found else { return nil }
      vector = found
    }
    return nil
  }

  private static let nestedConcatenations = 8
}
