import Containers
import GraphIR
import Operators
import Tensors

extension KerasLayers {
  static let reshaping: [KerasLayerClass] = [
    KerasLayerClass("Flatten") { (call) throws(Diagnostic) in try flatten(call) },
    KerasLayerClass("Reshape") { (call) throws(Diagnostic) in try reshape(call) },
    KerasLayerClass("Permute") { (call) throws(Diagnostic) in try permute(call) },
    KerasLayerClass("RepeatVector") { (call) throws(Diagnostic) in try repeatVector(call) },
    KerasLayerClass("ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D") { (call) throws(Diagnostic) in try zeroPadding(call) },
    KerasLayerClass("Cropping1D", "Cropping2D", "Cropping3D") { (call) throws(Diagnostic) in try cropping(call) },
    KerasLayerClass("UpSampling1D", "UpSampling3D") { (call) throws(Diagnostic) in try upSampling(call) },
    KerasLayerClass("UpSampling2D") { (call) throws(Diagnostic) in try upSampling2D(call) },
  ]

  private static func flatten(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    let x = try call.input()
    let isFirst = try call.channelsFirst()
    let shape = call.shape(x)
    guard let batch = shape.first else { throw Diagnostic("a scalar has no batch") }
    let ordered = isFirst && shape.count > 2 ? try call.writer.channelsLast(x.id, "channels_last") : x.id
    return [KerasTensor(try call.writer.reshape(ordered, [batch, Array(shape.dropFirst()).elementCount], ""))]
  }

  private static func reshape(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    let x = try call.input()
    guard let target = try call.config.intList("target_shape", "dims") else { throw Diagnostic("target_shape is missing") }
    let shape = call.shape(x)
    guard let batch = shape.first, target.allSatisfy({ $0 >= -1 }), target.filter({ $0 == -1 }).count <= 1 else {
      throw Diagnostic("\(call.type(x)) is reshaped to \(target)", hint: "the shape has extents of 0 or more, and -1 once at most")
    }
    let known = Shape(target.filter { $0 >= 0 }).elementCount
    let count = Array(shape.dropFirst()).elementCount
    guard target.contains(-1) ? count.exactQuotient(by: known) != nil : count == known else {
      throw Diagnostic("\(call.type(x)) is reshaped to \(target)", hint: "the number of elements has to stay the same")
    }
    let dims = target.map { $0 == -1 ? count.exactQuotient(by: known) ?? 0 : Dim($0) }
    return [KerasTensor(try call.writer.reshape(x.id, [batch] + dims, ""))]
  }

  private static func permute(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    let x = try call.input()
    let dims = try call.config.intList("dims") ?? []
    guard dims.count == call.shape(x).count - 1, dims.sorted() == Array(1..<call.shape(x).count) else {
      throw Diagnostic("the axes of \(call.type(x)) are permuted as \(dims)", hint: "each axis but the batch is named once, from 1")
    }
    return [KerasTensor(try call.writer.transpose(x.id, [0] + dims, ""))]
  }

  private static func repeatVector(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    let x = try call.input()
    let count = try call.config.sizes("n", rank: 1)[0]
    let shape = call.shape(x)
    guard shape.count == 2 else { throw Diagnostic("\(call.type(x)) is repeated, two axes are expected") }
    return [
      KerasTensor(try call.writer.add(Expand([shape[0], Dim(count), shape[1]]), [try call.writer.expandDims(x.id, 1, "expanded")], ""))
    ]
  }

  /// Pairs for each spatial axis; where the spatial axes lie is told by the order of the channels.
  private static func zeroPadding(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    let x = try call.input()
    let rank = try call.spatialRank()
    let pairs = try call.pairs("padding", rank: rank, default: 1)
    let first = try call.channelsFirst() ? 2 : 1
    var before = [Int](repeating: 0, count: rank + 2)
    var after = before
    for (axis, pair) in pairs.enumerated() { (before[axis + first], after[axis + first]) = (pair.0, pair.1) }
    try call.expectRank(rank + 2, x)
    return [KerasTensor(try call.writer.add(Pad(before: before, after: after), [x.id], ""))]
  }

  private static func cropping(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    let x = try call.input()
    let rank = try call.spatialRank()
    let pairs = try call.pairs("cropping", rank: rank, default: rank == 2 ? 0 : 1)
    let first = try call.channelsFirst() ? 2 : 1
    try call.expectRank(rank + 2, x)
    for (axis, pair) in pairs.enumerated() {
      if let extent = call.shape(x)[axis + first].constant, pair.0 + pair.1 >= extent {
        throw Diagnostic("\(pair.0) and \(pair.1) are cropped from an axis of \(extent)", hint: "something has to be left")
      }
    }
    let ends = pairs.map { $0.1 == 0 ? Int.max : -$0.1 }
    let slice = Slice(starts: pairs.map(\.0), ends: ends, axes: Array(first..<first + rank))
    return [KerasTensor(try call.writer.add(slice, [x.id], ""))]
  }

