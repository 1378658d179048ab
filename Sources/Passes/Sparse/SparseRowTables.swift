import Operators
import Tensors

/// The weights of a layer that are not zero as `SparseRows` reads them.
struct SparseRowTables {
  let values: Tensor
  let steps: Tensor
  let bounds: Tensor

  var bytes: Int { [values, steps, bounds].reduce(0) { $0 + $1.bytes.count } }

  init(_ layer: SparseLayer) {
    var (values, steps, bounds) = ([Double](), [Int64](), [Int64(0)])
    for terms in layer.terms {
      var next = terms[...]
      for run in 0..<layer.seen.runs {
        var place = run * layer.seen.run
        while let term = next.first, term.place < (run + 1) * layer.seen.run {
          // What is too far away is reached in several steps, with zeros on the way.
          let step = min(term.place - place, 255)
          place += step
          steps.append(Int64(step))
          values.append(place == term.place ? term.weight : 0)
          if place == term.place { next.removeFirst() }
        }
        bounds.append(Int64(values.count))
      }
    }
    if values.isEmpty { (values, steps) = ([0], [0]) }  // C has no empty arrays.
    self.values = Tensor(layer.matrix.dtype, [values.count], values)
    self.steps = Tensor(.uint8, [steps.count], integers: steps)
    self.bounds = Tensor(values.count < 1 << 16 ? .uint16 : .int32, [bounds.count], integers: bounds)
  }
}

extension LiteralProduct {
  init(_ layer: SparseLayer) {
    let terms = layer.terms
    self.init(
      taps: layer.seen.taps, window: layer.seen.window, bounds: terms.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.count) },
      places: terms.flatMap { $0.map(\.place) }, weights: terms.flatMap { $0.map(\.weight) })
  }

  /// About what the instructions take, those of a controller: two loads, a literal and a sum of floats; a load and a literal within
  /// instructions of bytes.
  static func codeBytes(products: Int, isFloat: Bool) -> Int { products * (isFloat ? 16 : 10) }
}
