import GraphIR
import Operators
import Tensors

extension KerasLayers {
  static let merging: [KerasLayerClass] = [
    merge("Add") { (x, call) throws(Diagnostic) in try fold("add", x, call) },
    merge("Multiply") { (x, call) throws(Diagnostic) in
      call.builder.version == .three ? try MaskedMerging.product(x, call) : try fold("multiply", x, call)
    },
    merge("Maximum") { (x, call) throws(Diagnostic) in try extremum("maximum", x, call) },
    merge("Minimum") { (x, call) throws(Diagnostic) in try extremum("minimum", x, call) },
    merge("Average") { (x, call) throws(Diagnostic) in
      try call.writer.binary("multiply", try fold("add", x, call), 1 / Double(x.count), "average")
    },
    merge("Subtract") { (x, call) throws(Diagnostic) in
      guard x.count == 2 else { throw Diagnostic("\(x.count) tensors are subtracted, 2 are expected") }
      return try fold("subtract", x, call)
    },
    KerasLayerClass("Concatenate") { (call) throws(Diagnostic) in try concatenate(call) },
    KerasLayerClass("Dot") { (call) throws(Diagnostic) in try dot(call) },
    // Keras 1 has one layer for all of them.
    KerasLayerClass("Merge") { (call) throws(Diagnostic) in try oldMerge(call) },
  ]

  private static func merge(
    _ name: String, _ combine: @escaping @Sendable ([KerasTensor], KerasLayerCall) throws(Diagnostic) -> ValueID
  ) -> KerasLayerClass {
    KerasLayerClass(name) { (call) throws(Diagnostic) in
      let aligned = try align(call.inputs, call)
      return [KerasTensor(try combine(aligned, call), mask: try mergedMask(call))]
    }
  }

  private static func extremum(_ function: String, _ inputs: [KerasTensor], _ call: KerasLayerCall) throws(Diagnostic) -> ValueID {
    call.builder.version == .three ? try MaskedMerging.extremum(function, inputs, call) : try fold(function, inputs, call)
  }

  /// Keras aligns tensors of fewer axes at the batch: the missing axes come right after it. Such a tensor loses its mask.
  private static func align(_ inputs: [KerasTensor], _ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    guard inputs.count >= 1 else { throw Diagnostic("the layer merges \(inputs.count) tensors") }
    let rank = inputs.map { call.writer.rank($0.id) }.max() ?? 0
    var aligned: [KerasTensor] = []
    for input in inputs {
      let shape = call.shape(input)
      guard shape.count < rank, !shape.isEmpty else {
        aligned.append(input)
        continue
      }
      let ones = Shape(repeating: 1, count: rank - shape.count)
      aligned.append(KerasTensor(try call.writer.reshape(input.id, [shape[0]] + ones + Array(shape.dropFirst()), "aligned")))
    }
    return aligned
  }

  private static func fold(_ function: String, _ inputs: [KerasTensor], _ call: KerasLayerCall) throws(Diagnostic) -> ValueID {
    var result = inputs[0].id
    for next in inputs.dropFirst() { result = try call.writer.binary(function, result, next.id, function) }
    return result
  }

  /// Keras 3 shows what one input shows, older versions what all show; no mask where one of them has none.
  private static func mergedMask(_ call: KerasLayerCall) throws(Diagnostic) -> ValueID? {
    let masks = call.inputs.compactMap(\.mask)
    guard masks.count == call.inputs.count, var result = masks.first else { return nil }
    let function = call.builder.version == .three ? "logical_or" : "logical_and"
    for next in masks.dropFirst() { result = try call.writer.binary(function, result, next, "mask") }
    return result
  }

  private static func concatenate(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    let axis = try call.config.int("axis", "concat_axis", default: -1)
    let result = try call.writer.concatenate(call.inputs.map(\.id), axis: axis, "")
    return [KerasTensor(result, mask: try concatenatedMask(call, axis))]
  }

  /// Inputs without a mask show everything. Along the time axis masks are put together, along others their conjunction counts.
  private static func concatenatedMask(_ call: KerasLayerCall, _ axis: Int) throws(Diagnostic) -> ValueID? {
    let writer = call.writer
    guard call.inputs.contains(where: { $0.mask != nil }) else { return nil }
    var masks: [ValueID] = []
    for input in call.inputs {
      if let mask = input.mask {
        masks.append(mask)
      } else {
        let shape = Array(writer.shape(input.id).prefix(2))
        let dims = try shape.map { (dim) throws(Diagnostic) in try call.constant(dim, "an axis of a tensor without mask") }
        masks.append(writer.constant(Tensor(.bool, dims, [Double](repeating: 1, count: dims.reduce(1, *))), "unmasked"))
      }
    }
    if try normalisedAxis(axis, rank: writer.rank(call.inputs[0].id)) == 1 { return try writer.concatenate(masks, axis: 1, "mask") }
    let function = call.builder.version == .three ? "logical_or" : "logical_and"
    var result = masks[0]
    for next in masks.dropFirst() { result = try writer.binary(function, result, next, "mask") }
    return result
  }

  /// The products of the elements along one axis of each of two tensors.
  private static func dot(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    guard call.inputs.count == 2 else { throw Diagnostic("\(call.inputs.count) tensors are multiplied, 2 are expected") }
    let axes = try call.config.intList("axes") ?? [-1]
    let isNormalised = try call.config.bool("normalize", default: false)
    let pair = [axes[0], axes[safe: 1] ?? axes[0]]
    var operands: [(id: ValueID, axis: Int)] = []
    for (input, axis) in zip(call.inputs, pair) {
      let axis = try normalisedAxis(axis, rank: call.shape(input).count)
      let id = isNormalised ? try call.writer.l2Normalise(input.id, axes: [axis], epsilon: 1e-12, "normalised") : input.id
      operands.append((id, axis))
    }
    return [KerasTensor(try call.writer.batchDot(operands[0], operands[1], ""))]
  }

  private static func oldMerge(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    call.config.accept("dot_axes", "output_shape", "output_mask", "arguments", "mode_type", "output_shape_type", "output_mask_type", "mask")
    let mode = try call.config.choice("mode", of: ["sum", "mul", "concat", "ave", "max"], default: "sum")
    if mode == "concat" { return try concatenate(call) }
    call.config.accept("concat_axis")
    let inputs = try align(call.inputs, call)
    let result = try fold(["sum": "add", "ave": "add", "mul": "multiply", "max": "maximum"][mode] ?? "add", inputs, call)
    return [KerasTensor(mode == "ave" ? try call.writer.binary("multiply", result, 1 / Double(inputs.count), "average") : result)]
  }
}
