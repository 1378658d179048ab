import ArgumentParser
import Foundation
import SwiftDL

struct CompileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compile", abstract: "Write the C of a model (the default).",
    discussion: """
      Writes OUTPUT and, beside it, its header. Output files appear whole or not at all.

      With open dimensions: swiftdl-compile rnn.json -o rnn.c --dim input_1.1=..256 keeps axis 1 of input_1 open up to 256; the C \
      function then takes it as an int32_t and returns non-zero where it is out of range.
      """)

  @OptionGroup var model: ModelArguments
  @OptionGroup var code: CodeArguments
  @OptionGroup var quantisation: QuantisationArguments

  @Option(name: .shortAndLong, help: "The C file to write: model.c.", completion: .file(extensions: ["c"]))
  var output: String

  @Option(help: "The prefix of names in the C. Default: the base name of the output.")
  var name: String?

  @Flag(help: "Also write NAME_harness.c: a main() that runs the model on raw files and times it.")
  var harness = false

  @Flag(
    help: "Count the time of each layer in the model's struct; the harness prints it after --repeat N. SWDL_CLOCK() may be defined in C.")
  var profile = false

  @Option(help: "Also write a JSON description: inputs, outputs, memory, layers.", completion: .file())
  var manifest: String?

  @Option(help: "Where the header goes. Default: beside the output.", completion: .file(extensions: ["h"]))
  var header: String?

  @Option(help: "Also write make-style dependencies: the output and every file of the model.", completion: .file())
  var depfile: String?

  @Flag(help: "Write nothing; exit 1 if the files that are there differ from what would be written.")
  var verifyUnchanged = false

  @Option(help: "Print the graph after a pass: \(Compilation.passes.joined(separator: ", ")).")
  var dumpAfter: [String] = []

  func validate() throws {
    for pass in dumpAfter where !Compilation.passes.contains(pass) {
      throw ValidationError("there is no pass \"\(pass)\"; there are \(Compilation.passes.joined(separator: ", "))")
    }
    guard !quantisation.wantsReport || quantisation.type != nil || !code.pruning.rules.isEmpty else {
      throw ValidationError("--report, --report-data, --report-time and --labels are for --quantize and --prune")
    }
    guard !outputURL.lastPathComponent.isEmpty, outputURL.pathExtension == "c" else {
      throw ValidationError("--output is \"\(output)\": it must name a .c file")
    }
  }

  func run() throws {
    try reportingProblems {
      let progress = ProgressLine()
      defer { progress.finish() }
      progress.show("reading \(model.model)")
      let data = [quantisation.calibrate, quantisation.reportData, code.pruning.pruneData]
      let loaded = try model.load(withTestData: data.contains("tests"))
      var options = try options()
      try quantisation.complete(&options, for: loaded, pruning: code.pruning, progress)
      let compilation = try Compilation(loaded, options) { progress.show($0.activity, $0.fraction) }
      progress.finish()
      Terminal.show(compilation.warnings)
      let sparsity = code.pruning.rules.isEmpty ? [] : compilation.sparsity
      if !sparsity.isEmpty { print(sparsity.text) }
      for dump in compilation.dumps { print("after \(dump.pass):\n\(dump.text)\n") }
      var files = try outputFiles(compilation, loaded)
      try addReport(to: &files, sparsity, loaded, options, progress)
      if verifyUnchanged { try files.verifyUnchanged() } else { try files.write() }
    }
  }

  /// Compares the model as it is with what has become of it where that is asked for, and shows the result.
  private func addReport(
    to files: inout OutputFiles, _ sparsity: [Compilation.Sparsity], _ loaded: Model, _ options: CompileOptions, _ progress: ProgressLine
  ) throws {
    guard quantisation.wantsReport else { return }
    let report = try loaded.measure(options, quantisation.reportOptions) { progress.show($0.activity, $0.fraction) }
    progress.finish()
    print(CompressionTable(report).text)
    if let path = quantisation.report { files.add(path, Array(report.json(sparsity: sparsity).utf8)) }
  }

  private var outputURL: URL { URL(fileURLWithPath: output) }
  private var headerURL: URL { header.map { URL(fileURLWithPath: $0) } ?? outputURL.deletingPathExtension().appendingPathExtension("h") }

  private func options() throws -> CompileOptions {
    let base = outputURL.deletingPathExtension().lastPathComponent
    var options = try code.options(name: name ?? base)
    options.fileName = base
    options.header = headerURL.lastPathComponent
    options.harness = harness
    options.profile = profile
    options.dumpAfter = Set(dumpAfter)
    return options
  }

  /// Every file with the place where it goes.
  private func outputFiles(_ compilation: Compilation, _ loaded: Model) throws -> OutputFiles {
    let folder = outputURL.deletingLastPathComponent()
    var files = OutputFiles()
    for file in compilation.files {
      let url = file.name == headerURL.lastPathComponent ? headerURL : folder.appendingPathComponent(file.name)
      files.add(url.path, file.contents)
    }
    if let manifest { files.add(manifest, Array(compilation.manifest.utf8)) }
    if let depfile { files.add(depfile, Array(dependencies(loaded).utf8)) }
    return files
  }

  private func dependencies(_ loaded: Model) -> String {
    func escaped(_ path: String) -> String { path.replacing("$", with: "$$").replacing(" ", with: "\\ ").replacing("#", with: "\\#") }
    let files = loaded.files + [code.tuned].compactMap { $0 }
    return "\(escaped(output)): \(files.map(escaped).joined(separator: " "))\n"
  }
}
