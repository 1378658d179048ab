import LoopIR
import Tensors

/// A side of a rectangle in a nest: where it begins, the part of it that makes one element, and samples along that.
struct RoiMeasure {
  let first: Expr
  let part: Expr
  let count: Expr
}

/// A neighbour of a sample along a side, in a nest. Outside of the tensor its weight is zero.
typealias RoiNeighbour = (place: Expr, weight: Expr)

/// What `RoiAlign` does along the rows (side 0) or columns (side 1).
struct RoiSide {
  let op: RoiAlign
  let side: Int
  let extent: Expr
  /// In which coordinates are computed.
  let type: DType

  func measured(_ regions: TensorView, _ region: Expr, @NestBuilder _ body: (RoiMeasure) -> [Stmt]) -> [Stmt] {
    let (scale, one) = (Expr.constant(op.scale, type), Expr.constant(1, type))
    let corners = [1 - side, 3 - side].map { regions[region, .index($0)].converted(to: type) * scale }
    let length = corners[1] - corners[0]
    return local("first\(side)", op.isCentred ? corners[0] - .constant(0.5, type) : corners[0]) { first in
      local("part\(side)", (op.isCentred ? length : maximum(one, length)) / .constant(Double(op.size[side]), type)) { part in
        local("samples\(side)", count(part.value)) { count in
          body(RoiMeasure(first: first.value, part: part.value, count: count.value))
        }
      }
    }
  }

  private func count(_ part: Expr) -> Expr {
    if op.samples > 0 { return .index(op.samples) }
    let most = part.literal(Double(RoiAlign.mostSamples))
    return minimum(most, maximum(part.literal(0), part.applying(.ceil))).converted(to: .int32)
  }

  /// The two neighbours of a sample.
  func sample(_ measure: RoiMeasure, _ position: Expr, _ sample: Expr, @NestBuilder _ body: ([RoiNeighbour]) -> [Stmt]) -> [Stmt] {
    let (zero, one) = (Expr.constant(0, type), Expr.constant(1, type))
    let within = (sample.converted(to: type) + .constant(0.5, type)) * measure.part / measure.count.converted(to: type)
    let place = measure.first + position.converted(to: type) * measure.part + within
    return local("place\(side)", place) { place in
      local("weight\(side)", .select((place.value .>= .constant(-1, type)) .&& (place.value .<= extent.converted(to: type)), one, zero)) {
        weight in
        local("inside\(side)", minimum((extent - 1).converted(to: type), maximum(zero, place.value))) { inside in
          local("low\(side)", inside.value.converted(to: .int32)) { low in
            local("fraction\(side)", inside.value - low.value.converted(to: type)) { fraction in
              body([
                (low.value, weight.value * (one - fraction.value)), (minimum(low.value + 1, extent - 1), weight.value * fraction.value),
              ])
            }
          }
        }
      }
    }
  }
}
