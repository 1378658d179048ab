import GraphIR
import LoopIR
import Tensors

/// Sums of products in groups, as machines add them up in one instruction: a matrix product, or under a window a convolution,
/// `[…, spatial…, C] * weights (+ [K]) → […, positions…, K]`. Four of uint8 by int8 make a group, summed in int32, which wraps, or two of
/// bfloat16, summed in float32. Nothing is padded.
///
/// The weights are packed for a number of channels that the size `g` of a group divides as `[taps…, C / g, K · g]`. Otherwise the elements
/// under a row of taps count as one run of `taps · C` neighbours, `[taps… but the last, runs, K · g]`: the last group of a run ends where
/// the run ends, and what it shares with the one before has weights of zero. Without taps, the weights may have leading
/// axes of their own, one matrix for each; they broadcast to those of the input.
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
    let (outputs, result) = (try outputs(x, weights), x.dtype == .uint8 ? DType.int32 : .float32)
    try inputs.checkBias(result, outputs)
    let leading = x.rank - 1 - taps.count
    let positions = try taps.indices.map { (axis) throws(Diagnostic) in
      try window.along(axis).positions(x.shape[leading + axis], kernel: taps[axis])
    }
    return [TensorType(result, x.shape.prefix(leading) + positions + [Dim(outputs)])]
  }

  /// Output channels, if the weights are those of the input's groups.
  private func outputs(_ x: TensorType, _ weights: TensorType) throws(Diagnostic) -> Int {
    guard [[.uint8, .int8], [.bfloat16, .bfloat16]].contains([x.dtype, weights.dtype]), x.rank > taps.count,
      let channels = x.shape[x.rank - 1].constant,
      taps.allSatisfy({ $0 > 0 })
    else {
      throw Diagnostic(
        "\(x) is multiplied with \(weights) under \(taps) taps", hint: "uint8 […, spatial…, C] and int8 are expected, or bfloat16 twice")
    }
    guard let packing = Packing(channels: channels, taps: taps, window: window, x.dtype) else {
      throw Diagnostic("\(channels) channels under \(taps) taps make no groups", hint: "use a convolution that widens")
    }
    let batch = weights.rank - 1 - packing.extents.count
    let isShared = batch == 0 || taps.isEmpty && batch > 0 && Self.broadcasts(weights.shape.prefix(batch), x.shape.dropLast(2))
    guard isShared, let extents = Array(weights.shape.dropFirst(max(batch, 0))).constants, extents.dropLast() == packing.extents[...],
      let last = extents.last, last % packing.size == 0
    else {
      throw Diagnostic(
        "the weights of \(x) under \(taps) taps are \(weights)", hint: "\(packing.extents) and \(packing.size) for each output are expected"
      )
    }
    return last / packing.size
  }

  private static func broadcasts(_ batch: ArraySlice<Dim>, _ leading: ArraySlice<Dim>) -> Bool {
    batch.count <= leading.count && zip(batch.reversed(), leading.reversed()).allSatisfy { $0 == $1 || $0 == 1 }
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let (x, weights) = (try inputs.required(0), try inputs.required(1))
    let type = try infer(inputs.map { $0?.type })[0]
    let dims = type.shape.constants ?? []
    guard let packing = Packing(channels: x.dims[x.rank - 1], taps: taps, window: window, x.dtype) else { throw Diagnostic("no groups") }
    let meaning = PackedMeaning(packing: packing, input: x, leading: x.rank - 1 - taps.count, outputs: dims[dims.count - 1])
    if type.dtype.isFloat { return [Tensor(type.dtype, dims, values(meaning, dims, x.doubles, weights, \.doubles, inputs.optional(2)))] }
    return [Tensor(type.dtype, dims, integers: values(meaning, dims, x.integers, weights, \.integers, inputs.optional(2)))]
  }

  /// Of all sums, from elements as numbers of one kind.
  private func values<Number: Numeric>(
    _ meaning: PackedMeaning, _ dims: [Int], _ x: [Number], _ weights: Tensor, _ elements: (Tensor) -> [Number], _ bias: Tensor?
  ) -> [Number] {
    guard weights.rank > meaning.packing.extents.count + 1 else { return meaning.values(dims, x, elements(weights), bias.map(elements)) }
    let matrices = Broadcasting.expanded(weights, to: meaning.input.dims.dropLast(2) + weights.dims.suffix(2))
    return meaning.batchedValues(x, elements(matrices), bias.map(elements))
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (x, output) = (operands.input(0), operands.output)
    let leading = x.rank - 1 - taps.count
    guard let packing = Packing(channels: x.shape[x.rank - 1].constant ?? 0, taps: taps, window: window, x.dtype) else { return [] }
    let nest = PackedNest(packing: packing, input: x, weights: operands.input(1))
    return loops("n", Array(output.shape.prefix(leading))) { n in
      loops("o", Array(output.shape[leading..<output.rank - 1])) { position in
        loop("k", to: output.extent(output.rank - 1)) { k in
          local("sum", operands.optionalInput(2)?[k] ?? .constant(0, x.dtype == .uint8 ? .int32 : .float32)) { sum in
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

/// How the elements under a window are grouped.
package struct Packing {
  /// Elements of a group.
  package let size: Int
  let channels: Int
  let window: SlidingWindow
  /// Taps that are visited one by one.
  package let taps: [Int]
  /// Neighbours in a run, which starts at each of the taps.
  package let run: Int
  /// The last spatial axis is part of the run.
  let isFlat: Bool

  /// `nil` where there are not as many neighbours as a group of `dtype` has.
  package init?(channels: Int, taps: [Int], window: SlidingWindow, _ dtype: DType = .uint8) {
    size = dtype == .bfloat16 ? 2 : 4
    self.channels = channels
    self.window = window
    let isDense = taps.last.map { _ in window.along(taps.count - 1).dilation == 1 } ?? false
    isFlat = !channels.isMultiple(of: size) && isDense
    self.taps = isFlat ? Array(taps.dropLast()) : taps
    run = isFlat ? channels * (taps.last ?? 1) : channels
    guard run >= size else { return nil }
  }

  package var groups: Int { run.ceilingDivision(by: size) }

  /// Of the weights, but for the last.
  package var extents: [Int] { taps + [groups] }

  /// Where in its run a group starts.
  package func start(_ group: Int) -> Int { Swift.min(size * group, run - size) }

  func start(_ group: Expr) -> Expr { run.isMultiple(of: size) ? group * .index(size) : minimum(group * .index(size), .index(run - size)) }
}

/// `evaluate` in numbers.
private struct PackedMeaning {
  let packing: Packing
  let input: Tensor
  let leading: Int
  let outputs: Int

  func values<Number: Numeric>(_ dims: [Int], _ x: [Number], _ weights: [Number], _ bias: [Number]?) -> [Number] {
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
  func batchedValues<Number: Numeric>(_ x: [Number], _ matrices: [Number], _ bias: [Number]?) -> [Number] {
    let (rows, size) = (input.dims[input.rank - 2], packing.groups * packing.size * outputs)
    return (0..<matrices.count / max(size, 1)).flatMap { block in
      let own = Array(matrices[block * size..<(block + 1) * size])
      return (0..<rows).flatMap { row in
        (0..<outputs).map { k in (bias?[k] ?? 0) + sum([(block * rows + row) * packing.run], k, x, own) }
      }
    }
  }

  /// Of the products for output `k` over the runs that start at these elements.
  private func sum<Number: Numeric>(_ runs: [Int], _ k: Int, _ x: [Number], _ weights: [Number]) -> Number {
    var sum: Number = 0
    for (run, start) in runs.enumerated() {
      for group in 0..<packing.groups {
        let row = ((run * packing.groups + group) * outputs + k) * packing.size
        for element in 0..<packing.size { sum += x[start + packing.start(group) + element] * weights[row + element] }
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
        let (size, wide) = (packing.size, sum.value.dtype)
        let (row, first) = (matrix + taps + [group], k * .index(packing.size))
        if isContiguous {
          sum.set(.dot(input.group(start + [packing.start(group)], of: size), weights.group(row + [first], of: size), sum.value))
        } else {
          (0..<size).map { element in
            sum.addProduct(
              self.element(start, packing.start(group) + .index(element)).converted(to: wide),
              weights[row + [first + .index(element)]].converted(to: wide))
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
