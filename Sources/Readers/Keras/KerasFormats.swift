import Containers
import GraphIR
import Tensors

extension ModelFormat {
  /// What `to_json()` of Keras 1, 2 and 3 gives; the weights lie beside it.
  static let kerasJSON = ModelFormat(name: "Keras JSON") { source in
    source.json.map { KerasModelParser.isModel($0) || $0["config"] != nil && $0["class_name"] != nil } ?? false
  } read: { (source, session) throws(Diagnostic) in
    guard let json = source.json else { return nil }
    return try KerasGraph.read(json, nil, session)
  }

  /// TensorFlow.js layers models of all versions.
  static let tensorFlowJS = ModelFormat(name: "TensorFlow.js layers model") { source in
    guard let topology = source.json?["modelTopology"] else { return false }
    return topology["model_config"] != nil || topology["class_name"] != nil
  } read: { (source, session) throws(Diagnostic) in
    guard let json = source.json else { return nil }
    let topology = try json.value("modelTopology")
    var store: (any WeightStore)?
    if session.options.modelWeights == nil, let manifest = json.optional("weightsManifest") {
      store = try TFJSManifest.weights(manifest, session)
    }
    return try KerasGraph.read(topology.optional("model_config") ?? topology, store, session)
  }

  /// `.keras`: a zip archive of topology and weights.
  static let kerasArchive = ModelFormat(name: "Keras archive") { source in
    if case .zip(let archive) = source { archive.contains("config.json") } else { false }
  } read: { (source, session) throws(Diagnostic) in
    guard case .zip(let archive) = source else { return nil }
    let json = try JSONValue(parsing: archive.contents("config.json"), file: "\(session.path)/config.json")
    let name = session.path.split(separator: "/").last.map { String($0) } ?? session.path
    let store = session.options.modelWeights == nil ? try WeightFile.zip(archive, name, session.path) : nil
    return try KerasGraph.read(json, store, session)
  }

  /// A whole model in HDF5, as Keras 1 and 2 save it.
  static let kerasHDF5 = ModelFormat(name: "Keras HDF5") { source in
    if case .hdf5(let file) = source { (try? file.root.attribute("model_config")) ?? nil != nil } else { false }
  } read: { (source, session) throws(Diagnostic) in
    guard case .hdf5(let file) = source, let config = try file.root.attribute("model_config") else { return nil }
    let json = try JSONValue(parsing: config.string(), file: "\(session.path)/model_config")
    let name = session.path.split(separator: "/").last.map { String($0) } ?? session.path
    let store = session.options.modelWeights == nil ? try LegacyWeights.weights(source: name, file.root) : nil
    return try KerasGraph.read(json, store, session)
  }
}
