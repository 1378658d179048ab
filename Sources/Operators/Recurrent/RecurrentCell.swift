import GraphIR
import LoopIR
import Tensors

/// What SimpleRNN, LSTM and GRU share. Their inputs are
///
/// 0. the projected input of all steps, `x · W + b`: `[batch, time, gates * units]`, gate by gate;
/// 1. the recurrent kernel `[units, gates * units]`;
/// 2. optionally the mask, bool `[batch, time]`: where it is false, the state stays as it is, and the output of the step is that
///    of the step before (zeros, where there was none yet) or zeros, as in Keras. Sequences of several lengths are masked after
///    their ends: backwards, they then start at their own ends;
/// 3. and on, each optional: initial states `[batch, units]`, zeros where absent, what else the cell has, and last the steps of a kernel of
///    whole numbers, `[gates * units]`, by which columns of products are multiplied.
///
/// Outputs: the sequence of outputs `[batch, time, units]` in the order of processing, then every last state `[batch, units]`, and with
/// `returnsCells` the sequence of the last of the states.
protocol RecurrentCell: Operator {
  static var gateCount: Int { get }
  static var stateCount: Int { get }
  /// The sequence is processed from its end; the outputs are in that order too.
  var goBackwards: Bool { get }
  var zeroOutputForMask: Bool { get }
  /// What goes into the activations of the gates and of the candidate is moved between its negative and itself.
  var clip: Double { get }
  var activations: [Activation] { get }
  /// The last state after each step is an output, too. Default: no.
  var returnsCells: Bool { get }

  /// The states after a step: `x` is the projected input of one row and step, `extra` the input after the initial states,
  /// `product` is a vector times the recurrent kernel.
  func step(_ x: [Double], _ states: [[Double]], extra: [Double]?, product: ([Double]) -> [Double]) throws(Diagnostic) -> [[Double]]
  /// The same in a nest: computes the gates of a step, and hands the new states of each unit to `nest.update`.
  func step(_ nest: RecurrentNest) -> [Stmt]
}

extension RecurrentCell {
  /// The position of the first input after the initial states.
  static var extraPosition: Int { 3 + stateCount }

  /// The position of the steps of the kernel.
  static var stepsPosition: Int { extraPosition + 1 }

