import Tensors

/// A B-tree of version 1, which finds the objects of a group (kind 0) or the chunks of a dataset (kind 1).
struct HDF5Tree {
  private let format: HDF5Format
  private let kind: UInt8
  private let keySize: Int

  init(_ format: HDF5Format, kind: UInt8, keySize: Int) {
    self.format = format
    self.kind = kind
    self.keySize = keySize
  }

  /// The children of the lowest level, each with the key before it, in order.
  func leaves(_ root: UInt64) throws(Diagnostic) -> [(key: ByteReader, child: UInt64)] {
    var found: [(key: ByteReader, child: UInt64)] = []
    var visits = Visits(entriesLeft: format.size / (keySize + format.offsetWidth))
    try collect(root, below: nil, &found, &visits)
    return found
  }

  /// No node is visited twice, and there are no more entries than the file has room for where nodes do not overlap.
  private struct Visits {
    var nodes: Set<UInt64> = []
    var entriesLeft: Int
  }

  /// Levels fall at each step, so the recursion ends.
  private func collect(
    _ address: UInt64, below parent: UInt8?, _ found: inout [(key: ByteReader, child: UInt64)], _ visits: inout Visits
  ) throws(Diagnostic) {
    var reader = try format.reader(at: address, "a tree node")
    guard visits.nodes.insert(address).inserted else { throw reader.damaged("a tree contains a node twice") }
    try reader.expect("TREE", "a tree node")
    let (nodeKind, level) = (try reader.byte(), try reader.byte())
    guard nodeKind == kind, parent.map({ level < $0 }) ?? (level < 32) else {
      throw reader.damaged("a tree node of kind \(nodeKind) and level \(level); expected kind \(kind) and a lower level")
    }
    let count = Int(try reader.little(UInt16.self))
    visits.entriesLeft -= count
    guard visits.entriesLeft >= 0 else { throw reader.damaged("tree nodes overlap") }
    try reader.skip(2 * format.offsetWidth)
    for _ in 0..<count {
      let key = try reader.slice(keySize)
      let child = try format.address(&reader, "a tree node")
      if level == 0 { found.append((key, child)) } else { try collect(child, below: level, &found, &visits) }
    }
  }
}
