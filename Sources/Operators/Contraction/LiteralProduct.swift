import GraphIR
import LoopIR
import Tensors

/// A product with so few weights that they are written into the code, one product after the other: `x · W`, or under a window that is
/// not padded a convolution, `[…, spatial…, C] → […, positions…, N]`.
///
/// Output n adds up the products from the n-th of `bounds` up to the next: of what the window sees at `places`, as a list `[taps…, C]`,
/// with `weights`. Floats give floats; bytes times weights of int8 are summed in int32.
package struct LiteralProduct: Operator {
  package static let name = "literal_product"
  package static var attributes: [Attribute<LiteralProduct>] {
    [
      .ints("taps", \.taps), .ints("strides", \.window.strides), .ints("dilations", \.window.dilations), .ints("bounds", \.bounds),
      .ints("places", \.places), .floats("weights", \.weights),
    ]
  }
  /// Along each spatial axis; none for a matrix product.
  package var taps: [Int] = []
  package var window = SlidingWindow()
  package var bounds: [Int] = [0, 0]
  package var places: [Int] = []
  package var weights: [Double] = []

  package static let mostProducts = 4096

  package init() {}
  package init(taps: [Int] = [], window: SlidingWindow = SlidingWindow(), bounds: [Int], places: [Int], weights: [Double]) {
    (self.taps, self.window) = (taps, window)
    (self.bounds, self.places, self.weights) = (bounds, places, weights)
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let x = try inputs.required(0)
    let seen = try SparseWindow(x, taps: taps, window: window)
    guard x.dtype.isFloat || x.dtype == .uint8 || x.dtype == .int8 else {
      throw Diagnostic("\(x) is multiplied with literals", hint: "floats or bytes are expected")
    }
    guard places.count == weights.count, places.count <= Self.mostProducts, places.allSatisfy({ (0..<seen.count).contains($0) }) else {
      throw Diagnostic(
        "there are \(places.count) places for \(weights.count) weights",
        hint: "as many are expected, up to \(Self.mostProducts), each place below \(seen.count)")
    }
    guard weights.allSatisfy({ x.dtype.isFloat ? $0.isFinite : Int8(exactly: $0) != nil }) else {
      throw Diagnostic("\(x) is multiplied with weights it cannot be", hint: "finite numbers are expected, for bytes from -128 to 127")
    }
    guard bounds.count > 1, bounds.first == 0, bounds.last == places.count, zip(bounds, bounds.dropFirst()).allSatisfy({ $0 <= $1 }) else {
      throw Diagnostic(
        "the bounds are \(bounds)", hint: "numbers that do not fall from 0 to \(places.count), one more than outputs, are expected")
    }
    return [TensorType(x.dtype.isFloat ? x.dtype : .int32, try seen.shape(x.shape, outputs: bounds.count - 1))]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let x = try inputs.required(0)
    let type = try infer([x.type])[0]
    let terms = zip(bounds, bounds.dropFirst()).map { first, end in
      (first..<end).map { (place: places[$0], weight: weight($0, type.dtype)) }
    }
    let dims = type.shape.constants ?? []
    let sums = try SparseWindow(x.type, taps: taps, window: window).sums(x, dims, terms)
    return [type.dtype.isFloat ? Tensor(type.dtype, dims, sums) : Tensor(.int32, dims, integers: sums.map { Int64($0) })]
  }

  /// As the type of the result holds it.
  private func weight(_ position: Int, _ dtype: DType) -> Double { dtype.isFloat ? dtype.rounded(weights[position]) : weights[position] }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (x, output) = (operands.input(0), operands.output)
    guard let seen = try? SparseWindow(x.type, taps: taps, window: window) else { return [] }
    let leading = x.rank - 1 - taps.count
    let wide = productAccumulator(x.dtype, widens: !x.dtype.isFloat)
    return loops("m", Array(output.shape.prefix(leading))) { m in
      loops("o", Array(output.shape[leading..<output.rank - 1])) { position in
        for n in 0..<bounds.count - 1 {
          local("sum\(n)", .constant(0, wide)) { sum in
            for product in bounds[n]..<bounds[n + 1] {
              let element = seen.element(x, m, position, at: places[product]).converted(to: wide)
              sum.addProduct(element, .constant(weight(product, x.dtype), wide))
            }
            operands.store(m + position + [.index(n)], sum.value.converted(to: x.dtype.isFloat ? x.dtype : .int32))
          }
        }
      }
    }
  }

  package func macs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Dim {
    Array(outputs[0].shape.dropLast()).elementCount * Dim(places.count)
  }
}
