import GraphIR
import Operators
import Tensors

extension Editor {
  /// A recurrent layer on integers whose kernel lies in groups of four units.
  mutating func packedRecurrent(_ node: Node) -> Node? {
    guard var op = node.op as? IntegerRecurrent, !op.isPacked, let id = node.inputs[1], let kernel = constant(id) else { return nil }
    let position = IntegerRecurrent.startPosition
    let given = node.operatorInputs.count > position ? node.inputs[position] : nil
    guard given == nil || constant(given) != nil else { return nil }
    op.isPacked = true
    var own = Array(node.operatorInputs)
    while own.count <= position { own.append(nil) }
    own[1] = addConstant(graph[id].name + ".packed", kernel.packedUnits)
    own[position] = addConstant(node.name + ".start", kernel.start(constant(given)))
    var result = node
    result.op = op
    result.inputs = own + node.epilogueInputs
    return result
  }
}

extension Tensor {
  /// `[units, columns]` as `[units / 4, columns · 4]`, filled up with zeros.
  fileprivate var packedUnits: Tensor {
    let (units, columns, source) = (dims[0], dims[1], bytes)
    let groups = units.ceilingDivision(by: 4)
    var result = [UInt8](repeating: 0, count: groups * columns * 4)
    for unit in 0..<units {
      for column in 0..<columns { result[(unit / 4 * columns + column) * 4 + unit % 4] = source[unit * columns + column] }
    }
    return Tensor(.int8, [groups, columns * 4], bytes: result)
  }

  /// What sums start from so that `h + 32768` stands for `h`; they wrap.
  fileprivate func start(_ given: Tensor?) -> Tensor {
    let columns = dims[1]
    var sums = given?.integers ?? [Int64](repeating: 0, count: columns)
    for (flat, weight) in integers.enumerated() { sums[flat % columns] -= 32768 * weight }
    return Tensor(.int32, [columns], integers: sums.map { Int64(Int32(truncatingIfNeeded: $0)) })
  }
}
