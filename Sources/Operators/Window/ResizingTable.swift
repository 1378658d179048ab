import GraphIR
import LoopIR
import Tensors

/// The table of `Resample` for an axis that is resized by numbers which only a run knows: `scale`, elements of the result for one of
/// the axis (absent where the two lengths say it), and where the axis is cropped the `start` and `end` of the part that is kept. Each is one float32; crops need all three.
///
/// Outputs: starts int32 `[O]`, weights `[O, taps]`, and whether an element comes from beyond the axis, bool `[O]`. Without antialias
/// a row has as many taps as the kernel reaches, and with it as many as the axis; nearest elements have one tap of weight 1.
package struct ResizingTable: Operator {
  package enum Kernel: String, Hashable, Sendable, CaseIterable { case nearest, linear, cubic }

  package static let name = "resizing_table"
  package static var attributes: [Attribute<ResizingTable>] {
    [
      .dims("extents", \.extents), .choice("kernel", \.kernel), .choice("coordinates", \.coordinates), .choice("rounding", \.rounding),
      .float("coefficient", \.coefficient), .bool("antialias", \.antialias), .bool("repeats_ends", \.repeatsEnds),
      .choice("dtype", \.dtype),
    ]
  }
  /// Of the axis, and of the result.
  package var extents: Shape = [1, 1]
  package var kernel = Kernel.linear
  package var coordinates = ResizeCoordinates.halfPixel
  /// Of nearest elements.
  package var rounding = NearestRounding.preferFloor
  /// Of the cubic.
  package var coefficient = -0.75
  /// The kernel is widened where the axis shrinks.
  package var antialias = false
  /// The first and last elements stand for those beyond; else these do not count.
  package var repeatsEnds = true
  /// Of the weights.
  package var dtype = DType.float32

  package init() {}
  package init(
    _ kernel: Kernel, _ coordinates: ResizeCoordinates, extents: Shape, rounding: NearestRounding = .preferFloor, antialias: Bool = false,
    repeatsEnds: Bool = true
  ) {
    self.kernel = kernel
    self.coordinates = coordinates
    self.extents = extents
    self.rounding = rounding
    self.antialias = antialias
    self.repeatsEnds = repeatsEnds
  }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let count = coordinates == .cropped ? 3 : 1
    for position in 0..<count {
      guard let number = try position == 0 ? inputs.optional(0) : inputs.required(position) else { continue }
      guard number.dtype == .float32, number.shape.elementCount == 1 else {
        throw Diagnostic("input \(position) is \(number)", hint: "one float32 is expected: scale, start, end")
      }
    }
    let lengths = 1...1 << 15
    guard extents.count == 2, let input = extents[0].constant, lengths.contains(input), extents[1].constant.map({ $0 >= 0 }) ?? true else {
      throw Diagnostic(
        "the extents \(extents)", hint: "those of axis and result are expected, the first known and from 1 to \(lengths.upperBound)")
    }
    guard dtype.isFloat, coefficient.isFinite else {
      throw Diagnostic("weights of \(dtype), coefficient \(coefficient)", hint: "weights are floats, and the coefficient is finite")
    }
    return [
      TensorType(.int32, [extents[1]]), TensorType(dtype, [extents[1], Dim(taps(input))]), TensorType(.bool, [extents[1]]),
    ]
  }

  /// Elements that the kernel reaches where it is not widened.
  private var reach: Int {
    switch kernel {
    case .nearest: 1
    case .linear: 2
    case .cubic: 4
    }
  }

  /// Coordinates further outside than any kernel reaches are moved to here.
  private static let farthest: Float = 8
  /// No kernel has to be wider.
  private func widest(_ input: Int) -> Int { 2 * input + 16 }

  private func taps(_ input: Int) -> Int { antialias && kernel != .nearest ? input : min(reach, input) }
}

