import GraphIR
import LoopIR
import Tensors

/// Rectangles of images, each as `size` rows and columns: `x` `[N, H, W, C]`, `regions` `[R, 4]` as x, y, x, y of two corners and the
/// `images` `[R]` that they belong to give `[R, size…, C]`. Each element is made of samples at regular places of its part of the
/// rectangle, which lie between four elements of x; samples more than one element outside are zero.
package struct RoiAlign: Operator {
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case average
    /// The greatest of the four weighted neighbours of all samples.
    case max
  }

  package static let name = "roi_align"
  package static var attributes: [Attribute<RoiAlign>] {
    [
      .choice("kind", \.kind), .ints("size", \.size), .float("scale", \.scale), .int("samples", \.samples), .bool("centred", \.isCentred),
    ]
  }
  package var kind = Kind.average
  /// Rows and columns of the result.
  package var size = [1, 1]
  /// What the corners are multiplied with.
  package var scale = 1.0
  /// Samples along each side of an element; 0 takes as many as it covers elements of x, up to `mostSamples`.
  package var samples = 0
  /// Coordinates are those of a picture whose elements have their middles at halves. Else they are half an element off, and a
  /// rectangle is at least one element wide and high.
  package var isCentred = true

  /// So that no rectangle, however large, takes forever.
  static let mostSamples = 1 << 10

  package init() {}
  package init(_ kind: Kind, size: [Int], scale: Double = 1, samples: Int = 0, isCentred: Bool = true) {
    self.kind = kind
    self.size = size
    self.scale = scale
    self.samples = samples
    self.isCentred = isCentred
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let (x, regions, images) = (try inputs.required(0), try inputs.required(1), try inputs.required(2))
    guard x.rank == 4, x.dtype.isFloat, regions.dtype == x.dtype, regions.rank == 2, regions.shape[1] == 4 else {
      throw Diagnostic("\(regions) of \(x) are aligned", hint: "[N, H, W, C] and [R, 4] of one float type are expected")
    }
    try checkIndices(images)
    guard images.shape == [regions.shape[0]] else {
      throw Diagnostic("\(images) tell the images of \(regions)", hint: "there must be one for each")
    }
    try SlidingWindow.check("size", size, 2, from: 1)
    guard size.count == 2, (0...Self.mostSamples).contains(samples), scale.isFinite else {
      throw Diagnostic(
        "sizes \(size), scale \(scale) and \(samples) samples",
        hint: "there are two sizes, the scale is finite, and samples are between 0 and \(Self.mostSamples)")
    }
    return [TensorType(x.dtype, [regions.shape[0]] + Shape(size) + [x.shape[3]])]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let (x, regions, images) = (try inputs.required(0), try inputs.required(1), try inputs.required(2))
    let (values, corners, channels) = (x.doubles, regions.doubles, x.dims[3])
    let dims = try resultDims(inputs)
    guard !values.isEmpty else { return [Tensor(x.dtype, dims, [Double](repeating: 0, count: dims.reduce(1, *)))] }
    var result: [Double] = []
    for (region, image) in images.integers.enumerated() {
      let start = clampedIndex(image, x.dims[0])
      let sides = (0..<2).map { side in
        samples(corners[region * 4 + 1 - side], corners[region * 4 + 3 - side], size[side], x.dims[side + 1])
      }
      for position in Indices(size) {
        let (rows, columns) = (sides[0][position[0]], sides[1][position[1]])
        for c in 0..<channels {
          result.append(
            pooled(rows, columns) { row, column in values[((start * x.dims[1] + row) * x.dims[2] + column) * channels + c] })
        }
      }
    }
    return [Tensor(x.dtype, dims, result)]
  }

  /// A sample along one side: two neighbours with their weights, or nothing.
  private typealias Sample = [(place: Int, weight: Double)]

  /// For each of `count` elements along a side, its samples.
  private func samples(_ from: Double, _ to: Double, _ count: Int, _ extent: Int) -> [[Sample]] {
    let first = from * scale - (isCentred ? 0.5 : 0)
    let length = isCentred ? (to - from) * scale : max((to - from) * scale, 1)
    let part = length / Double(count)
    let number = samples > 0 ? samples : Int(max(0, min(part.rounded(.up), Double(Self.mostSamples))))
    return (0..<count).map { position in
      (0..<number).map { sample in
        let place = first + Double(position) * part + (Double(sample) + 0.5) * part / Double(number)
        guard place >= -1, place <= Double(extent) else { return [] }
        let inside = min(max(place, 0), Double(extent - 1))
        let low = Int(inside)
        return [(low, 1 - inside + Double(low)), (min(low + 1, extent - 1), inside - Double(low))]
      }
    }
  }

  private func pooled(_ rows: [Sample], _ columns: [Sample], _ value: (Int, Int) -> Double) -> Double {
    let samples = rows.flatMap { row in
      columns.map { column in
        row.flatMap { r in column.map { c in r.weight * c.weight * value(r.place, c.place) } }
      }
    }
    switch kind {
    case .average: return samples.joined().reduce(0, +) / Double(max(samples.count, 1))
    case .max: return samples.map { $0.max() ?? 0 }.max() ?? 0
    }
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (x, regions, images) = (operands.input(0), operands.input(1), operands.input(2))
    let type = x.dtype.accumulator
    let sides = (0..<2).map { RoiSide(op: self, side: $0, extent: x.extent($0 + 1), type: type) }
    return operands.unlessEmpty(x.shape[..<3].reduce(1, *)) {
      [
        loop("r", to: regions.extent(0)) { region in
          local("image", clampedIndex(images[region], x.extent(0))) { image in
            sides[0].measured(regions, region) { high in
              sides[1].measured(regions, region) { wide in
                loops("o", Shape(size)) { o in
                  loop("c", to: x.extent(3)) { c in
                    element(operands, [region] + o + [c], (sides, [high, wide])) { x[image.value, $0, $1, c].converted(to: type) }
                  }
                }
              }
            }
          }
        }
      ]
    }
  }

  private func element(
    _ operands: Operands, _ index: [Expr], _ sides: ([RoiSide], [RoiMeasure]), _ load: (Expr, Expr) -> Expr
  ) -> [Stmt] {
    let (dtype, counts) = (operands.input(0).dtype, sides.1.map(\.count))
    let type = dtype.accumulator
    let isMax = kind == .max
    return local("result", isMax ? type.lowest : .constant(0, type)) { result in
      loop("s0", to: counts[0]) { s0 in
        sides.0[0].sample(sides.1[0], index[1], s0) { row in
          loop("s1", to: counts[1]) { s1 in
            sides.0[1].sample(sides.1[1], index[2], s1) { column in
              let terms = row.flatMap { r in column.map { c in r.weight * c.weight * load(r.place, c.place) } }
              if isMax {
                result.set(terms.reduce(result.value) { maximum($0, $1) })
              } else {
                terms.map { result.add($0) }
              }
            }
          }
        }
      }
      let count = counts[0] * counts[1]
      let finished =
        isMax
        ? Expr.select(count .== 0, .constant(0, type), result.value) : result.value / maximum(1, count).converted(to: type)
      operands.store(index, finished.converted(to: dtype))
    }
  }
}
