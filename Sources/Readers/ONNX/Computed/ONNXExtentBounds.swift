import ONNXProto

/// What extents may be at most because elementwise operators carry them on to values whose shapes the file declares.
struct ONNXExtentBounds {
  /// For each value the bounds of its last axes; `nil` where there is none.
  private var bounds: [String: [Int?]] = [:]

  /// Operators whose inputs are broadcast to their output: counted from the last axis, an input has its extents, or 1.
  private static let broadcasting: Set = [
    "Abs", "Add", "Cast", "Cos", "Div", "Exp", "Identity", "Log", "Mul", "Neg", "Pow", "Sin", "Sqrt", "Sub", "Tanh", "Where",
  ]

  init() {}

  /// `declared` are the extents that the file gives values.
  init(_ nodes: [ONNXNodeProto], declared: (String) -> [Int?]?) {
    for node in nodes.reversed() where Self.broadcasting.contains(node.opType) && ONNXOperators.canonical(node.domain).isEmpty {
      guard let output = node.output.first, let known = declared(output) ?? bounds[output] else { continue }
      for input in node.input where bounds[input] == nil { bounds[input] = known }
    }
  }

  /// The most that the extent of an axis of a value of `rank` axes may be, where something bounds it.
  func most(_ name: String, axis: Int, rank: Int) -> Int? {
    guard let known = bounds[name], known.indices.contains(known.count - rank + axis) else { return nil }
    return known[known.count - rank + axis].map { max($0, 1) }
  }
}
