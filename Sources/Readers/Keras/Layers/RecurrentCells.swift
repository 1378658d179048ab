import Containers
import GraphIR
import Operators
import Tensors

/// The cell of a recurrent layer.
enum KerasCell {
  enum Kind { case simple, lstm, gru }

  static func kind(_ className: String) -> Kind? {
    switch className {
    case "SimpleRNN", "SimpleRNNCell": .simple
    case "LSTM", "LSTMCell", "CuDNNLSTM": .lstm
    case "GRU", "GRUCell", "CuDNNGRU": .gru
    default: nil
    }
  }
}

/// One cell with its weights, ready to run over a sequence.
struct RecurrentCellBuilder {
  let kind: KerasCell.Kind
  let call: KerasLayerCall
  /// The configuration of the cell, which is that of the layer for LSTM and the like.
  let config: KerasConfig
  let weights: LayerWeights
  let units: Int

  init(_ kind: KerasCell.Kind, _ call: KerasLayerCall, _ config: KerasConfig, _ weights: LayerWeights) throws(Diagnostic) {
    self.kind = kind
    self.call = call
    self.config = config
    self.weights = weights
    units = try config.sizes("units", "output_dim", rank: 1)[0]
  }

  var stateCount: Int { kind == .lstm ? 2 : 1 }
  private var gates: [String] {
    switch kind {
    case .simple: [""]
    case .lstm: ["_i", "_f", "_c", "_o"]
    case .gru: ["_z", "_r", "_h"]
    }
  }

  /// The outputs of all steps in the order of processing, and the last states.
  func run(
    _ x: ValueID, mask: ValueID?, initial: [ValueID?], goBackwards: Bool, zeroOutput: Bool, _ label: String
  ) throws(Diagnostic) -> (sequence: ValueID, states: [ValueID]) {
    let writer = call.writer
    let shape = writer.shape(x)
    guard shape.count == 3, let last = shape.last else {
      throw Diagnostic("the input is \(writer.type(x))", hint: "a recurrent layer takes [batch, time, features]")
    }
    let features = try call.constant(last, "the number of features")
    let width = units * gates.count
    let kernel = try gated("kernel", "W", [features, width])
    let recurrent = try gated("recurrent_kernel", "U", [units, width])
    var projected = try writer.matmul(try writer.floating(x), kernel, "\(label)projection")
    let biases = try self.biases(width)
    if let bias = biases.input { projected = try writer.binary("add", projected, bias, "\(label)projection/bias") }
    var inputs: [ValueID?] = [projected, recurrent, mask] + (0..<stateCount).map { initial[safe: $0] ?? nil }
    if kind == .gru { inputs.append(biases.recurrent) }
    let outputs = try writer.outputs(
      try op(goBackwards, zeroOutput, resetAfter: biases.recurrent != nil || biases.resetAfter), inputs, "\(label)steps")
    return (outputs[0], Array(outputs.dropFirst()))
  }

  private func op(_ goBackwards: Bool, _ zeroOutput: Bool, resetAfter: Bool) throws(Diagnostic) -> any Operator {
    let activation = try self.activation(["activation"], default: "tanh")
    switch kind {
    case .simple:
      var op = SimpleRNN()
      (op.activation, op.goBackwards, op.zeroOutputForMask) = (activation, goBackwards, zeroOutput)
      return op
    case .lstm:
      var op = LSTM()
      (op.activation, op.goBackwards, op.zeroOutputForMask) = (activation, goBackwards, zeroOutput)
      op.recurrentActivation = try recurrentActivation()
      return op
    case .gru:
      var op = GRU()
      (op.activation, op.goBackwards, op.zeroOutputForMask, op.resetAfter) = (activation, goBackwards, zeroOutput, resetAfter)
      op.recurrentActivation = try recurrentActivation()
      return op
    }
  }

  /// TensorFlow.js and Keras before TensorFlow 2 leave it out where it is the old hard sigmoid.
  private func recurrentActivation() throws(Diagnostic) -> Activation {
    try activation(["recurrent_activation", "inner_activation"], default: call.builder.version == .old ? "hard_sigmoid" : "sigmoid")
  }

  private func activation(_ keys: [String], default other: String) throws(Diagnostic) -> Activation {
    let written = keys.lazy.compactMap { self.config.value($0) }.first
    let plain = try JSONValue(parsing: "\"\(other)\"")
    let json = written ?? plain
    switch try KerasActivation(json, call.builder.version) {
    case .none: return Activation("linear")
    case .function(let name, let attributes):
      let row = try ElementwiseFunction.named(name)
      return Activation(name, row.defaults.map { attributes[$0.name] ?? $0.value })
    case .softmax, .sparsemax, .glu, .layer:
      throw json.problem("the activation of a recurrent layer is \(json.summary)", hint: "it must be a function of single elements")
    }
  }
}

extension RecurrentCellBuilder {
  /// A weight for all gates side by side; Keras 1 has one for each gate.
  private func gated(_ name: String, _ letter: String, _ dims: [Int]) throws(Diagnostic) -> ValueID {
    if let tensor = try partsOfKeras1(letter, dims) { return call.builder.constant(tensor, weights.path, name) }
    return call.builder.constant(try weights.next(name, dims, aliases: [letter, "\(call.spec.name)_\(letter)"]), weights.path, name)
  }

  private func partsOfKeras1(_ letter: String, _ dims: [Int]) throws(Diagnostic) -> Tensor? {
    let names = gates.map { ["\(call.spec.name)_\(letter)\($0)", "\(letter)\($0)"] }
    guard gates.count > 1, let first = names.first, try weights.namedDims(of: first) != nil, let width = dims.last else { return nil }
    let columns = width / gates.count
    var parts: [[Double]] = []
    for name in names { parts.append(try weights.next(name[0], dims.dropLast() + [columns], aliases: name).doubles) }
    let rows = dims.dropLast().reduce(1, *)
    let values = (0..<rows).flatMap { row in parts.flatMap { $0[row * columns..<(row + 1) * columns] } }
    return Tensor(.float32, dims, values)
  }

  /// The bias of the projection and, for a GRU that resets after the product, that of the product.
  private func biases(_ width: Int) throws(Diagnostic) -> (input: ValueID?, recurrent: ValueID?, resetAfter: Bool) {
    let stored = try weights.dims(of: ["bias"])
    let isCuDNN = call.spec.className.hasPrefix("CuDNN")
    let resetAfter = kind == .gru ? try config.bool("reset_after", default: stored?.count == 2 || isCuDNN) : false
    guard try config.bool("use_bias", "bias", default: true) else { return (nil, nil, resetAfter) }
    if let tensor = try partsOfKeras1("b", [width]) { return (call.builder.constant(tensor, weights.path, "bias"), nil, false) }
    if kind == .gru && resetAfter {
      let both = try weights.next("bias", isCuDNN ? [2 * width] : [2, width]).floats
      func half(_ row: Int, _ name: String) -> ValueID {
        call.builder.constant(Tensor(floats: Array(both[row * width..<(row + 1) * width]), [width]), weights.path, name)
      }
      return (half(0, "bias"), half(1, "recurrent_bias"), true)
    }
    if kind == .lstm && isCuDNN {
      let both = try weights.next("bias", [2 * width]).doubles
      let sum = (0..<width).map { both[$0] + both[width + $0] }
      return (call.builder.constant(Tensor(.float32, [width], sum), weights.path, "bias"), nil, false)
    }
    let bias = try weights.next("bias", [width], aliases: ["b", "\(call.spec.name)_b"])
    return (call.builder.constant(bias, weights.path, "bias"), nil, resetAfter)
  }
}
