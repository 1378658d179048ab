import GraphIR
import LoopIR
import Operators
import Tensors

/// One way in which a random graph grows.
package struct Growth: Sendable {
  package let name: String
  /// How often it is drawn, compared with others.
  package let weight: Int
  /// Small changes of the inputs make small changes of the result.
  package let isSmooth: Bool
  package let grow: @Sendable (inout GraphGrower) throws(Diagnostic) -> Void

  init(_ name: String, weight: Int = 1, isSmooth: Bool = true, _ grow: @escaping @Sendable (inout GraphGrower) throws(Diagnostic) -> Void) {
    self.name = name
    self.weight = weight
    self.isSmooth = isSmooth
    self.grow = grow
  }

  package static let all: [Growth] = elementwise + contractions + windows + movements + reductions + control
}

extension Growth {
  private static let x = ElementwiseBody.input(0, .float32)
  private static let y = ElementwiseBody.input(1, .float32)

  private static let elementwise: [Growth] = [
    Growth("arithmetic", weight: 4) { (grower) throws(Diagnostic) in
      let a = grower.value()
      try grower.add(Map(ElementwiseBody(grower.pick([x + y, x - y, x * y, y - x])), inputCount: 2), [a, grower.companion(of: a)])
    },
    Growth("neutral", weight: 2) { (grower) throws(Diagnostic) in
      let a = grower.value()
      let neutral = grower.addConstant(Tensor(floats: [grower.pick([0, -0.0, 1, -1, 2, 0.25])], []))
      try grower.add(Map(ElementwiseBody(grower.pick([x + y, x - y, x * y, x / y])), inputCount: 2), [a, neutral])
    },
    Growth("scale of channels", weight: 3) { (grower) throws(Diagnostic) in
      var a = grower.value(rank: 1...4)
      let channels = grower.dims(a)[grower.dims(a).count - 1]
      let z = ElementwiseBody.input(2, .float32)
      let bodies: [Expr] = [x * y + z, (x - y) * z, (x + y) * z, .multiplyAdd(x, y, z), -(x * y) - z]
      for _ in 0..<grower.number(1...2) {
        let numbers = (0..<2).map { _ in grower.addConstant(.float32, [channels]) }
        a = try grower.add(Map(ElementwiseBody(grower.pick(bodies)), inputCount: 3), [a] + numbers)[0]
      }
    },
    Growth("activation", weight: 3) { (grower) throws(Diagnostic) in
      let zero = Expr.constant(0, .float32)
      let bodies: [Expr] = [maximum(x, zero), .unary(.tanh, x), .unary(.sigmoid, x), .unary(.negate, x), .unary(.abs, x), x]
      let body = grower.pick(bodies)
      try grower.add(Map(ElementwiseBody(body), inputCount: 1), [grower.value()])
    },
    Growth("power") { (grower) throws(Diagnostic) in
      let exponent = Expr.constant(Double(grower.number(2...5)), .float32)
      try grower.add(Map(ElementwiseBody(.binary(.power, x, exponent)), inputCount: 1), [grower.value()])
    },
    Growth("steps", isSmooth: false) { (grower) throws(Diagnostic) in
      let body: Expr = .unary(grower.pick([.floor, .exp, .log, .sqrt, .sign]), x)
      try grower.add(Map(ElementwiseBody(body), inputCount: 1), [grower.value()])
    },
    Growth("function", weight: 4, isSmooth: false) { (grower) throws(Diagnostic) in
      let rows = ElementwiseFunction.all.filter { $0.domain.contains(.float32) && $0.domain != .selection }
      let row = grower.pick(rows)
      let a = grower.value(row.domain.contains(.int32) && grower.chance(4) ? .int32 : .float32)
      let others = (0..<row.arity - 1).map { _ in grower.companion(of: a) }
      try grower.add(row.map(of: Array(repeating: grower.type(a).dtype, count: row.arity)), [a] + others)
    },
    Growth("comparison", isSmooth: false) { (grower) throws(Diagnostic) in
      let a = grower.value()
      try grower.add(Map(ElementwiseBody(.select(x .< y, x, .constant(0.5, .float32))), inputCount: 2), [a, grower.companion(of: a)])
    },
    Growth("integers", isSmooth: false) { (grower) throws(Diagnostic) in
      let (i, j) = (ElementwiseBody.input(0, .int32), ElementwiseBody.input(1, .int32))
      let a = grower.value(.int32)
      let body = grower.pick([i + j, i - j, i * j, maximum(i, j), .binary(.xor, i, j)])
      try grower.add(Map(ElementwiseBody(body), inputCount: 2), [a, grower.companion(of: a)])
    },
    Growth("cast", isSmooth: false) { (grower) throws(Diagnostic) in
      let source: DType = grower.pick([.float32, .int32, .float64, .bool, .int8])
      let target: DType = grower.pick([.float32, .float32, .float64, .bool])
      try grower.add(Map(ElementwiseBody(.cast(target, ElementwiseBody.input(0, source))), inputCount: 1), [grower.value(source)])
    },
    Growth("twice", weight: 1) { (grower) throws(Diagnostic) in
      // The same computation again, for the pass that finds it, or one that only looks the same.
      let a = grower.value()
      let b = grower.companion(of: a)
      let body = grower.pick([x + y, x - y])
      let first = try grower.add(Map(ElementwiseBody(body), inputCount: 2), [a, b])
      let second = try grower.add(Map(ElementwiseBody(body), inputCount: 2), grower.chance(2) ? [a, b] : [b, a])
      try grower.add(Map(ElementwiseBody(maximum(x, y)), inputCount: 2), first + second)
    },
  ]

