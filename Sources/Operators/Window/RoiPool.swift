import GraphIR
import LoopIR
import Tensors

/// The greatest elements of the parts of rectangles: `x` `[N, H, W, C]` and `regions` `[R, 5]` as image, x, y, x, y of two corners give
/// `[R, size…, C]`. Corners are elements that belong to the rectangle, rounded half away from zero; position `o` of `O` along a side of
/// `L` elements holds those from `floor(o · L / O)` up to `ceil((o + 1) · L / O)`. Where none of them is on the image it is 0.
package struct RoiPool: Operator {
  package static let name = "roi_pool"
  package static var attributes: [Attribute<RoiPool>] { [.ints("size", \.size), .float("scale", \.scale)] }
  /// Rows and columns of the result.
  package var size = [1, 1]
  /// What the corners are multiplied with.
  package var scale = 1.0

  /// Corners further out are moved to here, so that they are indices.
  private static let farthest = Double(1 << 14)

  package init() {}
  package init(size: [Int], scale: Double = 1) {
    self.size = size
    self.scale = scale
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let (x, regions) = (try inputs.required(0), try inputs.required(1))
    guard x.rank == 4, x.dtype.isFloat, regions.dtype == x.dtype, regions.rank == 2, regions.shape[1] == 5 else {
      throw Diagnostic("\(regions) of \(x) are pooled", hint: "[N, H, W, C] and [R, 5] of one float type are expected")
    }
    try SlidingWindow.check("size", size, 2, from: 1)
    guard size.count == 2, scale.isFinite else {
      throw Diagnostic("sizes \(size) and scale \(scale)", hint: "there are two sizes, and the scale is finite")
    }
    return [TensorType(x.dtype, [regions.shape[0]] + Shape(size) + [x.shape[3]])]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let (x, regions) = (try inputs.required(0), try inputs.required(1))
    let (dims, values, corners) = (try resultDims(inputs), x.doubles, regions.doubles)
    let result = Indices(dims).map { index in
      let region = Array(corners[index[0] * 5..<index[0] * 5 + 5])
      let image = clampedIndex(Int64(clamping: region[0]), x.dims[0])
      let sides = (0..<2).map { side in part(region[2 - side], region[4 - side], index[side + 1], size[side], x.dims[side + 1]) }
      var best: Double?
      for row in sides[0] where x.dims[0] > 0 {
        for column in sides[1] {
          let value = values[((image * x.dims[1] + row) * x.dims[2] + column) * x.dims[3] + index[3]]
          best = best.map { value > $0 ? value : $0 } ?? Swift.max(-.infinity, value)
        }
      }
      return best ?? 0
    }
    return [Tensor(x.dtype, dims, result)]
  }

  /// The elements of position `position` of `count` along a side.
  private func part(_ from: Double, _ to: Double, _ position: Int, _ count: Int, _ extent: Int) -> Range<Int> {
    let (first, last) = (corner(from), corner(to))
    let length = Swift.max(last - first + 1, 1)
    let start = min(Swift.max(first + position * length / count, 0), extent)
    return start..<Swift.max(start, min(first + ((position + 1) * length).ceilingDivision(by: count), extent))
  }

  private func corner(_ place: Double) -> Int {
    let rounded = (place * scale).rounded(.toNearestOrAwayFromZero)
    return rounded.isNaN ? -Int(Self.farthest) : Int(min(Swift.max(rounded, -Self.farthest), Self.farthest))
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (x, regions) = (operands.input(0), operands.input(1))
    let type = x.dtype.accumulator
    return operands.unlessEmpty(x.shape[..<3].reduce(1, *)) {
      [
        loop("r", to: regions.extent(0)) { region in
          let corners = (0..<5).map { regions[region, .index($0)].converted(to: type) }
          local("image", clampedIndex(index(corners[0]), x.extent(0))) { image in
            locals("corner", corners[1...].map { index(corner($0)) }) { corner in
              loops("o", Shape(size)) { o in
                let parts = (0..<2).map { part(corner[1 - $0], corner[3 - $0], o[$0], size[$0], x.extent($0 + 1)) }
                loop("c", to: x.extent(3)) { c in
                  greatest(parts, type, { x[image.value, $0, $1, c].converted(to: type) }) { found in
                    operands.store([region] + o + [c], found.converted(to: x.dtype))
                  }
                }
              }
            }
          }
        }
      ]
    }
  }

  private func greatest(
    _ parts: [(from: Expr, to: Expr)], _ type: DType, _ load: (Expr, Expr) -> Expr, _ store: (Expr) -> Stmt
  ) -> [Stmt] {
    local("best", type.lowest) { best in
      local("count", 0) { count in
        loop("s0", from: parts[0].from, to: parts[0].to) { row in
          loop("s1", from: parts[1].from, to: parts[1].to) { column in
            best.set(maximum(best.value, load(row, column)))
            count.set(1)
          }
        }
        store(.select(count.value .== 0, .constant(0, type), best.value))
      }
    }
  }

  private func part(_ first: Expr, _ last: Expr, _ position: Expr, _ count: Int, _ extent: Expr) -> (from: Expr, to: Expr) {
    let length = maximum(last - first + 1, 1)
    let end = first + ((position + 1) * length + .index(count - 1)) / .index(count)
    return (minimum(maximum(first + position * length / .index(count), 0), extent), minimum(end, extent))
  }

  private func corner(_ place: Expr) -> Expr {
    let scaled = place * place.literal(scale)
    return (scaled + .select(scaled .< place.literal(0), place.literal(-0.5), place.literal(0.5))).applying(.trunc)
  }

  /// A number as an index; NaN is the least.
  private func index(_ value: Expr) -> Expr {
    minimum(value.literal(Self.farthest), maximum(value.literal(-Self.farthest), value)).converted(to: .int32)
  }
}
