import GraphIR
import Tensors

/// What is known of the values of open dimensions.
struct DimBounds {
  private let ranges: [String: ClosedRange<Int>]

  init(_ ranges: [String: ClosedRange<Int>]) { self.ranges = ranges }

  /// The largest value within the ranges. Extents are monotone in every dimension, so it is reached at a corner.
  func largest(_ dim: Dim) throws(Diagnostic) -> Int { try corner(dim) { $0.max() } }

  func range(_ name: String) -> ClosedRange<Int> { ranges[name] ?? 0...0 }

  func smallest(_ dim: Dim) throws(Diagnostic) -> Int { try corner(dim) { $0.min() } }

  private func corner(_ dim: Dim, _ choose: ([Int]) -> Int?) throws(Diagnostic) -> Int {
    var corners: [[String: Int]] = [[:]]
    for name in dim.symbols.sorted() {
      guard let range = ranges[name] else {
        throw Diagnostic("dimension \(name) is open", hint: "settle it with --dim \(name)=N, or bound it with --dim \(name)=..N")
      }
      corners = corners.flatMap { corner in
        [range.lowerBound, range.upperBound].map { corner.merging([name: $0]) { $1 } }
      }
    }
    let values = corners.compactMap { dim.value($0) }
    guard values.count == corners.count, let chosen = choose(values) else {
      throw Diagnostic("the extent \(dim) is too large to count", hint: "lower the bounds of its open dimensions")
    }
    return chosen
  }
}

extension Graph {
  /// The ranges of open dimensions without the values for which some tensor would have no elements, or an operator would miss some
  /// that it reads. Where the range of a dimension starts at 0, tensors may be without elements.
  package func usableDims() throws(Diagnostic) -> [String: ClosedRange<Int>] {
    let (extents, margins, dims) = (extents, margins, allDims)
    var ranges = dims
    for (name, range) in dims {
      let least = min(range.lowerBound, 1)
      let bounded = extents.filter { $0.symbols == [name] }.map { $0 - Dim(least) } + margins.filter { $0.symbols == [name] }
      guard let lowest = range.first(where: { value in bounded.allSatisfy { ($0.value([name: value]) ?? -1) >= 0 } }) else {
        throw Diagnostic(
          "no value of dimension \(name) up to \(range.upperBound) leaves every tensor an element",
          hint: "raise the bound: --dim \(name)=..N")
      }
      ranges[name] = lowest...range.upperBound
    }
    for margin in margins where try DimBounds(ranges).smallest(margin) < 0 {
      throw Diagnostic("\(margin) may be negative, and fewer elements be there than are read", hint: "settle one of its dimensions")
    }
    return ranges
  }

  /// The ranges of dimensions here and in the graphs inside operators; of one that is in several, all of them together.
  private var allDims: [String: ClosedRange<Int>] {
    nodes.flatMap(\.op.bodies).reduce(dims) { ranges, body in
      ranges.merging(body.allDims) { min($0.lowerBound, $1.lowerBound)...max($0.upperBound, $1.upperBound) }
    }
  }

  /// Every extent of a value, here and in the graphs inside operators.
  private var extents: Set<Dim> {
    nodes.flatMap(\.op.bodies).reduce(Set(values.flatMap(\.type.shape))) { $0.union($1.extents) }
  }

  /// What operators ask of extents, here and in the graphs inside.
  private var margins: Set<Dim> {
    let own = nodes.flatMap { $0.op.nonNegative(types($0.operatorInputs)) }.filter { $0.constant == nil }
    return nodes.flatMap(\.op.bodies).reduce(Set(own)) { $0.union($1.margins) }
  }
}
