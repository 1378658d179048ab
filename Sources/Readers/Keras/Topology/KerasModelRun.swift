import Containers
import GraphIR
import Tensors

/// One run through the calls of a model, at the top or within another. Problems of layers are collected; what depends on a layer
/// with a problem is left out.
struct KerasModelRun {
  private let model: KerasModelSpec
  private let builder: KerasBuilder
  private let path: WeightPath
  private let scope: String

  init(_ model: KerasModelSpec, _ builder: KerasBuilder, _ path: WeightPath, scope: String) {
    self.model = model
    self.builder = builder
    self.path = path
    self.scope = scope
  }

  /// Stands for one call of a layer.
  private struct CallID: Hashable {
    var layer: String
    var call: Int
  }

  /// The outputs for the arguments of a call of this model, in the order of the model's outputs.
  func outputs(of arguments: [KerasArgument]) throws(Diagnostic) -> [KerasTensor] {
    let given = (arguments.count == 1 ? arguments : [.list(arguments)]).flatMap(\.tensors)
    let wanted = model.inputs.references
    guard given.count == wanted.count else {
      throw Diagnostic("the model \"\(model.name)\" gets \(given.count) tensors and has \(wanted.count) inputs")
    }
    let values = run(Dictionary(zip(wanted.map(\.layer), given), uniquingKeysWith: { first, _ in first }))
    var outputs: [KerasTensor] = []
    for reference in model.outputs.references {
      guard let tensor = values[CallID(layer: reference.layer, call: reference.call)]?[safe: reference.tensor] else {
        throw KerasSkip.diagnostic
      }
      outputs.append(tensor)
    }
    return outputs
  }

  /// The outputs of every call that could be made.
  private func run(_ inputs: [String: KerasTensor]) -> [CallID: [KerasTensor]] {
    var values: [CallID: [KerasTensor]] = [:]
    for (name, tensor) in inputs { values[CallID(layer: name, call: 0)] = [tensor] }
    let paths = layerPaths()
    for (layer, call) in order(Set(inputs.keys)) {
      let spec = model.layers[layer]
      guard let (arguments, keywords) = resolve(spec.calls[call], values) else { continue }
      let inner = scope.isEmpty ? spec.name : "\(scope)/\(spec.name)"
      do throws(Diagnostic) {
        values[CallID(layer: spec.name, call: call)] = try builder.call(spec, arguments, keywords, paths[layer], scope: inner)
      } catch {
        if error != KerasSkip.diagnostic { builder.session.report(located(error, spec)) }
      }
    }
    return values
  }

  private func located(_ error: Diagnostic, _ spec: KerasLayerSpec) -> Diagnostic {
    var result = error.at(spec.title)
    if result.place.line == nil {
      let place = spec.json.place
      (result.place.file, result.place.line, result.place.column) = (place.file, place.line, place.column)
    }
    return result
  }

  private func layerPaths() -> [WeightPath] {
    let slots = builder.weights.slots(model.layers.map { ($0.name, $0.className) }, in: path)
    return zip(model.layers, slots).map { layer, slot in
      path.asOptional.appending(WeightPath.Step(names: [layer.name], slots: [slot]))
    }
  }
}

extension KerasModelRun {
  /// The calls in an order in which their inputs are there, each before those that the file lists later if both can run. Calls that
  /// wait for each other are reported and left out.
  private func order(_ given: Set<String>) -> [(layer: Int, call: Int)] {
    let all = model.layers.indices.flatMap { layer in model.layers[layer].calls.indices.map { (layer: layer, call: $0) } }
      .filter { !given.contains(model.layers[$0.layer].name) }
    var waiting = all.map { _ in 0 }
    var readers: [CallID: [Int]] = [:]
    for (position, entry) in all.enumerated() {
      let needs = Set(model.layers[entry.layer].calls[entry.call].references.map { CallID(layer: $0.layer, call: $0.call) })
      for need in needs where !given.contains(need.layer) {
        readers[need, default: []].append(position)
        waiting[position] += 1
      }
    }
    var ready = all.indices.filter { waiting[$0] == 0 }
    var ordered: [(layer: Int, call: Int)] = []
    var next = 0
    while next < ready.count {
      let entry = all[ready[next]]
      next += 1
      ordered.append(entry)
      for reader in readers[CallID(layer: model.layers[entry.layer].name, call: entry.call)] ?? [] {
        waiting[reader] -= 1
        if waiting[reader] == 0 { ready.append(reader) }
      }
    }
    reportCycle(all.indices.filter { waiting[$0] > 0 }.map { model.layers[all[$0].layer] })
    return ordered
  }

  private func reportCycle(_ stuck: [KerasLayerSpec]) {
    guard let first = stuck.first else { return }
    let names = stuck.prefix(6).map { "\"\($0.name)\"" }.joined(separator: ", ")
    builder.session.report(
      first.json.problem(
        "layers wait for each other in a cycle: \(names)", hint: "a model's graph has no cycles; the file was edited or is damaged"))
  }

  /// The arguments of a call; `nil` where one was not computed.
  private func resolve(_ call: KerasCallSpec, _ values: [CallID: [KerasTensor]]) -> ([KerasArgument], [String: KerasArgument])? {
    let arguments = call.arguments.compactMap { resolve($0, values) }
    let keywords = call.keywords.compactMapValues { resolve($0, values) }
    guard arguments.count == call.arguments.count, keywords.count == call.keywords.count else { return nil }
    return (arguments, keywords)
  }

  private func resolve(_ argument: KerasArgumentSpec, _ values: [CallID: [KerasTensor]]) -> KerasArgument? {
    switch argument {
    case .literal(let value): return .literal(value)
    case .tensor(let reference):
      return values[CallID(layer: reference.layer, call: reference.call)]?[safe: reference.tensor].map { .tensor($0) }
    case .list(let elements):
      let resolved = elements.compactMap { resolve($0, values) }
      return resolved.count == elements.count ? .list(resolved) : nil
    case .dictionary(let members):
      let resolved = members.compactMap { member in resolve(member.value, values).map { (key: member.key, value: $0) } }
      return resolved.count == members.count ? .dictionary(resolved) : nil
    }
  }
}

/// Thrown where a part cannot be built because of a problem that is already reported.
enum KerasSkip {
  static let diagnostic = Diagnostic("left out because of the problems above")
}

extension Array {
  /// The element at `index`; `nil` where there is none.
  subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
