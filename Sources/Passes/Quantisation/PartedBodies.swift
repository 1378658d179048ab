import GraphIR
import LoopIR
import Operators
import Tensors

extension GraphPass {
  package static let partBodies = GraphPass(
    "part-bodies", "Functions of one value that integers have only tables for become nodes of their own, so that calibration sees it."
  ) { (graph) throws(Diagnostic) in
    try graph.edit { (editor, node) throws(Diagnostic) in try editor.placeParted(node) }
  }
}

extension Editor {
  fileprivate mutating func placeParted(_ node: Node) throws(Diagnostic) {
    guard types(node).allSatisfy({ $0 == .float32 }), node.outputs.count == 1 else { return place(node) }
    if node.op.elementwise != nil, node.epilogue == nil { return try placeParted(map: node) }
    guard let epilogue = node.epilogue, node.op is Convolution || node.op is DepthwiseConvolution || node.op is MatMul else {
      return place(node)
    }
    try placeParted(layer: node, epilogue.body.body)
  }

  private func types(_ node: Node) -> [DType] { (node.inputs.compactMap { $0 } + node.outputs).map { type($0).dtype } }

  private mutating func placeParted(map node: Node) throws(Diagnostic) {
    guard let body = node.op.elementwise?.body else { return place(node) }
    let scope = BodyScope(node.inputs.compactMap { $0 }, first: 0, self)
    if scope.isLinear(body) || scope.base(of: body).map(scope.isVariable) == true { return place(node) }
    if let base = scope.base(of: body) {
      let value = try addValue(node.name + ".argument", of: base, node.inputs.compactMap { $0 })
      place(rewritten(base, node.inputs.compactMap { $0 }, name: graph[value].name, label: Map.name, output: value))
      let rest = body.replacing(base, by: ElementwiseBody.input(0, .float32))
      return place(Node(map: rest, [value], name: node.name, label: node.shownLabel, output: node.outputs[0]))
    }
    let (rest, ids) = try cut(body, scope, name: node.name)
    place(rewritten(rest, ids, name: node.name, label: node.shownLabel, output: node.outputs[0]))
  }

  /// The part that functions are applied to stays with the layer, the rest goes behind it.
  private mutating func placeParted(layer node: Node, _ body: Expr) throws(Diagnostic) {
    let scope = BodyScope(node.epilogueInputs, first: 1, self)
    guard !scope.isLinear(body) else { return place(node) }
    guard let base = scope.outermostBase(in: body, with: "x0"), base.variables.contains("x0") else { return place(node) }
    let rest = body.replacing(base, by: .variable(Variable("base", ValueType(.float32))))
    guard !rest.variables.contains("x0") else { return place(node) }
    var layer = graph.rewritten(node, epilogueReading: base)
    let value = addValue(node.name + ".sum", type(node.outputs[0]))
    layer.outputs = [value]
    layer.name = graph[value].name
    place(layer)
    var operands = RenamedOperands(first: 0)
    operands.add("base", value, .float32)
    for (position, id) in node.epilogueInputs.enumerated() where rest.variables.contains("x\(position + 1)") {
      operands.add("x\(position + 1)", id, .float32)
    }
    let map = Node(map: operands.renamed(rest), operands.ids, name: node.name, label: "activation", output: node.outputs[0])
    try placeParted(map: map)
  }

  /// Places functions of one value that the expression contains; it then reads what they give.
  private mutating func cut(_ body: Expr, _ scope: BodyScope, name: String) throws(Diagnostic) -> (Expr, [ValueID]) {
    var ids = scope.ids
    var rest = body
    while let part = scope.outermostFunction(in: rest) {
      let value = try addValue(name + ".part", of: part, ids)
      try placeParted(map: rewritten(part, ids, name: graph[value].name, label: Map.name, output: value))
      rest = rest.replacing(part, by: ElementwiseBody.input(ids.count, .float32))
      ids.append(value)
    }
    return (rest, ids)
  }

  /// A value for what a body gives.
  private mutating func addValue(_ name: String, of body: Expr, _ ids: [ValueID]) throws(Diagnostic) -> ValueID {
    let read = ids.indices.filter { body.variables.contains("x\($0)") }.map { type(ids[$0]).shape }
    return addValue(name, TensorType(.float32, try Broadcasting.shape(read)))
  }

  /// A node that reads only those of the values that occur.
  private func rewritten(_ body: Expr, _ ids: [ValueID], name: String, label: String, output: ValueID) -> Node {
    var operands = RenamedOperands(first: 0)
    for (position, id) in ids.enumerated() where body.variables.contains("x\(position)") { operands.add("x\(position)", id, .float32) }
    return Node(map: operands.renamed(body), operands.ids, name: name, label: label, output: output)
  }
}