extension ResizingTable {
  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let given = inputs.map { $0?.doubles[0] }
    let (input, output) = (extents[0].constant ?? 1, extents[1].constant ?? 0)
    let isCropped = coordinates == .cropped
    let axis = ResizedAxis(
      input, to: output, scale: given.first ?? nil, start: isCropped ? given[1] ?? 0 : 0,
      end: isCropped ? given[2] ?? 1 : 1)
    let taps = taps(input)
    let rows = (0..<output).map { row(coordinates.source($0, axis), axis, taps) }
    return [
      Tensor(.int32, [output], integers: rows.map { Int64($0.start) }), Tensor(dtype, [output, taps], rows.flatMap(\.weights)),
      Tensor(.bool, [output], (0..<output).map { coordinates.isBeyond($0, axis) ? 1 : 0 }),
    ]
  }

  private func row(_ source: Float, _ axis: ResizedAxis, _ taps: Int) -> (start: Int, weights: [Double]) {
    let last = axis.input - 1
    // As far out as any kernel reaches, all of it lies beyond the end.
    let place = source.isNaN ? -Self.farthest : min(max(source, -Self.farthest), Float(last) + Self.farthest)
    if kernel == .nearest { return (max(0, min(Int(rounding.rounded(place)), last)), [1]) }
    let (stretch, radius) = (antialias && axis.stretch > 1 ? axis.stretch : 1, reach / 2)
    let function = kernel == .linear ? ResizeKernel.linear : .cubic(coefficient)
    let width = min(Double(radius) * stretch, Double(widest(axis.input)))
    let range = Int((Double(place) - width).rounded(.up))...Int((Double(place) + width).rounded(.down))
    let first = antialias ? 0 : max(0, min(Int(place.rounded(.down)) - radius + 1, axis.input - taps))
    var weights = [Double](repeating: 0, count: taps)
    for element in range where repeatsEnds || (0...last).contains(element) {
      let slot = max(0, min(element, last)) - first
      if weights.indices.contains(slot) { weights[slot] += function.weight((Double(element) - Double(place)) / stretch) }
    }
    let sum = weights.reduce(0, +)
    return (first, sum == 0 ? weights : weights.map { $0 / sum })
  }
}

extension ResizingTable {
  package func lower(_ operands: Operands) -> [Stmt] {
    let (starts, weights, beyond) = (operands.outputs[0], operands.outputs[1], operands.outputs[2])
    let input = extents[0].constant ?? 1
    let last = number(Double(input - 1))
    return [
      loop("o", to: starts.extent(0)) { o in
        local("source", source(o.converted(to: .float32), operands)) { source in
          local("place", minimum(last + number(8), maximum(number(-8), source.value))) { place in
            beyond.store([o], isBeyond(source.value, last))
            if kernel == .nearest {
              starts.store([o], minimum(maximum(rounded(place.value).converted(to: .int32), 0), .index(input - 1)))
              weights.store([o, 0], .constant(1, dtype))
            } else {
              row(operands, o, place.value, input)
            }
          }
        }
      }
    ]
  }

  private func number(_ value: Double) -> Expr { .float(value, .float32) }

  private func scale(_ operands: Operands) -> Expr? { operands.optionalInput(0)?.single }

  /// What lies at `place` of the result, counted in elements of the axis.
  private func scaled(_ place: Expr, _ operands: Operands) -> Expr {
    if let scale = scale(operands) { return place / scale }
    return place * (number(Double(extents[0].constant ?? 1)) / Expr(extents[1]).converted(to: .float32))
  }

