import GraphIR
import LoopIR
import Tensors

/// 0, 1, 2, …: a vector of as many numbers as `extent` says, which may be open.
package struct Iota: Operator {
  package static let name = "iota"
  package static var attributes: [Attribute<Iota>] { [.dims("extent", \.extent), .choice("dtype", \.dtype)] }
  /// One extent.
  package var extent: Shape = [1]
  package var dtype = DType.int32

  package init() {}
  package init(_ extent: Dim, _ dtype: DType = .int32) {
    self.extent = [extent]
    self.dtype = dtype
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    try checkExtent(extent)
    guard dtype != .bool else { throw Diagnostic("a ramp of bool is asked for", hint: "ask for numbers") }
    return [TensorType(dtype, extent)]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let dims = try resultDims(inputs)
    return [Tensor(dtype, dims, integers: (0..<Int64(dims[0])).map { $0 })]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    loops("i", extent) { index in operands.store(index, index[0].converted(to: dtype)) }
  }

  package func substituting(_ dims: [String: Dim]) -> Iota {
    var copy = self
    copy.extent = extent.map { $0.substituting(dims) }
    return copy
  }
}

/// The extents of a tensor that is given by its shape alone.
func checkExtents(_ extents: Shape) throws(Diagnostic) {
  let limit = 0..<1 << 31
  guard extents.count <= 64, extents.allSatisfy({ limit.contains($0.constant ?? 0) }), limit.contains(extents.elementCount.constant ?? 0)
  else {
    throw Diagnostic("a tensor has the extents \(extents)", hint: "they must not be negative, and their product below 2^31")
  }
}

/// An attribute that holds one extent.
func checkExtent(_ extent: Shape) throws(Diagnostic) {
  guard extent.count == 1, (0..<1 << 31).contains(extent[0].constant ?? 0) else {
    throw Diagnostic("the extent is \(extent)", hint: "it must be one extent between 0 and 2^31 - 1")
  }
}
