import GraphIR
import LoopIR
import Operators
import Tensors

extension GraphPass {
  package static func quantise(_ plan: QuantisationPlan) -> GraphPass {
    GraphPass(
      "quantise", "Layers compute with integers, in the steps that calibration has chosen; the rest stays float.", .within(1)
    ) { (graph) throws(Diagnostic) in
      guard plan.ports == graph.portNames else { return }
      var quantiser = Quantiser(graph, plan)
      try graph.edit { (editor, node) throws(Diagnostic) in try quantiser.place(node, &editor) }
    }
  }
}

extension Graph {
  /// Names of inputs and outputs.
  package var portNames: [String] { inputs.map { self[$0].name } + outputs.map(\.name) }
}

/// Places nodes on integers where they have such a form. Each value exists as codes, as floats, or both, whatever its readers want.
struct Quantiser {
  let codes: [ValueID: AffineCode]
  let means: [ValueID: [Double]]
  /// Recurrent layers on integers, by first output.
  let cells: [ValueID: IntegerCell]
  /// Values that one recurrent layer on integers reads as its input, and nobody else: by how much columns are multiplied to be int16.
  let gates: [ValueID: Numbers]
  /// Layers in front of such that choose among products of a table, by result.
  let gateTables: [ValueID: GateTable]
  private let integerNodes: IntegerNodes
  /// The codes of values, once somebody wanted them.
  private var coded: [ValueID: ValueID] = [:]
  /// The codes that products read, of values that are computed as wider ones.
  private var factors: [ValueID: ValueID] = [:]
  /// The floats of values that are computed as codes, once somebody wanted them.
  private var floats: [ValueID: ValueID] = [:]
  /// Values that exist as int16, and how many bits of fraction they have.
  var shorts: [ValueID: (id: ValueID, bits: Int)] = [:]
  /// The pieces of the logistic function, once somebody wanted them.
  var sharedCurve: ValueID?
  /// Values that nobody computes as floats.
  private var codedOnly: Set<ValueID> = []

  fileprivate init(_ graph: Graph, _ plan: QuantisationPlan) {
    codes = graph.codes(of: plan)
    let read = Set(graph.layerInputs)
    means = Dictionary(uniqueKeysWithValues: read.compactMap { id in plan.means[graph[id].name].map { (id, $0) } })
    integerNodes = IntegerNodes(graph, codes, plan)
    cells = graph.integerCells(integerNodes, plan)
    gates = graph.gateInputs(cells)
    gateTables = graph.gateTables(gates)
  }

  fileprivate mutating func place(_ node: Node, _ editor: inout Editor) throws(Diagnostic) {
    if integerNodes.contains(node), try placeOnIntegers(node, &editor) { return }
    if try placeGateMovement(node, &editor) { return }
    var node = node
    node.inputs = try node.inputs.map { (id) throws(Diagnostic) in try id.map { (id) throws(Diagnostic) in try float(id, &editor) } }
    editor.place(node)
  }

  private mutating func placeOnIntegers(_ node: Node, _ editor: inout Editor) throws(Diagnostic) -> Bool {
    if node.isCell { return try placeCell(node, &editor) }
    if node.op is Map { return try placeMap(node, &editor) }
    if node.handedOnInputs != nil { return try placeMovement(node, &editor) }
    if node.isProductOfValues(in: editor.graph) { return try placeProduct(node, &editor) }
    if node.isRowFunction { return try placeRows(node, &editor) }
    return node.isLayer ? try placeLayer(node, &editor) : try placeAverage(node, &editor)
  }

  /// Some reader of the value computes with its code.
  func isWantedAsCode(_ id: ValueID) -> Bool { integerNodes.read(id) && codes[id] != nil }

  /// The codes of a value.
  mutating func code(_ id: ValueID, _ editor: inout Editor) throws(Diagnostic) -> ValueID {
    if let made = coded[id] { return made }
    guard let code = codes[id] else { throw Diagnostic("\(editor.graph[id].name) has no code") }
    let name = editor.graph[id].name + ".code"
    if let made = try codeOfShort(id, code, name: name, &editor) {
      coded[id] = made
      return made
    }
    if let tensor = editor.constant(id) {
      coded[id] = editor.addConstant(name, code.quantising(tensor))
    } else {
      let map = Map(ElementwiseBody(code.quantising(ElementwiseBody.input(0, .float32))), inputCount: 1)
      coded[id] = try editor.add(map, [try float(id, &editor)], name: name, label: "quantise")
    }
    return coded[id] ?? id
  }

  /// The codes of a value that products and tables read.
  mutating func factorCode(_ id: ValueID, _ editor: inout Editor) throws(Diagnostic) -> ValueID {
    guard let code = codes[id], case let factor = code.asFactor, factor != code else { return try self.code(id, &editor) }
    if let made = factors[id] { return made }
    let name = editor.graph[id].name + ".narrow"
    if let wide = coded[id], let body = IntegerBody(ElementwiseBody.input(0, .float32), ["x0": .code(code)], result: factor),
      body.constants.isEmpty
    {
      factors[id] = try editor.add(Map(ElementwiseBody(body.expr), inputCount: 1), [wide], name: name, label: "narrow")
    } else {
      let map = Map(ElementwiseBody(factor.quantising(ElementwiseBody.input(0, .float32))), inputCount: 1)
      factors[id] = try editor.add(map, [try float(id, &editor)], name: name, label: "quantise")
    }
    return factors[id] ?? id
  }

  /// The codes of a value are those of another one, which it is a multiple of.
  mutating func share(_ id: ValueID, codesOf source: ValueID, _ editor: inout Editor) throws(Diagnostic) {
    coded[id] = try code(source, &editor)
    codedOnly.insert(id)
  }

  /// The value as floats.
  mutating func float(_ id: ValueID, _ editor: inout Editor) throws(Diagnostic) -> ValueID {
    if let made = floats[id] { return made }
    if let made = try floatOfShort(id, &editor) {
      floats[id] = made
      return made
    }
    guard codedOnly.contains(id), let code = codes[id], let source = coded[id] else { return id }
    let map = Map(ElementwiseBody(code.dequantising(code.coded)), inputCount: 1)
    let made = try editor.add(map, [source], name: editor.graph[id].name + ".float", label: "dequantise")
    floats[id] = made
    return made
  }

  /// Places a node whose result is the code of what `node` gives; a caller still gets floats.
  mutating func place(_ made: Node, codeOf node: Node, _ editor: inout Editor) {
    let (id, name) = (node.outputs[0], editor.graph[node.outputs[0]].name)
    guard let code = codes[id] else { return editor.place(made) }
    var made = made
    let output = editor.addValue(name + ".code", TensorType(code.dtype, editor.type(id).shape))
    made.outputs[0] = output
    editor.place(made)
    coded[id] = output
    guard editor.isResult(id) else {
      codedOnly.insert(id)
      return
    }
    editor.place(Node(map: code.dequantising(code.coded), [output], name: node.name + ".float", label: "dequantise", output: id))
  }
}
