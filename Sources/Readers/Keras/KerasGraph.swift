import Containers
import GraphIR
import Tensors

/// From topology and weights to a graph.
enum KerasGraph {
  /// The graph, or `nil` after reporting why there is none. `store` is looked for beside the model where it is `nil`.
  static func read(_ json: JSONValue, _ store: (any WeightStore)?, _ session: ReadSession) throws(Diagnostic) -> Graph? {
    let model = try KerasModelParser.model(json)
    let found = store == nil ? try KerasWeightSearch.store(session) : store
    let builder = KerasBuilder(session, found, name: model.name, version: KerasVersion(json))
    reportUnknownLayers(model, session)
    guard let inputs = addInputs(model, builder), !session.problems.hasErrors else { return nil }
    let run = KerasModelRun(model, builder, WeightPath(), scope: "")
    let outputs = try run.outputs(of: [.list(inputs.map { .tensor($0) })])
    builder.weights.finish()
    addOutputs(model, outputs, builder.writer)
    return builder.writer.graph
  }

  /// All of them at once, those in models within included.
  private static func reportUnknownLayers(_ model: KerasModelSpec, _ session: ReadSession) {
    for layer in model.layers where !layer.isInput {
      if let inner = layer.model {
        reportUnknownLayers(inner, session)
      } else if KerasDispatch.lookUp(layer) == nil {
        session.report(KerasDispatch.unknown(layer).at(layer.title))
      }
    }
  }

  private static func addInputs(_ model: KerasModelSpec, _ builder: KerasBuilder) -> [KerasTensor]? {
    var dims = OpenDims()
    let session = builder.session
    let references = model.inputs.references
    let tensors = references.compactMap { reference -> KerasTensor? in
      guard let layer = model.layers.first(where: { $0.name == reference.layer }) else { return nil }
      return session.attempt(at: layer.title) { () throws(Diagnostic) in
        let type = try KerasInput.type(layer, &dims, session)
        builder.writer.graph.dims = dims.bounds
        return KerasTensor(try builder.writer.addInput(layer.name, type))
      }
    }
    session.reportUnusedDims(open: dims.names)
    if let problem = dims.batchProblem { session.report(problem) }
    return tensors.count == references.count ? tensors : nil
  }

  /// Outputs are named after the layer that computes them, or after their key in a dictionary.
  private static func addOutputs(_ model: KerasModelSpec, _ outputs: [KerasTensor], _ writer: GraphWriter) {
    var keys: [String] = []
    if case .dictionary(let members) = model.outputs {
      keys = members.flatMap { member in member.value.references.map { _ in member.key } }
    } else {
      keys = model.outputs.references.map(\.layer)
    }
    var taken: Set<String> = []
    for (key, tensor) in zip(keys, outputs) {
      var name = key
      var number = 1
      while !taken.insert(name).inserted {
        name = "\(key)_\(number)"
        number += 1
      }
      writer.graph.addOutput(name, tensor.id)
    }
  }
}

/// The version of Keras that wrote a model, as far as it changes what things mean.
enum KerasVersion {
  /// Keras 1, Keras 2 and TensorFlow.js.
  case old
  case three

  init(_ json: JSONValue) {
    self = json["module"] != nil && json["build_config"] != nil || json["keras_version"]?.summary.contains("\"3.") == true ? .three : .old
  }
}