extension Graph {
  /// The node with an epilogue over some of the operands of its own one.
  fileprivate func rewritten(_ node: Node, epilogueReading body: Expr) -> Node {
    var operands = RenamedOperands(first: 1)
    operands.replace("x0", by: ElementwiseBody.input(0, .float32))
    for (position, id) in node.epilogueInputs.enumerated() where body.variables.contains("x\(position + 1)") {
      operands.add("x\(position + 1)", id, type(id).dtype)
    }
    return rewritten(node, epilogue: operands.renamed(body), operands.ids)
  }
}

/// What is known of the variables of a body.
private struct BodyScope {
  let ids: [ValueID]
  /// Variables whose values are known, and those of them with but one element.
  private var known: Set<String> = []
  private var scalars: Set<String> = []
  /// `x0` is the sum of a layer.
  private let hasSum: Bool

  init(_ ids: [ValueID], first: Int, _ editor: Editor) {
    self.ids = ids
    hasSum = first == 1
    for (position, id) in ids.enumerated() {
      guard let tensor = editor.constant(id) else { continue }
      known.insert("x\(first + position)")
      if tensor.count == 1 { scalars.insert("x\(first + position)") }
    }
  }

  private func isKnown(_ expr: Expr) -> Bool { expr.variables.isSubset(of: known) }

  func isVariable(_ expr: Expr) -> Bool { if case .variable = expr { true } else { false } }

  /// Sums, scales, bounds and products of two values: what integers compute without tables.
  func isLinear(_ expr: Expr) -> Bool {
    if isKnown(expr) { return true }
    switch expr {
    case .variable: return true
    case .unary(.negate, let a), .unary(.abs, let a): return isLinear(a)
    case .binary(.add, let a, let b), .binary(.subtract, let a, let b), .binary(.minimum, let a, let b), .binary(.maximum, let a, let b):
      return isLinear(a) && isLinear(b)
    case .binary(.multiply, let a, let b):
      return isKnown(a) && isLinear(b) || isKnown(b) && isLinear(a) || isCode(a) && isCode(b) && a != b
    case .binary(.divide, let a, let b): return isLinear(a) && isKnown(b)
    case .multiplyAdd(let a, let b, let c): return isLinear(.binary(.multiply, a, b)) && isLinear(c)
    case .select(.compare(_, let a, let b), let c, let d): return [a, b, c, d].allSatisfy(isLinear)
    default: return false
    }
  }

  /// A value that has codes, which sums of layers have not.
  private func isCode(_ expr: Expr) -> Bool {
    guard case .variable(let variable) = expr else { return false }
    return !known.contains(variable.name) && !(hasSum && variable.name == "x0")
  }

  /// The largest linear part that the expression is a function of, beside numbers.
  func base(of expr: Expr) -> Expr? {
    let probe = Expr.variable(Variable("probe", ValueType(.float32)))
    return linearParts(of: expr).first { part in
      expr.replacing(part, by: probe).variables.subtracting(scalars) == ["probe"]
    }
  }

  /// Distinct parts that hold a value, the largest first.
  private func linearParts(of expr: Expr) -> [Expr] {
    var found: [Expr] = []
    func visit(_ part: Expr) {
      if part.dtype == .float32, !isKnown(part), isLinear(part), !found.contains(part) { found.append(part) }
      part.children.forEach(visit)
    }
    visit(expr)
    return found.enumerated().sorted { ($1.element.operationCount, $0.offset) < ($0.element.operationCount, $1.offset) }.map(\.element)
  }

  /// The outermost part that is a function of one value and not linear.
  func outermostFunction(in expr: Expr) -> Expr? {
    if isLinear(expr) { return nil }
    if expr.dtype == .float32, base(of: expr) != nil { return expr }
    for child in expr.children {
      if let found = outermostFunction(in: child) { return found }
    }
    return nil
  }

  /// What the outermost function that reads a variable is a function of.
  func outermostBase(in expr: Expr, with name: String) -> Expr? {
    if isLinear(expr) || !expr.variables.contains(name) { return nil }
    if expr.dtype == .float32, let base = base(of: expr) { return base }
    for child in expr.children {
      if let found = outermostBase(in: child, with: name) { return found }
    }
    return nil
  }
}

extension Expr {
  /// The expression with another in the place of a part of it.
  func replacing(_ part: Expr, by other: Expr) -> Expr {
    self == part ? other : mapChildren { $0.replacing(part, by: other) }
  }
}
