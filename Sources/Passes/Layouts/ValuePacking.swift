import GraphIR
import LoopIR
import Operators
import Tensors

extension Editor {
  /// A product of two values of uint8 by groups of four, into which the second factor is brought first. What the zeros of both add is
  /// subtracted from the sums behind: `Σ (a - p)(b - q) = Σ a b - p Σ b - q Σ a + K p q`. `nil` where that does not pay.
  mutating func packedProductOfValues(_ node: Node) throws(Diagnostic) -> Node? {
    guard let op = node.op as? MatMul, op.widens, !op.transposeA, node.operatorInputs.count == 2, let a = node.inputs[0],
      let b = node.inputs[1], constant(a) == nil, constant(b) == nil, type(a).dtype == .uint8, type(b).dtype == .uint8
    else { return nil }
    let (shape, batch) = (type(a).shape, type(b).shape.dropLast(2))
    guard batch.count <= shape.count - 2, zip(batch.reversed(), shape.dropLast(2).reversed()).allSatisfy({ $0 == $1 || $0 == 1 }),
      let extents = shape.constants, type(b).shape.constants != nil, extents[extents.count - 2] >= 4, let channels = extents.last,
      // Sums of products of bytes, without their zeros.
      channels < 1 << 14, let packing = Packing(channels: channels, taps: [], window: SlidingWindow())
    else { return nil }
    let name = node.name
    let packed = try groupedColumns(of: b, transposed: op.transposeB, name: name)
    var (ids, sum) = (node.epilogueInputs, ElementwiseBody.input(0, .int32))
    let (p, q) = (op.zeroA, op.zeroB - 128)
    if p != 0 {
      let ones = addConstant(name + ".ones", .ones(.uint8, extents.dropLast(2) + [1, channels]))
      ids.append(try add(PackedProduct(), [ones, packed], name: name + ".columns"))
      sum = sum - ElementwiseBody.input(ids.count, .int32) * .int(Int64(p), .int32)
    }
    if q != 0 {
      let ones = addConstant(name + ".ones", packing.packed(.ones(.int8, [channels, 1]), outputs: 1))
      ids.append(try add(PackedProduct(), [a, ones], name: name + ".rows"))
      sum = sum - ElementwiseBody.input(ids.count, .int32) * .int(Int64(q), .int32)
    }
    if p != 0, q != 0 { sum = sum + .int(Int64(channels * p * q), .int32) }
    var result = node
    result.op = PackedProduct()
    result.inputs = [a, packed] + ids
    let body = node.epilogue?.body.body.substituting(["x0": sum]) ?? sum
    result.epilogue = ids.isEmpty && node.epilogue == nil ? nil : Epilogue(ElementwiseBody(body), operandCount: ids.count)
    return result
  }

  /// Read from where they came, if all that happened to them is that rows became columns.
  private mutating func groupedColumns(of b: ValueID, transposed: Bool, name: String) throws(Diagnostic) -> ValueID {
    let source = isReadHereOnly(b) ? sourceOfSwappedAxes(b) : nil
    let grouped = try add(GroupedColumns(transposed: (source == nil) == transposed), [source ?? b], name: name + ".grouped")
    if source != nil { removeProducer(of: b) }
    return grouped
  }
}

extension Tensor {
  fileprivate static func ones(_ dtype: DType, _ dims: [Int]) -> Tensor {
    Tensor(dtype, dims, bytes: [UInt8](repeating: 1, count: dims.reduce(1, *)))
  }
}