  /// Every element `size` times along each spatial axis.
  private static func upSampling(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    let x = try call.input()
    let rank = try call.spatialRank()
    let sizes = try call.config.sizes("size", "length", rank: rank, default: 2)
    let first = try call.channelsFirst() ? 2 : 1
    try call.expectRank(rank + 2, x)
    return [KerasTensor(try call.writer.repeated(x.id, sizes, from: first, ""))]
  }

  private static func upSampling2D(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    let kind = try call.config.choice(
      "interpolation", of: ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area"], default: "nearest")
    if kind == "nearest" { return try upSampling(call) }
    let x = try call.input()
    try call.expectRank(4, x)
    let sizes = try call.config.sizes("size", rank: 2, default: 2)
    let isFirst = try call.channelsFirst()
    let image = isFirst ? try call.writer.channelsLast(x.id, "channels_last") : x.id
    let extents = zip(call.writer.shape(image)[1...2], sizes).map { $0 * Dim($1) }
    let resized = try call.writer.resize(image, extents, kind: kind, antialias: false, isFirst ? "resize" : "")
    return [KerasTensor(isFirst ? try call.writer.channelsFirst(resized, "") : resized)]
  }
}

extension KerasLayerCall {
  /// The number of spatial axes in the name of the class: 2 for `Conv2D`.
  func spatialRank() throws(Diagnostic) -> Int {
    for rank in 1...3 where spec.className.contains("\(rank)D") { return rank }
    throw Diagnostic("\(spec.className) does not tell how many axes it works on")
  }

  /// Channels come right after the batch. Keras 1 writes `th` and `tf`.
  func channelsFirst() throws(Diagnostic) -> Bool {
    let known = ["channels_first", "channels_last", "th", "tf", "none", "default"]
    let order = try config.choice("data_format", "dim_ordering", of: known, default: "channels_last")
    return order == "channels_first" || order == "th"
  }

  func expectRank(_ rank: Int, _ x: KerasTensor) throws(Diagnostic) {
    guard shape(x).count == rank else {
      throw Diagnostic("the input is \(type(x))", hint: "the layer takes \(rank) axes, the batch among them")
    }
  }

  /// Two counts for each axis: `1`, `[1, 2]` or `[[1, 1], [0, 2]]`. One list of two numbers is one axis' pair, or a count for each of two axes.
  func pairs(_ key: String, rank: Int, default other: Int) throws(Diagnostic) -> [(Int, Int)] {
    guard let value = config.value(key) else { return [(Int, Int)](repeating: (other, other), count: rank) }
    if rank == 1, value.count == 2, value[0]?.isArray == false { return [(try counted(value, 0), try counted(value, 1))] }
    if rank == 2, value.count == 4 {
      return [(try counted(value, 0), try counted(value, 1)), (try counted(value, 2), try counted(value, 3))]
    }
    let entries = value.isArray ? try value.array() : [JSONValue](repeating: value, count: rank)
    guard entries.count == rank else { throw value.wrongKind("a count or a pair of counts for each of \(rank) axes") }
    return try entries.map { (entry) throws(Diagnostic) in
      if entry.isArray { return (try counted(entry, 0), try counted(entry, 1)) }
      let both = try entry.int()
      guard both >= 0, both < 1 << 20 else { throw entry.wrongKind("counts of 0 or more") }
      return (both, both)
    }
  }

  private func counted(_ value: JSONValue, _ index: Int) throws(Diagnostic) -> Int {
    guard let count = try value[index]?.int(), count >= 0, count < 1 << 20 else { throw value.wrongKind("counts of 0 or more") }
    return count
  }
}

extension GraphWriter {
  /// `[N, C, spatial…]` to `[N, spatial…, C]`.
  func channelsLast(_ x: ValueID, _ label: String) throws(Diagnostic) -> ValueID {
    let rank = self.rank(x)
    guard rank > 2 else { return x }
    return try transpose(x, [0] + Array(2..<rank) + [1], label)
  }

  /// `[N, spatial…, C]` to `[N, C, spatial…]`.
  func channelsFirst(_ x: ValueID, _ label: String) throws(Diagnostic) -> ValueID {
    let rank = self.rank(x)
    guard rank > 2 else { return x }
    return try transpose(x, [0, rank - 1] + Array(1..<rank - 1), label)
  }

  /// Every element several times in a row along the axes from `first` on.
  func repeated(_ x: ValueID, _ counts: [Int], from first: Int, _ label: String) throws(Diagnostic) -> ValueID {
    var result = x
    for (axis, count) in counts.enumerated() where count != 1 {
      result = try add(Repeat(count, axis: axis + first), [result], axis == counts.count - 1 ? label : "repeat\(axis)")
    }
    return result
  }
}
