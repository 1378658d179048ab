import GraphIR
import LoopIR
import Tensors

/// A recurrent layer with int8 weights and int16 states. Its inputs are
///
/// 0. the projected input of all steps, int16 `[batch, time, gates * units]`, with `inputBits` bits of fraction in each gate;
/// 1. the recurrent kernel, int8 `[units, gates * units]`, or packed;
/// 2. optionally the mask, as `RecurrentCell` says;
/// 3. int32 `[gates * units]`, from 0 to 32767, the multipliers of the sums;
/// 4. what `IntegerCurve` gives, if an activation needs it;
/// 5. optionally int32 `[gates * units]`, which the sums of the columns start from;
/// 6. and on, each optional: initial states, int16 `[batch, units]`, zeros where absent.
///
/// Outputs: as of `RecurrentCell`, in int16 with `stateBits` bits of fraction. States that 16 bits do not hold are cut off.
///
/// The argument of a gate has as many bits of fraction as its function asks for, and is the input, plus a multiplier times the lowest 16
/// bits of what is left of a sum when `sumShift` bits are moved out, with `productBits` further bits of fraction.
///
/// A sum is `Σ h · weight`. Packed, a kernel is `[units / 4, gates * units · 4]`, filled up with zeros, and a sum is that of
/// `(h + 32768) · weight`, of whose first factor both bytes are multiplied alone. What is said of activations in `IntegerActivation`
/// holds for all cells; a product of numbers with fractions is rounded to the nearest.
package struct IntegerRecurrent: Operator {
  package static let name = "integer_recurrent"
  package static var attributes: [Attribute<IntegerRecurrent>] {
    [
      .choice("cell", \.cell), .ints("input_bits", \.inputBits), .ints("state_bits", \.stateBits), .int("sum_shift", \.sumShift),
      .int("product_bits", \.productBits),
      .string("activation", \.activation.name), .floats("activation_parameters", \.activation.parameters),
      .string("recurrent_activation", \.recurrentActivation.name),
      .floats("recurrent_activation_parameters", \.recurrentActivation.parameters),
      .string("output_activation", \.outputActivation.name), .floats("output_activation_parameters", \.outputActivation.parameters),
      .bool("couples_gates", \.couplesGates), .float("clip", \.clip), .bool("go_backwards", \.goBackwards),
      .bool("zero_output_for_mask", \.zeroOutputForMask), .bool("packed", \.isPacked),
    ]
  }

  package enum Cell: String, CaseIterable, Hashable, Sendable {
    case simple = "simple_rnn"
    case lstm
    /// With `resetAfter`.
    case gru
    case gruResettingBefore = "gru_resetting_before"
  }

  package static let startPosition = 5
  package static let firstState = 6

  package var cell = Cell.lstm
  package var inputBits: [Int] = []
  package var stateBits: [Int] = []
  package var sumShift = 0
  package var productBits = 0
  package var activation = Activation("tanh")
  package var recurrentActivation = Activation("sigmoid")
  /// Of the cell state of an LSTM.
  package var outputActivation = Activation("tanh")
  package var couplesGates = false
  package var clip = Double.infinity
  package var goBackwards = false
  package var zeroOutputForMask = false
  package var isPacked = false

  package init() {}

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let x = try inputs.required(0)
    guard x.dtype == .int16, x.rank == 3, let columns = x.shape[2].constant, columns.isMultiple(of: cell.gateCount) else {
      throw Diagnostic("\(Self.name) of \(x)", hint: "int16 [batch, time, \(cell.gateCount) * units] is needed")
    }
    try checkNumbers()
    let units = columns / cell.gateCount
    let weights: Shape = isPacked ? [Dim((units + 3) / 4), Dim(4 * columns)] : [Dim(units), Dim(columns)]
    let numbers = TensorType(.int32, [Dim(columns)])
    let state = TensorType(.int16, [x.shape[0], Dim(units)])
    try check("the recurrent kernel", try inputs.required(1), TensorType(.int8, weights))
    try check("the mask", inputs.optional(2), TensorType(.bool, Array(x.shape.prefix(2))))
    try check("the multipliers", try inputs.required(3), numbers)
    try check("the curve", needsCurve ? try inputs.required(4) : inputs.optional(4), IntegerCurve.type)
    try check("the start of the sums", inputs.optional(Self.startPosition), numbers)
    for position in 0..<cell.stateCount { try check("initial state \(position)", inputs.optional(Self.firstState + position), state) }
    return [TensorType(.int16, [x.shape[0], x.shape[1], Dim(units)])] + [TensorType](repeating: state, count: cell.stateCount)
  }

  private func checkNumbers() throws(Diagnostic) {
    guard inputBits.count == cell.gateCount, inputBits.allSatisfy((2...16).contains) else {
      throw Diagnostic("input_bits are \(inputBits)", hint: "\(cell.gateCount) from 2 to 16 are needed")
    }
    guard stateBits.count == cell.stateCount, stateBits.allSatisfy((0...15).contains) else {
      throw Diagnostic("state_bits are \(stateBits)", hint: "\(cell.stateCount) from 0 to 15 are needed")
    }
    guard (0...16).contains(sumShift), (0...15).contains(productBits), clip > 0 else {
      throw Diagnostic(
        "sum_shift is \(sumShift), product_bits \(productBits), clip \(clip)",
        hint: "from 0 to 16, from 0 to 15, and more than 0, are needed")
    }
    guard (0..<cell.gateCount).allSatisfy({ argumentBits($0) + productBits <= inputBits[$0] + 15 }) else {
      throw Diagnostic("product_bits are \(productBits)", hint: "32 bits must hold the inputs with so many bits of fraction more")
    }
    guard functions.count == 3, cell == .simple || gate.isGate else {
      let names = [activation, recurrentActivation, outputActivation].map(\.name).joined(separator: ", ")
      throw Diagnostic("the activations are \(names)", hint: "integers have sigmoid, tanh, hard_sigmoid, relu and linear; gates no tanh")
    }
  }

  private func check(_ title: String, _ found: TensorType?, _ expected: TensorType) throws(Diagnostic) {
    guard let found, found.dtype != expected.dtype || found.shape != expected.shape else { return }
    throw Diagnostic("\(title) is \(found)", hint: "it must be \(expected)")
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] { try IntegerRecurrentMeaning(self, inputs).outputs }

  package func lower(_ operands: Operands) -> [Stmt] {
    let nest = RecurrentNest(
      operands, states: cell.stateCount, firstState: Self.firstState, dtype: .int32, goBackwards: goBackwards,
      zeroOutputForMask: zeroOutputForMask)
    return nest.rows { IntegerRecurrentNest(self, operands, $0).step }
  }

  /// The sums of one step, each state of one row, for a GRU that resets before the product the state times the gate, and for packed
  /// kernels the upper and the lower bytes of what is multiplied.
  package func workspaces(_ inputs: [TensorType?], _ outputs: [TensorType]) -> [TensorType] {
    let units = outputs[0].shape[2].constant ?? 0
    let vector = TensorType(.int16, [Dim(units)])
    let bytes = TensorType(.uint8, [Dim((units + 3) / 4 * 4)])
    return [TensorType(.int32, [Dim(units * cell.gateCount)])]
      + [TensorType](repeating: vector, count: cell.stateCount + (cell == .gruResettingBefore ? 1 : 0)) + (isPacked ? [bytes, bytes] : [])
  }

  package func macs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Dim {
    outputs[0].shape.elementCount * (inputs[0]?.shape[2] ?? 0)
  }
}

