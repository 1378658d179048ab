import GraphIR
import LoopIR
import Operators
import Tensors

extension AffineCode {
  /// Both are the same integers, in steps one of which is the other times `factor`.
  func isMultiple(of other: AffineCode, by factor: Double) -> Bool {
    zero == other.zero && limits == other.limits && abs(scale / (other.scale * factor) - 1) < 1e-6
  }

  /// The code of the value times `factor`, which is positive.
  func times(_ factor: Double) -> AffineCode { AffineCode(scale: Double(Float(scale * factor)), zero: zero) }
}

extension Node {
  /// The value that an elementwise node multiplies with a positive number, and this number.
  func scaling(_ operands: [String: IntegerOperand]) -> (source: ValueID, factor: Double)? {
    guard let body = op.elementwise?.body, epilogue == nil, let sum = LinearSum(body, operands), sum.atoms.count == 1,
      case .integer(let name) = sum.atoms[0], case .code(let code)? = operands[name], let step = sum.factors[sum.atoms[0]]?.uniform,
      let constant = sum.constant.uniform, let position = Int(name.dropFirst()), let source = inputs[position]
    else { return nil }
    let isPure = abs(constant + step * Double(code.zero)) <= 1e-6 * step
    return isPure && step > 0 ? (source, step / code.scale) : nil
  }
}

extension Graph {
  /// Gives multiples of values their codes, so that scaling costs nothing, where all that shares a multiple's code comes from it.
  func shareCodesOfMultiples(_ groups: CodeGroups, _ codes: inout [ValueID: AffineCode]) {
    var members: [ValueID: [ValueID]] = [:]
    var origins: [ValueID: Int] = [:]
    let moved = Set(nodes.filter { $0.handedOnInputs != nil }.flatMap(\.outputs))
    for id in inputs + nodes.flatMap(\.outputs) + constants.keys where type(id).dtype == .float32 {
      let group = groups.representative(of: id)
      members[group, default: []].append(id)
      if !moved.contains(id) { origins[group, default: 0] += 1 }
    }
    for node in nodes where node.op is Map && node.outputs.count == 1 {
      let group = groups.representative(of: node.outputs[0])
      guard origins[group] == 1, codes[node.outputs[0]]?.isWide == false,
        let operands = integerOperands(node.inputs.compactMap { $0 }, first: 0, codes), let (source, factor) = node.scaling(operands),
        groups.representative(of: source) != group, let code = codes[source], !code.isWide, (1e-6...1e6).contains(factor)
      else { continue }
      for id in members[group] ?? [] { codes[id] = code.times(factor) }
    }
  }
}
