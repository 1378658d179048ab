import GraphIR
import Operators
import Tensors

/// An LSTM whose products are convolutions. Those of the inputs are made for all steps at once, the steps are a scan. Inside, channels
/// come last.
struct ConvolutionalLSTM {
  private let call: KerasLayerCall
  private let rank: Int
  private let layer: RecurrentLayer
  private let frame: ConvolutionFrame
  private let filters: Int
  private let batch: Dim
  private let time: Dim

  init(_ call: KerasLayerCall, _ rank: Int) throws(Diagnostic) {
    let x = try call.input()
    try call.expectRank(rank + 3, x)
    self.call = call
    self.rank = rank
    layer = try RecurrentLayer(call)
    filters = try call.config.sizes("filters", rank: 1)[0]
    (batch, time) = (call.shape(x)[0], call.shape(x)[1])
    let merged = try call.writer.reshape(x.id, [batch * time] + Array(call.shape(x).dropFirst(2)), "merged")
    frame = try ConvolutionFrame(call, rank, merged)
  }

  func run() throws(Diagnostic) -> [KerasTensor] {
    let weights = try ConvolutionalLSTMWeights(call, frame, filters)
    let projected = try projection(weights)
    let shape = Array(call.writer.shape(projected).dropFirst().dropLast()) + [Dim(filters)]
    let mask = try call.mask().map { (mask) throws(Diagnostic) in try call.writer.cast(mask, to: .bool, "mask") }
    let step = try ConvolutionalStep(call, frame, layer, state: shape, filters: filters, isMasked: mask != nil)
    var inputs = try initialStates(shape)
    if step.carriesOutput { inputs.append(try zeros(shape, "no_output")) }
    let carried = inputs.count
    inputs.append(projected)
    if let mask { inputs.append(try perStep(mask, rank: shape.count)) }
    let scan = Scan(
      try step.graph(projected: call.writer.type(projected), kernel: call.writer.type(weights.recurrent)), carried: carried,
      sequences: inputs.count - carried, isReversed: layer.goBackwards)
    let results = try call.writer.outputs(scan, inputs + [weights.recurrent], "steps")
    return try outputs(results, carried, mask)
  }

  /// The convolutions of the inputs, `[T, N, places…, 4 * filters]`.
  private func projection(_ weights: ConvolutionalLSTMWeights) throws(Diagnostic) -> ValueID {
    let writer = call.writer
    var result = try writer.add(Convolution(try frame.window(of: call)), [frame.input, weights.kernel], "projection")
    if let bias = weights.bias { result = try writer.binary("add", result, bias, "projection/bias") }
    let split = try writer.reshape(result, [batch, time] + Array(writer.shape(result).dropFirst()), "projection/split")
    return try writer.transpose(split, swapped(rank + 3), "projection/in_time")
  }

  /// The first two axes, batch and time, change places.
  private func swapped(_ rank: Int) -> [Int] { [1, 0] + Array(2..<rank) }

  /// `[N, T]` as `[T, N, 1, …]`.
  private func perStep(_ mask: ValueID, rank: Int) throws(Diagnostic) -> ValueID {
    let turned = try call.writer.transpose(mask, [1, 0], "mask/in_time")
    return try call.writer.reshape(turned, [time, batch] + Shape(repeating: 1, count: rank - 1), "mask/steps")
  }

  private func initialStates(_ shape: Shape) throws(Diagnostic) -> [ValueID] {
    let stored = frame.isChannelsFirst ? [shape[0], shape[rank + 1]] + Array(shape[1...rank]) : shape
    return try layer.initialStates([stored, stored]).enumerated().map { (entry) throws(Diagnostic) in
      guard let state = entry.element else { return try zeros(shape, "zeros\(entry.offset)") }
      let label = "state\(entry.offset)/channels_last"
      return frame.isChannelsFirst ? try call.writer.channelsLast(state, label) : state
    }
  }

  private func zeros(_ shape: Shape, _ label: String) throws(Diagnostic) -> ValueID {
    let zero = call.writer.constant(Tensor(call.builder.computeType, Array(repeating: 1, count: shape.count), [0]), "\(label)/zero")
    return try call.writer.add(Expand(shape), [zero], label)
  }

  /// Results of the scan as the layer returns them: what is carried, then the outputs of the steps.
  private func outputs(_ results: [ValueID], _ carried: Int, _ mask: ValueID?) throws(Diagnostic) -> [KerasTensor] {
    let states = try results.prefix(2).enumerated().map { (entry) throws(Diagnostic) in
      try inLayout(entry.element, "last\(entry.offset)/channels_first")
    }
    layer.keep(states)
    let returned = layer.returnsState ? states.map { KerasTensor($0) } : []
    guard layer.returnsSequences || mask != nil, let steps = results[safe: carried] else { return [KerasTensor(states[0])] + returned }
    guard layer.returnsSequences else {
      let end = layer.goBackwards ? (0, 1) : (-1, Int.max)
      let last = try call.writer.slice(steps, axis: 0, from: end.0, to: end.1, "last")
      let output = try call.writer.reshape(last, Array(call.writer.shape(last).dropFirst()), "output")
      return [KerasTensor(try inLayout(output, "channels_first"))] + returned
    }
    // Outputs come in the order in which the steps were made.
    let ordered = layer.goBackwards ? try call.writer.reverse(steps, axis: 0, "in_order") : steps
    return [KerasTensor(try sequence(ordered), mask: mask)] + returned
  }

  /// `[T, N, places…, filters]` with the batch first.
  private func sequence(_ steps: ValueID) throws(Diagnostic) -> ValueID {
    let axes = frame.isChannelsFirst ? [1, 0, rank + 2] + Array(2..<rank + 2) : swapped(rank + 3)
    return try call.writer.transpose(steps, axes, "sequence")
  }

  private func inLayout(_ x: ValueID, _ label: String) throws(Diagnostic) -> ValueID {
    frame.isChannelsFirst ? try call.writer.channelsFirst(x, label) : x
  }
}

/// The weights, in the order in which Keras makes them.
struct ConvolutionalLSTMWeights {
  let kernel: ValueID
  let recurrent: ValueID
  let bias: ValueID?

  init(_ call: KerasLayerCall, _ frame: ConvolutionFrame, _ filters: Int) throws(Diagnostic) {
    let weights = call.weights.child(["cell"], names: ["conv_lstm_cell"], isNumbered: true, isOptional: true)
    func next(_ name: String, _ dims: [Int]) throws(Diagnostic) -> ValueID {
      call.builder.constant(try weights.next(name, dims), weights.path, name)
    }
    let channels = try call.constant(call.writer.shape(frame.input).last ?? 1, "the number of channels")
    kernel = try next("kernel", frame.kernel + [channels, 4 * filters])
    recurrent = try next("recurrent_kernel", frame.kernel + [filters, 4 * filters])
    bias = try call.config.bool("use_bias", default: true) ? try next("bias", [4 * filters]) : nil
  }
}
