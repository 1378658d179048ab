import GraphIR
import Operators
import Targets
import Tensors

extension GraphPass {
  /// Where `target` has vectors. `choices` go before the cost model.
  package static func chooseWinograd(for target: Target, _ choices: AlgorithmChoices = AlgorithmChoices()) -> GraphPass {
    GraphPass(
      "choose-winograd", "Convolutions of three by three taps become Winograd's, where that costs less on the target.", .within(2e-5)
    ) { (graph) throws(Diagnostic) in
      guard target.lanes > 1 else { return }
      try graph.edit { (editor, node) throws(Diagnostic) in editor.place(try editor.winograd(node, target, choices[node.name]) ?? node) }
    }
  }
}

extension Editor {
  fileprivate mutating func winograd(
    _ node: Node, _ target: Target, _ choice: ConvolutionAlgorithm?
  ) throws(Diagnostic) -> Node? {
    guard let layer = FilterLayer(node, target, in: self), let plan = WinogradPlan.best(layer, target, choice) else { return nil }
    var result = node
    result.op = plan.op(layer)
    result.inputs[1] = addConstant(graph[layer.weights].name + ".winograd", plan.transformed(layer.taps))
    return result
  }
}

/// A convolution of three by three taps that moves by one, in numbers.
private struct FilterLayer {
  let window: SlidingWindow
  let weights: ValueID
  let taps: Tensor
  let output: Shape

  init?(_ node: Node, _ target: Target, in editor: Editor) {
    guard let op = node.op as? Convolution, op.groups == 1, !op.widens, let id = node.inputs[1] else { return nil }
    guard let taps = editor.constant(id), taps.dtype == .float32 || taps.dtype == .bfloat16 && target.hasBFloat16Products,
      taps.dims.prefix(2) == [3, 3], taps.rank == 4
    else {
      return nil
    }
    guard node.inputs[0].map({ editor.type($0).dtype }) == .float32, editor.otherReaders(of: id) == 0,
      (0..<2).allSatisfy({ op.window.along($0).stride == 1 && op.window.along($0).dilation == 1 })
    else { return nil }
    output = editor.type(node.outputs[0]).shape
    guard output.dropFirst().allSatisfy({ $0.constant != nil }) else { return nil }
    (window, weights, self.taps) = (op.window, id, taps)
  }

  var inputs: Int { taps.dims[2] }
  var outputs: Int { taps.dims[3] }
  /// Output positions of an image.
  var positions: [Int] { output[1...2].map { $0.constant ?? 0 } }
  /// One where their number is not known.
  var images: Int { max(1, output[0].constant ?? 1) }
}

/// How a layer is computed.
struct WinogradPlan {
  let transform: WinogradTransform
  /// Squares that go through all stages together.
  let block: Int
  /// Output channels of which the products are kept.
  let channels: Int
  /// Output channels to a block of the weights.
  let width: Int

  /// The plan that was chosen, or the cheapest one, if it is cheaper than to sum products directly.
  fileprivate static func best(_ layer: FilterLayer, _ target: Target, _ choice: ConvolutionAlgorithm?) -> WinogradPlan? {
    guard layer.inputs >= target.lanes, layer.outputs >= target.lanes, let cache = target.caches.last else { return nil }
    if let choice { return choice.tile.flatMap { WinogradTransform.of(size: $0) }.map { WinogradPlan($0, layer, target, cache: cache) } }
    // Two products in the time of a little more than one.
    let product = layer.taps.dtype == .bfloat16 && target.hasBFloat16Products ? 0.6 : 1
    let direct = 9 * product * Double(layer.positions.reduce(layer.images, *) * layer.inputs * layer.outputs)
    let transforms = [4, 2].compactMap { WinogradTransform.of(size: $0) }
    guard let best = transforms.min(by: { cost($0, layer, target) < cost($1, layer, target) }),
      cost(best, layer, target) < 0.8 * direct
    else { return nil }
    return WinogradPlan(best, layer, target, cache: cache)
  }

  private init(_ transform: WinogradTransform, _ layer: FilterLayer, _ target: Target, cache: Int) {
    self.transform = transform
    let products = transform.reach * transform.reach
    let outputs = layer.outputs
    let isLarge = products * layer.inputs * outputs * 4 > cache
    block = Self.block(Self.squares(transform, layer), isLarge: isLarge)
    // Where registers hold sums for all squares, but not two for each, large weights are read once, one vector after the other.
    let isNarrow = isLarge && (target.registers / 2...target.registers - 4).contains(block)
    let width = outputs >= 2 * target.lanes && !isNarrow ? 2 * target.lanes : target.lanes
    self.width = width
    guard !isLarge else {
      channels = outputs
      return
    }
    // The products of a block stay in a quarter of the cache.
    let most = cache / 4 / (products * block * 4)
    let divisors = stride(from: width, to: outputs, by: width).filter { outputs % $0 == 0 && $0 <= most }
    channels = divisors.last ?? (outputs % width == 0 ? width : outputs)
  }

  /// Squares of so many that go through all stages together. Large weights come from afar: each is used for many squares, and the
  /// squares for all weights.
  static func block(_ squares: Int, isLarge: Bool) -> Int { squares.balanced(isLarge ? 98 : 28) }

  private static func squares(_ transform: WinogradTransform, _ layer: FilterLayer) -> Int {
    layer.positions.reduce(layer.images) { $0 * $1.ceilingDivision(by: transform.size) }
  }

  /// In products that are added; a transform is counted as so many as take its time.
  private static func cost(_ transform: WinogradTransform, _ layer: FilterLayer, _ target: Target) -> Double {
    let (squares, products) = (squares(transform, layer), transform.reach * transform.reach)
    // While a weight comes from memory, the products for so many squares are computed.
    let multiplied = Double(products * layer.inputs * layer.outputs) * max(Double(squares), 1.25 * Double(target.lanes))
    let (input, output) = transform.size == 4 ? (400, 200) : (80, 60)
    return multiplied + Double(squares * (layer.inputs * input + layer.outputs * output))
  }

  fileprivate func op(_ layer: FilterLayer) -> WinogradConvolution {
    WinogradConvolution(
      tile: transform.size, block: block, channels: channels, outputs: layer.outputs,
      padsBefore: (0..<2).map { layer.window.along($0).before }, padsAfter: (0..<2).map { layer.window.along($0).after })
  }

  /// Weights `[3, 3, C, K]` as the operator reads them.
  fileprivate func transformed(_ taps: Tensor) -> Tensor {
    let (inputs, outputs) = (taps.dims[2], taps.dims[3])
    let dims = [outputs / channels, transform.filterFactors.count, channels.ceilingDivision(by: width), inputs, width]
    let values = taps.doubles
    var result = [Double](repeating: 0, count: dims.reduce(1, *))
    for group in 0..<dims[0] {
      for (product, factors) in transform.filterFactors.enumerated() {
        for block in 0..<dims[2] {
          let (first, target) = (group * channels + block * width, ((group * dims[1] + product) * dims[2] + block) * inputs * width)
          let lanes = min(width, channels - block * width)
          for (tap, factor) in factors.enumerated() where factor != 0 {
            for c in 0..<inputs {
              let source = (tap * inputs + c) * outputs + first
              for lane in 0..<lanes { result[target + c * width + lane] += factor * values[source + lane] }
            }
          }
        }
      }
    }
    return Tensor(.float32, dims, result)
  }
}
