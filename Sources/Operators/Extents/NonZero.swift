import GraphIR
import LoopIR
import Tensors

/// Where the elements are that are not zero, in row-major order: `[rank, extent]`, a row of indices for each axis. There are
/// `extent` of them, which whoever makes the node has had counted; places beyond those that there are hold zeros.
package struct NonZero: Operator {
  package static let name = "non_zero"
  package static var attributes: [Attribute<NonZero>] { [.dims("extent", \.extent), .choice("dtype", \.dtype)] }
  /// One extent.
  package var extent: Shape = [0]
  /// The type of the result: int32 or int64.
  package var dtype = DType.int64

  package init() {}
  package init(_ extent: Dim, _ dtype: DType = .int64) {
    self.extent = [extent]
    self.dtype = dtype
  }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let x = try inputs.required(0)
    try checkIndexType(dtype)
    try checkExtent(extent)
    return [TensorType(dtype, [Dim(x.rank)] + extent)]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let x = try inputs.required(0)
    let dims = try resultDims(inputs)
    let found = zip(Indices(x.dims), x.doubles).filter { $0.1 != 0 }.map(\.0).prefix(dims[1])
    let rows = x.dims.indices.flatMap { axis in
      found.map { Int64($0[axis]) } + [Int64](repeating: 0, count: dims[1] - found.count)
    }
    return [Tensor(dtype, dims, integers: rows)]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (x, output) = (operands.input(0), operands.output)
    return local("found", 0) { found in
      loops("i", x.shape) { index in
        branch(isSet(x[index]) .&& (found.value .< Expr(extent[0]))) {
          index.enumerated().map { output.store([.index($0.offset), found.value], $0.element.converted(to: dtype)) }
          found.add(1)
        }
      }
      loop("rest", from: found.value, to: Expr(extent[0])) { at in
        x.shape.indices.map { output.store([.index($0), at], .int(0, dtype)) }
      }
    }
  }

  private func isSet(_ element: Expr) -> Expr {
    if element.dtype == .bool { return element }
    let type = element.dtype.accumulator
    return .compare(.notEqual, element.converted(to: type), .constant(0, type))
  }

  package func substituting(_ dims: [String: Dim]) -> NonZero {
    var copy = self
    copy.extent = extent.map { $0.substituting(dims) }
    return copy
  }
}
