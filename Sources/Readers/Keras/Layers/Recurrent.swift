import Containers
import GraphIR
import Operators
import Tensors

extension KerasLayers {
  static let recurrent: [KerasLayerClass] = [
    KerasLayerClass("SimpleRNN", "LSTM", "GRU", "CuDNNLSTM", "CuDNNGRU") { (call) throws(Diagnostic) in
      guard let kind = KerasCell.kind(call.spec.className) else { throw KerasDispatch.unknown(call.spec) }
      let name = ["SimpleRNN": "simple_rnn_cell", "LSTM": "lstm_cell", "GRU": "gru_cell"][call.spec.className] ?? "cell"
      let weights = call.weights.child(["cell"], names: [name], isNumbered: true, isOptional: true)
      return try RecurrentLayer(call).run([RecurrentCellBuilder(kind, call, call.config, weights)])
    },
    KerasLayerClass("RNN") { (call) throws(Diagnostic) in
      guard let cell = call.config.value("cell") else { throw Diagnostic("the cell is missing") }
      return try RecurrentLayer(call).run(try cells(cell, call, call.weights, slot: "cell"))
    },
    KerasLayerClass("ConvLSTM1D") { (call) throws(Diagnostic) in try ConvolutionalLSTM(call, 1).run() },
    KerasLayerClass("ConvLSTM2D") { (call) throws(Diagnostic) in try ConvolutionalLSTM(call, 2).run() },
    KerasLayerClass("ConvLSTM3D") { (call) throws(Diagnostic) in try ConvolutionalLSTM(call, 3).run() },
    KerasLayerClass("Bidirectional") { (call) throws(Diagnostic) in try bidirectional(call) },
    KerasLayerClass("TimeDistributed", masks: .pass) { (call) throws(Diagnostic) in try timeDistributed(call) },
    KerasLayerClass("SpectralNormalization") { (call) throws(Diagnostic) in try spectral(call) },
  ]

  /// The cells of an RNN: one, or several that stand on each other.
  private static func cells(
    _ json: JSONValue, _ call: KerasLayerCall, _ weights: LayerWeights, slot: String
  ) throws(Diagnostic) -> [RecurrentCellBuilder] {
    let className = try json.string("class_name")
    let config = try json.value("config")
    let name = try config.string("name", default: snakeCase(className))
    let own = weights.child([slot], names: [name, snakeCase(className)], isNumbered: true, isOptional: true)
    if className == "StackedRNNCells" {
      let inner = try config.array("cells")
      let slots = countedSlots(try inner.map { (cell) throws(Diagnostic) in ("", try cell.string("class_name")) })
      var all: [RecurrentCellBuilder] = []
      for (cell, slot) in zip(inner, slots) {
        all += try cells(cell, call, stacked(own, cell), slot: "cells/\(slot.dropFirst("layers/".count))")
      }
      return all
    }
    guard let kind = KerasCell.kind(className) else {
      throw json.problem("the cell \"\(className)\" is not known", hint: "known are SimpleRNNCell, LSTMCell, GRUCell and StackedRNNCells")
    }
    let cellConfig = KerasConfig(config)
    let builder = try RecurrentCellBuilder(kind, call, cellConfig, own)
    return [builder]
  }

  /// Names tell cells of a stack apart, so that theirs may not be left out.
  private static func stacked(_ weights: LayerWeights, _ cell: JSONValue) -> LayerWeights { weights }

  /// The layer for every step: time joins the batch, and leaves it again.
  private static func timeDistributed(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    let x = try call.input()
    let shape = call.shape(x)
    guard shape.count >= 3 else {
      throw Diagnostic("the input is \(call.type(x))", hint: "three axes or more are expected: batch, time, …")
    }
    let inner = try call.innerLayer("layer")
    let merged = try call.writer.reshape(x.id, [shape[0] * shape[1]] + Array(shape.dropFirst(2)), "merged")
    let outputs = try call.callInner(inner, slots: ["layer"], [.tensor(KerasTensor(merged))], "layer")
    guard let first = outputs.first else { throw Diagnostic("the layer within gives nothing") }
    let result = call.writer.shape(first.id)
    return [KerasTensor(try call.writer.reshape(first.id, [shape[0], shape[1]] + Array(result.dropFirst()), ""))]
  }

  /// At inference the stored kernel is the normalised one.
  private static func spectral(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    call.config.accept("power_iterations")
    let inner = try call.innerLayer("layer")
    let outputs = try call.callInner(inner, slots: ["layer"], call.arguments, "layer")
    call.weights.pass("vector_u")
    return outputs
  }
}

extension KerasLayerCall {
  /// A layer in the configuration of this one.
  func innerLayer(_ key: String) throws(Diagnostic) -> KerasLayerSpec {
    guard let json = config.value(key) else { throw Diagnostic("the \(key) within is missing") }
    return try KerasModelParser.layer(json)
  }

  /// Calls a layer that belongs to this one.
  func callInner(
    _ spec: KerasLayerSpec, slots: [String], names: [String]? = nil, _ arguments: [KerasArgument], keywords: [String: KerasArgument] = [:],
    _ label: String
  ) throws(Diagnostic) -> [KerasTensor] {
    let child = weights.child(slots, names: names ?? [spec.name], isOptional: true)
    let scope = writer.scope.isEmpty ? label : "\(writer.scope)/\(label)"
    return try builder.call(spec, arguments, keywords, child.path, scope: scope)
  }
}

