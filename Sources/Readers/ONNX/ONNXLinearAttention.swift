import GraphIR
import Operators
import Tensors

/// Attention without a softmax: a matrix for each head of keys that every step fades, corrects, adds to and reads.
struct ONNXLinearAttention {
  private let call: ONNXCall
  private let batch: Dim
  private let length: Dim
  /// Heads of keys, and how many heads of queries each serves.
  private let heads: Dim
  private let share: Dim
  /// The sizes of a key and of a value.
  private let size: Dim
  private let width: Dim

  init(_ call: ONNXCall) throws(Diagnostic) {
    self.call = call
    call.attributes.ignore("chunk_size")
    let writer = call.writer
    let shapes = try (0..<3).map { (position) throws(Diagnostic) in writer.shape(try call.input(position)) }
    let (queries, keys) = (try call.attributes.int("q_num_heads", default: 0), try call.attributes.int("kv_num_heads", default: 0))
    guard keys > 0, queries > 0, queries % keys == 0, shapes.allSatisfy({ $0.count == 3 && $0.prefix(2) == shapes[0].prefix(2) }),
      let size = shapes[0][2].exactQuotient(by: Dim(queries)), let width = shapes[2][2].exactQuotient(by: Dim(keys)),
      shapes[1][2] == size * Dim(keys)
    else {
      throw Diagnostic(
        "\(queries) heads of queries and \(keys) of keys for the shapes \(shapes)", hint: "inputs are [N, T, heads · size]")
    }
    (batch, length, heads, share) = (shapes[0][0], shapes[0][1], Dim(keys), Dim(queries / keys))
    (self.size, self.width) = (size, width)
  }

  private var writer: GraphWriter { call.writer }

  /// The results `[N, T, heads · width]` and the last state `[N, heads, size, width]`.
  func run() throws(Diagnostic) -> [ONNXValue] {
    let rule = try call.attributes.choice("update_rule", of: ["linear", "gated", "delta", "gated_delta"], default: "gated_delta")
    guard call.has(4) == rule.hasPrefix("gated"), call.has(5) == rule.hasSuffix("delta") else {
      throw Diagnostic("the rule \"\(rule)\" with other inputs than it uses", hint: "gated rules take the decay, delta rules the rate beta")
    }
    let dtype = try call.type(0).dtype
    let state = try state(dtype)
    let sequences = try sequences(scale: try scale())
    let step = try step(sequences.map { writer.type($0) }, state: writer.type(state), isGated: call.has(4), isCorrected: call.has(5))
    let results = try writer.outputs(Scan(step, carried: 1, sequences: sequences.count), [state] + sequences, "steps")
    guard results.count == 2 else { throw Diagnostic("a scan has \(results.count) results") }
    let turned = try writer.transpose(results[1], [1, 0, 2, 3, 4], "results/in_batches")
    let joined = try writer.reshape(turned, [batch, length, heads * share * width], "results/joined")
    let kept = try call.optional(3).map { writer.dtype($0) } ?? dtype
    return [.tensor(try writer.cast(joined, to: dtype, "results")), .tensor(try writer.cast(results[0], to: kept, "state_cast"))]
  }

  private func scale() throws(Diagnostic) -> Double {
    let given = try call.attributes.float("scale", default: 0)
    if given != 0 { return given }
    guard let size = size.constant, size > 0 else { throw Diagnostic("keys of the open size \(size)", hint: "settle it with --dim") }
    return 1 / Double(size).squareRoot()
  }

  /// What has to hold before the first step.
  private func state(_ dtype: DType) throws(Diagnostic) -> ValueID {
    let shape = [batch, heads, size, width]
    guard let past = try call.optional(3) else {
      return try writer.add(Expand(shape), [writer.constant(Tensor(.float32, [1, 1, 1, 1], [0]), "zero")], "state")
    }
    guard writer.shape(past) == shape else {
      throw Diagnostic("the past state is \(writer.type(past))", hint: "it has the shape \(shape)")
    }
    return try writer.cast(past, to: .float32, "state")
  }

  /// Queries, keys, values, and where the rule has them decay and rate; one element for each step.
  private func sequences(scale: Double) throws(Diagnostic) -> [ValueID] {
    let query = try writer.binary("multiply", try perStep(0, [heads, share, size], "query"), scale, "query_scaled")
    var result = [query, try perStep(1, [heads, 1, size], "key"), try perStep(2, [heads, 1, width], "value")]
    if call.has(4) {
      let isPerHead = try call.type(4).shape.last == heads
      let decay = try perStep(4, [heads, isPerHead ? 1 : size, 1], "decay")
      result.append(try writer.unary("exp", decay, [:], "decay_exp"))
    }
    if call.has(5) { result.append(try perStep(5, [try call.type(5).shape.last == 1 ? 1 : heads, 1, 1], "rate")) }
    return result
  }

  /// An input `[N, T, …]` as `[T, N]` and the axes of `parts`.
  private func perStep(_ position: Int, _ parts: Shape, _ label: String) throws(Diagnostic) -> ValueID {
    let x = try call.input(position)
    guard writer.shape(x) == [batch, length, parts.elementCount] else {
      throw Diagnostic("the \(label) is \(writer.type(x))", hint: "expected is the shape \([batch, length, parts.elementCount])")
    }
    let parted = try writer.reshape(try writer.cast(x, to: .float32, "\(label)/float"), [batch, length] + parts, "\(label)/parted")
    return try writer.transpose(parted, [1, 0, 2, 3, 4], label)
  }

  /// One step: the state and the elements of the sequences make the next state and the result.
  private func step(_ types: [TensorType], state: TensorType, isGated: Bool, isCorrected: Bool) throws(Diagnostic) -> Graph {
    let inner = GraphWriter(name: "step")
    inner.graph.dims = writer.graph.dims
    let names = ["query", "key", "value"] + (isGated ? ["decay"] : []) + (isCorrected ? ["rate"] : [])
    var memory = try inner.addInput("state", state)
    var elements: [String: ValueID] = [:]
    for (name, type) in zip(names, types) {
      elements[name] = try inner.addInput(name, TensorType(type.dtype, Shape(type.shape.dropFirst())))
    }
    guard let query = elements["query"], let key = elements["key"], var value = elements["value"] else {
      throw Diagnostic("a step without queries, keys or values")
    }
    if let decay = elements["decay"] { memory = try inner.binary("multiply", memory, decay, "faded") }
    if let rate = elements["rate"] {
      let known = try inner.matmul(key, memory, "known")
      value = try inner.binary("multiply", try inner.binary("subtract", value, known, "news"), rate, "weighted")
    }
    let column = try inner.reshape(key, [batch, heads, size, 1], "column")
    memory = try inner.binary("add", memory, try inner.binary("multiply", column, value, "written"), "next")
    inner.graph.addOutput("state", memory)
    inner.graph.addOutput("result", try inner.matmul(query, memory, "read"))
    return inner.graph
  }
}
