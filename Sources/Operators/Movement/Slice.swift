import GraphIR
import LoopIR
import Tensors

/// Every `step`-th element from `start` up to but not including `end`, along each of `axes`, as Python's `x[start:end:step]` and
/// ONNX's Slice: negative positions count from the end, what lies outside is moved to the nearest end, and a negative step goes
/// backwards. Python's omitted ends are `Int.max`, and `Int.min` where the step is negative.
package struct Slice: Operator {
  package static let name = "slice"
  package static var attributes: [Attribute<Slice>] {
    [.ints("starts", \.starts), .ints("ends", \.ends), .ints("axes", \.axes), .ints("steps", \.steps)]
  }
  package var starts: [Int] = []
  package var ends: [Int] = []
  /// Empty: the first axes.
  package var axes: [Int] = []
  /// Empty: all 1.
  package var steps: [Int] = []

  package init() {}
  package init(starts: [Int], ends: [Int], axes: [Int] = [], steps: [Int] = []) {
    self.starts = starts
    self.ends = ends
    self.axes = axes
    self.steps = steps
  }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let x = try inputs.required(0)
    return [TensorType(x.dtype, try ranges(x.shape).map(\.count))]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let x = try inputs.required(0)
    let ranges = try ranges(Shape(x.dims))
    return [
      x.rearranged(try resultDims(inputs)) { index in
        zip(index, ranges).map { ($1.start.constant ?? 0) + $0 * $1.step }
      }
    ]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let x = operands.input(0)
    let ranges = settledRanges(x.shape)
    return loops("i", operands.output.shape) { index in
      operands.store(index, x[zip(index, ranges).map { $1.position($0) }])
    }
  }

  package func aliasing(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Aliasing {
    guard let x = inputs[0], steps.allSatisfy({ $0 > 0 }) else { return .none }
    return .view(settledRanges(x.shape).enumerated().map { ViewAxis($0.offset, from: $0.element.start, step: $0.element.step) })
  }

  package func nonNegative(_ inputs: [TensorType?]) -> [Dim] {
    guard let x = inputs[0] else { return [] }
    return zip(x.shape, settledRanges(x.shape)).compactMap { extent, range in range.leastExtent.map { extent - Dim($0) } }
  }

  /// What is taken along each axis of an input of the shape `shape`.
  private func ranges(_ shape: Shape) throws(Diagnostic) -> [SliceRange] {
    let named = axes.isEmpty ? Array(starts.indices) : axes
    guard starts.count == ends.count, named.count == starts.count, steps.isEmpty || steps.count == starts.count else {
      throw Diagnostic(
        "\(starts.count) starts, \(ends.count) ends, \(named.count) axes and \(steps.count) steps are given",
        hint: "there must be as many of each; axes and steps may be absent")
    }
    let normalised = try distinctAxes(named, rank: shape.count)
    var ranges = shape.map { SliceRange(start: 0, count: $0, step: 1) }
    for (position, axis) in normalised.enumerated() {
      do throws(Diagnostic) {
        ranges[axis] = try SliceRange(starts[position], ends[position], steps.isEmpty ? 1 : steps[position], of: shape[axis])
      } catch { throw error.at("axis \(axis)") }
    }
    return ranges
  }

  private func settledRanges(_ shape: Shape) -> [SliceRange] {
    do throws(Diagnostic) { return try ranges(shape) } catch { preconditionFailure("\(error) after infer has passed") }
  }
}
