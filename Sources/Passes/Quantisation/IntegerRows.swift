import GraphIR
import LoopIR
import Operators
import Tensors

extension Node {
  /// A function of whole rows that has a form on integers: softmax and normalisation.
  var isRowFunction: Bool { op is Softmax || op is Normalise }
}

extension AffineCode {
  /// Octaves of `exp` in a step; a power of two where the scale was chosen so.
  var octaves: Double {
    let octaves = scale * 1.442_695_040_888_963_4
    let power = 0x1p-30 * Double(1 << Int(min(max((octaves * 0x1p30).exponent, 0), 60)))
    return [power, 2 * power].first { abs(octaves / $0 - 1) < 1e-6 } ?? octaves
  }
}

extension IntegerSum {
  /// A softmax or normalisation of codes. `nil` for other nodes, and where rows are open or too long.
  init?(rows node: Node, in graph: Graph, _ codes: [ValueID: AffineCode]) {
    guard let x = node.inputs.first ?? nil, graph.constants[x] == nil, let code = codes[x] else { return nil }
    let type = TensorType(code.dtype, graph.type(x).shape)
    switch node.op {
    case let op as Softmax where !op.isLogarithm: self.init(op, code, type)
    case let op as Normalise where op.divisor == .deviation: self.init(op, code, type)
    default: return nil
    }
  }

  private init?(_ softmax: Softmax, _ code: AffineCode, _ type: TensorType) {
    let op = IntegerSoftmax(axis: softmax.axis, octaves: code.octaves)
    guard (try? op.infer([type])) != nil else { return nil }
    self.init(op: op, step: Numbers(IntegerSoftmax.unit), offset: Numbers(0), bounds: 0...1 << 28)
  }

  private init?(_ normalise: Normalise, _ code: AffineCode, _ type: TensorType) {
    guard let count = normalise.count(type.shape) else { return nil }
    let op = IntegerNormalise(
      axes: normalise.axes, subtractsMean: normalise.subtractsMean, epsilon: normalise.epsilon / (code.scale * code.scale), zero: code.zero)
    let reach = max(code.zero - code.limits.lowerBound, code.limits.upperBound - code.zero)
    guard (try? op.infer([type])) != nil, reach <= IntegerNormalise.reach(count) else { return nil }
    let unit = 1 / Double(Int64(1) << IntegerNormalise.fractionBits(count))
    // The largest distance is the root of the count, whose fraction bits are chosen so; the root is right to 15 bits.
    let most = Int64(1) << 28 + Int64(1) << 14
    self.init(op: op, step: Numbers(unit), offset: Numbers(0), bounds: -most...most)
  }
}

extension Normalise {
  /// How many elements are normalised together, if that is known.
  func count(_ shape: Shape) -> Int? {
    let axes = axes.isEmpty ? Array(shape.indices) : axes.map { $0 < 0 ? $0 + shape.count : $0 }
    return axes.map { shape[$0] }.elementCount.constant
  }
}

extension Quantiser {
  mutating func placeRows(_ node: Node, _ editor: inout Editor) throws(Diagnostic) -> Bool {
    guard let x = node.inputs[0], let sum = IntegerSum(rows: node, in: editor.graph, codes) else { return false }
    return try place(sum, of: node.withParametersBehind, [try code(x, &editor)], &editor)
  }
}

extension Node {
  /// The scale and the offset of a normalisation known when we compile, or none.
  func hasKnownParameters(in graph: Graph) -> Bool {
    operatorInputs.dropFirst().allSatisfy { $0.map { graph.constants[$0]?.doubles.allSatisfy(\.isFinite) ?? false } ?? true }
  }

  /// Scale and offset as a part of the epilogue.
  fileprivate var withParametersBehind: Node {
    let parameters = operatorInputs.dropFirst()
    guard parameters.contains(where: { $0 != nil }) else { return self }
    var (ids, value) = (epilogueInputs, ElementwiseBody.input(0, .float32))
    for (position, id) in parameters.enumerated() {
      guard let id else { continue }
      ids.append(id)
      value = .binary(position == 0 ? .multiply : .add, value, ElementwiseBody.input(ids.count, .float32))
    }
    var node = self
    node.inputs = [inputs[0]] + ids
    node.epilogue = Epilogue(
      ElementwiseBody(epilogue?.body.body.substituting(["x0": value]) ?? value), operandCount: ids.count)
    return node
  }
}
