import GraphIR
import LoopIR
import Operators
import Tensors

extension GraphPass {
  package static let computeOnCodes = GraphPass(
    "compute-on-codes",
    "What a model dequantises, computes and quantises again is computed with its integers: sums of products and averages exactly, the "
      + "rest as it stands there.", .within(1)
  ) { (graph) throws(Diagnostic) in
    try graph.scaleSumsAsFloats()
    guard graph.nodes.contains(where: \.decodes) else { return }
    try graph.separateDecoding()
    var placer = CodePlacer(CodedValues(graph))
    try graph.edit { (editor, node) throws(Diagnostic) in try placer.place(node, &editor) }
  }
}

extension Graph {
  /// Products with known weights, or averages, read codes.
  package var computesOnCodes: Bool { nodes.contains { sumBounds(of: $0) != nil } }
}

extension Node {
  /// The result consists of codes in truth.
  fileprivate var decodes: Bool { finalBody.flatMap { Decoding($0) } != nil }
}

/// Places nodes so that values are codes where somebody reads them as such, and what the model says elsewhere.
struct CodePlacer {
  private let values: CodedValues
  /// The codes of values, once they are computed or somebody wanted them.
  private var coded: [ValueID: ValueID] = [:]
  /// What codes stand for, once somebody wanted it.
  private var decoded: [ValueID: ValueID] = [:]
  /// Values that nobody computes but as codes.
  private var codedOnly: Set<ValueID> = []

  init(_ values: CodedValues) { self.values = values }

  mutating func place(_ node: Node, _ editor: inout Editor) throws(Diagnostic) {
    let result = node.outputs[0]
    if let sum = values.sums[result] { return try place(sum, of: node, &editor) }
    if values.moves(node), values.stored.contains(result) { return try placeMovement(node, &editor) }
    guard let body = node.finalBody else {
      var node = node
      node.inputs = try plain(node.inputs[...], &editor)
      return editor.place(node)
    }
    let isMap = node.op.elementwise != nil
    var operands = try operands(of: node, first: isMap ? 0 : 1, &editor)
    if !isMap { operands.replace("x0", by: ElementwiseBody.input(0, try editor.ownType(of: node))) }
    let own = isMap ? [] : try plain(node.operatorInputs, &editor)
    place(node, own, operands.renamed(body), operands, &editor)
  }

  /// The node with the body that makes its result, as a code where that is stored.
  private mutating func place(_ node: Node, _ own: [ValueID?], _ body: Expr, _ operands: RenamedOperands, _ editor: inout Editor) {
    let id = node.outputs[0]
    var made = node
    made.inputs = own + operands.ids
    made.label = node.shownLabel
    guard let code = values.codes[id], values.stored.contains(id), let decoding = Decoding(body) else {
      made.set(body, operandCount: operands.ids.count)
      return editor.place(made)
    }
    let name = editor.graph[id].name
    if made.op.elementwise != nil, case .variable(let variable) = decoding.expr, let position = Int(variable.name.dropFirst()) {
      coded[id] = operands.ids[position]
    } else {
      made.set(decoding.expr, operandCount: operands.ids.count)
      made.outputs[0] = editor.addValue(name + ".code", TensorType(.uint8, editor.type(id).shape))
      coded[id] = made.outputs[0]
      editor.place(made)
    }
    finish(id, code, node.name, &editor)
  }

  /// A caller still gets what codes stand for.
  private mutating func finish(_ id: ValueID, _ code: TensorCode, _ name: String, _ editor: inout Editor) {
    guard editor.isResult(id), let source = coded[id] else {
      codedOnly.insert(id)
      return
    }
    let body = code.decoding(code.affine.coded)
    editor.place(Node(map: body, [source], name: name + ".decoded", label: "dequantise", output: id))
  }

