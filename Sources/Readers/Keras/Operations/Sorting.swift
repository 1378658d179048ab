import Containers
import GraphIR
import Operators
import Tensors

extension KerasOperations {
  /// Functions that depend on which element is the greater, and differences of neighbours.
  static let sorting: [KerasOperation] = [
    KerasOperation("sort") { (call) throws(Diagnostic) in [try sorted(call)[0]] },
    KerasOperation("argsort") { (call) throws(Diagnostic) in [try sorted(call)[1]] },
    KerasOperation("median") { (call) throws(Diagnostic) in [try median(call)] },
    KerasOperation("search_sorted", "searchsorted") { (call) throws(Diagnostic) in
      guard let sequence = call.argument(0, "sorted_sequence"), let values = call.argument(1, "values") else {
        throw Diagnostic("searchsorted needs a sorted sequence and values")
      }
      let isRight = try call.parameter("side")?.string() == "right"
      return [try rankIn(try call.value(sequence), try call.value(values), isRight ? "less_equal" : "less", call.writer)]
    },
    KerasOperation("digitize") { (call) throws(Diagnostic) in
      guard let bins = call.argument(1, "bins") else { throw Diagnostic("the bins are missing") }
      return [try rankIn(try call.value(bins), try call.input(), "less_equal", call.writer)]
    },
    KerasOperation("diff") { (call) throws(Diagnostic) in
      var x = try call.input()
      let (axis, times) = (try call.int("axis", default: -1), try call.int("n", default: 1))
      guard (0...8).contains(times) else { throw Diagnostic("differences are taken \(times) times", hint: "at most 8 times") }
      for _ in 0..<times {
        let later = try call.writer.slice(x, axis: axis, from: 1, to: .max, "later")
        x = try call.writer.binary("subtract", later, try call.writer.slice(x, axis: axis, from: 0, to: -1, "earlier"), "difference")
      }
      return [x]
    },
  ]

  /// Elements in rising order, or falling where `direction` says so, and where they stood.
  private static func sorted(_ call: KerasOperationCall) throws(Diagnostic) -> [ValueID] {
    let x = try call.input()
    // An axis of None, which is written as null, stands for all elements in a row.
    let isFlat = call.call.config.json["axis"]?.isNull ?? false
    let isFalling = try call.parameter("direction")?.string() == "DESCENDING"
    let axis = isFlat ? 0 : try call.int("axis", default: -1)
    return try call.writer.sorted(isFlat ? try call.writer.flat(x, "flat") : x, axis: axis, isFalling: isFalling, "")
  }

  /// The mean of the two middle elements; with an odd count both are the same.
  private static func median(_ call: KerasOperationCall) throws(Diagnostic) -> ValueID {
    let writer = call.writer
    let x = try writer.floating(try call.input())
    let axes = try call.axes(of: x, "axis")
    let shape = writer.shape(x)
    let kept = shape.indices.filter { !axes.contains($0) }
    let moved = try writer.transpose(x, kept + axes, "axes_last")
    let count = axes.map { shape[$0] }.elementCount
    let row = try writer.reshape(moved, kept.map { shape[$0] } + [count], "row")
    let sorted = try writer.sorted(row, axis: -1, isFalling: false, "sorted")[0]
    let extent = count.constant ?? 1
    let middle = try writer.slice(sorted, axis: -1, from: (extent - 1) / 2, to: extent / 2 + 1, "middle")
    let result = try writer.reduce(.mean, middle, axes: [-1], "mean")
    return try call.flag("keepdims") ? try writer.reshape(result, shape.indices.map { axes.contains($0) ? 1 : shape[$0] }, "") : result
  }

  /// For each value how many elements of a sequence stand in that relation to it.
  private static func rankIn(
    _ sequence: ValueID, _ values: ValueID, _ relation: String, _ writer: GraphWriter
  ) throws(Diagnostic) -> ValueID {
    guard writer.rank(sequence) == 1 else { throw Diagnostic("\(writer.type(sequence)) is searched", hint: "expected is one axis") }
    let precedes = try writer.binary(relation, sequence, try writer.expandDims(values, -1, "values"), "precedes")
    return try writer.reduce(.sum, try writer.cast(precedes, to: .int32, "ones"), axes: [-1], "")
  }
}

extension GraphWriter {
  /// All elements along an axis in order, and where they stood; equal ones keep their order.
  func sorted(_ x: ValueID, axis: Int, isFalling: Bool, _ label: String) throws(Diagnostic) -> [ValueID] {
    guard let extent = shape(x)[try normalisedAxis(axis, rank: rank(x))].constant else {
      throw Diagnostic("axis \(axis) of \(type(x)) is sorted", hint: "its extent has to be known; settle it with --dim NAME=VALUE")
    }
    return try outputs(TopK(extent, axis: axis, isLargest: isFalling), [x], label)
  }

  /// Sparsemax as Keras on TensorFlow computes it: its threshold adds up all running sums of the support, not only the last.
  func kerasSparsemax(_ x: ValueID, axis: Int, _ label: String) throws(Diagnostic) -> ValueID {
    let x = try floating(x, "\(label)/float")
    let position = try normalisedAxis(axis, rank: rank(x))
    let sorted = try sorted(x, axis: position, isFalling: true, "\(label)/sorted")[0]
    let sums = try add(Cumulative(.sum, axis: position), [sorted], "\(label)/sums")
    var dims = [Int](repeating: 1, count: rank(x))
    dims[position] = shape(x)[position].constant ?? 1
    let counts = constant(Tensor(.float32, dims, (0..<dims[position]).map { Double($0 + 1) }), "\(label)/counts")
    let mean = try binary("divide", try binary("subtract", sums, 1, "\(label)/excess"), counts, "\(label)/means")
    let support = try binary("greater", sorted, mean, "\(label)/support")
    let kept = try apply("where", [.value(support), .value(sums), .number(0)], "\(label)/kept")
    let total = try reduce(.sum, kept, axes: [position], keepDims: true, "\(label)/total")
    let size = try reduce(.sum, try cast(support, to: dtype(x), "\(label)/ones"), axes: [position], keepDims: true, "\(label)/size")
    let threshold = try binary("divide", try binary("subtract", total, 1, "\(label)/rest"), size, "\(label)/threshold")
    return try binary("maximum", try binary("subtract", x, threshold, "\(label)/above"), 0, label)
  }
}
