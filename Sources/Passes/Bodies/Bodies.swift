import GraphIR
import LoopIR
import Operators
import Tensors

/// The values that several elementwise bodies read, each once and numbered, so that the bodies can become one.
struct SharedInputs {
  private(set) var ids: [ValueID] = []
  /// The number of the first: 1 in an epilogue, where `x0` is the operator's own result.
  private let first: Int
  private let graph: Graph

  init(in graph: Graph, first: Int = 0) {
    self.graph = graph
    self.first = first
  }

  /// The body of an elementwise node, its epilogue included, with `replaced` in the place of some values.
  mutating func expression(_ node: Node, _ body: ElementwiseBody, replacing replaced: [ValueID: Expr] = [:]) -> Expr {
    let own = body.applied(to: operands(node.operatorInputs.compactMap { $0 }, replaced))
    guard let epilogue = node.epilogue else { return own }
    return epilogue.body.applied(to: [own] + operands(node.epilogueInputs, replaced))
  }

  /// The epilogue of a node over its own result, which is of type `result`.
  mutating func epilogue(_ node: Node, result: DType, replacing replaced: [ValueID: Expr] = [:]) -> Expr {
    let own = ElementwiseBody.input(0, result)
    guard let epilogue = node.epilogue else { return own }
    return epilogue.body.applied(to: [own] + operands(node.epilogueInputs, replaced))
  }

  private mutating func operands(_ values: [ValueID], _ replaced: [ValueID: Expr]) -> [Expr] {
    values.map { id in replaced[id] ?? variable(id) }
  }

  private mutating func variable(_ id: ValueID) -> Expr {
    let position = ids.firstIndex(of: id) ?? ids.count
    if position == ids.count { ids.append(id) }
    return ElementwiseBody.input(first + position, graph.type(id).dtype)
  }
}

extension Node {
  /// An elementwise node whose label says what its body does; one that the reader of a model has named keeps its label.
  init(map body: Expr, _ inputs: [ValueID], name: String, label: String, output: ValueID) {
    self.init(name: name, op: Map(ElementwiseBody(body), inputCount: inputs.count), inputs: inputs, outputs: [output], label: label)
  }

  /// What people call the node: its label or, for a map without one, the functions of its body.
  var shownLabel: String {
    guard label == Map.name, let body = op.elementwise else { return label }
    let names = body.body.functionNames
    return names.isEmpty ? label : names.prefix(3).joined(separator: "+")
  }
}

extension Expr {
  /// How often a variable occurs.
  func uses(of name: String) -> Int {
    if case .variable(let variable) = self { return variable.name == name ? 1 : 0 }
    return children.reduce(0) { $0 + $1.uses(of: name) }
  }

  /// Operations in it, as written.
  var operationCount: Int { children.isEmpty ? 0 : children.reduce(1) { $0 + $1.operationCount } }

  /// Some operation costs as much as a dozen multiplications.
  var isCostly: Bool { isCostlyItself || children.contains(where: \.isCostly) }

  private var isCostlyItself: Bool {
    switch self {
    case .unary(let function, _): !function.isCheap
    case .binary(let function, _, _): !function.isCheap
    case .int, .float, .variable, .load, .multiplyAdd, .dot, .compare, .select, .cast, .reinterpret, .broadcast, .reduce, .lookup: false
    }
  }

  /// Names of the functions in the order in which they are applied, for labels.
  var functionNames: [String] { children.flatMap(\.functionNames) + [ownName].compactMap { $0 } }

  private var ownName: String? {
    switch self {
    case .unary(let function, _): function.rawValue
    case .binary(.maximum, _, .float(0, _)): "relu"
    case .binary(let function, _, _): function.rawValue
    case .compare: "compare"
    case .select: "select"
    case .cast: "cast"
    case .reinterpret: "bit_cast"
    case .multiplyAdd: "multiply_add"
    case .dot: "dot"
    case .int, .float, .variable, .load, .broadcast, .reduce, .lookup: nil
    }
  }
}

extension UnaryFunction {
  fileprivate var isCheap: Bool {
    switch self {
    case .negate, .abs, .sign, .floor, .ceil, .round, .trunc, .isNaN, .isInfinite, .not, .bitwiseNot: true
    case .sqrt, .reciprocalSqrt, .exp, .expm1, .log, .log1p, .log2, .log10, .sin, .cos, .tan, .asin, .acos, .atan, .sinh, .cosh, .tanh,
      .asinh, .acosh, .atanh, .erf, .erfc, .sigmoid, .lgamma:
      false
    }
  }
}

extension BinaryFunction {
  fileprivate var isCheap: Bool {
    switch self {
    case .add, .subtract, .multiply, .multiplyHigh, .minimum, .maximum, .and, .or, .xor, .shiftLeft, .shiftRight: true
    case .divide, .remainder, .floorDivide, .floorModulo, .power, .arcTangent2: false
    }
  }
}
