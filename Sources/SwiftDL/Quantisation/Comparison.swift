import GraphIR
import LoopIR
import Operators
import Passes
import Tensors

/// Values of two graphs, one in float and one that was made smaller, run by run.
struct Comparison {
  private let plan: QuantisationPlan?
  private let reasons: [String: String]
  /// Bits of fraction of what recurrent layers keep as int16.
  private let shortBits: [String: Int]
  private var values: [String: SignalToNoise] = [:]
  private var results: [SignalToNoise]
  private var winners: [(expected: Int, actual: Int)] = []

  init(_ float: Graph, _ result: Graph, _ plan: QuantisationPlan?) {
    self.plan = plan
    reasons = plan.map { float.reasonsForFloat($0) } ?? [:]
    shortBits = result.shortBits
    results = float.outputs.map { _ in SignalToNoise() }
  }

  /// A value of the smaller graph.
  mutating func add(_ name: String, _ tensor: Tensor, _ reals: [String: Tensor]) {
    let source = sourceName(name)
    guard let expected = reals[source], expected.count == tensor.count else { return }
    if let code = plan?.codes[source], tensor.dtype == code.dtype {
      values[name, default: SignalToNoise()].add(expected.doubles, tensor.integers.map { code.real(Int($0)) })
    } else if tensor.dtype == .int16, let bits = shortBits[name] {
      values[name, default: SignalToNoise()].add(expected.doubles, tensor.doubles.map { $0 / Double(1 << bits) })
    } else if tensor.dtype == expected.dtype, tensor.dtype.isFloat {
      values[name, default: SignalToNoise()].add(expected.doubles, tensor.doubles)
    }
  }

  private func sourceName(_ name: String) -> String {
    for suffix in [".code", ".short"] where name.hasSuffix(suffix) { return String(name.dropLast(suffix.count)) }
    return name
  }

  mutating func add(outputs expected: [Tensor], _ actual: [Tensor]) {
    for position in results.indices where expected[position].dtype.isFloat {
      results[position].add(expected[position].doubles, actual[position].doubles)
    }
    guard let (a, b) = zip(expected, actual).first(where: { _ in true }) else { return }
    winners.append((a.doubles.firstGreatest, b.doubles.firstGreatest))
  }

  func outputs(_ graph: Graph) -> [(name: String, signalToNoise: Double)] {
    zip(graph.outputs, results).map { ($0.name, $1.decibels) }
  }

  func accuracy(_ classes: [Int]) -> CompressionReport.Accuracy {
    let pairs = zip(winners, classes)
    return CompressionReport.Accuracy(float: pairs.map { $0.expected == $1 }, quantised: pairs.map { $0.actual == $1 })
  }

  /// `compiled` tells what weights take as kernels read them, where layers have kept their names.
  func layers(_ float: Graph, _ result: Graph, compiled: Graph) -> [CompressionReport.Layer] {
    let bytesBefore = Dictionary(float.nodes.map { ($0.name, float.constantBytes(of: $0)) }) { first, _ in first }
    let bytesNow = Dictionary(compiled.nodes.map { ($0.name, compiled.constantBytes(of: $0)) }) { first, _ in first }
    let largest = result.dims.mapValues(\.upperBound)
    return result.nodes.map { node in
      let macs = node.op.macs(result.types(node.operatorInputs), node.outputs.map { result.type($0) })
      let (arithmetic, name, bytes) = (result.arithmetic(of: node), sourceName(node.name), result.constantBytes(of: node))
      return CompressionReport.Layer(
        name: name, operation: node.label, arithmetic: arithmetic ?? "float32", weights: result.narrowWeights(of: node),
        reason: arithmetic == nil ? reasons[name] : nil, macs: macs.value(largest) ?? 0, floatBytes: bytesBefore[name] ?? 0,
        bytes: bytes == 0 ? 0 : bytesNow[node.name] ?? bytes, sumBounds: result.sumBounds(of: node),
        signalToNoise: node.outputs.lazy.compactMap { values[result[$0].name]?.decibels }.first)
    }
  }
}

extension Graph {
  fileprivate func constantBytes(of node: Node) -> Int {
    Set(node.inputs.compactMap { $0 }).reduce(0) { $0 + (constants[$1]?.bytes.count ?? 0) }
  }

  /// The type of the weights of a product of floats, if it is not float32.
  fileprivate func narrowWeights(of node: Node) -> String? {
    guard node.operatorInputs.count > 1, let id = node.inputs[1], constants[id] != nil else { return nil }
    if node.op is GroupedProduct { return "int4" }
    let dtype = type(id).dtype
    return dtype == .int8 || dtype.isFloat && dtype != .float32 ? dtype.rawValue : nil
  }

  /// By name of the value.
  fileprivate var shortBits: [String: Int] {
    var found: [String: Int] = [:]
    for node in nodes {
      guard let op = node.op as? IntegerRecurrent else { continue }
      for (position, id) in node.outputs.enumerated() { found[self[id].name] = op.stateBits[max(position - 1, 0)] }
    }
    return found
  }

  /// The type of products of integers, or of integers from integers without floats between; `nil` where there are floats.
  fileprivate func arithmetic(of node: Node) -> String? {
    if node.op is IntegerRecurrent { return "int8" }
    let codes = node.inputs.compactMap { $0 }.filter { constants[$0] == nil && type($0).dtype.isCode }
    guard let first = codes.first else { return nil }
    let bodies = [node.op.elementwise?.body, node.epilogue?.body.body].compactMap { $0 }
    let isProduct = node.op.macs(types(node.operatorInputs), node.outputs.map { type($0) }) != 0
    guard isProduct || type(node.outputs[0]).dtype.isCode && !bodies.contains(where: \.hasFloats) else { return nil }
    return type(first).dtype == .int16 ? "int16" : "int8"
  }
}

extension DType {
  fileprivate var isCode: Bool { self == .uint8 || self == .int16 }
}

extension Expr {
  fileprivate var hasFloats: Bool { dtype.isFloat || children.contains(where: \.hasFloats) }
}

extension [Double] {
  /// The position of the greatest; of equal ones the first.
  var firstGreatest: Int { indices.reduce(0) { self[$1] > self[$0] ? $1 : $0 } }
}