/// What recurrent layers do around their cells: initial and kept states, direction, what is returned.
struct RecurrentLayer {
  let call: KerasLayerCall
  let returnsSequences: Bool
  let returnsState: Bool
  let goBackwards: Bool
  private let isStateful: Bool
  private let isTimeMajor: Bool
  let zeroOutput: Bool

  init(_ call: KerasLayerCall) throws(Diagnostic) {
    self.call = call
    returnsSequences = try call.config.bool("return_sequences", default: false)
    returnsState = try call.config.bool("return_state", default: false)
    goBackwards = try call.config.bool("go_backwards", default: false)
    isStateful = try call.config.bool("stateful", default: false)
    isTimeMajor = try call.config.bool("time_major", default: false)
    zeroOutput = try call.config.bool("zero_output_for_mask", default: false)
    call.config.accept("use_cudnn", "num_constants")
    if let constants = try call.config.optionalInt("num_constants"), constants > 0 {
      throw Diagnostic("constants of a recurrent layer are not known")
    }
  }

  func run(_ cells: [RecurrentCellBuilder]) throws(Diagnostic) -> [KerasTensor] {
    let x = try call.input()
    let writer = call.writer
    var sequence = isTimeMajor ? try writer.transpose(x.id, [1, 0, 2], "batch_major") : x.id
    let shownMask = try call.mask().map { (mask) throws(Diagnostic) in try writer.cast(mask, to: .bool, "mask") }
    var mask = shownMask
    let batch = writer.shape(sequence)[0]
    var initial = try initialStates(cells.flatMap { cell in (0..<cell.stateCount).map { _ in [batch, Dim(cell.units)] } })
    var states: [ValueID] = []
    for (index, cell) in cells.enumerated() {
      let label = cells.count == 1 ? "" : "cell\(index)/"
      if index == 1, goBackwards, let given = mask { mask = try writer.reverse(given, axis: 1, "mask/reversed") }
      let result = try cell.run(
        sequence, mask: mask, initial: Array(initial.prefix(cell.stateCount)), goBackwards: goBackwards && index == 0,
        zeroOutput: zeroOutput, label)
      initial.removeFirst(min(cell.stateCount, initial.count))
      sequence = result.sequence
      states += result.states
      if index > 0 { try refuseUnread(cell.config) }
    }
    if let first = cells.first, first.config !== call.config { try refuseUnread(first.config) }
    keep(states)
    return try outputs(sequence, states, lastOutput: states[states.count - (cells.last?.stateCount ?? 1)], mask: shownMask)
  }

  private func refuseUnread(_ config: KerasConfig) throws(Diagnostic) {
    config.accept("cell")
    if let key = config.unreadKeys.first { throw config.json.problem("the cell has the unknown option \"\(key)\"") }
  }

  private func outputs(_ sequence: ValueID, _ states: [ValueID], lastOutput: ValueID, mask: ValueID?) throws(Diagnostic) -> [KerasTensor] {
    let writer = call.writer
    var result: KerasTensor
    if returnsSequences {
      result = KerasTensor(isTimeMajor ? try writer.transpose(sequence, [1, 0, 2], "time_major") : sequence, mask: mask)
    } else if mask != nil {
      // The last output is that of the last step shown, which need not be the state where no step is.
      let last = try writer.slice(sequence, axis: 1, from: -1, to: Int.max, "last")
      let shape = writer.shape(sequence)
      result = KerasTensor(try writer.reshape(last, [shape[0], shape[2]], "output"))
    } else {
      result = KerasTensor(lastOutput)
    }
    return [result] + (returnsState ? states.map { KerasTensor($0) } : [])
  }

  /// States of the given shapes: those of the call, kept between runs, or absent.
  func initialStates(_ shapes: [Shape]) throws(Diagnostic) -> [ValueID?] {
    var given = call.keywords["initial_state"]?.tensors ?? []
    if given.isEmpty { given = Array(call.inputs.dropFirst()) + call.arguments.dropFirst().flatMap(\.tensors) }
    if !given.isEmpty {
      guard given.count >= shapes.count else {
        throw Diagnostic("\(given.count) initial states are given, \(shapes.count) are expected")
      }
      return given.prefix(shapes.count).map(\.id)
    }
    guard isStateful else { return [ValueID?](repeating: nil, count: shapes.count) }
    return shapes.enumerated().map { index, shape in
      call.writer.graph.addState("\(call.writer.scope)/state\(index)", TensorType(call.builder.computeType, shape))
    }
  }

  func keep(_ states: [ValueID]) {
    guard isStateful else { return }
    let graph = call.writer.graph
    let first = graph.states.count - states.count
    guard first >= 0, call.keywords["initial_state"]?.tensors.isEmpty ?? true else { return }
    for (index, state) in states.enumerated() where graph[graph.states[first + index].input].name.hasPrefix(call.writer.scope + "/state") {
      call.writer.graph.states[first + index].output = state
    }
  }
}