  /// A window with strides, dilation and padding, none of them often.
  private static func window(_ grower: inout GraphGrower, rank: Int) -> SlidingWindow {
    func numbers(_ grower: inout GraphGrower, _ range: ClosedRange<Int>) -> [Int] {
      grower.chance(2) ? [] : (0..<rank).map { _ in grower.number(range) }
    }
    return SlidingWindow(
      strides: numbers(&grower, 1...2), dilations: numbers(&grower, 1...2), padsBefore: numbers(&grower, 0...2),
      padsAfter: numbers(&grower, 0...2))
  }

  private static let windows: [Growth] = [
    Growth("convolution", weight: 3) { (grower) throws(Diagnostic) in
      let x = grower.value(rank: 3...4)
      let channels = grower.dims(x)[grower.dims(x).count - 1]
      let groups = channels.isMultiple(of: 2) && grower.chance(3) ? 2 : 1
      let outputs = groups * grower.number(1...4)
      let taps = grower.dims(x).dropFirst(2).map { _ in grower.number(1...3) }
      let weights = grower.addConstant(.float32, taps + [channels / groups, outputs])
      let bias = grower.chance(2) ? grower.addConstant(.float32, [outputs]) : nil
      try grower.add(Convolution(window(&grower, rank: taps.count), groups: groups), [x, weights] + (bias.map { [$0] } ?? []))
    },
    Growth("depthwise convolution", weight: 2) { (grower) throws(Diagnostic) in
      let x = grower.value(rank: 3...4)
      let taps = grower.dims(x).dropFirst(2).map { _ in grower.number(1...3) }
      let extents = [grower.dims(x)[taps.count + 1], grower.number(1...2)]
      try grower.add(
        DepthwiseConvolution(window(&grower, rank: taps.count)), [x, grower.addConstant(.float32, taps + extents)])
    },
    Growth("convolution transpose", weight: 2) { (grower) throws(Diagnostic) in
      let x = grower.value(rank: 3...3)
      let weights = grower.addConstant(.float32, [grower.number(1...3), grower.dims(x)[2], grower.number(1...4)])
      try grower.add(
        ConvolutionTranspose(SlidingWindow(strides: [grower.number(1...2)], padsBefore: [grower.number(0...1)])), [x, weights])
    },
    Growth("pool", weight: 2) { (grower) throws(Diagnostic) in
      let x = grower.value(rank: 3...4)
      let size = grower.dims(x).dropFirst(2).map { _ in grower.number(1...3) }
      let window = window(&grower, rank: size.count)
      try grower.add(Pool(grower.pick([.max, .average]), size: size, window, countsPadding: grower.chance(2)), [x])
    },
  ]

  private static let contractions: [Growth] = [
    Growth("matmul", weight: 3) { (grower) throws(Diagnostic) in
      let a = grower.value(rank: 2...4)
      let (rows, columns) = (grower.dims(a)[grower.dims(a).count - 1], grower.number(1...6))
      let transposed = grower.chance(4)
      let b = grower.addConstant(.float32, transposed ? [columns, rows] : [rows, columns])
      try grower.add(MatMul(transposeB: transposed), [a, b])
    }
  ]
}