  private mutating func place(_ sum: CodedSum, of node: Node, _ editor: inout Editor) throws(Diagnostic) {
    var operands = try operands(of: node, first: 1, &editor)
    let body = try SumBody(name: node.name).body(sum, &operands, &editor)
    var made = node
    made.op = sum.op
    var own = try code(sum.input, &editor)
    if !sum.pads.before.isEmpty {
      let pad = Pad(before: sum.pads.before, after: sum.pads.after, value: Double(sum.code.zero))
      own = try editor.add(pad, [own], name: node.name + ".padded")
    }
    let weights = sum.weights.map { editor.addConstant(node.name + ".weights", $0) }
    place(made, [own] + (weights.map { [$0] } ?? []), operands.renamed(body), operands, &editor)
  }

  private mutating func placeMovement(_ node: Node, _ editor: inout Editor) throws(Diagnostic) {
    let id = node.outputs[0]
    guard let sources = node.handedOnInputs, let code = values.codes[id] else { return }
    var made = node
    for (position, source) in node.inputs.enumerated() {
      if let source, sources.contains(source) { made.inputs[position] = try self.code(source, &editor) }
    }
    if var pad = node.op as? Pad {
      pad.value = Double(code.affine.code(pad.value))
      made.op = pad
    }
    made.outputs = [editor.addValue(editor.graph[id].name + ".code", TensorType(.uint8, editor.type(id).shape))]
    editor.place(made)
    coded[id] = made.outputs[0]
    finish(id, code, node.name, &editor)
  }

  /// What a body reads, the codes of values where these are stored.
  private mutating func operands(of node: Node, first: Int, _ editor: inout Editor) throws(Diagnostic) -> RenamedOperands {
    var operands = RenamedOperands(first: first)
    for (position, id) in node.bodyInputs.enumerated() {
      let name = "x\(first + position)"
      if let code = values.codes[id], code.dtype == .float32 || codedOnly.contains(id), values.stored.contains(id) {
        operands.add(name, try self.code(id, &editor), .uint8)
        operands.replace(name, by: code.decoding(operands.renamed(.variable(Variable(name, ValueType(.uint8))))))
      } else {
        operands.add(name, id, editor.type(id).dtype)
      }
    }
    return operands
  }

  /// Inputs of an operator that knows no codes.
  private mutating func plain(_ ids: ArraySlice<ValueID?>, _ editor: inout Editor) throws(Diagnostic) -> [ValueID?] {
    try ids.map { (id) throws(Diagnostic) in try id.map { (id) throws(Diagnostic) in try decoded(id, &editor) } }
  }

  private mutating func decoded(_ id: ValueID, _ editor: inout Editor) throws(Diagnostic) -> ValueID {
    guard codedOnly.contains(id), let code = values.codes[id], let source = coded[id] else { return id }
    if let made = decoded[id] { return made }
    let map = Map(ElementwiseBody(code.decoding(code.affine.coded)), inputCount: 1)
    let made = try editor.add(map, [source], name: editor.graph[id].name + ".decoded", label: "dequantise")
    decoded[id] = made
    return made
  }

  /// The codes of a value, which may be an input of the graph.
  private mutating func code(_ id: ValueID, _ editor: inout Editor) throws(Diagnostic) -> ValueID {
    if let made = coded[id] { return made }
    guard let decoding = Decoding(ElementwiseBody.input(0, editor.type(id).dtype)) else {
      throw Diagnostic("\(editor.graph[id].name) has no code")
    }
    let map = Map(ElementwiseBody(decoding.expr), inputCount: 1)
    let made = try editor.add(map, [id], name: editor.graph[id].name + ".code", label: "code")
    coded[id] = made
    return made
  }
}

extension Node {
  fileprivate mutating func set(_ body: Expr, operandCount: Int) {
    if op.elementwise == nil {
      epilogue = Epilogue(ElementwiseBody(body), operandCount: operandCount)
    } else {
      op = Map(ElementwiseBody(body), inputCount: operandCount)
    }
  }
}

extension Editor {
  /// The element type that the operator itself gives.
  fileprivate func ownType(of node: Node) throws(Diagnostic) -> DType {
    try node.op.infer(graph.types(node.operatorInputs))[0].dtype
  }
}
