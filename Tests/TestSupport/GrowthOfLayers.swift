import GraphIR
import LoopIR
import Operators
import Tensors

extension Growth {
  static let movements: [Growth] = [
    Growth("transpose", weight: 4) { (grower) throws(Diagnostic) in
      let x = grower.value(rank: 1...4)
      let axes = Array(0..<grower.type(x).rank)
      try grower.add(Transpose(grower.chance(4) ? axes : grower.shuffled(axes)), [x])
    },
    Growth("reshape", weight: 4) { (grower) throws(Diagnostic) in
      let x = grower.value()
      try grower.add(Reshape(exactly: Shape(grower.factors(grower.dims(x)))), [x])
    },
    Growth("there and back") { (grower) throws(Diagnostic) in
      let x = grower.value(rank: 2...3)
      let swap = grower.type(x).rank == 2 ? [1, 0] : [0, 2, 1]
      let moved = try grower.add(Transpose(swap), [x])
      let changed = try grower.add(Map(ElementwiseBody(.unary(.tanh, ElementwiseBody.input(0, .float32))), inputCount: 1), moved)
      try grower.add(Transpose(swap), changed)
    },
    Growth("concatenate", weight: 2) { (grower) throws(Diagnostic) in
      let x = grower.value(rank: 1...4)
      let axis = grower.number(0...grower.type(x).rank - 1)
      var dims = grower.dims(x)
      dims[axis] = grower.chance(12) ? 0 : grower.number(1...3)
      let other = grower.chance(2) ? x : grower.addConstant(.float32, dims)
      try grower.add(Concatenate(axis: axis), grower.chance(5) ? [x] : grower.shuffled([x, other]))
    },
    Growth("slice", weight: 2) { (grower) throws(Diagnostic) in
      let x = grower.value(rank: 1...4)
      let axis = grower.number(0...grower.type(x).rank - 1)
      let extent = grower.dims(x)[axis]
      let start = grower.number(0...max(0, extent - 1))
      let end = grower.number(min(start + (grower.chance(12) ? 0 : 1), extent)...extent)
      try grower.add(Slice(starts: [start], ends: [end], axes: [axis], steps: [grower.number(1...2)]), [x])
    },
    Growth("pad") { (grower) throws(Diagnostic) in
      let x = grower.value(rank: 1...4)
      let amounts = (0..<2).map { _ in grower.dims(x).map { _ in grower.number(0...2) } }
      try grower.add(Pad(before: amounts[0], after: amounts[1]), [x])
    },
    Growth("gather") { (grower) throws(Diagnostic) in
      let x = grower.value(rank: 1...3)
      let axis = grower.number(0...grower.type(x).rank - 1)
      let indices = (0..<grower.number(1...4)).map { _ in Int64(grower.number(0...max(0, grower.dims(x)[axis] - 1))) }
      let positions = grower.addConstant(Tensor(.int32, [indices.count], integers: indices))
      try grower.add(Gather(axis: axis), [x, positions])
    },
    Growth("computed extent", weight: 3) { (grower) throws(Diagnostic) in
      let x = grower.value(rank: 1...3)
      let n = try grower.computedDim()
      let many = try grower.add(Expand([n] + grower.type(x).shape), [x])[0]
      let body: Expr = .unary(.tanh, ElementwiseBody.input(0, .float32))
      let changed = try grower.add(Map(ElementwiseBody(body), inputCount: 1), [many])[0]
      if grower.chance(3) { return }
      let one = try grower.add(Reshape(exactly: [1] + grower.type(x).shape), [x])[0]
      let joined = try grower.add(Concatenate(axis: 0), grower.shuffled([changed, one]))[0]
      if grower.chance(3) { try grower.add(Softmax(axis: 0), [joined]) }
      try grower.add(Reduce(grower.pick([.sum, .max]), axes: [0]), [joined])
    },
    Growth("reverse") { (grower) throws(Diagnostic) in
      let x = grower.value(rank: 1...4)
      try grower.add(Reverse([grower.number(0...grower.type(x).rank - 1)]), [x])
    },
  ]

  static let reductions: [Growth] = [
    Growth("reduce", weight: 2) { (grower) throws(Diagnostic) in
      let x = grower.value(rank: 1...4)
      let axis = grower.number(0...grower.type(x).rank - 1)
      try grower.add(Reduce(grower.pick([.sum, .mean, .max, .min]), axes: [axis], keepDims: grower.chance(2)), [x])
    },
    Growth("normalise") { (grower) throws(Diagnostic) in
      let x = grower.value(rank: 1...4)
      let scale = grower.addConstant(.float32, [grower.dims(x)[grower.type(x).rank - 1]])
      try grower.add(Normalise(axes: [-1], epsilon: 0.5), [x, grower.chance(2) ? scale : nil, nil])
    },
    Growth("recurrent", weight: 2) { (grower) throws(Diagnostic) in
      let x = grower.value(rank: 3...3)
      let units = grower.number(1...3)
      var gru = GRU()
      gru.resetAfter = false
      let cells: [(op: any Operator, gates: Int)] = [(LSTM(), 4), (gru, 3), (SimpleRNN(), 1)]
      let cell = grower.pick(cells)
      let weights = grower.addConstant(.float32, [grower.dims(x)[2], cell.gates * units])
      let projected = try grower.add(MatMul(), [x, weights])
      try grower.add(cell.op, projected + [grower.addConstant(.float32, [units, cell.gates * units])])
    },
    Growth("softmax") { (grower) throws(Diagnostic) in
      let x = grower.value(rank: 1...4)
      try grower.add(Softmax(axis: grower.number(0...grower.type(x).rank - 1)), [x])
    },
  ]
}

extension GraphGrower {
  /// Other extents with the same product: neighbours merged or an extent of one put in.
  fileprivate mutating func factors(_ dims: [Int]) -> [Int] {
    var result = dims
    for _ in 0..<number(0...2) {
      if result.count > 1, chance(2) {
        let at = number(0...result.count - 2)
        result.replaceSubrange(at...at + 1, with: [result[at] * result[at + 1]])
      } else if result.count < 5 {
        result.insert(1, at: number(0...result.count))
      }
    }
    return result
  }
}
