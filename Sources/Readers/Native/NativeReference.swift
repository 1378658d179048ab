import GraphIR
import Operators
import Tensors

/// `docs/operators.md`, made from the registries of operators and elementwise functions.
package enum NativeReference {
  package static var text: String {
    ([introduction, operatorHeader] + operatorRows + [functionHeader] + functionRows).joined(separator: "\n") + "\n"
  }

  private static let introduction = """
    # Operators

    What nodes of [swiftdl's JSON](json-format.md) may call. This file is made from the registries in `Sources/Operators`: run
    `SWIFTDL_REWRITE_GOLDENS=1 swift test --filter NativeDocumentTests` after a change there.

    Tensors of images and series have the channels last. Inputs marked `?` are optional: `null`, or left out at the end.
    `u` is the number of units.

    """

  private static let operatorHeader = """
    ## Operators

    | op | what it computes | inputs | outputs | attributes, with defaults |
    |---|---|---|---|---|
    """

  private static var operatorRows: [String] {
    let rows = OperatorSet.all.compactMap { type in
      NativeGuide.entries[type.name].map { "| `\(type.name)` | \($0.summary) | \($0.inputs) | \($0.outputs) | \(attributes(type)) |" }
    }
    let cast = "| `cast` | every element converted; floats to integers truncate | `x` | the shape of x | `dtype`: an element type |"
    return (rows + [cast]).sorted()
  }

  private static func attributes<Op: Operator>(_ type: Op.Type) -> String {
    Op.attributes.map { "`\($0.name)` = `\($0.read(Op()))`: \($0.kind)" }.joined(separator: "<br>").replacing("|", with: "\\|")
  }

  private static let functionHeader = """

    ## Elementwise functions

    Inputs broadcast as NumPy does and have one element type, but for the condition of `where`. A number may stand in place of an
    input: `{"op": "multiply", "inputs": ["x", 0.5], "outputs": ["y"]}`.

    | op | inputs | acts on | attributes, with defaults |
    |---|---|---|---|
    """

  private static var functionRows: [String] {
    ElementwiseFunction.all.sorted { $0.name < $1.name }.map { row in
      let attributes = row.defaults.map { "`\($0.name)` = `\($0.value)`" }.joined(separator: "<br>")
      return "| `\(row.name)` | \(row.arity) | \(row.domain.title) | \(attributes) |"
    }
  }
}
