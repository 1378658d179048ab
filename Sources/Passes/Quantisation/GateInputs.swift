import GraphIR
import LoopIR
import Operators
import Tensors

extension Graph {
  /// The recurrent layers that are chosen, by first output.
  func integerCells(_ integerNodes: IntegerNodes, _ plan: QuantisationPlan) -> [ValueID: IntegerCell] {
    var found: [ValueID: IntegerCell] = [:]
    for node in nodes where node.isCell && integerNodes.contains(node) {
      let units = type(node.outputs[1]).shape.last?.constant ?? 0
      let rounding = plan.moments[self[node.outputs[0]].name].flatMap { StateRounding($0, units: units) }
      found[node.outputs[0]] = (try? IntegerCell(node, in: self, plan.peaks, rounding)) ?? (try? IntegerCell(node, in: self, plan.peaks))
    }
    return found
  }

  /// What one recurrent layer on integers reads as its input, and nobody else, and of what that is but another shape: by how much its
  /// columns are multiplied to be int16.
  func gateInputs(_ cells: [ValueID: IntegerCell]) -> [ValueID: Numbers] {
    let readers = readers
    var found: [ValueID: Numbers] = [:]
    for node in nodes {
      guard let cell = cells[node.outputs[0]], let x = node.inputs[0] else { continue }
      var id = x
      while readers[id]?.count == 1, !results.contains(id) {
        found[id] = cell.inputScale
        guard let producer = nodes.first(where: { $0.outputs.contains(id) }), producer.isReshapeOfColumns(in: self),
          let source = producer.inputs[0]
        else { break }
        id = source
      }
    }
    return found
  }
}

extension IntegerCell {
  /// By how much the columns of the input are multiplied to be int16.
  var inputScale: Numbers {
    let units = multipliers.count / op.cell.gateCount
    return Numbers([multipliers.count], op.inputBits.flatMap { [Double](repeating: Double(Int64(1) << $0), count: units) })
  }
}

extension IntegerBody {
  /// A sum of one int32 and constants as int16, multiplied by `scale`, which belongs to the last axis. `nil` where 32 bits do not hold it.
  init?(_ body: Expr, _ operands: [String: IntegerOperand], times scale: Numbers) {
    var constants = IntegerConstants()
    guard let sum = LinearSum(body, operands), sum.atoms.count == 1, case .integer(let name) = sum.atoms[0],
      case .sum(_, _, let bounds)? = operands[name], let factor = sum.factors[sum.atoms[0]]?.combined(scale, *),
      let target = sum.constant.combined(scale, *)?.map({ $0 + 0.5 }), let start = target.combined(factor, /),
      let offset = constants.integers(start),
      let total = FixedPoint(.variable(Variable(name, ValueType(.int32))), bounds)?.plus(offset)
    else { return nil }
    // What is so far outside is outside after scaling, too.
    let reach = Int64((0x1p17 / max(factor.values.map(\.magnitude).min() ?? 1, 1e-9)).rounded(.up))
    let within = total.clamped(-reach...reach)
    guard let scaled = constants.scaled(total, by: factor) ?? (reach < 1 << 30 ? constants.scaled(within, by: factor) : nil) else {
      return nil
    }
    self.init(expr: .cast(.int16, scaled.clamped(-32768...32767).expr), constants: constants.tensors)
  }
}

extension Quantiser {
  /// The layer with an epilogue that gives the input of a recurrent layer as int16, if such a one reads it.
  mutating func fusedIntoGates(_ sum: IntegerSum, _ node: Node, _ editor: inout Editor) throws(Diagnostic) -> Node? {
    guard let scale = gates[node.outputs[0]] else { return nil }
    let body = node.epilogue?.body.body ?? ElementwiseBody.input(0, .float32)
    var operands: [String: IntegerOperand] = ["x0": sum.operand]
    for (position, id) in node.epilogueInputs.enumerated() {
      guard let tensor = editor.constant(id), tensor.dtype == .float32 else { return nil }
      operands["x\(position + 1)"] = .constant(Numbers(tensor))
    }
    guard let integers = IntegerBody(body, operands, times: scale) else { return nil }
    var renamed = RenamedOperands(first: 1)
    renamed.replace("x0", by: sum.variable)
    try add(integers, node.epilogueInputs, first: 1, name: node.name, to: &renamed, &editor)
    var made = node
    made.op = sum.op
    made.label = node.shownLabel
    made.inputs = renamed.ids
    made.epilogue = Epilogue(ElementwiseBody(renamed.renamed(integers.expr)), operandCount: renamed.ids.count)
    return made
  }

  /// Places a node that gives, as int16, what `node` gives.
  mutating func placeGates(_ made: Node, _ node: Node, _ editor: inout Editor) {
    let id = node.outputs[0]
    var made = made
    made.outputs[0] = editor.addValue(editor.graph[id].name + ".gates", TensorType(.int16, editor.type(id).shape))
    editor.place(made)
    shorts[id] = (made.outputs[0], 0)
  }

  /// Gives int16 another shape where floats had it.
  mutating func placeGateMovement(_ node: Node, _ editor: inout Editor) throws(Diagnostic) -> Bool {
    guard gates[node.outputs[0]] != nil, node.isReshapeOfColumns(in: editor.graph), let source = node.inputs[0],
      let short = shorts[source]
    else { return false }
    var made = node
    made.inputs[0] = short.id
    placeGates(made, node, &editor)
    return true
  }

  /// The input of a recurrent layer as int16.
  mutating func gateInput(_ id: ValueID, _ cell: IntegerCell, _ editor: inout Editor) throws(Diagnostic) -> ValueID {
    if gates[id] != nil, let short = shorts[id] { return short.id }
    let scale = cell.inputScale
    let x0 = ElementwiseBody.input(0, .float32)
    let name = editor.graph[id].name + ".gates"
    let source = try float(id, &editor)
    if let factor = scale.uniform {
      let map = Map(short: .binary(.multiply, x0, .float(factor, .float32)), inputCount: 1)
      return try editor.add(map, [source], name: name, label: "quantise")
    }
    let factors = editor.addConstant(name + ".scale", Tensor(.float32, scale.dims, scale.values))
    let map = Map(short: .binary(.multiply, x0, ElementwiseBody.input(1, .float32)), inputCount: 2)
    return try editor.add(map, [source, factors], name: name, label: "quantise")
  }
}

extension Map {
  /// The nearest int16.
  init(short real: Expr, inputCount: Int) {
    let limits = (Expr.float(-32768, .float32), Expr.float(32767, .float32))
    self.init(ElementwiseBody(.cast(.int16, minimum(maximum(.unary(.round, real), limits.0), limits.1))), inputCount: inputCount)
  }
}
