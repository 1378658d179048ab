/// The operators of ONNX that can be read, as `docs/onnx.md` lists them.
package enum ONNXTable {
  package static var text: String {
    """
    # ONNX

    `swiftdl-compile model.onnx -o model.c` reads ONNX models of the opsets 1 to \(ONNXOperators.newestOpset). The tables below are made from
    the registry in `Sources/Readers/ONNX`: run `SWIFTDL_REWRITE_GOLDENS=1 swift test --filter ONNXDocumentTests` after a change there.

    ## What a model may hold

    - **Weights** as initialisers (also those that stand among the inputs), dense or sparse, in the file or beside it: files of external data
      are looked for inside the folder of the model only.
    - **Functions** of the model's own, which are unfolded, and operators of the domains below. A function that the model gives for an operator
      is used in place of ours.
    - **Element types**: float64, float32, float16, bfloat16, the floats of 8 and 4 bits, signed and unsigned integers of 64 to 2 bits, bool.
    - **Open dimensions**: the batch is 1 unless `--batch N` or `--batch ..N` says otherwise. Any other is settled with `--dim NAME=32`, or left
      open up to a bound with `--dim NAME=..256`; `NAME` is the model's symbol, or input and axis (`input_1.1`) where it has none. Shapes that
      nodes compute from shapes (Shape, Gather, Concat, Mul, Reshape, …) are followed, open dimensions too.
    - **Numbers in tensors** (shapes, axes, pads, repeats, …) that are constants, or follow from shapes and constants. Where a run computes
      them, the extents of the result are bounded by what is known and by the shape that the file declares, and the C function returns the
      actual ones; what has no bound is refused.

    ## What is refused

    Everything that is refused is named with its node and the reason; all problems of a model are shown at once.

    | what | why |
    |---|---|
    | strings, and the operators on them | the C has numbers only; do what prepares text before the model |
    | complex numbers | no operator of a network that is used needs them; real and imaginary parts can be an axis |
    | `ImageDecoder` | decoding of image files belongs before the model |
    | `Gradient` | models are compiled to be used; steps of `Adam`, `Adagrad` and `Momentum` can be |
    | `training_mode` of `Dropout` where it is always true | a random mask; export for inference with `model.eval()` |
    | an attribute that is not known | to pass over it could compute something else |
    | an output that is not known | as above |
    | extents computed at run time without a bound | the memory of the C is fixed; the file or a flag has to bound them |

    ## The backend suite of ONNX

    `make conformance` runs the models that the standard comes with (onnx 1.23), all through libtcc, each layer against the reference
    interpreter too, and one in ten through gcc with sanitizers. It fails where a model fails, and where
    [the list of those that are refused](../Tests/Conformance/refused.txt), with the reasons, is longer or shorter than what it finds.

    | models | number | pass | refused | wrong |
    |---|---|---|---|---|
    | node | 1,884 | 1,806 | 78 | 0 |
    | simple | 23 | 14 | 9 | 0 |
    | of PyTorch, converted | 82 | 82 | 0 | 0 |
    | of PyTorch, operators | 35 | 35 | 0 | 0 |
    | light | 9 | 9 | 0 | 0 |
    | all | 2,033 | 1,946 | 87 | 0 |

    Of the same models emx-onnx-cgen passes 1,883 (17 are wrong, the C of 89 does not compile, 44 are refused), onnx2c 614 (21 are wrong, 22
    crash).

    The first opset of a row is the one in which the operator came; later changes are followed. Types are those of the first input.

    \(tables)

    """
  }

  /// How many rows a domain and name have: one each.
  package static var names: [String] { ONNXOperators.all.map { "\($0.domain).\($0.name)" } }

  private static var tables: String {
    let domains = Set(ONNXOperators.all.map(\.domain)).sorted()
    return domains.map { domain in
      let rows = ONNXOperators.all.filter { $0.domain == domain }.sorted { $0.key < $1.key }
      let lines = rows.map { "| `\($0.name)` | \($0.since) | \($0.types.title) |" }
      let title = domain.isEmpty ? "ai.onnx" : domain
      return "## Operators of \(title)\n\n| operator | first opset | types |\n|---|---|---|\n" + lines.joined(separator: "\n")
    }.joined(separator: "\n\n")
  }
}
