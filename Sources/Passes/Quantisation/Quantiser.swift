import GraphIR
import LoopIR
import Operators
import Tensors

extension GraphPass {
  package static func quantise(_ plan: QuantisationPlan) -> GraphPass {
    GraphPass(
      "quantise", "Layers compute with integers of eight bits, in the steps that calibration has chosen; the rest stays float.", .within(1)
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
  private let integerNodes: IntegerNodes
  /// The codes of values, once somebody wanted them.
  private var coded: [ValueID: ValueID] = [:]
  /// The floats of values that are computed as codes, once somebody wanted them.
  private var floats: [ValueID: ValueID] = [:]
  /// Values that nobody computes as floats.
  private var codedOnly: Set<ValueID> = []

  fileprivate init(_ graph: Graph, _ plan: QuantisationPlan) {
    codes = graph.codes(of: plan)
    let read = Set(graph.layerInputs)
    means = Dictionary(uniqueKeysWithValues: read.compactMap { id in plan.means[graph[id].name].map { (id, $0) } })
    integerNodes = IntegerNodes(graph, codes, except: plan.floatNodes)
  }

  fileprivate mutating func place(_ node: Node, _ editor: inout Editor) throws(Diagnostic) {
    if integerNodes.contains(node), try placeOnIntegers(node, &editor) { return }
    var node = node
    node.inputs = try node.inputs.map { (id) throws(Diagnostic) in try id.map { (id) throws(Diagnostic) in try float(id, &editor) } }
    editor.place(node)
  }

  private mutating func placeOnIntegers(_ node: Node, _ editor: inout Editor) throws(Diagnostic) -> Bool {
    if node.op is Map { return try placeMap(node, &editor) }
    if node.handedOnInputs != nil { return try placeMovement(node, &editor) }
    return node.isLayer ? try placeLayer(node, &editor) : try placeAverage(node, &editor)
  }

  /// Some reader of the value computes with its code.
  func isWantedAsCode(_ id: ValueID) -> Bool { integerNodes.read(id) && codes[id] != nil }

  /// The codes of a value.
  mutating func code(_ id: ValueID, _ editor: inout Editor) throws(Diagnostic) -> ValueID {
    if let made = coded[id] { return made }
    guard let code = codes[id] else { throw Diagnostic("\(editor.graph[id].name) has no code") }
    let name = editor.graph[id].name + ".code"
    if let tensor = editor.constant(id) {
      coded[id] = editor.addConstant(name, code.quantising(tensor))
    } else {
      let map = Map(ElementwiseBody(code.quantising(ElementwiseBody.input(0, .float32))), inputCount: 1)
      coded[id] = try editor.add(map, [id], name: name, label: "quantise")
    }
    return coded[id] ?? id
  }

  /// The value as floats.
  mutating func float(_ id: ValueID, _ editor: inout Editor) throws(Diagnostic) -> ValueID {
    guard codedOnly.contains(id), let code = codes[id], let source = coded[id] else { return id }
    if let made = floats[id] { return made }
    let map = Map(ElementwiseBody(code.dequantising(AffineCode.coded)), inputCount: 1)
    let made = try editor.add(map, [source], name: editor.graph[id].name + ".float", label: "dequantise")
    floats[id] = made
    return made
  }

  /// Places a node whose result is the code of what `node` gives; a caller still gets floats.
  mutating func place(_ made: Node, codeOf node: Node, _ editor: inout Editor) {
    let (id, name) = (node.outputs[0], editor.graph[node.outputs[0]].name)
    guard let code = codes[id] else { return editor.place(made) }
    var made = made
    let output = editor.addValue(name + ".code", TensorType(.uint8, editor.type(id).shape))
    made.outputs = [output]
    editor.place(made)
    coded[id] = output
    guard editor.isResult(id) else {
      codedOnly.insert(id)
      return
    }
    editor.place(Node(map: code.dequantising(AffineCode.coded), [output], name: node.name + ".float", label: "dequantise", output: id))
  }
}
