import LoopIR
import Tensors

/// Every identifier of a model's files.
struct ModelNames {
  /// The prefix of public names.
  let prefix: String
  /// The prefix of public macros.
  let macro: String
  let kernels: [String]
  let constants: [String]
  let dims: [String]
  let inputs: [String]
  let outputs: [String]
  /// Parameters through which computed dimensions are handed back.
  let returned: [String]
  /// Members of the model's struct.
  let states: [String]
  /// Of open dimensions, then of those that are handed back; each followed by `_MIN` and `_MAX`.
  let dimMacros: [String]
  /// The numbers of elements of inputs and outputs.
  let sizeMacros: [String]
  /// What functions of the file must not hide.
  let file: Scope
  /// Names inside of `NAME_run`; loops are added as they are printed.
  let run: Scope

  init(_ program: Program, _ options: SourceOptions) {
    let prefix = identifierText(options.name)
    self.prefix = prefix
    macro = prefix.uppercased()
    var file = Scope()
    file.reserve([prefix] + ["t", "run", "reset", "bind", "harness", "weights_data"].map { "\(prefix)_\($0)" } + ["self", "arena"])
    if options.isProfiled { file.reserve(ReservedNames.ofTime) }
    kernels = program.kernels.map { file.fresh($0.name) }
    constants = program.constants.map { file.fresh($0.identifier) }
    self.file = file
    var run = file.inner
    dims = program.openDims.map { run.declare($0.name) }
    inputs = program.inputs.map { run.fresh($0.identifier) }
    outputs = program.outputs.map { run.fresh($0.identifier) }
    returned = program.returnedDims.map { run.fresh($0.identifier) }
    self.run = run
    var members = Scope()
    members.reserve(["arena", "weights", "profile_ticks", "profile_calls", "unused"])
    states = program.states.map { members.fresh($0.identifier) }
    var macros = Scope()
    macros.reserve(["ARENA_BYTES", "WEIGHTS_BYTES", "WEIGHTS_SECTION", "WEIGHTS_FILE", "LAYERS", "H"])
    dimMacros = (dims + returned).map { "\(prefix.uppercased())_\(macros.fresh($0.uppercased()))" }
    sizeMacros = (inputs + outputs).map { "\(prefix.uppercased())_\(macros.fresh("\($0.uppercased())_SIZE"))" }
  }
}
