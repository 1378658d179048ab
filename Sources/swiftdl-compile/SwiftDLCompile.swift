import ArgumentParser
import SwiftDL

@main struct SwiftDLCompile: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "swiftdl-compile",
    abstract: "Compile a trained neural network to standalone C.",
    discussion: """
      Reads Keras (.keras, .h5, to_json() with weights), TensorFlow.js layers models and our own JSON graphs; the format is \
      recognised by content. Writes C99 without a runtime, without malloc and with one planned arena.

        swiftdl-compile model.json -o model.c            compile
        swiftdl-compile model.json -o model.c --harness  and write a main() that runs it on files
        swiftdl-compile check model.json                 prove the C against the reference, layer by layer
        swiftdl-compile inspect model.json               show layers, parameters, memory
        swiftdl-compile inspect model.json --profile     show where the time goes
        swiftdl-compile tune model.json -o tune.json     measure schedules on this machine, for compile --tuned tune.json

      Exit codes: 0 done; 1 the model cannot be compiled; 2 a check failed; 64 wrong usage.
      """,
    version: "0.1.0",
    subcommands: [CompileCommand.self, CheckCommand.self, InspectCommand.self, TuneCommand.self],
    defaultSubcommand: CompileCommand.self)
}
