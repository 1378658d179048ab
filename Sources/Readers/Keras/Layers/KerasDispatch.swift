import Tensors

/// Finds what reads a layer or an operator node.
enum KerasDispatch {
  static func layerClass(_ spec: KerasLayerSpec) throws(Diagnostic) -> KerasLayerClass {
    if let found = lookUp(spec) { return found }
    throw unknown(spec)
  }

  static func lookUp(_ spec: KerasLayerSpec) -> KerasLayerClass? {
    if let operation = KerasOperations.lookUp(spec) { return KerasOperations.layerClass(operation) }
    if let module = spec.module, module.contains(".ops.") { return nil }
    return KerasLayers.byName[spec.className]
  }

  static func isOperation(_ spec: KerasLayerSpec) -> Bool { KerasOperations.lookUp(spec) != nil }

  private static func names(like spec: KerasLayerSpec) -> [String] {
    let isOperation = spec.module?.contains(".ops.") == true
    return isOperation ? KerasOperations.byName.keys.sorted() : KerasLayers.byName.keys.sorted()
  }

  static func unknown(_ spec: KerasLayerSpec) -> Diagnostic {
    if spec.className == "Lambda" {
      return spec.json.problem(
        "a Lambda holds Python code, which is never run",
        hint: "replace it in the model: Rescaling for x / 255 - 0.5, keras.ops or layers for the rest, then save the model again")
    }
    return spec.json.problem(
      "the layer class \"\(spec.className)\"\(spec.module.map { " of \($0)" } ?? "") is not known",
      hint: (nearestHint(spec.className, names(like: spec)).map { "\($0); " } ?? "")
        + "a layer of your own must be written with layers of Keras or with keras.ops; docs/keras-layers.md lists what can be read")
  }
}
