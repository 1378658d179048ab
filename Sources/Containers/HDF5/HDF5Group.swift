import Tensors

/// A group: named groups and datasets, and attributes.
package struct HDF5Group: Sendable {
  /// From the root: `model_weights/dense`; empty at the root.
  package let path: String
  let format: HDF5Format
  let header: HDF5Header
  private let links: [String: HDF5Link]
  /// The addresses of the groups from the root to this one.
  private let ancestors: [UInt64]

  init(_ format: HDF5Format, path: String, address: UInt64, ancestors: [UInt64]) throws(Diagnostic) {
    try self.init(format, path: path, header: HDF5Header(format, at: address), ancestors: ancestors + [address])
  }

  private init(_ format: HDF5Format, path: String, header: HDF5Header, ancestors: [UInt64]) throws(Diagnostic) {
    self.format = format
    self.path = path
    self.header = header
    self.ancestors = ancestors
    do throws(Diagnostic) {
      links = try HDF5Link.all(in: header, format)
    } catch {
      throw path.isEmpty ? error : error.at("group \"\(path)\"")
    }
  }

  /// The names of the children, in order of name.
  package var names: [String] { links.keys.sorted() }

  /// The object at `path`, relative to this group: `dense/kernel:0`.
  package func child(_ path: String) throws(Diagnostic) -> HDF5Object {
    var object = HDF5Object.group(self)
    for name in path.split(separator: "/").map(String.init) {
      guard case .group(let group) = object else {
        throw object.header.start.problem("\"\(object.path)\" is a dataset; looked for \"\(name)\" in it")
      }
      object = try group.directChild(name)
    }
    return object
  }

  /// True where `child(path)` would find something.
  package func contains(_ path: String) -> Bool { (try? child(path)) != nil }

  package func group(_ path: String) throws(Diagnostic) -> HDF5Group {
    guard case .group(let group) = try child(path) else { throw header.start.problem("\"\(join(path))\" is a dataset, expected a group") }
    return group
  }

  package func dataset(_ path: String) throws(Diagnostic) -> HDF5Dataset {
    guard case .dataset(let dataset) = try child(path) else {
      throw header.start.problem("\"\(join(path))\" is a group, expected a dataset")
    }
    return dataset
  }

  /// All datasets below, by their path relative to this group, in order of path.
  package func datasets() throws(Diagnostic) -> [(path: String, dataset: HDF5Dataset)] {
    var found: [(path: String, dataset: HDF5Dataset)] = []
    var visits = 0
    try collect("", &found, &visits)
    return found
  }

  private func collect(
    _ prefix: String, _ found: inout [(path: String, dataset: HDF5Dataset)], _ visits: inout Int
  ) throws(Diagnostic) {
    for name in names {
      let child = try directChild(name)
      visits += 1 + child.header.messages.count
      guard visits <= 1_000_000 else { throw header.start.damaged("more than a million properties of objects") }
      switch child {
      case .group(let group): try group.collect("\(prefix)\(name)/", &found, &visits)
      case .dataset(let dataset): found.append(("\(prefix)\(name)", dataset))
      }
    }
  }

  private func join(_ name: String) -> String { path.isEmpty ? name : "\(path)/\(name)" }

  private func directChild(_ name: String) throws(Diagnostic) -> HDF5Object {
    guard let link = links[name] else {
      let there = names.isEmpty ? "it is empty" : "it has \(names.prefix(8).joined(separator: ", "))\(names.count > 8 ? ", …" : "")"
      throw header.start.problem("the group \"/\(path)\" has no \"\(name)\"; \(there)")
    }
    guard case .object(let address) = link else { throw header.start.unsupported("soft and external links (\"\(join(name))\")") }
    guard !ancestors.contains(address) else {
      throw header.start.damaged("the group \"\(join(name))\" contains itself")
    }
    guard ancestors.count < 128 else { throw header.start.problem("groups are nested more than 128 deep") }
    let header = try HDF5Header(format, at: address)
    if header.messages.contains(where: { $0.kind == HDF5Header.Kind.layout }) {
      return .dataset(try HDF5Dataset(format, path: join(name), header))
    }
    return .group(try HDF5Group(format, path: join(name), header: header, ancestors: ancestors + [address]))
  }
}

/// A child of a group.
package enum HDF5Object: Sendable {
  case group(HDF5Group)
  case dataset(HDF5Dataset)

  package var path: String {
    switch self {
    case .group(let group): group.path
    case .dataset(let dataset): dataset.path
    }
  }

  var header: HDF5Header {
    switch self {
    case .group(let group): group.header
    case .dataset(let dataset): dataset.header
    }
  }
}
