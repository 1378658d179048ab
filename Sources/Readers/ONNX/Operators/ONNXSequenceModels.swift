import GraphIR
import ONNXProto
import Operators
import Tensors

extension ONNXOperators {
  /// Attention, its caches, and what models of sequences have in its place.
  static let sequenceModels: [ONNXOperator] = [
    ONNXOperator("Attention", since: 23, .floats) { (call) throws(Diagnostic) -> [ONNXValue] in try ONNXAttention(call).run() },
    ONNXOperator("FlexAttention", domain: "ai.onnx.preview", .floats, build: flexible),
    ONNXOperator("LinearAttention", since: 27, .floats) { (call) throws(Diagnostic) -> [ONNXValue] in try ONNXLinearAttention(call).run() },
    ONNXOperator("RotaryEmbedding", since: 23, .floats) { (call) throws(Diagnostic) in
      try ONNXRotation(call).rotated(try call.input(0), cosine: try call.input(1), sine: try call.input(2), places: try call.optional(3))
    },
    ONNXOperator("SwiGLU", since: 28, .floats) { (call) throws(Diagnostic) in
      let (gate, x) = (try call.input(0), try call.input(1))
      guard call.writer.type(gate) == call.writer.type(x) else {
        throw Diagnostic("\(call.writer.type(gate)) opens \(call.writer.type(x))", hint: "both inputs have one type and shape")
      }
      let opened = try call.writer.unary("silu", gate, ["beta": try call.attributes.float("alpha", default: 1)], "gate")
      return try call.writer.binary("multiply", opened, x, "")
    },
    ONNXOperator("CausalConvWithState", since: 27, .floats, values: causalConvolution),
    ONNXOperator("TensorScatter", since: 24, build: cacheUpdate),
  ]

  /// Attention whose scores and weights go through graphs of the model.
  private static func flexible(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let (query, key, value, writer) = (try call.input(0), try call.input(1), try call.input(2), call.writer)
    let dtype = writer.dtype(query)
    let precision = try call.attributes.dtype("softmax_precision") ?? (dtype == .float64 ? .float64 : .float32)
    guard precision.isFloat, precision.byteCount > 1 else {
      throw Diagnostic("softmax_precision is \(precision)", hint: "it is float16, bfloat16, float32 or float64")
    }
    let given = try call.attributes.optionalFloat("scale")
    let scale = given == nil ? try writer.headScale(query) : given ?? 1
    guard scale >= 0 else { throw Diagnostic("the scale is \(scale)", hint: "its root is taken: it is not negative") }
    let product = try writer.attentionScores(query, key, scale: scale, "scores")
    let scores = try call.modified(try writer.cast(product, to: precision, "scores_cast"), "score_mod")
    let weights = try call.modified(try writer.softmax(scores, axes: [3], "weights"), "prob_mod")
    let result = try writer.attentionResult(weights, try writer.cast(value, to: precision, "value_cast"), "result")
    return try writer.cast(result, to: writer.dtype(value), "")
  }
}

extension ONNXCall {
  /// What the graph in an attribute makes of `x`; `x` itself where there is none.
  fileprivate func modified(_ x: ValueID, _ name: String) throws(Diagnostic) -> ValueID {
    guard let graph = try attributes.graph(name) else { return x }
    guard graph.input.count == 1, graph.output.count == 1, let input = graph.input.first, let output = graph.output.first else {
      throw Diagnostic("\(name) has \(graph.input.count) inputs and \(graph.output.count) outputs", hint: "it has one of each")
    }
    let inner = try ONNXScope(in: scope, writer, seesParent: true)
    inner[input.name] = .tensor(x)
    let outer = writer.scope
    defer { writer.scope = outer }
    writer.scope = writer.name(name)
    ONNXGraphReader(inner).read(graph)
    switch inner[output.name] {
    case .tensor(let id):
      guard writer.type(id) == writer.type(x) else {
        throw Diagnostic("\(name) makes \(writer.type(id)) of \(writer.type(x))", hint: "type and shape have to stay")
      }
      return id
    case .failed: throw Diagnostic("\(name) could not be read", hint: "the other messages say why")
    default: throw Diagnostic("\(name) does not compute its output \"\(printable(output.name, limit: 40))\"")
    }
  }
}
