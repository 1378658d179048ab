/// Where a layer keeps its weights, outermost model first. Files with named weights use the names of the steps; files that follow
/// the attributes of Keras objects (`.weights.h5`) use their slots.
struct WeightPath: Hashable, Sendable {
  struct Step: Hashable, Sendable {
    /// Names that mean this step, the usual one first.
    var names: [String]
    /// A name may go on with a number: `lstm_cell_3`.
    var isNumbered = false
    /// Files may leave the step out.
    var isOptional = false
    /// Groups that mean this step: `layers/dense_2`, `cell`.
    var slots: [String]
  }

  private(set) var steps: [Step] = []

  func appending(_ step: Step) -> WeightPath {
    var path = self
    path.steps.append(step)
    return path
  }

  /// The path where files may leave out all steps so far, as they do with the names of models around a layer.
  var asOptional: WeightPath {
    var path = self
    for index in path.steps.indices { path.steps[index].isOptional = true }
    return path
  }
}

extension WeightPath: CustomStringConvertible {
  var description: String { steps.compactMap(\.names.first).joined(separator: "/") }
}

extension WeightPath.Step {
  /// How far a component of a name is from the step: 0 for the usual name, 1 for the others; `nil` where it does not fit.
  func distance(_ component: String) -> Int? {
    if component == names.first { return 0 }
    let fits = names.contains { name in
      if component == name { return true }
      guard isNumbered, component.hasPrefix("\(name)_") else { return false }
      return component.dropFirst(name.count + 1).allSatisfy(\.isNumber)
    }
    return fits ? 1 : nil
  }
}
