import GraphIR
import LoopIR
import Tensors

/// Sums of products with weights most of which are zero, one output after the other: `x · W`, or under a window that is not padded a
/// convolution, `[…, spatial…, C] → […, positions…, N]`. For machines without vectors, and the least memory.
///
/// Inputs: `x`, `values [elements]`, `steps [elements]`, uint8, and `bounds [N · runs + 1]`, uint16 or int32: which elements belong to a
/// run of an output. The first step of a run tells how far its element is from the run's start, the others how far from the one before;
/// what points beyond an end is moved to it. Floats give floats; bytes times int8 are summed in int32, which wraps.
package struct SparseRows: Operator {
  package static let name = "sparse_rows"
  package static var attributes: [Attribute<SparseRows>] {
    [.ints("taps", \.taps), .ints("strides", \.window.strides), .ints("dilations", \.window.dilations)]
  }
  /// Along each spatial axis; none for a matrix product.
  package var taps: [Int] = []
  package var window = SlidingWindow()
  /// Steps and bounds are known to stay within the ends. Only who makes them can say so: no file does.
  package var staysInside = false

  package init() {}
  package init(taps: [Int], window: SlidingWindow = SlidingWindow(), staysInside: Bool = false) {
    (self.taps, self.window, self.staysInside) = (taps, window, staysInside)
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let (x, values) = (try inputs.required(0), try inputs.required(1))
    let (steps, bounds) = (try inputs.required(2), try inputs.required(3))
    let seen = try SparseWindow(x, taps: taps, window: window)
    guard x.dtype.isFloat ? x.dtype == values.dtype : x.dtype.byteCount == 1 && x.dtype.isInteger && values.dtype == .int8,
      values.rank == 1, let count = values.shape[0].constant, count > 0
    else { throw Diagnostic("\(x) is multiplied with \(values)", hint: "a list of the same floats, or of int8 for bytes, is expected") }
    guard steps == TensorType(.uint8, values.shape) else {
      throw Diagnostic("the steps are \(steps) for \(values)", hint: "as many uint8 are expected")
    }
    guard bounds.rank == 1, bounds.dtype == .uint16 || bounds.dtype == .int32, let ends = bounds.shape[0].constant, ends > 1,
      (ends - 1).isMultiple(of: seen.runs)
    else {
      throw Diagnostic("the bounds are \(bounds)", hint: "uint16 or int32, \(seen.runs) for each output and one more, are expected")
    }
    return [TensorType(x.dtype.isFloat ? x.dtype : .int32, try seen.shape(x.shape, outputs: (ends - 1) / seen.runs))]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let x = try inputs.required(0)
    let type = try infer(inputs.map { $0?.type })[0]
    let (dims, seen) = (type.shape.constants ?? [], try SparseWindow(x.type, taps: taps, window: window))
    let (values, steps) = (try inputs.required(1).doubles, try inputs.required(2).integers)
    let bounds = try inputs.required(3).integers.map { Swift.min(Swift.max(Int($0), 0), values.count) }
    let terms = (0..<dims[dims.count - 1]).map { output in
      (0..<seen.runs).flatMap { run in
        var place = 0
        return stride(from: bounds[output * seen.runs + run], to: bounds[output * seen.runs + run + 1], by: 1).map { element in
          place = Swift.min(place + Int(steps[element]), seen.run - 1)
          return (place: run * seen.run + place, weight: values[element])
        }
      }
    }
    let sums = seen.sums(x, dims, terms)
    return [type.dtype.isFloat ? Tensor(type.dtype, dims, sums) : Tensor(.int32, dims, integers: sums.map { Int64($0) })]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (x, output) = (operands.input(0), operands.output)
    guard let seen = try? SparseWindow(x.type, taps: taps, window: window) else { return [] }
    let leading = x.rank - 1 - taps.count
    let wide = productAccumulator(x.dtype, widens: !x.dtype.isFloat)
    return loops("m", Array(output.shape.prefix(leading))) { m in
      loops("o", Array(output.shape[leading..<output.rank - 1])) { position in
        loop("n", to: output.extent(output.rank - 1)) { n in
          local("sum", .constant(0, wide)) { sum in
            loops("r", seen.starts.map { Dim($0) }) { taps in
              let run = zip(taps, seen.starts).reduce(n) { $0 * .index($1.1) + $1.0 }
              elements(operands, run, ofRun: seen.run) { place in
                seen.element(x, m, position, taps, place)
              } into: {
                sum.addProduct($0, $1)
              }
            }
            operands.store(m + position + [n], sum.value.converted(to: x.dtype.isFloat ? x.dtype : .int32))
          }
        }
      }
    }
  }

  /// The products of a run; `element` gives what lies at a place.
  private func elements(
    _ operands: Operands, _ run: Expr, ofRun count: Int, _ element: (Expr) -> Expr, into add: (Expr, Expr) -> Stmt
  ) -> [Stmt] {
    let (x, values, steps, bounds) = (operands.input(0), operands.input(1), operands.input(2), operands.input(3))
    let wide = productAccumulator(x.dtype, widens: !x.dtype.isFloat)
    func bound(_ index: Expr) -> Expr {
      let bound = bounds[index].converted(to: .int32)
      return staysInside ? bound : minimum(maximum(bound, 0), values.extent(0))
    }
    return local("place", 0) { place in
      loop("e", from: bound(run), to: bound(run + 1)) { e in
        let next = place.value + steps[e].converted(to: .int32)
        place.set(staysInside ? next : minimum(next, .index(count - 1)))
        add(element(place.value).converted(to: wide), values[e].converted(to: wide))
      }
    }
  }

  package func macs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Dim {
    Array(outputs[0].shape.dropLast()).elementCount * (inputs[1]?.shape[0] ?? 0)
  }
}
