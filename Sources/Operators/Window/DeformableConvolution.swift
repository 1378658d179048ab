import GraphIR
import LoopIR
import Tensors

/// A convolution whose taps stand at places of their own for every position of the output.
package struct DeformableConvolution: Hashable, Sendable {
  package var window: SlidingWindow
  /// Output channels `g * K / groups …` see input channels `g * C / groups …` only.
  package var groups: Int
  /// Channels in this many groups are displaced alike.
  package var offsetGroups: Int

  package init(_ window: SlidingWindow = SlidingWindow(), groups: Int = 1, offsetGroups: Int = 1) {
    self.window = window
    self.groups = groups
    self.offsetGroups = offsetGroups
  }
}

extension Graph {
  /// Adds what samples `x` `[N, spatial…, C]` at the displaced taps and multiplies the samples with `weights`
  /// `[taps…, C / groups, K]`: `[N, positions…, K]`. `offsets` `[N, positions…, offset groups · taps · axes]` tell how far each tap
  /// is moved along each axis, `mask` `[N, positions…, offset groups · taps]` what its element is multiplied with. Between
  /// elements it is linear; what lies outside is zero.
  package mutating func addDeformableConvolution(
    _ convolution: DeformableConvolution, x: ValueID, weights: ValueID, offsets: ValueID, bias: ValueID?, mask: ValueID?, name: String
  ) throws(Diagnostic) -> ValueID {
    let types = try ConvolutionTypes([type(x), type(weights), bias.map { type($0) }])
    try convolution.window.check(rank: types.spatialRank)
    let (kernel, perGroup, filters) = try types.extents()
    _ = try ChannelGroups(convolution.groups, channels: types.channels, weights: perGroup, outputs: filters)
    try types.checkBias(filters)
    let output = try types.output(convolution.window, kernel, channels: filters)
    guard let positions = Array(output.shape.dropFirst().dropLast()).constants else {
      throw Diagnostic("\(types.input) is convolved with displaced taps", hint: "settle its spatial axes")
    }
    let channels = perGroup * convolution.groups
    guard convolution.offsetGroups > 0, channels.isMultiple(of: convolution.offsetGroups) else {
      throw Diagnostic("\(channels) channels in \(convolution.offsetGroups) groups of offsets", hint: "they must divide evenly")
    }
    let parts = DeformableParts(
      convolution: convolution, kernel: kernel, positions: positions, channels: channels, filters: filters, name: name)
    let samples = try parts.addSamples(to: &self, x, offsets, mask)
    let product = try parts.addProducts(to: &self, samples, weights)
    guard let bias else { return product }
    return try parts.add(.named("add"), [product, bias], "biased", to: &self)
  }
}

/// The nodes that a deformable convolution is made of.
private struct DeformableParts {
  let convolution: DeformableConvolution
  let kernel: [Int]
  let positions: [Int]
  let channels: Int
  let filters: Int
  let name: String

  private var taps: Int { kernel.reduce(1, *) }
  /// The extents of a tensor of samples before its last axes.
  private var head: [Int] { [0] + positions }
  private var axis: Int { positions.count + 1 }

  /// The channels at each displaced tap: `[N, positions…, taps, C]`.
  func addSamples(to graph: inout Graph, _ x: ValueID, _ offsets: ValueID, _ mask: ValueID?) throws(Diagnostic) -> ValueID {
    let count = convolution.offsetGroups
    let shaped = try graph.add(Reshape(head + [count, taps, kernel.count]), [offsets], name: "\(name):offsets")[0]
    let reversed = try graph.add(Reverse([-1]), [shaped], name: "\(name):reversed")[0]
    let regular = graph.addConstant("\(name):regular", regularPlaces(graph.type(x).dtype))
    let grid = try add(.named("add"), [reversed, regular], "grid", to: &graph)
    let factors = try mask.map { (mask) throws(Diagnostic) in
      try graph.add(Reshape(head + [count, taps, 1]), [mask], name: "\(name):mask")[0]
    }
    var samples: [ValueID] = []
    for group in 0..<count {
      let places = try reshaped(try part(grid, group, of: count, axis: axis, in: &graph), [taps, kernel.count], in: &graph)
      let source = try part(x, group, of: count, axis: -1, in: &graph)
      let found = try graph.add(GridSample(.linear, .zeros, .positions), [source, places], name: "\(name):samples")[0]
      guard let factors else {
        samples.append(found)
        continue
      }
      let factor = try reshaped(try part(factors, group, of: count, axis: axis, in: &graph), [taps, 1], in: &graph)
      samples.append(try add(.named("multiply"), [found, factor], "masked", to: &graph))
    }
    return try joined(samples, in: &graph)
  }

  /// The product of the samples with the weights: `[N, positions…, K]`.
  func addProducts(to graph: inout Graph, _ samples: ValueID, _ weights: ValueID) throws(Diagnostic) -> ValueID {
    let (count, inner) = (convolution.groups, taps * channels / convolution.groups)
    let matrix = try graph.add(Reshape([inner, filters]), [weights], name: "\(name):weights")[0]
    var products: [ValueID] = []
    for group in 0..<count {
      let rows = try reshaped(try part(samples, group, of: count, axis: -1, in: &graph), [inner], in: &graph)
      let columns = try part(matrix, group, of: count, axis: -1, in: &graph)
      products.append(try graph.add(MatMul(), [rows, columns], name: "\(name):product")[0])
    }
    return try joined(products, in: &graph)
  }

  func add(_ function: ElementwiseFunction, _ inputs: [ValueID], _ suffix: String, to graph: inout Graph) throws(Diagnostic) -> ValueID {
    try graph.add(try function.map(of: inputs.map { graph.type($0).dtype }), inputs, name: "\(name):\(suffix)")[0]
  }

  /// Where taps stand that are not displaced, the last axis first: `[positions…, 1, taps, axes]`.
  private func regularPlaces(_ dtype: DType) -> Tensor {
    let places = Indices(positions).flatMap { position in
      Indices(kernel).flatMap { tap in
        kernel.indices.reversed().map { axis in
          let along = convolution.window.along(axis)
          return Double(position[axis] * along.stride - along.before + tap[axis] * along.dilation)
        }
      }
    }
    return Tensor(dtype, positions + [1, taps, kernel.count], places)
  }

  /// Group `group` of the equal ones that an axis is cut into.
  private func part(_ value: ValueID, _ group: Int, of count: Int, axis: Int, in graph: inout Graph) throws(Diagnostic) -> ValueID {
    let shape = graph.type(value).shape
    guard count > 1, let extent = shape[axis < 0 ? axis + shape.count : axis].constant else { return value }
    let size = extent / count
    return try graph.add(Slice(starts: [group * size], ends: [(group + 1) * size], axes: [axis]), [value], name: "\(name):part")[0]
  }

  private func reshaped(_ value: ValueID, _ tail: [Int], in graph: inout Graph) throws(Diagnostic) -> ValueID {
    try graph.add(Reshape(head + tail), [value], name: "\(name):shaped")[0]
  }

  private func joined(_ values: [ValueID], in graph: inout Graph) throws(Diagnostic) -> ValueID {
    values.count == 1 ? values[0] : try graph.add(Concatenate(axis: -1), values.map { $0 }, name: "\(name):joined")[0]
  }
}
