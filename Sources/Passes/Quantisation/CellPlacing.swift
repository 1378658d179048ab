import GraphIR
import LoopIR
import Operators
import Tensors

extension Quantiser {
  /// A recurrent layer on integers. The sequence of its outputs becomes what readers want, by an epilogue; its last states are int16.
  mutating func placeCell(_ node: Node, _ editor: inout Editor) throws(Diagnostic) -> Bool {
    guard let cell = cells[node.outputs[0]], let x = node.inputs[0] else { return false }
    let result = isWantedAsCode(node.outputs[0]) ? codes[node.outputs[0]] : nil
    let isRead = editor.otherReaders(of: node.outputs[0]) > 0 || editor.isResult(node.outputs[0])
    guard var made = isRead ? try fused(cell.sum, node, result, &editor) : unread(node, cell, &editor) else { return false }
    let inputs = try inputs(of: cell, node, x, &editor)
    for position in 1..<node.outputs.count {
      let id = node.outputs[position]
      made.outputs[position] = editor.addValue(editor.graph[id].name + ".short", TensorType(.int16, editor.type(id).shape))
    }
    place(made.reading(inputs), node, isCode: result != nil, &editor)
    for position in 1..<node.outputs.count {
      try addState(made.outputs[position], cell.op.stateBits[position - 1], node, node.outputs[position], &editor)
    }
    return true
  }

  /// Nobody wants the outputs of the steps but the layer itself.
  private func unread(_ node: Node, _ cell: IntegerCell, _ editor: inout Editor) -> Node {
    var made = node
    (made.op, made.epilogue, made.label) = (cell.op, nil, node.shownLabel)
    made.outputs[0] = editor.addValue(editor.graph[node.outputs[0]].name + ".short", TensorType(.int16, editor.type(node.outputs[0]).shape))
    return made
  }

  private mutating func addState(
    _ id: ValueID, _ bits: Int, _ node: Node, _ float: ValueID, _ editor: inout Editor
  ) throws(Diagnostic) {
    if editor.isResult(float) {
      let name = editor.graph[float].name + ".float"
      editor.place(Node(map: dequantising(bits), [id], name: name, label: "dequantise", output: float))
    }
    shorts[float] = (id, bits)
  }

  private mutating func inputs(
    of cell: IntegerCell, _ node: Node, _ x: ValueID, _ editor: inout Editor
  ) throws(Diagnostic) -> [ValueID?] {
    var inputs: [ValueID?] = [
      try gateInput(x, cell, &editor), editor.addConstant(node.name + ".weights", cell.weights),
      node.operatorInputs.count > 2 ? node.inputs[2] : nil, editor.addConstant(node.name + ".multipliers", cell.multipliers),
      cell.op.needsCurve ? curve(&editor) : nil, cell.start.map { editor.addConstant(node.name + ".start", $0) },
    ]
    for (state, position) in cell.initialStates.enumerated() where node.operatorInputs.count > position {
      inputs.append(try node.inputs[position].map { (id) throws(Diagnostic) in try short(id, cell.op.stateBits[state], &editor) })
    }
    while inputs.last == .some(nil) { inputs.removeLast() }
    return inputs
  }

  /// One for all layers.
  private mutating func curve(_ editor: inout Editor) -> ValueID {
    if let sharedCurve { return sharedCurve }
    let made = editor.addConstant("logistic.curve", IntegerCurve.tensor)
    sharedCurve = made
    return made
  }

  /// A state as int16.
  private mutating func short(_ id: ValueID, _ bits: Int, _ editor: inout Editor) throws(Diagnostic) -> ValueID {
    let (name, scale) = (editor.graph[id].name + ".short", Double(Int64(1) << bits))
    if let made = shorts[id], made.bits == bits { return made.id }
    if let tensor = editor.constant(id) {
      let codes = tensor.doubles.map { Int64(min(max(($0 * scale).rounded(.toNearestOrEven), -32768), 32767)) }
      return editor.addConstant(name, Tensor(.int16, tensor.dims, integers: codes))
    }
    let map = Map(short: .binary(.multiply, ElementwiseBody.input(0, .float32), .float(scale, .float32)), inputCount: 1)
    return try editor.add(map, [try float(id, &editor)], name: name, label: "quantise")
  }

  /// The code of a value that exists as int16.
  mutating func codeOfShort(
    _ id: ValueID, _ code: AffineCode, name: String, _ editor: inout Editor
  ) throws(Diagnostic) -> ValueID? {
    guard gates[id] == nil, let short = shorts[id] else { return nil }
    let operand = IntegerOperand.sum(step: Numbers(1 / Double(Int64(1) << short.bits)), offset: Numbers(0), bounds: -32768...32767)
    guard let body = IntegerBody(ElementwiseBody.input(0, .float32), ["x0": operand], result: code), body.constants.isEmpty else {
      return nil
    }
    let map = Map(ElementwiseBody(body.expr.substituting(["x0": ElementwiseBody.input(0, .int16).asInt32])), inputCount: 1)
    return try editor.add(map, [short.id], name: name, label: "quantise")
  }

  /// The floats of a value that exists as int16 only.
  mutating func floatOfShort(_ id: ValueID, _ editor: inout Editor) throws(Diagnostic) -> ValueID? {
    guard gates[id] == nil, let short = shorts[id], !editor.isResult(id) else { return nil }
    let map = Map(ElementwiseBody(dequantising(short.bits)), inputCount: 1)
    return try editor.add(map, [short.id], name: editor.graph[id].name + ".float", label: "dequantise")
  }

  /// The float of an int16; exact.
  private func dequantising(_ bits: Int) -> Expr {
    .binary(.multiply, .cast(.float32, ElementwiseBody.input(0, .int16).asInt32), .float(1 / Double(Int64(1) << bits), .float32))
  }
}

extension IntegerCell {
  /// The outputs of all steps, as bodies see them.
  var sum: IntegerSum {
    IntegerSum(
      op: op, step: Numbers(1 / Double(Int64(1) << op.stateBits[0])), offset: Numbers(0), bounds: -32768...32767,
      variable: ElementwiseBody.input(0, .int16).asInt32)
  }
}

extension Expr {
  fileprivate var asInt32: Expr { .cast(.int32, self) }
}
