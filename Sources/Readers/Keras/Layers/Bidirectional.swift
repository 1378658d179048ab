import Containers
import GraphIR
import Operators
import Tensors

extension KerasLayers {
  /// A layer over the sequence and another, or its like, from the end; the outputs of the second come back in order of time.
  static func bidirectional(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    let directions = try [Direction(call, "layer", isBackward: false), Direction(call, "backward_layer", isBackward: true)]
    let mode = try call.config.value("merge_mode").map { (value) throws(Diagnostic) in try value.string() }
    let states = call.keywords["initial_state"]?.tensors ?? Array(call.inputs.dropFirst()) + call.arguments.dropFirst().flatMap(\.tensors)
    let x = try call.input()
    var results: [[KerasTensor]] = []
    for (index, direction) in directions.enumerated() {
      let half = states.count / 2
      let own = index == 0 ? states.prefix(half) : states.suffix(half)
      var keywords: [String: KerasArgument] = [:]
      if !own.isEmpty { keywords["initial_state"] = .list(own.map { .tensor($0) }) }
      if let mask = call.mask() { keywords["mask"] = .tensor(KerasTensor(mask)) }
      results.append(try direction.run(call, .tensor(KerasTensor(x.id)), keywords))
    }
    guard let forward = results[0].first, let backward = results[1].first else { throw Diagnostic("a direction gives nothing") }
    let inTime = directions[1].returnsSequences ? try call.writer.reverse(backward.id, axis: 1, "backward/in_time") : backward.id
    let merged = try merge(call, forward.id, inTime, mode)
    let mask = directions[0].returnsSequences ? call.mask() : nil
    return merged.map { KerasTensor($0, mask: mask) } + results[0].dropFirst() + results[1].dropFirst()
  }

  private static func merge(_ call: KerasLayerCall, _ a: ValueID, _ b: ValueID, _ mode: String?) throws(Diagnostic) -> [ValueID] {
    switch mode {
    case nil, "none"?: return [a, b]
    case "concat"?: return [try call.writer.concatenate([a, b], axis: -1, "")]
    case "sum"?: return [try call.writer.binary("add", a, b, "")]
    case "mul"?: return [try call.writer.binary("multiply", a, b, "")]
    case "ave"?: return [try call.writer.binary("multiply", try call.writer.binary("add", a, b, "sum"), 0.5, "")]
    case let other?: throw Diagnostic("merge_mode is \"\(other)\"", hint: "known are concat, sum, mul, ave and none")
    }
  }
}

/// One direction of a Bidirectional layer.
private struct Direction {
  let spec: KerasLayerSpec
  let returnsSequences: Bool
  private let isBackward: Bool
  private let names: [String]
  /// The backward layer is not in the file; it is the forward layer run from the end.
  private let isMirrored: Bool

  init(_ call: KerasLayerCall, _ key: String, isBackward: Bool) throws(Diagnostic) {
    self.isBackward = isBackward
    let given = call.config.value(key)
    isMirrored = given == nil
    spec = given == nil ? try call.innerLayer("layer") : try call.innerLayer(key)
    returnsSequences = try spec.config.bool("return_sequences", default: false)
    let plain = spec.name.hasPrefix("forward_") ? String(spec.name.dropFirst("forward_".count)) : spec.name
    names = isBackward ? ["backward_\(plain)"] + (isMirrored ? [] : [spec.name]) : ["forward_\(plain)", spec.name]
  }

  func run(_ call: KerasLayerCall, _ input: KerasArgument, _ keywords: [String: KerasArgument]) throws(Diagnostic) -> [KerasTensor] {
    let slot = isBackward ? "backward_layer" : "forward_layer"
    let label = isBackward ? "backward" : "forward"
    guard isMirrored else { return try self.call(call, slot, input, keywords, label) }
    guard case .tensor(let tensor) = input else { throw Diagnostic("the layer gets no tensor") }
    guard try !spec.config.bool("go_backwards", default: false) else { throw Diagnostic("the layer within goes backwards already") }
    var reversed = keywords
    let sequence = try call.writer.reverse(tensor.id, axis: 1, "\(label)/reversed")
    if let mask = keywords["mask"]?.tensor {
      reversed["mask"] = .tensor(KerasTensor(try call.writer.reverse(mask.id, axis: 1, "\(label)/mask")))
    }
    return try self.call(call, slot, .tensor(KerasTensor(sequence)), reversed, label)
  }

  private func call(
    _ call: KerasLayerCall, _ slot: String, _ input: KerasArgument, _ keywords: [String: KerasArgument], _ label: String
  ) throws(Diagnostic) -> [KerasTensor] {
    let child = call.weights.child([slot], names: names)
    return try call.builder.call(spec, [input], keywords, child.path, scope: "\(call.writer.scope)/\(label)")
  }
}
