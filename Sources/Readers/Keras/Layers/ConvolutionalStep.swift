import GraphIR
import Operators
import Tensors

/// One step of a convolutional LSTM: its inputs are h, c and, where steps are masked, the last output; the projection of the inputs of
/// the step, and its mask; the recurrent kernel. Gates are i, f, c, o.
struct ConvolutionalStep {
  /// The output of a masked step is that of the last one that was not.
  let carriesOutput: Bool
  private let writer = GraphWriter(name: "step")
  private let state: TensorType
  private let window: SlidingWindow
  private let filters: Int
  private let isMasked: Bool
  private let returnsOutputs: Bool
  private let activation: KerasActivation
  private let recurrentActivation: KerasActivation

  init(
    _ call: KerasLayerCall, _ frame: ConvolutionFrame, _ layer: RecurrentLayer, state: Shape, filters: Int, isMasked: Bool
  ) throws(Diagnostic) {
    self.state = TensorType(call.builder.computeType, state)
    self.isMasked = isMasked
    self.filters = filters
    carriesOutput = isMasked && !layer.zeroOutput
    returnsOutputs = isMasked || layer.returnsSequences
    let ones = frame.kernel.map { _ in 1 }
    let pads = try spatialPads(Array(state.dropFirst().dropLast()), frame.kernel, ones, ones, "same")
    window = SlidingWindow(strides: ones, dilations: ones, padsBefore: pads.before, padsAfter: pads.after)
    activation = try Self.elementwise(call, "activation", default: "tanh")
    let old = call.builder.version == .old
    recurrentActivation = try Self.elementwise(call, "recurrent_activation", default: old ? "hard_sigmoid" : "sigmoid")
  }

  private static func elementwise(_ call: KerasLayerCall, _ key: String, default other: String) throws(Diagnostic) -> KerasActivation {
    let activation = try call.activation(key, default: other)
    switch activation {
    case .none, .function: return activation
    case .softmax, .sparsemax, .glu, .layer:
      throw call.config.json.problem("\(key) of a recurrent layer", hint: "it must be a function of single elements")
    }
  }

  private func activate(_ x: ValueID, _ activation: KerasActivation, _ label: String) throws(Diagnostic) -> ValueID {
    guard case .function(let name, let attributes) = activation else { return x }
    return try writer.unary(name, x, attributes, label)
  }

  func graph(projected: TensorType, kernel: TensorType) throws(Diagnostic) -> Graph {
    let h = writer.graph.addInput("h", state)
    let c = writer.graph.addInput("c", state)
    let shown = carriesOutput ? writer.graph.addInput("shown", state) : nil
    let x = writer.graph.addInput("x", TensorType(projected.dtype, Array(projected.shape.dropFirst())))
    let maskShape = [state.shape[0]] + Shape(repeating: 1, count: state.rank - 1)
    let mask = isMasked ? writer.graph.addInput("mask", TensorType(.bool, maskShape)) : nil
    let product = try writer.add(Convolution(window), [h, writer.graph.addInput("kernel", kernel)], "product")
    let next = try gates(try writer.binary("add", x, product, "gates"), c)
    let kept = (h: try chosen(mask, next.h, h, "h/kept"), c: try chosen(mask, next.c, c, "c/kept"))
    var output = next.h
    if let mask { output = try writer.apply("where", [.value(mask), .value(next.h), shown.map { .value($0) } ?? .number(0)], "output") }
    writer.graph.addOutput("h", kept.h)
    writer.graph.addOutput("c", kept.c)
    if carriesOutput { writer.graph.addOutput("shown", output) }
    if returnsOutputs { writer.graph.addOutput("output", output) }
    return writer.graph
  }

  private func gates(_ sums: ValueID, _ c: ValueID) throws(Diagnostic) -> (h: ValueID, c: ValueID) {
    func gate(_ index: Int, _ name: String, _ activation: KerasActivation) throws(Diagnostic) -> ValueID {
      let part = try writer.slice(sums, axis: -1, from: index * filters, to: (index + 1) * filters, "\(name)/sum")
      return try activate(part, activation, name)
    }
    let input = try gate(0, "input", recurrentActivation)
    let forget = try gate(1, "forget", recurrentActivation)
    let candidate = try gate(2, "candidate", activation)
    let kept = try writer.binary("multiply", forget, c, "c/old")
    let next = try writer.binary("add", kept, try writer.binary("multiply", input, candidate, "c/new"), "c/next")
    let output = try gate(3, "output_gate", recurrentActivation)
    return (try writer.binary("multiply", output, try activate(next, activation, "c/active"), "h/next"), next)
  }

  private func chosen(_ mask: ValueID?, _ next: ValueID, _ before: ValueID, _ label: String) throws(Diagnostic) -> ValueID {
    guard let mask else { return next }
    return try writer.apply("where", [.value(mask), .value(next), .value(before)], label)
  }
}
