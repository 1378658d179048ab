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
    var visited: Set<UInt64> = []
    try collect(root, below: nil, &found, &visited)
    return found
  }

  /// Levels fall by one at each step, so the recursion ends; no node is visited twice, so the work is bounded by the file.
  private func collect(
    _ address: UInt64, below parent: UInt8?, _ found: inout [(key: ByteReader, child: UInt64)], _ visited: inout Set<UInt64>
  ) throws(Diagnostic) {
    var reader = try format.reader(at: address, "a tree node")
    guard visited.insert(address).inserted else { throw reader.damaged("a tree contains a node twice") }
    try reader.expect("TREE", "a tree node")
    let (nodeKind, level) = (try reader.byte(), try reader.byte())
    guard nodeKind == kind, parent.map({ level < $0 }) ?? (level < 32) else {
      throw reader.damaged("a tree node of kind \(nodeKind) and level \(level); expected kind \(kind) and a lower level")
    }
    let count = try reader.little(UInt16.self)
    try reader.skip(2 * format.offsetWidth)
    for _ in 0..<count {
      let key = try reader.slice(keySize)
      let child = try format.address(&reader, "a tree node")
      if level == 0 { found.append((key, child)) } else { try collect(child, below: level, &found, &visited) }
    }
  }
}
