import Tensors

/// A tensor as a kernel sees it: a buffer, and where in it each index lies. Strides other than row-major make slices, parts
/// of a concatenation and broadcasts (stride 0) without a copy.
package struct TensorView: Hashable, Sendable {
  package let buffer: Buffer
  package let type: TensorType
  /// Elements between neighbours, for each axis.
  package let strides: [Dim]
  package let offset: Dim
  /// Of these axes only so many neighbours have memory at a time: an index lies where its remainder does.
  package let periods: [Int: Int]
  /// Elements before the first one that variables of loops decide.
  private var start: Expr?

  package init(_ buffer: Buffer, _ type: TensorType, strides: [Dim]? = nil, offset: Dim = 0, periods: [Int: Int] = [:]) {
    self.buffer = buffer
    self.type = type
    self.strides = strides ?? type.strides
    self.offset = offset
    self.periods = periods
  }

  /// The part at an index of the first axis, without that axis.
  package func part(_ index: Expr) -> TensorView {
    precondition(type.layout == .rowMajor && periods.isEmpty, "a part of \(type)")
    let rest = TensorType(type.dtype, Shape(type.shape.dropFirst()))
    var result = TensorView(buffer, rest, strides: Array(strides.dropFirst()), offset: offset)
    let here = index * Expr(strides[0])
    result.start = start.map { $0 + here } ?? here
    return result
  }

  package var shape: Shape { type.shape }
  package var rank: Int { type.rank }
  package var dtype: DType { type.dtype }

  /// The extent of `axis` as an index expression.
  package func extent(_ axis: Int) -> Expr { Expr(type.shape[axis]) }

  /// The element at an index.
  package subscript(_ index: Expr...) -> Expr { self[index] }
  package subscript(_ index: [Expr]) -> Expr { .load(buffer, at: position(index), .scalar) }

  /// So many neighbours from the element at an index on, along the axis that runs fastest.
  package func group(_ index: [Expr], of lanes: Int) -> Expr { .load(buffer, at: position(index), Access(lanes: lanes)) }

  package func store(_ index: [Expr], _ value: Expr) -> Stmt {
    precondition(value.type == ValueType(dtype), "storing \(value.type) in \(type)")
    return .store(buffer, at: position(index), stride: 1, value)
  }

  /// The element at the index `index` of a tensor of shape `shape` to which this one is broadcast as NumPy does:
  /// axes are aligned at the end, and an extent of one is repeated.
  package func broadcast(_ index: [Expr], to shape: Shape) -> Expr {
    let skipped = shape.count - rank
    return self[(0..<rank).map { axis in self.shape[axis] == 1 && shape[axis + skipped] != 1 ? 0 : index[axis + skipped] }]
  }

  /// Where in the buffer an index lies.
  package func position(_ index: [Expr]) -> Expr {
    precondition(index.count == rank, "\(index.count) indices into \(type)")
    let index = periods.isEmpty ? index : index.enumerated().map { axis, place in periods[axis].map { place % .index($0) } ?? place }
    guard case .blocked(let blockedAxis, let size) = type.layout else {
      let first = start.map { Expr(offset) + $0 } ?? Expr(offset)
      return zip(index, strides).reduce(first) { $0 + $1.0 * Expr($1.1) }
    }
    let block = index[blockedAxis] / .index(size)
    let within = index[blockedAxis] % .index(size)
    return index.indices.reduce(Expr(offset) + within) { sum, axis in
      sum + (axis == blockedAxis ? block : index[axis]) * Expr(strides[axis])
    }
  }
}

extension TensorType {
  /// Elements between neighbours along each axis in the tensor's own layout; between blocks for a blocked axis.
  package var strides: [Dim] {
    var order = Array(shape.indices)
    var stride: Dim = 1
    if case .blocked(let axis, let size) = layout {
      order.remove(at: axis)
      order.insert(axis, at: 0)
      stride = Dim(size)
    }
    var strides = Shape(repeating: 1, count: rank)
    for axis in order.reversed() {
      strides[axis] = stride
      stride *= shape[axis]
    }
    return strides
  }
}
