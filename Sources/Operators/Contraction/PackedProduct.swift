import GraphIR
import LoopIR
import Tensors

/// Sums of products of uint8 by int8 in groups of four, as machines add them up in one instruction: a matrix product, or under a window
/// a convolution, `[…, spatial…, C] * weights (+ [K]) → […, positions…, K]` in int32, which wraps. Nothing is padded.
///
/// The weights are packed for a number of channels that four divides as `[taps…, C / 4, K · 4]`. Otherwise the elements under a row of
/// taps count as one run of `taps · C` neighbours, `[taps… but the last, runs, K · 4]`: the last group of a run ends where the run
/// ends, and what it shares with the one before has weights of zero. Without taps, the weights may have leading axes of their own, one matrix
/// for each; they broadcast to those of the input.
package struct PackedProduct: Operator {
  package static let name = "packed_product"
  package static var attributes: [Attribute<PackedProduct>] {
    [.ints("taps", \.taps), .ints("strides", \.window.strides), .ints("dilations", \.window.dilations)]
  }
  /// Along each spatial axis; none for a matrix product.
  package var taps: [Int] = []
  package var window = SlidingWindow()

  package init() {}
  package init(taps: [Int], window: SlidingWindow = SlidingWindow()) {
    self.taps = taps
    self.window = window
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let (x, weights) = (try inputs.required(0), try inputs.required(1))
    try window.check(rank: taps.count)
    let outputs = try outputs(x, weights)
    try inputs.checkBias(.int32, outputs)
    let leading = x.rank - 1 - taps.count
    let positions = try taps.indices.map { (axis) throws(Diagnostic) in
      try window.along(axis).positions(x.shape[leading + axis], kernel: taps[axis])
    }
    return [TensorType(.int32, x.shape.prefix(leading) + positions + [Dim(outputs)])]
  }

  /// Output channels, if the weights are those of the input's groups.
  private func outputs(_ x: TensorType, _ weights: TensorType) throws(Diagnostic) -> Int {
    guard x.dtype == .uint8, weights.dtype == .int8, x.rank > taps.count, let channels = x.shape[x.rank - 1].constant,
      taps.allSatisfy({ $0 > 0 })
    else {
      throw Diagnostic("\(x) is multiplied with \(weights) under \(taps) taps", hint: "uint8 […, spatial…, C] and int8 are expected")
    }
    guard let packing = Packing(channels: channels, taps: taps, window: window) else {
      throw Diagnostic("\(channels) channels under \(taps) taps make no groups of four", hint: "use a convolution that widens")
    }
    let batch = weights.rank - 1 - packing.extents.count
    let isShared = batch == 0 || taps.isEmpty && batch > 0 && Self.broadcasts(weights.shape.prefix(batch), x.shape.dropLast(2))
    guard isShared, let extents = Array(weights.shape.dropFirst(max(batch, 0))).constants, extents.dropLast() == packing.extents[...],
      let last = extents.last, last % 4 == 0
    else {
      throw Diagnostic(
        "the weights of \(x) under \(taps) taps are \(weights)", hint: "\(packing.extents) and four for each output are expected")
    }
    return last / 4
  }

  private static func broadcasts(_ batch: ArraySlice<Dim>, _ leading: ArraySlice<Dim>) -> Bool {
    batch.count <= leading.count && zip(batch.reversed(), leading.reversed()).allSatisfy { $0 == $1 || $0 == 1 }
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let (x, weights) = (try inputs.required(0), try inputs.required(1))
    let dims = try infer(inputs.map { $0?.type })[0].shape.constants ?? []
    guard let packing = Packing(channels: x.dims[x.rank - 1], taps: taps, window: window) else { throw Diagnostic("no groups of four") }
    let meaning = PackedMeaning(packing: packing, input: x, leading: x.rank - 1 - taps.count, outputs: dims[dims.count - 1])
    guard weights.rank > packing.extents.count + 1 else {
      return [Tensor(.int32, dims, integers: meaning.values(dims, x.integers, weights.integers, inputs.optional(2)?.integers))]
    }
    let matrices = Broadcasting.expanded(weights, to: x.dims.dropLast(2) + weights.dims.suffix(2)).integers
    return [Tensor(.int32, dims, integers: meaning.batchedValues(x.integers, matrices, inputs.optional(2)?.integers))]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (x, output) = (operands.input(0), operands.output)
    let leading = x.rank - 1 - taps.count
    guard let packing = Packing(channels: x.shape[x.rank - 1].constant ?? 0, taps: taps, window: window) else { return [] }
    let nest = PackedNest(packing: packing, input: x, weights: operands.input(1))
    return loops("n", Array(output.shape.prefix(leading))) { n in
      loops("o", Array(output.shape[leading..<output.rank - 1])) { position in
        loop("k", to: output.extent(output.rank - 1)) { k in
          local("sum", operands.optionalInput(2)?[k] ?? .constant(0, .int32)) { sum in
            nest.sums(n, position, k, into: sum, matrix: matrix(n, operands.input(1), packing))
            operands.store(n + position + [k], sum.value)
          }
        }
      }
    }
  }

  /// Which matrix of weights the input at these leading indices is multiplied with.
  private func matrix(_ n: [Expr], _ weights: TensorView, _ packing: Packing) -> [Expr] {
    let batch = weights.rank - 1 - packing.extents.count
    let skipped = n.count - 1 - batch
    return (0..<batch).map { weights.shape[$0] == 1 ? 0 : n[$0 + skipped] }
  }

  package func macs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Dim {
    outputs[0].shape.elementCount * Dim(taps.reduce(1, *)) * (inputs[0]?.shape.last ?? 0)
  }
}

