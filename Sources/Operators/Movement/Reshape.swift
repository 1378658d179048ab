import GraphIR
import LoopIR
import Tensors

/// The same elements in the same order under another shape.
package struct Reshape: Operator {
  package static let name = "reshape"
  package static var attributes: [Attribute<Reshape>] {
    [.dims("shape", \.target), .bool("allow_zero", \.allowsZero), .dims("verified", \.verified)]
  }
  /// Extents of the result: one of them may be -1, which takes what is left.
  package var target: Shape = [-1]
  /// An extent of 0 is one; else it keeps the input's at that axis.
  package var allowsZero = false
  /// Dimensions that are 0 where the shapes have as many elements, as `ResolvedShape` computes one: where any is named, this need not
  /// follow from the extents.
  package var verified: Shape = []

  package init() {}
  package init(_ target: Shape) { self.target = target }
  package init(_ target: [Int]) { self.target = Shape(target) }

  /// The shape `shape` itself.
  package init(exactly shape: Shape, verified: Shape = []) {
    target = shape
    allowsZero = true
    self.verified = verified
  }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let x = try inputs.required(0)
    var shape = try target.enumerated().map { (axis, dim) throws(Diagnostic) in try kept(dim, x.shape, axis) }
    let open = shape.indices.filter { shape[$0] == -1 }
    guard open.count <= 1, !shape.contains(where: { ($0.constant ?? 1) < -1 }) else {
      throw Diagnostic("the shape \(target) is asked for", hint: "one extent may be -1, no other may be negative")
    }
    if let axis = open.first { shape[axis] = try remainder(of: x, without: shape.removing(at: axis)) }
    guard !verified.filter({ $0 != 0 }).isEmpty || shape.elementCount == x.shape.elementCount else {
      throw Diagnostic("\(x) cannot take the shape \(target)", hint: "the products of all extents must be equal")
    }
    return [TensorType(x.dtype, shape)]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    [try inputs.required(0).reshaped(try resultDims(inputs))]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (x, y) = (operands.input(0), operands.output)
    // Axes that stay at either end need no arithmetic.
    let head = zip(x.shape, y.shape).prefix { $0 == $1 }.count
    let tail = Swift.min(zip(x.shape.reversed(), y.shape.reversed()).prefix { $0 == $1 }.count, x.rank - head, y.rank - head)
    return loops("i", y.shape) { index in
      let flat = linear(Array(index[head..<y.rank - tail]), Array(y.shape[head..<y.rank - tail]))
      operands.store(index, x[index.prefix(head) + split(flat, Array(x.shape[head..<x.rank - tail])) + index.suffix(tail)])
    }
  }

  package func aliasing(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Aliasing {
    inputs[0]?.shape.elementCount == outputs[0].shape.elementCount ? .sameElements : .none
  }

  package func substituting(_ dims: [String: Dim]) -> Reshape {
    var copy = Reshape(target.map { $0.substituting(dims) })
    copy.verified = verified.map { $0.substituting(dims) }
    // An open extent that is 0 keeps nothing.
    copy.allowsZero = allowsZero || !target.contains(0) && copy.target.contains(0)
    return copy
  }

  private func kept(_ dim: Dim, _ shape: Shape, _ axis: Int) throws(Diagnostic) -> Dim {
    guard dim == 0, !allowsZero else { return dim }
    guard axis < shape.count else {
      throw Diagnostic("the shape \(target) keeps axis \(axis) of a tensor of rank \(shape.count)", hint: "name the extent")
    }
    return shape[axis]
  }

  /// What is left of the elements of `x` for one axis beside `others`.
  private func remainder(of x: TensorType, without others: Shape) throws(Diagnostic) -> Dim {
    var left = x.shape
    var divisor: Dim = 1
    // Equal extents cancel first: a quotient of polynomials cannot always be expressed.
    for dim in others {
      if let position = left.firstIndex(of: dim) { left.remove(at: position) } else { divisor *= dim }
    }
    guard let quotient = left.elementCount.exactQuotient(by: divisor) else {
      throw Diagnostic("\(x) cannot take the shape \(target)", hint: "\(x.shape.elementCount) must be divisible by \(others.elementCount)")
    }
    return quotient
  }
}

/// The position of an index in row-major order.
private func linear(_ index: [Expr], _ shape: Shape) -> Expr {
  zip(index, shape).reduce(0) { $0 * Expr($1.1) + $1.0 }
}

/// The index in row-major order of a position.
private func split(_ position: Expr, _ shape: Shape) -> [Expr] {
  let strides = TensorType(.bool, shape).strides
  return shape.indices.map { axis in
    let quotient = position / Expr(strides[axis])
    return axis == 0 ? quotient : quotient % Expr(shape[axis])
  }
}
