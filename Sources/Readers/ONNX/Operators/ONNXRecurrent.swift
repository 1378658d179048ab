import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  /// Recurrent layers: for each direction one product for the inputs of all steps, and a cell.
  static let recurrent: [ONNXOperator] = [
    ONNXOperator("RNN", .floats, values: { (call) throws(Diagnostic) in try ONNXRecurrent(call, .simple).run() }),
    ONNXOperator("GRU", .floats, values: { (call) throws(Diagnostic) in try ONNXRecurrent(call, .gru).run() }),
    ONNXOperator("LSTM", .floats, values: { (call) throws(Diagnostic) in try ONNXRecurrent(call, .lstm).run() }),
  ]
}

/// A recurrent layer of one or two directions. Time is the first axis of its tensors, or with `layout` the second, and directions
/// have an axis of their own behind it.
private struct ONNXRecurrent {
  enum Kind { case simple, gru, lstm }

  private let call: ONNXCall
  private let kind: Kind
  private let isBatchMajor: Bool
  private let directions: [(goBackwards: Bool, activations: [Activation])]
  private let units: Dim

  private var writer: GraphWriter { call.writer }
  private var gateCount: Int { kind == .lstm ? 4 : kind == .gru ? 3 : 1 }

  init(_ call: ONNXCall, _ kind: Kind) throws(Diagnostic) {
    (self.call, self.kind) = (call, kind)
    isBatchMajor = try call.attributes.flag("layout")
    let direction = try call.attributes.choice("direction", of: ["forward", "reverse", "bidirectional"], default: "forward")
    let flags = direction == "bidirectional" ? [false, true] : [direction == "reverse"]
    let defaults = kind == .lstm ? ["Sigmoid", "Tanh", "Tanh"] : kind == .gru ? ["Sigmoid", "Tanh"] : ["Tanh"]
    let activations = try ONNXActivationList(call.attributes, count: flags.count * defaults.count).read(defaults)
    directions = flags.enumerated().map { ($0.element, Array(activations[$0.offset * defaults.count..<($0.offset + 1) * defaults.count])) }
    let (x, kernel) = (try call.type(0), try call.type(2))
    guard x.rank == 3, kernel.rank == 3, kernel.shape[0] == Dim(flags.count) else {
      throw Diagnostic(
        "\(x) and recurrent weights \(kernel) of \(flags.count) directions",
        hint: "[time, batch, features] and [directions, gates * units, units] are expected")
    }
    units = kernel.shape[2]
    call.attributes.ignore("hidden_size", "output_sequence")
  }

  func run() throws(Diagnostic) -> [ONNXValue] {
    let x = isBatchMajor ? try call.input(0) : try writer.transpose(try call.input(0), [1, 0, 2], "batch_first")
    let mask = try mask(steps: writer.shape(x)[1])
    var results: [[ValueID]] = []
    for position in directions.indices { results.append(try direction(position, x, mask)) }
    let sequence = try joined(results.map { $0[0] }, axis: 2, "sequences")
    let states = try results[0].indices.dropFirst().map { (position) throws(Diagnostic) in
      try joined(results.map { $0[position] }, axis: isBatchMajor ? 1 : 0, "states\(position)")
    }
    let ordered = isBatchMajor ? sequence : try writer.transpose(sequence, [1, 2, 0, 3], "time_first")
    return ([ordered] + states).map { .tensor($0) }
  }

  /// Results of all directions along a new axis.
  private func joined(_ parts: [ValueID], axis: Int, _ label: String) throws(Diagnostic) -> ValueID {
    let expanded = try parts.map { (part) throws(Diagnostic) in try writer.expandDims(part, axis, "\(label)/direction") }
    return try writer.concatenate(expanded, axis: axis, label)
  }

  /// Which steps of which rows count, unless all do.
  private func mask(steps: Dim) throws(Diagnostic) -> ValueID? {
    guard let lengths = try call.optional(4) else { return nil }
    if let known = try call.constant(4), let count = steps.constant, known.integers.allSatisfy({ $0 == Int64(count) }) { return nil }
    let one = writer.constant(Tensor(.int32, [1], [1]), "one")
    let ones = try writer.add(Expand([steps]), [one], "ones")
    let times = try writer.add(Cumulative(.sum, axis: 0, isExclusive: true, isReversed: false), [ones], "times")
    return try writer.binary("less", times, try writer.expandDims(lengths, 1, "lengths"), "mask")
  }