/// How the elements under a window are grouped by fours.
package struct Packing {
  let channels: Int
  let window: SlidingWindow
  /// Taps that are visited one by one.
  package let taps: [Int]
  /// Neighbours in a run, which starts at each of the taps.
  package let run: Int
  /// The last spatial axis is part of the run.
  let isFlat: Bool

  /// `nil` where there are no four neighbours.
  package init?(channels: Int, taps: [Int], window: SlidingWindow) {
    self.channels = channels
    self.window = window
    let isDense = taps.last.map { _ in window.along(taps.count - 1).dilation == 1 } ?? false
    isFlat = !channels.isMultiple(of: 4) && isDense
    self.taps = isFlat ? Array(taps.dropLast()) : taps
    run = isFlat ? channels * (taps.last ?? 1) : channels
    guard run >= 4 else { return nil }
  }

  package var groups: Int { run.ceilingDivision(by: 4) }

  /// Of the weights, but for the last.
  package var extents: [Int] { taps + [groups] }

  /// Where in its run a group starts.
  package func start(_ group: Int) -> Int { Swift.min(4 * group, run - 4) }

  func start(_ group: Expr) -> Expr { run.isMultiple(of: 4) ? group * 4 : minimum(group * 4, .index(run - 4)) }
}

/// `evaluate` in numbers.
private struct PackedMeaning {
  let packing: Packing
  let input: Tensor
  let leading: Int
  let outputs: Int

  func values(_ dims: [Int], _ x: [Int64], _ weights: [Int64], _ bias: [Int64]?) -> [Int64] {
    let strides = rowMajorStrides(input.dims)
    let runs = runStarts(strides)
    return Indices(dims.dropLast()).flatMap { index in
      let start = index.enumerated().reduce(0) { sum, axis in
        sum + axis.element * strides[axis.offset] * (axis.offset < leading ? 1 : packing.window.along(axis.offset - leading).stride)
      }
      return (0..<outputs).map { k in (bias?[k] ?? 0) + sum(runs.map { start + $0 }, k, x, weights) }
    }
  }

  /// Where each matrix of the input has weights of its own.
  func batchedValues(_ x: [Int64], _ matrices: [Int64], _ bias: [Int64]?) -> [Int64] {
    let (rows, size) = (input.dims[input.rank - 2], packing.groups * 4 * outputs)
    return (0..<matrices.count / max(size, 1)).flatMap { block in
      let own = Array(matrices[block * size..<(block + 1) * size])
      return (0..<rows).flatMap { row in
        (0..<outputs).map { k in (bias?[k] ?? 0) + sum([(block * rows + row) * packing.run], k, x, own) }
      }
    }
  }

  /// Of the products for output `k` over the runs that start at these elements.
  private func sum(_ runs: [Int], _ k: Int, _ x: [Int64], _ weights: [Int64]) -> Int64 {
    var sum: Int64 = 0
    for (run, start) in runs.enumerated() {
      for group in 0..<packing.groups {
        let row = ((run * packing.groups + group) * outputs + k) * 4
        for element in 0..<4 { sum += x[start + packing.start(group) + element] * weights[row + element] }
      }
    }
    return sum
  }

  /// Distances of the runs from the first element under a window, in the order of the weights.
  private func runStarts(_ strides: [Int]) -> [Int] {
    Indices(packing.taps).map { taps in
      taps.enumerated().reduce(0) { $0 + $1.element * packing.window.along($1.offset).dilation * strides[leading + $1.offset] }
    }
  }
}

/// The loops over what is summed.
private struct PackedNest {
  let packing: Packing
  let input: TensorView
  let weights: TensorView

  func sums(_ leading: [Expr], _ position: [Expr], _ k: Expr, into sum: Local, matrix: [Expr]) -> [Stmt] {
    loops("r", packing.taps.map { Dim($0) }) { taps in
      loop("q", to: .index(packing.groups)) { group in
        let start = place(leading, position, taps)
        let row = matrix + taps + [group, k * 4]
        if isContiguous {
          sum.set(.dot(input.group(start + [packing.start(group)], of: 4), weights.group(row, of: 4), sum.value))
        } else {
          (0..<4).map { element in
            sum.addProduct(
              self.element(start, packing.start(group) + .index(element)).converted(to: .int32),
              weights[matrix + taps + [group, k * 4 + .index(element)]].converted(to: .int32))
          }
        }
      }
    }
  }

  /// The first element of the run at these taps, without its channel.
  private func place(_ leading: [Expr], _ position: [Expr], _ taps: [Expr]) -> [Expr] {
    leading
      + position.enumerated().map { axis, at in
        packing.window.along(axis).input(at: at, tap: axis < taps.count ? taps[axis] : 0)
      }
  }

  /// Neighbours in a run are neighbours in memory.
  private var isContiguous: Bool {
    guard input.type.layout == .rowMajor, input.strides[input.rank - 1] == 1 else { return false }
    return !packing.isFlat || input.strides[input.rank - 2] == Dim(packing.channels)
  }

  private func element(_ start: [Expr], _ within: Expr) -> Expr {
    guard packing.isFlat, let column = start.last else { return input[start + [within]] }
    let channels = Expr.index(packing.channels)
    return input[start.dropLast() + [column + within / channels, within % channels]]
  }
}
