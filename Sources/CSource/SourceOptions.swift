/// Where the weights of a model lie.
package enum WeightStorage: String, Hashable, Sendable, CaseIterable {
  /// Arrays in the source.
  case inline
  /// A file beside the source, which the assembler takes in.
  case incbin
  /// Wherever the caller has them: `NAME_bind` is told at run time.
  case bind
}

/// How a program is printed.
package struct SourceOptions: Hashable, Sendable {
  /// The prefix of every public name; made an identifier where it is none.
  package var name: String
  /// The base name of the files, if it is not the prefix.
  package var fileName: String?
  /// The header as the source includes it, if it is not the base name with `.h`.
  package var headerName: String?
  /// By default in the source up to 8 MB, and in a file beyond.
  package var weights: WeightStorage?
  /// Products and sums are rounded one by one on every compiler.
  package var isStrict = false
  /// Results are shown to `swiftdl_trace_hook`; for checks, never shipped.
  package var isTraced = false
  /// The model counts how long each layer takes.
  package var isProfiled = false
  package var hasHarness = false
  /// Lines of the target before and after everything else: pragmas that choose instructions.
  package var preamble: [String] = []
  package var postamble: [String] = []

  package init(name: String) { self.name = name }
}

extension SourceOptions {
  var shownFileName: String { fileName ?? identifierText(name) }
  var shownHeaderName: String { headerName ?? "\(shownFileName).h" }
}

/// The files of one model.
package struct GeneratedSource: Hashable, Sendable {
  /// The prefix of the public names.
  package var prefix: String
  /// The base name of the files.
  package var fileName: String
  package var headerName: String
  package var source: [UInt8]
  package var header: String
  package var harness: String?
  /// The weights as one block, where they are not in the source.
  package var weights: [UInt8]?
  /// What `NAME_WEIGHTS_BYTES` says.
  package var weightsBytes: Int
  /// What the ports of the program are called in C.
  package var inputNames: [String]
  package var outputNames: [String]
  package var stateNames: [String]

  /// All files by name.
  package var files: [(name: String, bytes: [UInt8])] {
    var files = [(name: "\(fileName).c", bytes: source), (name: headerName, bytes: Array(header.utf8))]
    if let harness { files.append((name: "\(fileName)_harness.c", bytes: Array(harness.utf8))) }
    if let weights { files.append((name: "\(fileName)_weights.bin", bytes: weights)) }
    return files
  }
}
