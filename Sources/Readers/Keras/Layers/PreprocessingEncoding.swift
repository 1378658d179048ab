import GraphIR
import Operators
import Tensors

/// How a layer hands out category numbers.
enum CategoryForm: String, CaseIterable {
  case int
  case oneHot = "one_hot"
  case multiHot = "multi_hot"
  case count
  case tfIdf = "tf_idf"
}

extension KerasLayerCall {
  /// What `output_mode` says, in the words of all versions.
  func categoryForm(of forms: [CategoryForm], default other: CategoryForm) throws(Diagnostic) -> CategoryForm {
    let known = forms.map(\.rawValue) + (forms.contains(.multiHot) ? ["binary"] : []) + (forms.contains(.tfIdf) ? ["tf-idf"] : [])
    let word = try config.choice("output_mode", of: known, default: other.rawValue)
    return word == "binary" ? .multiHot : word == "tf-idf" ? .tfIdf : CategoryForm(rawValue: word) ?? other
  }

  /// The integer type that the layer's `dtype` names; `other` where it names none.
  func integerType(default other: DType) throws(Diagnostic) -> DType {
    let written = config.json.optional("dtype")
    guard let name = written?.isObject == true ? written?["config"]?["name"] : written, name.isString else { return other }
    return ["int32": .int32, "int64": .int64][try name.string()] ?? other
  }

  /// Category numbers as they are, or as vectors of `depth` elements: one for each, or one that tells for a whole row which are
  /// there or how often. Numbers outside of `0..<depth` count nowhere.
  func encoded(
    _ numbers: ValueID, _ form: CategoryForm, depth: Int, _ dtype: DType, weights: ValueID? = nil
  ) throws(Diagnostic) -> ValueID {
    if form == .int { return try writer.cast(numbers, to: dtype, "") }
    guard (1..<1 << 24).contains(depth) else { throw Diagnostic("\(depth) categories", hint: "between 1 and 2^24 are expected") }
    let shape = writer.shape(numbers)
    let isSingle = shape.count > 1 && shape.last == 1
    if form == .oneHot {
      let indices = isSingle ? try writer.reshape(numbers, shape.dropLast(), "indices") : numbers
      return try writer.add(OneHot(depth: depth, dtype: dtype), [indices], "")
    }
    var rows = try writer.add(OneHot(depth: depth, dtype: dtype), [numbers], "one_hot")
    if let weights { rows = try writer.binary("multiply", rows, try writer.expandDims(weights, -1, "weights"), "weighted") }
    return try writer.reduce(form == .multiHot ? .max : .sum, rows, axes: [shape.count > 1 ? 1 : 0], "")
  }
}

extension GraphWriter {
  /// How many of the sorted `keys`, a constant of one axis, are not above each element of `x`. All of them for NaN.
  func countNotAbove(_ x: ValueID, _ keys: Tensor, _ label: String) throws(Diagnostic) -> ValueID {
    let count = keys.dims.first ?? 0
    var step = 1
    while step * 2 <= count { step *= 2 }
    let table = constant(keys, "\(label)/keys")
    var position = try cast(try binary("less", x, x, "\(label)/none"), to: .int32, "\(label)/start")
    // Every step asks whether the next `step` keys are all counted; a step that would leave the table is not taken.
    while step > 0 {
      let next = try binary("add", position, Double(step), "\(label)/next\(step)")
      let probe = try add(Gather(axis: 0), [table, try binary("subtract", next, 1, "\(label)/at\(step)")], "\(label)/probe\(step)")
      let isAbove = try binary("less", x, probe, "\(label)/above\(step)")
      let isOutside = try binary("greater", next, Double(count), "\(label)/outside\(step)")
      let stays = try binary("logical_or", isAbove, isOutside, "\(label)/stays\(step)")
      position = try apply("where", [.value(stays), .value(position), .value(next)], "\(label)/position\(step)")
      step /= 2
    }
    return position
  }
}
