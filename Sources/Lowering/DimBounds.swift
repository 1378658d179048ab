import GraphIR
import Tensors

/// What is known of the values of open dimensions.
struct DimBounds {
  private let ranges: [String: ClosedRange<Int>]

  init(_ ranges: [String: ClosedRange<Int>]) { self.ranges = ranges }

  /// The largest value within the ranges. Extents are monotone in every dimension, so it is reached at a corner.
  func largest(_ dim: Dim) throws(Diagnostic) -> Int { try corner(dim) { $0.max() } }

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
  /// The ranges of open dimensions without the values for which some extent would not be positive.
  package func usableDims() throws(Diagnostic) -> [String: ClosedRange<Int>] {
    var ranges = dims
    for (name, range) in dims {
      let extents = Set(values.flatMap(\.type.shape)).filter { $0.symbols == [name] }
      guard let lowest = range.first(where: { value in extents.allSatisfy { ($0.value([name: value]) ?? 0) > 0 } }) else {
        throw Diagnostic(
          "no value of dimension \(name) up to \(range.upperBound) leaves every tensor an element",
          hint: "raise the bound: --dim \(name)=..N")
      }
      ranges[name] = lowest...range.upperBound
    }
    return ranges
  }
}
