import GraphIR
import LoopIR
import Tensors

/// Elements of `x` `[N, spatial…, C]` at places between them that a grid names: `[N, any…, D]` with one coordinate for each of the
/// `D` spatial axes, that of the last axis first, gives `[N, any…, C]`. A coordinate that is NaN lies before the first element. Of a tensor
/// without elements all are 0.
package struct GridSample: Operator {
  package enum Interpolation: String, Hashable, Sendable, CaseIterable {
    /// The element itself; between two the one with the even index.
    case nearest
    case linear
    /// Keys' cubic with the coefficient -0.75.
    case cubic
  }

  /// What lies beyond the first and the last element.
  package enum Border: String, Hashable, Sendable, CaseIterable {
    case zeros
    /// The nearest element.
    case border
    /// The tensor mirrored at what the coordinates -1 and 1 stand for.
    case reflection
  }

  package enum Coordinates: String, Hashable, Sendable, CaseIterable {
    /// -1 is the outer edge of the first element, 1 that of the last.
    case edges
    /// -1 is the middle of the first element, 1 that of the last.
    case middles
    /// 0 is the middle of the first element, 1 that of the second. Mirrored at the edges.
    case positions
  }

  package static let name = "grid_sample"
  package static var attributes: [Attribute<GridSample>] {
    [.choice("interpolation", \.interpolation), .choice("border", \.border), .choice("coordinates", \.coordinates)]
  }
  package var interpolation = Interpolation.linear
  package var border = Border.zeros
  package var coordinates = Coordinates.edges

  package init() {}
  package init(_ interpolation: Interpolation, _ border: Border = .zeros, _ coordinates: Coordinates = .edges) {
    self.interpolation = interpolation
    self.border = border
    self.coordinates = coordinates
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let (x, grid) = (try inputs.required(0), try inputs.required(1))
    guard (3...5).contains(x.rank), grid.rank >= 2, grid.shape.last == Dim(x.rank - 2), grid.shape[0] == x.shape[0] else {
      throw Diagnostic(
        "\(x) is sampled at \(grid)",
        hint: "[N, …, C] with one to three spatial axes needs a grid [N, …, axes] that holds a coordinate for each of them")
    }
    guard grid.dtype.isFloat else { throw Diagnostic("the grid is \(grid)", hint: "cast it to a float type") }
    guard x.dtype.isFloat || interpolation == .nearest else {
      throw Diagnostic("\(interpolation.rawValue) interpolation of \(x)", hint: "cast it to a float type")
    }
    return [TensorType(x.dtype, grid.shape.dropLast() + [x.shape[x.rank - 1]])]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let (x, grid) = (try inputs.required(0), try inputs.required(1))
    let dims = try resultDims(inputs)
    let meaning = GridMeaning(op: self, dims: x.dims)
    let (points, axes) = (grid.doubles, x.rank - 2)
    let perImage = dims[1..<dims.count - 1].reduce(1, *)
    let samples = (0..<dims[0] * perImage).map { meaning.taps(Array(points[$0 * axes..<($0 + 1) * axes]), image: $0 / max(perImage, 1)) }
    guard interpolation != .nearest else { return [copied(x, samples, dims)] }
    let (values, channels) = (x.doubles, dims[dims.count - 1])
    let result = samples.flatMap { taps in
      (0..<channels).map { c in taps.reduce(0) { $0 + ($1.place.map { values[$0 * channels + c] } ?? 0) * $1.weight } }
    }
    return [Tensor(x.dtype, dims, result)]
  }

  private func copied(_ x: Tensor, _ samples: [[GridMeaning.Tap]], _ dims: [Int]) -> Tensor {
    let size = dims[dims.count - 1] * x.dtype.byteCount
    let bytes = samples.flatMap { taps in
      taps[0].place.map { Array(x.bytes[$0 * size..<($0 + 1) * size]) } ?? [UInt8](repeating: 0, count: size)
    }
    return Tensor(x.dtype, dims, bytes: bytes)
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (x, grid) = (operands.input(0), operands.input(1))
    let wide = x.dtype.accumulator
    return operands.unlessEmpty(x.shape[1..<x.rank - 1].reduce(1, *)) {
      loops("o", grid.shape.dropLast()) { point in
        overTaps(operands, point) { taps in
          loop("c", to: x.extent(x.rank - 1)) { c in
            let elements = taps.map { $0.element { x[[point[0]] + $0 + [c]] } }
            if interpolation == .nearest {
              operands.store(point + [c], elements[0])
            } else {
              local("sum", .constant(0, wide)) { sum in
                zip(taps, elements).map { sum.addProduct($0.weight, $1.converted(to: wide)) }
                operands.store(point + [c], sum.value.converted(to: x.dtype))
              }
            }
          }
        }
      }
    }
  }

  /// Locals for the taps along each axis, around what `body` makes of all their combinations.
  private func overTaps(_ operands: Operands, _ point: [Expr], @NestBuilder _ body: ([GridTap]) -> [Stmt]) -> [Stmt] {
    let (x, grid) = (operands.input(0), operands.input(1))
    let axes = x.rank - 2
    func along(_ axis: Int, _ outer: [GridTap]) -> [Stmt] {
      guard axis < axes else {
        return locals("weight", outer.map(\.weight)) { weights in
          body(zip(outer, weights).map { GridTap(place: $0.place, weight: $1, isInside: $0.isInside) })
        }
      }
      let coordinate = grid[point + [.index(axes - 1 - axis)]].converted(to: grid.dtype.accumulator)
      let nest = GridNest(op: self, axis: axis, extent: x.extent(axis + 1), wide: x.dtype.accumulator)
      return nest.overTaps(coordinate) { taps in along(axis + 1, outer.flatMap { head in taps.map { head.joined(with: $0) } }) }
    }
    return along(0, [GridTap(place: [], weight: .constant(1, x.dtype.accumulator), isInside: nil)])
  }

  package func macs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Dim {
    guard interpolation != .nearest, let x = inputs[0] else { return 0 }
    return outputs[0].shape.elementCount * Dim(repeatElement(interpolation == .linear ? 2 : 4, count: x.rank - 2).reduce(1, *))
  }
}