extension IntegerRecurrent.Cell {
  package var gateCount: Int { self == .lstm ? 4 : self == .simple ? 1 : 3 }
  package var stateCount: Int { self == .lstm ? 2 : 1 }
}

extension IntegerRecurrent {
  /// As many of the three functions as integers have.
  private var functions: [IntegerActivation] {
    [activation, recurrentActivation, outputActivation].compactMap { IntegerActivation($0) }
  }
  /// Some function that the cell has reads `IntegerCurve`.
  package var needsCurve: Bool { candidate.isCurved || cell != .simple && gate.isCurved || cell == .lstm && last.isCurved }

  /// Of the candidate, of gates, and of the cell state.
  var candidate: IntegerActivation { IntegerActivation(activation) ?? .linear }
  var gate: IntegerActivation { IntegerActivation(recurrentActivation) ?? .sigmoid }
  var last: IntegerActivation { IntegerActivation(outputActivation) ?? .linear }

  /// The function of the sums of a gate.
  func function(_ gate: Int) -> IntegerActivation {
    let isCandidate = cell == .simple || gate == 2
    return isCandidate ? candidate : self.gate
  }

  /// How many bits of fraction the argument of a gate has.
  package func argumentBits(_ gate: Int) -> Int { function(gate).argumentBits }

  /// What the arguments of a gate are cut off at.
  func limit(_ gate: Int) -> Int32? { clip < 16384 ? Int32((clip * Double(Int64(1) << argumentBits(gate))).rounded()) : nil }
}
