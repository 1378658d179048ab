import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  /// Sequences and optionals whose length is known when we compile: they leave no trace in the graph.
  static let sequences: [ONNXOperator] = [
    ONNXOperator("SequenceConstruct", since: 11) { (call) throws(Diagnostic) -> [ONNXValue] in [.sequence(call.values.compactMap { $0 })] },
    ONNXOperator("SequenceEmpty", since: 11) { (call) throws(Diagnostic) -> [ONNXValue] in
      call.attributes.ignore("dtype")
      return [.sequence([])]
    },
    ONNXOperator("SequenceInsert", since: 11) { (call) throws(Diagnostic) -> [ONNXValue] in
      var elements = try call.sequence(0)
      let place = try call.place(2, in: elements.count, including: true) ?? elements.count
      elements.insert(try call.value(1), at: place)
      return [.sequence(elements)]
    },
    ONNXOperator("SequenceErase", since: 11) { (call) throws(Diagnostic) -> [ONNXValue] in
      var elements = try call.sequence(0)
      guard !elements.isEmpty else { throw Diagnostic("an element is taken from an empty sequence") }
      elements.remove(at: try call.place(1, in: elements.count) ?? elements.count - 1)
      return [.sequence(elements)]
    },
    ONNXOperator("SequenceAt", since: 11) { (call) throws(Diagnostic) -> [ONNXValue] in
      let elements = try call.sequence(0)
      guard let place = try call.place(1, in: elements.count) else { throw Diagnostic("the position is missing") }
      return [elements[place]]
    },
    ONNXOperator("SequenceLength", since: 11) { (call) throws(Diagnostic) -> ValueID in
      call.writer.constant(Tensor(.int64, [], integers: [Int64(try call.sequence(0).count)]), "")
    },
    ONNXOperator("ConcatFromSequence", since: 11, build: joined), ONNXOperator("SplitToSequence", since: 11, values: parted),
    ONNXOperator("SequenceMap", since: 17, values: mapped),
    ONNXOperator("Optional", since: 15) { (call) throws(Diagnostic) -> [ONNXValue] in
      call.attributes.ignore("type")
      return [.optional(call.optionalValue(0))]
    },
    ONNXOperator("OptionalHasElement", since: 15) { (call) throws(Diagnostic) -> ValueID in
      let isThere = if case .optional(nil) = call.optionalValue(0) { false } else { call.has(0) }
      return call.writer.constant(Tensor(.bool, [], integers: [isThere ? 1 : 0]), "")
    },
    ONNXOperator("OptionalGetElement", since: 15) { (call) throws(Diagnostic) -> [ONNXValue] in
      guard case .optional(let element) = try call.value(0) else { return [try call.value(0)] }
      guard let element else { throw Diagnostic("the element of an optional that has none") }
      return [element]
    },
  ]

  private static func joined(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    var parts = try call.tensors(0)
    guard let first = parts.first else { throw Diagnostic("an empty sequence is joined") }
    let isStacked = try call.attributes.flag("new_axis")
    guard let axis = try call.attributes.optionalInt("axis") else { throw Diagnostic("the attribute \"axis\" is missing") }
    let position = try normalisedAxis(axis, rank: call.writer.rank(first) + (isStacked ? 1 : 0))
    if isStacked { parts = try parts.map { (part) throws(Diagnostic) -> ValueID in try call.writer.expandDims(part, position, "part") } }
    return try call.writer.concatenate(parts, axis: position, "")
  }

  private static func parted(_ call: ONNXCall) throws(Diagnostic) -> [ONNXValue] {
    let x = try call.input()
    let axis = try call.axis(default: 0, rank: call.writer.rank(x))
    let keepsAxis = try call.attributes.flag("keepdims", default: true)
    guard let extent = call.writer.shape(x)[axis].constant else {
      throw Diagnostic("axis \(axis) of \(call.writer.type(x)) is split, and open")
    }
    let given = try call.known(1, "the split")
    let step = given.flatMap { $0.rank == 0 ? $0.integers.first.map { ONNXAttributes.bounded($0) } : nil } ?? 1
    guard step > 0 else { throw Diagnostic("a split into parts of \(step)", hint: "parts have one element at least") }
    let even = stride(from: 0, to: extent, by: step).map { min(step, extent - $0) }
    let sizes = given.flatMap { $0.rank == 1 ? $0.integers.map { ONNXAttributes.bounded($0) } : nil } ?? even
    guard sizes.allSatisfy({ $0 >= 0 && $0 <= extent }), sizes.reduce(0, +) == extent else {
      throw Diagnostic("\(extent) elements are split into \(sizes)", hint: "the parts must add up")
    }
    var (start, parts): (Int, [ONNXValue]) = (0, [])
    for (position, size) in sizes.enumerated() {
      let part = try call.writer.slice(x, axis: axis, from: start, to: start + size, "part\(position)")
      var shape = call.writer.shape(part)
      if given == nil && !keepsAxis { shape.remove(at: axis) }
      parts.append(.tensor(try call.writer.reshape(part, shape, "element\(position)")))
      start += size
    }
    return [.sequence(parts)]
  }

  /// The body once for each element, in place of the node; tensors among the inputs are the same for all.
  private static func mapped(_ call: ONNXCall) throws(Diagnostic) -> [ONNXValue] {
    let (body, count) = (try call.subgraph("body"), try call.sequence(0).count)
    var results = [[ONNXValue]](repeating: [], count: body.output.count)
    for place in 0..<count {
      let arguments = try call.values.indices.map { (position) throws(Diagnostic) -> ONNXValue in
        guard case .sequence(let elements) = try call.value(position) else { return try call.value(position) }
        guard elements.indices.contains(place) else { throw Diagnostic("the sequences have unlike lengths") }
        return elements[place]
      }
      for (position, value) in try call.inlined(body, arguments, "element\(place)").enumerated() { results[position].append(value) }
    }
    return results.map { .sequence($0) }
  }
}

extension ONNXCall {
  /// The elements of an input that is a sequence.
  fileprivate func sequence(_ position: Int) throws(Diagnostic) -> [ONNXValue] {
    if case .sequence(let elements) = try value(position) { return elements }
    throw Diagnostic("input \(position) is no sequence", hint: "the operator takes one")
  }

  fileprivate func tensors(_ position: Int) throws(Diagnostic) -> [ValueID] {
    try sequence(position).map { (element) throws(Diagnostic) -> ValueID in
      if case .tensor(let id) = element { return id }
      throw Diagnostic("an element of input \(position) is no tensor")
    }
  }

  /// A position in a sequence, which has to be known; negative ones count from the end.
  fileprivate func place(_ position: Int, in count: Int, including end: Bool = false) throws(Diagnostic) -> Int? {
    guard let given = try knownInts(position, "the position") else { return nil }
    guard given.count == 1 else { throw Diagnostic("the position is \(given)", hint: "it takes one number") }
    let place = given[0] + (given[0] < 0 ? count : 0)
    guard place >= 0, place < count || end && place == count else {
      throw Diagnostic("position \(given[0]) in a sequence of \(count)", hint: "it has to be inside")
    }
    return place
  }
}