  /// What `ResizeCoordinates.source` computes, operation by operation: where it falls on a tie, that decides.
  private func source(_ o: Expr, _ operands: Operands) -> Expr {
    let (input, output) = (number(Double(extents[0].constant ?? 1)), Expr(extents[1]))
    let (last, length) = (
      input - number(1), scale(operands).map { $0 * input } ?? output.converted(to: .float32)
    )
    let middle = scaled(o + number(0.5), operands)
    switch coordinates {
    case .halfPixel: return middle - number(0.5)
    case .halfPixelButOne: return .select(output .== 1, number(0), middle - number(0.5))
    case .halfPixelSymmetric:
      return input / number(2) * (number(1) - output.converted(to: .float32) / length) + middle - number(0.5)
    case .asymmetric: return scaled(o, operands)
    case .alignCorners: return .select(length .== number(1), number(0), o * (last / (length - number(1))))
    case .cropped:
      let (start, end) = (operands.input(1).single, operands.input(2).single)
      let along = start * last + o * (end - start) * last / (length - number(1))
      return .select(output .== 1, (start + end) * last / number(2), along)
    }
  }

  private func isBeyond(_ source: Expr, _ last: Expr) -> Expr {
    coordinates == .cropped ? .binary(.or, source .< number(0), source .> last) : .constant(0, .bool)
  }

  private func rounded(_ place: Expr) -> Expr {
    switch rounding {
    case .floor: place.applying(.floor)
    case .ceil: place.applying(.ceil)
    case .preferFloor: (place - number(0.5)).applying(.ceil)
    case .preferCeil: (place + number(0.5)).applying(.floor)
    }
  }

  /// A row of weights whose sum is one.
  private func row(_ operands: Operands, _ o: Expr, _ place: Expr, _ input: Int) -> [Stmt] {
    let (starts, weights) = (operands.outputs[0], operands.outputs[1])
    let (taps, radius) = (taps(input), reach / 2)
    let ratio =
      scale(operands).map { number(1) / $0 } ?? number(Double(input)) / Expr(extents[1]).converted(to: .float32)
    let stretch = antialias ? maximum(number(1), ratio) : number(1)
    let leftmost = place.applying(.floor).converted(to: .int32) - .index(radius - 1)
    return local("stretch", stretch) { stretch in
      local("width", minimum(number(Double(widest(input))), number(Double(radius)) * stretch.value)) { width in
        local("from", (place - width.value).applying(.ceil).converted(to: .int32)) { from in
          local("to", (place + width.value).applying(.floor).converted(to: .int32) + 1) { to in
            local("first", antialias ? 0 : minimum(maximum(leftmost, 0), .index(input - taps))) { first in
              starts.store([o], first.value)
              local("sum", number(0)) { sum in
                loop("t", to: .index(taps)) { tap in
                  local("weight", number(0)) { weight in
                    loop("e", from: from.value, to: to.value) { element in
                      let slot = minimum(maximum(element, 0), .index(input - 1)) - first.value
                      let isInside = (element .>= 0) .&& (element .< .index(input))
                      let part = self.weight((element.converted(to: .float32) - place) / stretch.value)
                      weight.add(.select(repeatsEnds ? slot .== tap : (slot .== tap) .&& isInside, part, number(0)))
                    }
                    weights.store([o, tap], weight.value.converted(to: dtype))
                    sum.add(weight.value)
                  }
                }
                local("total", .select(sum.value .== number(0), number(1), sum.value)) { total in
                  loop("n", to: .index(taps)) { tap in
                    weights.store([o, tap], (weights[o, tap].converted(to: .float32) / total.value).converted(to: dtype))
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  /// How much an element at this distance counts.
  private func weight(_ distance: Expr) -> Expr {
    let t = distance.applying(.abs)
    let a = number(coefficient)
    if kernel == .linear { return maximum(number(0), number(1) - t) }
    let inner = ((a + number(2)) * t - (a + number(3))) * t * t + number(1)
    let outer = ((a * t - number(5) * a) * t + number(8) * a) * t - number(4) * a
    return .select(t .<= number(1), inner, .select(t .< number(2), outer, number(0)))
  }

  package func substituting(_ dims: [String: Dim]) -> ResizingTable {
    var copy = self
    copy.extents = extents.map { $0.substituting(dims) }
    return copy
  }
}
