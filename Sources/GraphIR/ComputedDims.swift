import Tensors

/// Where a run finds the extent of a computed dimension: in an element of a scalar or vector of int32 or int64.
package struct DimSource: Hashable, Sendable {
  package var value: ValueID
  package var element: Int

  package init(_ value: ValueID, element: Int) {
    self.value = value
    self.element = element
  }
}

extension Graph {
  /// A dimension whose extent each run reads from an element of an integer scalar or vector; a run in which it is outside of
  /// `range` fails. A name that is taken gets a number.
  @discardableResult
  package mutating func addComputedDim(
    _ name: String, range: ClosedRange<Int>, from value: ValueID, element: Int = 0
  ) throws(Diagnostic) -> Dim {
    let type = type(value)
    guard type.dtype == .int32 || type.dtype == .int64, type.rank <= 1 else {
      throw Diagnostic("\"\(self[value].name)\", \(type), is taken for an extent", hint: "an int32 or int64 scalar or vector is needed")
    }
    guard element >= 0, element < type.shape.elementCount.constant ?? .max else {
      throw Diagnostic("element \(element) of \(type) is taken for an extent", hint: "elements are counted from 0")
    }
    guard range.lowerBound >= 0, range.upperBound < 1 << 31 else {
      throw Diagnostic("the extent \"\(name)\" lies in \(range)", hint: "extents lie between 0 and 2147483647")
    }
    let unique = freeDimName(name)
    dims[unique] = range
    computedDims[unique] = DimSource(value, element: element)
    return .symbol(unique)
  }

  /// The name, or where a dimension has it, one with a number.
  package func freeDimName(_ name: String) -> String {
    var (candidate, number) = (name, 1)
    while dims[candidate] != nil {
      candidate = "\(name)_\(number)"
      number += 1
    }
    return candidate
  }

  /// Computed dimensions by the value that they are read from, in the order of their names.
  package var dimsBySource: [ValueID: [String]] {
    Dictionary(grouping: computedDims.keys.sorted()) { computedDims[$0]?.value ?? ValueID(index: -1) }
  }

  /// Computed dimensions that the types of a node's results, or its operator, depend on.
  package func computedDims(of node: Node) -> Set<String> {
    if computedDims.isEmpty { return [] }
    let mentioned = Set(node.outputs.flatMap { type($0).shape.flatMap(\.symbols) })
    return Set(computedDims.keys.filter { mentioned.contains($0) || !node.op.substituting([$0: .symbol("'")]).isEqual(to: node.op) })
  }

  /// Computed dimensions of this graph and of those inside operators.
  package var allComputedDims: Set<String> {
    nodes.flatMap(\.op.bodies).reduce(Set(computedDims.keys)) { $0.union($1.allComputedDims) }
  }

  /// What is wrong with computed dimensions: they are read from integers, and known before anything depends on them.
  func dimDefects() -> [String] {
    var found: [String] = []
    let producers = producers
    for (name, source) in computedDims.sorted(by: { $0.key < $1.key }) {
      if dims[name] == nil { found.append("the dimension \(name) has no range") }
      if !type(source.value).dtype.isInteger { found.append("the dimension \(name) is read from \(type(source.value))") }
    }
    for id in inputs + states.map(\.input) {
      for name in type(id).shape.flatMap(\.symbols) where computedDims[name] != nil {
        found.append("\(self[id].name) depends on \(name) before that is computed")
      }
    }
    for (position, node) in nodes.enumerated() {
      for name in computedDims(of: node) where computedDims[name].flatMap({ producers[$0.value] }) ?? -1 >= position {
        found.append("\(node.name) depends on \(name) before that is computed")
      }
    }
    return found
  }
}
