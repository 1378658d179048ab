/// The layers and functions of Keras that can be read, as `docs/keras-layers.md` lists them.
package enum KerasTable {
  package static var text: String {
    """
    # Layers of Keras

    What a model of Keras 1, 2 or 3, or a layers model of TensorFlow.js, may consist of. This file is made from the registries in
    `Sources/Readers/Keras`: run `SWIFTDL_REWRITE_GOLDENS=1 swift test --filter KerasDocumentTests` after a change there.
    An option of a layer that would change what it computes and is not known is refused, with the place in the file.

    Models may hold models, call a layer several times, and have several inputs and outputs. `Lambda` layers hold Python code, which is
    never run: replace them by a layer or a function of this list.

    ## Layers

    \(table("layer", KerasLayers.all.map(\.names)))

    ## Functions

    `keras.ops` as nodes of a Keras 3 model, and the functions of TensorFlow in a `TFOpLambda` of Keras 2; names without their module.

    \(table("function", KerasOperations.all.map(\.names)))

    """
  }

  private static func table(_ title: String, _ rows: [[String]]) -> String {
    let lines = rows.flatMap { names -> [String] in
      guard let first = names.first else { return [] }
      return ["| `\(first)` | \(names.dropFirst().map { "`\($0)`" }.joined(separator: ", ")) |"]
    }
    return "| \(title) | read in the same way |\n|---|---|\n" + lines.sorted().joined(separator: "\n")
  }
}