  /// The sequence in the order of time and the last states of one direction, all with the batch first.
  private func direction(_ position: Int, _ x: ValueID, _ mask: ValueID?) throws(Diagnostic) -> [ValueID] {
    let suffix = directions.count > 1 ? "/\(position)" : ""
    let order = kind == .lstm ? [0, 2, 3, 1] : nil
    let weights = try gates(1, position, order, "weights\(suffix)")
    let kernel = try writer.transpose(try gates(2, position, order, "recurrent\(suffix)"), [1, 0], "kernel\(suffix)")
    let op = try operation(directions[position])
    var projected = try writer.matmul(x, weights, transposeB: true, "projection\(suffix)")
    let biases = try biases(position, order, resetAfter: (op as? GRU)?.resetAfter ?? false, suffix)
    if let bias = biases.input { projected = try writer.binary("add", projected, bias, "biased\(suffix)") }
    var inputs = [projected, kernel, mask, try state(5, position, suffix)]
    if kind == .lstm {
      let peepholes = call.has(7) ? try rows(7, position, 3, [0, 2, 1], "peepholes\(suffix)") : nil
      inputs += [try state(6, position, suffix), peepholes]
    } else {
      inputs.append(biases.recurrent)
    }
    while inputs.last == .some(nil) { inputs.removeLast() }
    var results = try writer.outputs(op, inputs, "steps\(suffix)")
    if directions[position].goBackwards { results[0] = try writer.reverse(results[0], axis: 1, "in_time\(suffix)") }
    return results
  }

  private func operation(_ direction: (goBackwards: Bool, activations: [Activation])) throws(Diagnostic) -> any Operator {
    let clip = try call.attributes.optionalFloat("clip") ?? .infinity
    let activations = direction.activations
    switch kind {
    case .simple:
      var op = SimpleRNN()
      (op.activation, op.clip, op.goBackwards, op.zeroOutputForMask) = (activations[0], clip, direction.goBackwards, true)
      return op
    case .gru:
      var op = GRU()
      (op.recurrentActivation, op.activation, op.clip) = (activations[0], activations[1], clip)
      (op.goBackwards, op.zeroOutputForMask, op.resetAfter) = (direction.goBackwards, true, try call.attributes.flag("linear_before_reset"))
      return op
    case .lstm:
      var op = LSTM()
      (op.recurrentActivation, op.activation, op.outputActivation) = (activations[0], activations[1], activations[2])
      (op.clip, op.goBackwards, op.zeroOutputForMask, op.couplesGates) =
        (clip, direction.goBackwards, true, try call.attributes.flag("input_forget"))
      return op
    }
  }
}

extension ONNXRecurrent {
  /// Weights of one direction, `[gates * units, …]`, their gates put into our order.
  private func gates(_ input: Int, _ position: Int, _ order: [Int]?, _ label: String) throws(Diagnostic) -> ValueID {
    let shape = try call.type(input).shape
    guard shape.count == 3, shape[0] == Dim(directions.count), shape[1] == units * Dim(gateCount) else {
      throw Diagnostic(
        "input \(input) is \(try call.type(input))", hint: "[directions, \(gateCount) * \(units), …] is expected")
    }
    let slice = try writer.slice(try call.input(input), axis: 0, from: position, to: position + 1, "\(label)/direction")
    return try reordered(slice, gateCount, order, [units, shape[2]], label)
  }

  /// Numbers for each unit of one direction, `count` times, put into our order.
  private func rows(_ input: Int, _ position: Int, _ count: Int, _ order: [Int]?, _ label: String) throws(Diagnostic) -> ValueID {
    guard try call.type(input).shape == [Dim(directions.count), units * Dim(count)] else {
      throw Diagnostic("input \(input) is \(try call.type(input))", hint: "[directions, \(count) * \(units)] is expected")
    }
    let slice = try writer.slice(try call.input(input), axis: 0, from: position, to: position + 1, "\(label)/direction")
    return try reordered(slice, count, order, [units], label)
  }

