import GraphIR
import LoopIR
import Tensors

/// Weighted sums of neighbours along one axis, as a table has them: element `o` of the result is the sum over `t` of
/// `weights[o, t]` times element `starts[o] + t`. Without weights it is element `starts[o]` itself. Starts from which a row of
/// the table would leave the axis are moved to where it does not.
///
/// Inputs: the tensor, `starts` as int32 `[O]`, and `weights` `[O, taps]` of the tensor's type. `ResamplingTable` makes both.
package struct Resample: Operator {
  package static let name = "resample"
  package static var attributes: [Attribute<Resample>] { [.int("axis", \.axis)] }
  package var axis = 1

  package init() {}
  package init(axis: Int) { self.axis = axis }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let (input, starts) = (try inputs.required(0), try inputs.required(1))
    let axis = try normalisedAxis(axis, rank: input.rank)
    guard starts.dtype == .int32, starts.rank == 1 else {
      throw Diagnostic("the starts are \(starts)", hint: "one int32 is needed for each element of the result: int32[O]")
    }
    let taps = try taps(input, starts, inputs.optional(2))
    if let extent = input.shape[axis].constant, extent < taps {
      throw Diagnostic("a table of \(taps) taps for an axis of \(extent)", hint: "the axis must be at least as long as a row of the table")
    }
    var shape = input.shape
    shape[axis] = starts.shape[0]
    return [TensorType(input.dtype, shape)]
  }

  private func taps(_ input: TensorType, _ starts: TensorType, _ weights: TensorType?) throws(Diagnostic) -> Int {
    guard let weights else { return 1 }
    guard input.dtype.isFloat, weights.dtype == input.dtype else {
      throw Diagnostic("\(input) is weighted with \(weights)", hint: "cast both to one float type")
    }
    guard weights.rank == 2, weights.shape[0] == starts.shape[0], let taps = weights.shape[1].constant, taps > 0 else {
      throw Diagnostic("the weights are \(weights)", hint: "\(starts.shape[0]) rows of one or more taps are expected")
    }
    return taps
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let (input, starts) = (try inputs.required(0), try inputs.required(1))
    let dims = try resultDims(inputs)
    let axis = try normalisedAxis(axis, rank: input.rank)
    let taps = inputs.optional(2)?.dims[1] ?? 1
    let first = starts.integers.map { max(0, min(Int($0), input.dims[axis] - taps)) }
    guard let weights = inputs.optional(2)?.doubles else { return [gathered(input, axis, first, dims)] }
    let (x, inner) = (input.doubles, dims[(axis + 1)...].reduce(1, *))
    var result = [Double](repeating: 0, count: dims.reduce(1, *))
    for outer in 0..<dims[..<axis].reduce(1, *) {
      for (o, start) in first.enumerated() {
        let target = (outer * first.count + o) * inner
        for t in 0..<taps {
          let source = (outer * input.dims[axis] + start + t) * inner
          for i in 0..<inner { result[target + i] += weights[o * taps + t] * x[source + i] }
        }
      }
    }
    return [Tensor(input.dtype, dims, result)]
  }

  private func gathered(_ input: Tensor, _ axis: Int, _ places: [Int], _ dims: [Int]) -> Tensor {
    let row = dims[(axis + 1)...].reduce(1, *) * input.dtype.byteCount
    var bytes: [UInt8] = []
    bytes.reserveCapacity(dims.reduce(input.dtype.byteCount, *))
    for outer in 0..<dims[..<axis].reduce(1, *) {
      for place in places {
        let start = (outer * input.dims[axis] + place) * row
        bytes += input.bytes[start..<start + row]
      }
    }
    return Tensor(input.dtype, dims, bytes: bytes)
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (input, starts, output) = (operands.input(0), operands.input(1), operands.output)
    let (weights, wide) = (operands.optionalInput(2), input.dtype.accumulator)
    let axis = self.axis < 0 ? self.axis + input.rank : self.axis
    return loops("i", output.shape) { index in
      let last = input.extent(axis) - (weights?.extent(1) ?? 1)
      let first = maximum(0, minimum(starts[index[axis]], last))
      let element = { (t: Expr) in input[index.enumerated().map { $0.offset == axis ? first + t : $0.element }] }
      if let weights {
        local("sum", .constant(0, wide)) { sum in
          loop("t", to: weights.extent(1)) { t in
            sum.addProduct(weights[index[axis], t].converted(to: wide), element(t).converted(to: wide))
          }
          operands.store(index, sum.value.converted(to: input.dtype))
        }
      } else {
        operands.store(index, element(0))
      }
    }
  }

  package func nonNegative(_ inputs: [TensorType?]) -> [Dim] {
    guard let input = inputs[0] else { return [] }
    return [input.shape[axis < 0 ? axis + input.rank : axis] - (inputs.optional(2)?.shape[1] ?? 1)]
  }

  package func macs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Dim {
    inputs.optional(2).map { outputs[0].shape.elementCount * $0.shape[1] } ?? 0
  }
}