  package var isRecurrent: Bool { true }
  package var returnsCells: Bool { false }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] { try inferCell(inputs) }

  /// What an activation makes of a clipped sum.
  func applied(_ activation: Activation, to sum: Expr) -> Expr { activation.applied(to: sum.clamped(-clip, clip)) }

  /// The same by the definition.
  func value(_ activation: Activation, _ sum: Double) throws(Diagnostic) -> Double {
    try activation.value(sum.isNaN ? sum : min(max(sum, -clip), clip))
  }

  /// What all cells ask of their inputs.
  func inferCell(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let (x, kernel) = (try inputs.required(0), try inputs.required(1))
    guard x.rank == 3, kernel.rank == 2, x.dtype.isFloat else {
      throw Diagnostic(
        "\(Self.name) of \(x) with the recurrent kernel \(kernel)",
        hint: "floats [batch, time, gates * units] and [units, gates * units] are needed")
    }
    let units = kernel.shape[0]
    let columns = units * Dim(Self.gateCount)
    guard x.shape[2] == columns, kernel.shape[1] == columns, (try? productType(x.dtype, kernel.dtype, widens: false)) != nil
    else {
      throw Diagnostic(
        "\(Self.name) of \(x) with the recurrent kernel \(kernel)",
        hint: "both must be \(x.dtype), the kernel may be narrower, and their last extents \(Self.gateCount) times \(units)")
    }
    try check("the mask", inputs.optional(2), TensorType(.bool, Array(x.shape.prefix(2))))
    let state = TensorType(x.dtype, [x.shape[0], units])
    for position in 0..<Self.stateCount { try check("initial state \(position)", inputs.optional(3 + position), state) }
    try check("the steps of the kernel", inputs.optional(Self.stepsPosition), TensorType(x.dtype, [columns]))
    for activation in activations { try activation.check() }
    guard clip > 0 else { throw Diagnostic("the clip is \(clip)", hint: "it must be positive; leave it out for none") }
    let sequence = TensorType(x.dtype, [x.shape[0], x.shape[1], units])
    return [sequence] + [TensorType](repeating: state, count: Self.stateCount) + (returnsCells ? [sequence] : [])
  }

  func check(_ title: String, _ found: TensorType?, _ expected: TensorType) throws(Diagnostic) {
    guard let found, found.dtype != expected.dtype || found.shape != expected.shape else { return }
    throw Diagnostic("\(title) is \(found)", hint: "it must be \(expected)")
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let (x, kernel) = (try inputs.required(0), try inputs.required(1))
    let (rows, steps, columns, units) = (x.dims[0], x.dims[1], x.dims[2], kernel.dims[0])
    let (projected, weights) = (x.doubles, kernel.doubles)
    let mask = inputs.optional(2)?.integers
    let initial = (0..<Self.stateCount).map { inputs.optional(3 + $0)?.doubles ?? [Double](repeating: 0, count: rows * units) }
    let extra = inputs.optional(Self.extraPosition)?.doubles
    let scales = inputs.optional(Self.stepsPosition)?.doubles ?? [Double](repeating: 1, count: columns)
    var (sequence, cells): ([Double], [Double]) = ([], [])
    var last = [[Double]](repeating: [], count: Self.stateCount)
    for row in 0..<rows {
      var states = initial.map { Array($0[row * units..<(row + 1) * units]) }
      var output = [Double](repeating: 0, count: units)
      for processed in 0..<steps {
        let at = row * steps + (goBackwards ? steps - 1 - processed : processed)
        if mask.map({ $0[at] != 0 }) ?? true {
          let current = Array(projected[at * columns..<(at + 1) * columns])
          states = try step(current, states, extra: extra) { vector in
            (0..<columns).map { column in (0..<units).reduce(0) { $0 + vector[$1] * weights[$1 * columns + column] } * scales[column] }
          }
          output = states[0]
        } else if zeroOutputForMask {
          output = [Double](repeating: 0, count: units)
        }
        sequence += output
        cells += states[states.count - 1]
      }
      for (position, state) in states.enumerated() { last[position] += state }
    }
    return [Tensor(x.dtype, [rows, steps, units], sequence)] + last.map { Tensor(x.dtype, [rows, units], $0) }
      + (returnsCells ? [Tensor(x.dtype, [rows, steps, units], cells)] : [])
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (count, steps) = (Self.stateCount, Self.stepsPosition)
    let together = rowsTogether(operands.inputs.map { $0?.type }, operands.outputs.map(\.type))
    return RecurrentNest(
      operands, states: count, stepsPosition: steps, goBackwards: goBackwards, zeroOutputForMask: zeroOutputForMask, together: together
    ).rows(step)
  }

  package func workspaces(_ inputs: [TensorType?], _ outputs: [TensorType]) -> [TensorType] { cellWorkspaces(inputs, outputs) }

  /// The gates of one step, then each state, of the rows that are computed together.
  func cellWorkspaces(_ inputs: [TensorType?], _ outputs: [TensorType]) -> [TensorType] {
    let (dtype, units) = ((inputs[0] ?? outputs[0]).dtype.accumulator, outputs[0].shape[2])
    let rows = rowsTogether(inputs, outputs)
    let leading = rows > 1 ? [Dim(rows)] : []
    return [TensorType(dtype, leading + [units * Dim(Self.gateCount)])]
      + [TensorType](repeating: TensorType(dtype, leading + [units]), count: Self.stateCount)
  }

  /// Rows whose steps are computed together, where their number is known and no mask lets them stop one by one.
  fileprivate func rowsTogether(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Int {
    guard let rows = outputs[0].shape[0].constant, rows > 1, inputs.count < 3 || inputs[2] == nil else { return 1 }
    return (1...16).last { rows.isMultiple(of: $0) } ?? 1
  }

  package func macs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Dim {
    outputs[0].shape.elementCount * (inputs[1]?.shape[1] ?? 0)
  }
}

extension Operator {
  /// The operator is a recurrent layer that uses a weight for several rows whenever it reads it.
  package func sharesWeights(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Bool {
    (self as? any RecurrentCell).map { $0.rowsTogether(inputs, outputs) > 1 } ?? false
  }

  /// Where a recurrent layer takes the steps of a kernel of whole numbers; `nil` for others.
  package var kernelStepsPosition: Int? { (self as? any RecurrentCell).map { type(of: $0).stepsPosition } }
}
