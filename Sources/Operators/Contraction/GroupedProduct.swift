import GraphIR
import LoopIR
import Tensors

/// Sums of products of floats with weights of four bits, of which a group along the reduction shares a scale: a matrix product, or under
/// a window a convolution, `[…, spatial…, C] * weights → […, positions…, K]`.
///
/// Two neighbours along C share a byte of the weights `[taps…, C / 2, K]`, the first the lower half; they stand for -8 to 7. Scales are
/// whole numbers from 0 to 255, `[taps…, groups, K]`.
package struct GroupedProduct: Operator {
  package static let name = "grouped_product"
  package static var attributes: [Attribute<GroupedProduct>] {
    [
      .int("group", \.group), .ints("taps", \.taps), .ints("strides", \.window.strides), .ints("dilations", \.window.dilations),
      .ints("pads_before", \.window.padsBefore), .ints("pads_after", \.window.padsAfter),
    ]
  }
  /// Weights along C that share a scale; an even number.
  package var group = 32
  /// Along each spatial axis; none for a matrix product.
  package var taps: [Int] = []
  package var window = SlidingWindow()

  package init() {}
  package init(group: Int, taps: [Int] = [], window: SlidingWindow = SlidingWindow()) {
    self.group = group
    self.taps = taps
    self.window = window
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let (x, weights, scales) = (try inputs.required(0), try inputs.required(1), try inputs.required(2))
    try window.check(rank: taps.count)
    let lead = x.rank - 1 - taps.count
    guard x.dtype == .float32, taps.isEmpty ? lead >= 1 : lead == 1, let channels = x.shape[x.rank - 1].constant, channels > 0 else {
      throw Diagnostic("\(x) is multiplied under \(taps) taps", hint: "float32 […, spatial…, C] is expected")
    }
    guard group > 0, group.isMultiple(of: 2), channels.isMultiple(of: 2), taps.allSatisfy({ $0 > 0 }) else {
      throw Diagnostic("\(channels) channels in groups of \(group) under \(taps) taps", hint: "even numbers of channels are expected")
    }
    let expected = [taps + [channels / 2], taps + [channels.ceilingDivision(by: group)]]
    for (type, extents) in zip([weights, scales], expected) {
      guard type.dtype == .uint8, type.shape.constants?.dropLast() == extents[...], type.shape.last == weights.shape.last else {
        throw Diagnostic("\(type) are weights or scales of \(x)", hint: "uint8 of \(extents) and the output channels is expected")
      }
    }
    let positions = try taps.indices.map { (axis) throws(Diagnostic) in
      try window.along(axis).positions(x.shape[lead + axis], kernel: taps[axis])
    }
    return [TensorType(.float32, x.shape.prefix(lead) + positions + weights.shape.suffix(1))]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let (x, codes, scales) = (try inputs.required(0), try inputs.required(1), try inputs.required(2))
    _ = try infer([x.type, codes.type, scales.type])
    let weights = decoded(codes, scales)
    guard taps.isEmpty else { return try Convolution(window).evaluate([x, weights]) }
    let outputs = weights.dims[1]
    let rows = Tensor(.float32, [x.dims.dropLast().reduce(1, *), weights.dims[0]], x.doubles)
    let product = try MatMul().evaluate([rows, weights])[0]
    return [Tensor(.float32, x.dims.dropLast() + [outputs], product.doubles)]
  }

  /// The weights as floats `[taps…, C, K]`.
  private func decoded(_ codes: Tensor, _ scales: Tensor) -> Tensor {
    let (bytes, factors) = (codes.bytes, scales.bytes)
    let (pairs, outputs) = (codes.dims[codes.rank - 2], codes.dims[codes.rank - 1])
    let groups = scales.dims[scales.rank - 2]
    var reals: [Double] = []
    for tap in 0..<taps.reduce(1, *) {
      for c in 0..<2 * pairs {
        for k in 0..<outputs {
          let byte = bytes[(tap * pairs + c / 2) * outputs + k]
          let code = c.isMultiple(of: 2) ? byte & 15 : byte >> 4
          reals.append(Double(factors[(tap * groups + c / group) * outputs + k]) * (Double(code) - 8))
        }
      }
    }
    return Tensor(.float32, codes.dims.dropLast(2) + [2 * pairs, outputs], reals)
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (x, output) = (operands.input(0), operands.output)
    let lead = x.rank - 1 - taps.count
    let nest = WindowNest(window, input: x, output: output, kernel: taps)
    let groups = GroupNest(group: group, input: x, weights: operands.input(1), scales: operands.input(2))
    return loops("n", Array(output.shape.prefix(lead))) { n in
      loops("o", Array(output.shape[lead..<output.rank - 1])) { position in
        loop("k", to: output.extent(output.rank - 1)) { k in
          local("sum", .constant(0, .float32)) { sum in
            nest.overTaps(position) { taps, place in groups.sums(n + place, taps, k, into: sum) }
            operands.store(n + position + [k], sum.value)
          }
        }
      }
    }
  }

  package func macs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Dim {
    outputs[0].shape.elementCount * Dim(taps.reduce(1, *)) * (inputs[0]?.shape.last ?? 0)
  }
}

/// The loops over groups of channels, and what is left behind the last whole one.
private struct GroupNest {
  let group: Int
  let input: TensorView
  let weights: TensorView
  let scales: TensorView

  func sums(_ place: [Expr], _ taps: [Expr], _ k: Expr, into sum: Local) -> [Stmt] {
    let channels = input.shape[input.rank - 1].constant ?? 0
    let (whole, rest) = (channels / group, channels % group / 2)
    var result: [Stmt] = []
    if whole > 0 {
      result.append(
        loop("g", to: .index(whole)) { g in
          loop("p", to: .index(group / 2)) { p in pair(place, taps, g, g * .index(group / 2) + p, k, into: sum) }
        })
    }
    if rest > 0 {
      let start = Expr.index(whole * group / 2)
      result.append(loop("q", to: .index(rest)) { q in pair(place, taps, .index(whole), start + q, k, into: sum) })
    }
    return result
  }

  /// The products with both weights of a byte.
  private func pair(_ place: [Expr], _ taps: [Expr], _ group: Expr, _ row: Expr, _ k: Expr, into sum: Local) -> [Stmt] {
    let byte = weights[taps + [row, k]].converted(to: .int32)
    let scale = scales[taps + [group, k]].converted(to: .int32).converted(to: .float32)
    let codes: [Expr] = [.binary(.and, byte, .int(15, .int32)), .binary(.shiftRight, byte, .int(4, .int32))]
    return codes.enumerated().map { half, code in
      let weight = Expr.binary(.subtract, code, .int(8, .int32)).converted(to: .float32) * scale
      return sum.addProduct(input[place + [row * 2 + .index(half)]], weight)
    }
  }
}
