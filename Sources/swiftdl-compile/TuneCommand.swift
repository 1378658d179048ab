import ArgumentParser
import Foundation
import SwiftDL

struct TuneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune", abstract: "Measure schedules on this machine, for compile --tuned.",
    discussion: """
      Times the algorithms of convolutions that have several. Then builds several schedules of each kernel with the system's compiler \
      and times them, with constant data as cold as in a run of the whole model. What is at least 3 % faster than the schedule of the cost model, twice, and faster in the whole model, is written to \
      OUTPUT:

        swiftdl-compile tune model.onnx -o tune.json --target native
        swiftdl-compile model.onnx -o model.c --target native --tuned tune.json

      The file is for this model, target and version of swiftdl-compile. Let the machine do nothing else meanwhile.
      """)

  @OptionGroup var model: ModelArguments
  @OptionGroup var code: CodeArguments

  @Option(name: .shortAndLong, help: "The file to write: tune.json.", completion: .file(extensions: ["json"]))
  var output: String

  @Option(help: "The C compiler and its flags. Default: what CC says, or cc, with -O3.")
  var cc: String?

  func validate() throws {
    guard code.schedule == .automatic else { throw ValidationError("--schedule none leaves nothing to measure") }
    guard code.tuned == nil else { throw ValidationError("--tuned is for compile: tune measures anew") }
  }

  func run() throws {
    try reportingProblems {
      let progress = ProgressLine()
      defer { progress.finish() }
      let loaded = try model.load()
      var options = TuneOptions(try code.options(name: "model"))
      options.compiler = cc
      let report = try loaded.tune(options) { progress.show($0.activity, $0.fraction) }
      progress.finish()
      var files = OutputFiles()
      files.add(output, Array(report.tuning.json.utf8))
      try files.write()
      show(report)
    }
  }

  private func show(_ report: TuneReport) {
    for layer in report.layers {
      print("\(layer.name): \(layer.algorithm), \(micros(layer.defaultSeconds)) µs before, \(micros(layer.seconds)) µs after")
    }
    let changed = report.nests.filter { !$0.choice.isEmpty }
    let rows = changed.map { nest in
      [nest.kernel, nest.loop, nest.choice, "\(nest.calls)", micros(nest.defaultSeconds), micros(nest.seconds), gain(nest)]
    }
    if !rows.isEmpty {
      print(table(["kernel", "loop", "choice", "calls", "before µs", "after µs", "gain"], rows, leftAligned: [0, 1, 2]) + "\n")
    }
    let ratio = String(format: "%.2f", report.defaultSeconds / report.seconds)
    print(
      """
      \(changed.count) of \(report.nests.count) loop nests changed
      one run  \(micros(report.defaultSeconds)) µs before, \(micros(report.seconds)) µs after: \(ratio) times the speed
      C        \(report.compiler); target \(report.target)
      """)
  }

  private func micros(_ seconds: Double) -> String { String(format: "%.2f", seconds * 1e6) }

  private func gain(_ nest: TuneReport.Nest) -> String { String(format: "%.1f %%", 100 * (nest.defaultSeconds / nest.seconds - 1)) }
}
