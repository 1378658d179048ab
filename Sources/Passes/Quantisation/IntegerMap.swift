import GraphIR
import LoopIR
import Operators
import Tensors

/// An elementwise node on codes.
enum IntegerMap {
  /// A multiple of a value: the code is the same, and the step another.
  case multiple(of: ValueID)
  case body(IntegerBody)
  /// A function of one value: what each of the 256 codes of `source` becomes.
  case table([Int], source: ValueID)

  init?(_ node: Node, in graph: Graph, _ codes: [ValueID: AffineCode]) {
    guard node.epilogue == nil, let body = node.op.elementwise?.body, let result = codes[node.outputs[0]] else { return nil }
    guard let operands = graph.integerOperands(node.inputs.compactMap { $0 }, first: 0, codes) else { return nil }
    guard operands.values.contains(where: { !$0.isConstant }) else { return nil }
    if let (source, factor) = node.scaling(operands), let code = codes[source], result.isMultiple(of: code, by: factor) {
      self = .multiple(of: source)
    } else if let integers = IntegerBody(body, operands, result: result) {
      self = .body(integers)
    } else if let table = IntegerMap.table(node, body, operands, result) {
      self = table
    } else {
      return nil
    }
  }

  private static func table(
    _ node: Node, _ body: Expr, _ operands: [String: IntegerOperand], _ result: AffineCode
  ) -> IntegerMap? {
    let varying = operands.filter { !$0.value.isConstant }.keys.sorted()
    guard varying.count == 1, let name = varying.first, let position = Int(name.dropFirst()), let source = node.inputs[position],
      case .code(let wide)? = operands[name]
    else { return nil }
    let code = wide.asFactor
    guard !code.isWide else { return nil }
    var tensors: [Tensor] = []
    for (input, _) in node.inputs.enumerated() {
      if input == position {
        tensors.append(Tensor(.float32, [256], (0..<256).map(code.real)))
      } else {
        guard case .constant(let number)? = operands["x\(input)"], let value = number.uniform else { return nil }
        tensors.append(Tensor(.float32, [], [value]))
      }
    }
    guard let reals = try? ElementwiseBody(body).evaluate(tensors, dims: [256]).doubles else { return nil }
    return .table(reals.map(result.code), source: source)
  }
}

extension Graph {
  /// What the inputs of an elementwise body are as integers; `nil` where one has no code.
  func integerOperands(_ ids: [ValueID], first: Int, _ codes: [ValueID: AffineCode]) -> [String: IntegerOperand]? {
    var operands: [String: IntegerOperand] = [:]
    for (position, id) in ids.enumerated() {
      guard type(id).dtype == .float32 else { return nil }
      if let tensor = constants[id] {
        operands["x\(first + position)"] = .constant(Numbers(tensor))
      } else {
        guard let code = codes[id] else { return nil }
        operands["x\(first + position)"] = .code(code)
      }
    }
    return operands
  }
}

extension Quantiser {
  mutating func placeMap(_ node: Node, _ editor: inout Editor) throws(Diagnostic) -> Bool {
    guard let map = IntegerMap(node, in: editor.graph, codes) else { return false }
    var made = node
    switch map {
    case .multiple(let source):
      if editor.isResult(node.outputs[0]) { return false }
      try share(node.outputs[0], codesOf: source, &editor)
      return true
    case .body(let body):
      var operands = RenamedOperands(first: 0)
      try add(body, node.inputs.compactMap { $0 }, first: 0, name: node.name, to: &operands, &editor)
      made.inputs = operands.ids
      made.label = node.shownLabel
      made.op = Map(ElementwiseBody(operands.renamed(body.expr)), inputCount: operands.ids.count)
    case .table(let entries, let source):
      let dtype = codes[node.outputs[0]]?.dtype ?? .uint8
      let table = editor.addConstant(node.name + ".table", Tensor(dtype, [256], integers: entries.map { Int64($0) }))
      made.inputs = [table, try factorCode(source, &editor)]
      made.label = node.shownLabel + " by table"
      made.op = Gather(axis: 0)
    }
    place(made, codeOf: node, &editor)
    return true
  }

  /// Lists what an integer body reads: codes of the values that the body on reals read, and its own constants.
  mutating func add(
    _ body: IntegerBody, _ ids: [ValueID], first: Int, name: String, to operands: inout RenamedOperands, _ editor: inout Editor
  ) throws(Diagnostic) {
    let names = body.expr.variables
    for (position, id) in ids.enumerated() where names.contains("x\(first + position)") {
      operands.add("x\(first + position)", try code(id, &editor), codes[id]?.dtype ?? .uint8)
    }
    for (position, tensor) in body.constants.enumerated() {
      operands.add("c\(position)", editor.addConstant("\(name).c\(position)", tensor), .int32)
    }
  }

  /// Moves codes in the place of floats.
  mutating func placeMovement(_ node: Node, _ editor: inout Editor) throws(Diagnostic) -> Bool {
    guard let code = codes[node.outputs[0]], let sources = node.handedOnInputs else { return false }
    var made = node
    for (position, id) in node.inputs.enumerated() {
      guard let id, sources.contains(id), editor.type(id).dtype == .float32 else { continue }
      made.inputs[position] = try self.code(id, &editor)
    }
    if var pad = node.op as? Pad {
      pad.value = Double(code.code(pad.value))
      made.op = pad
    }
    place(made, codeOf: node, &editor)
    return true
  }
}
