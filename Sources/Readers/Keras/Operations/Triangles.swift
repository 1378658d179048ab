import Containers
import GraphIR
import Operators
import Tensors

extension KerasOperations {
  /// Parts of matrices, and their rotation.
  static let triangles: [KerasOperation] = [
    KerasOperation("tril") { (call) throws(Diagnostic) in
      let last = try call.int("k", default: 0)
      return [try band(call) { $0 <= last }]
    },
    KerasOperation("triu") { (call) throws(Diagnostic) in
      let first = try call.int("k", default: 0)
      return [try band(call) { $0 >= first }]
    },
    KerasOperation("band_part") { (call) throws(Diagnostic) in
      let (lower, upper) = (try call.int("num_lower", default: -1), try call.int("num_upper", default: -1))
      return [try band(call) { (lower < 0 || -$0 <= lower) && (upper < 0 || $0 <= upper) }]
    },
    KerasOperation("diagonal") { (call) throws(Diagnostic) in [try diagonal(call, try call.input(), "")] },
    KerasOperation("trace") { (call) throws(Diagnostic) in
      var x = try call.input()
      if !call.writer.dtype(x).isFloat { x = try call.writer.cast(x, to: .int32, "integers") }
      return [try call.writer.reduce(.sum, try diagonal(call, x, "diagonal"), axes: [-1], "")]
    },
    KerasOperation("rot90") { (call) throws(Diagnostic) in
      var x = try call.input()
      let rank = call.writer.rank(x)
      let axes = try (call.ints("axes") ?? [0, 1]).map { (axis) throws(Diagnostic) in try normalisedAxis(axis, rank: rank) }
      guard axes.count == 2, axes[0] != axes[1] else { throw Diagnostic("rot90 along the axes \(axes)", hint: "name two") }
      var swapped = Array(0..<rank)
      swapped.swapAt(axes[0], axes[1])
      for _ in 0..<(try call.int("k", default: 1) & 3) {
        x = try call.writer.transpose(try call.writer.reverse(x, axis: axes[1], "reversed"), swapped, "turned")
      }
      return [x]
    },
  ]

  /// The last two axes with zeros where `isKept` does not hold for column less row.
  private static func band(_ call: KerasOperationCall, _ isKept: (Int) -> Bool) throws(Diagnostic) -> ValueID {
    let x = try call.input()
    let shape = call.writer.shape(x)
    guard shape.count >= 2, let rows = shape[shape.count - 2].constant, let columns = shape[shape.count - 1].constant,
      rows * columns < 1 << 26
    else {
      throw Diagnostic("a triangle of \(call.writer.type(x))", hint: "the extents have to be known; settle them with --dim NAME=VALUE")
    }
    let flags = (0..<rows).flatMap { row in (0..<columns).map { isKept($0 - row) ? 1.0 : 0 } }
    let mask = call.writer.constant(Tensor(.bool, [rows, columns], flags), "mask")
    return try call.writer.apply("where", [.value(mask), .value(x), .number(0)], "")
  }

  private static func diagonal(_ call: KerasOperationCall, _ x: ValueID, _ label: String) throws(Diagnostic) -> ValueID {
    let rank = call.writer.rank(x)
    return try call.writer.diagonal(
      x, try normalisedAxis(try call.int("axis1", default: 0), rank: rank),
      try normalisedAxis(try call.int("axis2", default: 1), rank: rank),
      offset: try call.int("offset", default: 0), label)
  }
}