  private func reordered(_ x: ValueID, _ count: Int, _ order: [Int]?, _ part: Shape, _ label: String) throws(Diagnostic) -> ValueID {
    var result = x
    if let order {
      let parted = try writer.reshape(x, [Dim(count)] + part, "\(label)/gates")
      let indices = writer.constant(Tensor(.int32, [count], integers: order.map { Int64($0) }), "\(label)/order")
      result = try writer.add(Gather(axis: 0), [parted, indices], "\(label)/ordered")
    }
    return try writer.reshape(result, [Dim(count) * part[0]] + part.dropFirst(), label)
  }

  /// What is added to the products of the inputs and, where a GRU resets after the product of the state, to that.
  private func biases(
    _ position: Int, _ order: [Int]?, resetAfter: Bool, _ suffix: String
  ) throws(Diagnostic) -> (input: ValueID?, recurrent: ValueID?) {
    guard call.has(3) else { return (nil, nil) }
    let all = try rows(3, position, 2 * gateCount, order.map { $0 + $0.map { $0 + gateCount } }, "bias\(suffix)")
    let halves = try writer.reshape(all, [2, units * Dim(gateCount)], "biases\(suffix)")
    if !resetAfter { return (try writer.reduce(.sum, halves, axes: [0], "bias_sum\(suffix)"), nil) }
    func half(_ row: Int, _ label: String) throws(Diagnostic) -> ValueID {
      try writer.reshape(try writer.slice(halves, axis: 0, from: row, to: row + 1, "\(label)/row"), [units * Dim(gateCount)], label)
    }
    return (try half(0, "input_bias\(suffix)"), try half(1, "recurrent_bias\(suffix)"))
  }

  /// The initial state of one direction, `[batch, units]`.
  private func state(_ input: Int, _ position: Int, _ suffix: String) throws(Diagnostic) -> ValueID? {
    guard let all = try call.optional(input) else { return nil }
    let axis = isBatchMajor ? 1 : 0
    guard writer.rank(all) == 3, writer.shape(all)[axis] == Dim(directions.count) else {
      throw Diagnostic("the initial state, input \(input), is \(writer.type(all))", hint: "\(directions.count) directions are expected")
    }
    let label = "initial\(input - 5)\(suffix)"
    let slice = try writer.slice(all, axis: axis, from: position, to: position + 1, "\(label)/direction")
    return try writer.reshape(slice, [writer.shape(all)[1 - axis], writer.shape(all)[2]], label)
  }
}

/// The activations of a recurrent layer. Their numbers are in two lists, from which each function takes those that it has.
private struct ONNXActivationList {
  private let names: [String]
  private var alphas: ArraySlice<Double>
  private var betas: ArraySlice<Double>
  private let count: Int

  init(_ attributes: ONNXAttributes, count: Int) throws(Diagnostic) {
    names = try attributes.strings("activations")
    alphas = try attributes.floats("activation_alpha")[...]
    betas = try attributes.floats("activation_beta")[...]
    self.count = count
  }

  func read(_ defaults: [String]) throws(Diagnostic) -> [Activation] {
    guard names.isEmpty || names.count == count else {
      throw Diagnostic("\(names.count) activations are given", hint: "\(count) are expected: one for each place and direction")
    }
    var copy = self
    let all = names.isEmpty ? (0..<count).map { defaults[$0 % defaults.count] } : names
    return try all.map { (name) throws(Diagnostic) in try copy.next(name) }
  }

  private mutating func next(_ name: String) throws(Diagnostic) -> Activation {
    switch name.lowercased() {
    case "relu", "tanh", "sigmoid", "softsign", "softplus": Activation(name.lowercased())
    case "affine": Activation("affine", [alphas.popFirst() ?? 1, betas.popFirst() ?? 0])
    case "leakyrelu": Activation("leaky_relu", [alphas.popFirst() ?? 0.01])
    case "thresholdedrelu": Activation("threshold", [alphas.popFirst() ?? 1])
    case "scaledtanh": Activation("scaled_tanh", [alphas.popFirst() ?? 1, betas.popFirst() ?? 1])
    case "hardsigmoid": Activation("hard_sigmoid", [alphas.popFirst() ?? 0.2, betas.popFirst() ?? 0.5])
    case "elu": Activation("elu", [alphas.popFirst() ?? 1])
    default:
      throw Diagnostic(
        "the activation \"\(printable(name, limit: 40))\"", hint: "known are those that ONNX lists for recurrent layers")
    }
  }
}
