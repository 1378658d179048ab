import LoopIR
import Tensors

/// Positions `start + i * step` for `i` from 0 up to but not including `count`.
struct SliceRange {
  var start: Dim
  var count: Dim
  var step: Int
  /// What the extent is taken to be at least, where it is open.
  private(set) var leastExtent: Int?

  init(start: Dim, count: Dim, step: Int) {
    self.start = start
    self.count = count
    self.step = step
  }

  /// `start:end:step` of an axis of `extent` elements. Refused where the extent is open and the result would depend on which of two
  /// positions comes first.
  init(_ start: Int, _ end: Int, _ step: Int, of extent: Dim) throws(Diagnostic) {
    guard step != 0, step.magnitude < 1 << 31 else {
      throw Diagnostic("the step is \(step)", hint: "it must be between -2^31 and 2^31, and not 0")
    }
    let (first, last) = (SliceEnd(start, step, extent), SliceEnd(end, step, extent))
    let (low, high) = step > 0 ? (first, last) : (last, first)
    let span = high.position(extent) - low.position(extent)
    self.init(start: first.position(extent), count: span.ceilingDivision(by: abs(step)), step: step)
    if let count = count.constant, count <= 0 { (self.start, self.count) = (0, 0) }
    if extent.constant != nil || count == 0 || !low.isFromBack && high.isFromBack { return }
    guard isInside(first, extent.least) else {
      throw Diagnostic("\(start):\(end):\(step) of an axis of open extent \(extent)", hint: "settle the extent: --dim NAME=VALUE")
    }
    leastExtent = extent.least
  }

  /// Where the element `index` of the slice lies.
  func position(_ index: Expr) -> Expr {
    step > 0 ? Expr(start) + index * .index(step) : Expr(start) - index * .index(-step)
  }

  /// A constant number of elements from `first` lies inside an axis of `extent` elements.
  private func isInside(_ first: SliceEnd, _ extent: Int) -> Bool {
    guard let count = count.constant else { return false }
    let from = first.offset + (first.isFromBack ? extent : 0)
    let (distance, overflow) = (count - 1).multipliedReportingOverflow(by: step)
    return !overflow && (0..<extent).contains(from) && (0..<extent).contains(from + distance)
  }
}

/// One end of a slice: a position from the front of an axis, or relative to its extent.
private struct SliceEnd {
  var isFromBack: Bool
  var offset: Int

  init(_ value: Int, _ step: Int, _ extent: Dim) {
    // Going backwards, the position before the first stands for "up to the first".
    let lowest = step > 0 ? 0 : -1
    if let extent = extent.constant {
      isFromBack = false
      offset = min(max(value < 0 ? value + extent : value, lowest), extent + lowest)
    } else if abs(clamping: value) >= Int(Int32.max) {
      isFromBack = value > 0
      offset = lowest
    } else {
      isFromBack = value < 0
      offset = value
    }
  }

  func position(_ extent: Dim) -> Dim { isFromBack ? extent + Dim(offset) : Dim(offset) }
}

private func abs(clamping value: Int) -> Int { value == .min ? .max : abs(value) }

extension Dim {
  /// A number that the extent does not fall below where open dimensions are 1 or more.
  fileprivate var least: Int {
    let terms = sortedTerms
    guard terms.allSatisfy({ $0.coefficient > 0 || $0.atoms.isEmpty }) else { return 1 }
    return max(1, terms.reduce(0) { $0 + ($1.atoms.allSatisfy(\.isSymbol) ? $1.coefficient : 0) })
  }
}

extension Dim.Atom {
  fileprivate var isSymbol: Bool { if case .symbol = self { true } else { false } }
}
