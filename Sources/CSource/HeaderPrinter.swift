import LoopIR
import Tensors

/// `NAME.h`.
struct HeaderPrinter {
  let program: Program
  let names: ModelNames
  let facts: ProgramFacts
  let storage: WeightStorage
  let weightsBytes: Int
  let isProfiled: Bool

  var text: String {
    var lines = Lines()
    let prefix = names.prefix
    lines.comment(["\(program.name): a neural network, compiled by swiftdl-compile."])
    lines.add("#ifndef \(names.macro)_H")
    lines.add("#define \(names.macro)_H")
    lines.add("")
    lines.add("#include <stdint.h>")
    lines.add("")
    lines.add("#ifdef __cplusplus")
    lines.add("extern \"C\" {")
    lines.add("#endif")
    lines.add("")
    addMacros(&lines)
    addStruct(&lines)
    addPrototypes(&lines, prefix)
    lines.add("#ifdef __cplusplus")
    lines.add("}")
    lines.add("#endif")
    lines.add("")
    lines.add("#endif")
    return lines.text
  }

  private func addMacros(_ lines: inout Lines) {
    lines.add("/* Working memory inside \(names.prefix)_t, and constant data, in bytes. */")
    lines.add("#define \(names.macro)_ARENA_BYTES \(program.arenaBytes)")
    lines.add("#define \(names.macro)_WEIGHTS_BYTES \(weightsBytes)")
    lines.add("")
    if !names.dimMacros.isEmpty { lines.add("/* The least and the largest value of each open dimension. */") }
    for (macro, dim) in zip(names.dimMacros, program.openDims + program.returnedDims) {
      lines.add("#define \(macro)_MIN \(dim.range.lowerBound)")
      lines.add("#define \(macro)_MAX \(dim.range.upperBound)")
    }
    if isProfiled { lines.add("#define \(names.macro)_LAYERS \(program.layers.count)") }
    let ports = program.inputs + program.outputs
    if !ports.isEmpty { lines.add("/* Elements of inputs and outputs; the most where dimensions are open. */") }
    for (macro, port) in zip(names.sizeMacros, ports) { lines.add("#define \(macro) \(program.elementCount(port))") }
    lines.add("")
  }

  private func addStruct(_ lines: inout Lines) {
    lines.add("/* All memory that the model writes beside its outputs. Zero-initialised it is ready to use. */")
    lines.open("typedef struct \(names.prefix)")
    if !facts.arenaTypes.isEmpty && program.arenaBytes > 0 {
      lines.open("union")
      for dtype in facts.arenaTypes {
        let count = (program.arenaBytes + dtype.byteCount - 1) / dtype.byteCount
        lines.add("\(dtype.storage) \(dtype.arenaMember)[\(count)];")
      }
      lines.close("} arena;")
    }
    for (name, state) in zip(names.states, program.states) {
      lines.comment(["state \"\(state.name)\": \(state.type)"])
      lines.add("\(state.type.dtype.storage) \(name)[\(max(program.elementCount(state), 1))];")
    }
    if isProfiled { addCounters(&lines) }
    if storage == .bind { lines.add("const unsigned char *weights; /* set by \(names.prefix)_bind */") }
    if !hasMembers { lines.add("uint8_t unused;") }
    lines.close("} \(names.prefix)_t;")
    lines.add("")
  }

  private var hasMembers: Bool {
    !facts.arenaTypes.isEmpty && program.arenaBytes > 0 || !program.states.isEmpty || storage == .bind || isProfiled
  }

  private func addCounters(_ lines: inout Lines) {
    let count = max(program.layers.count, 1)
    lines.add("/* Ticks of SWDL_CLOCK() spent in each layer since these were zero, and how often it ran. */")
    lines.add("uint64_t profile_ticks[\(count)];")
    lines.add("uint32_t profile_calls[\(count)];")
  }

  private func addPrototypes(_ lines: inout Lines, _ prefix: String) {
    lines.comment(description)
    lines.list("int \(prefix)_run", SignaturePrinter(program: program, names: names).parameters, ";")
    lines.add("")
    if !program.states.isEmpty {
      lines.add("/* Forgets what earlier runs left behind: all states become zero. */")
      lines.add("void \(prefix)_reset(\(prefix)_t *self);")
      lines.add("")
    }
    if storage == .bind {
      lines.add("/* Tells where the weights are: \(names.macro)_WEIGHTS_BYTES bytes, aligned to 8, unchanged while the model is used.")
      lines.add("   Returns 0, or 1 where they cannot be used. */")
      lines.add("int \(prefix)_bind(\(prefix)_t *self, const void *weights);")
      lines.add("")
    }
  }

  private var description: [String] {
    var text = ["Runs the network once. Returns 0 when it is done\(refusals)."]
    for (name, dim) in zip(names.dims, program.openDims) {
      text.append("\(name): dimension \"\(dim.name)\", \(dim.range.lowerBound) to \(dim.range.upperBound)")
    }
    for (name, port) in zip(names.inputs, program.inputs) { text.append("\(name): input \"\(port.name)\", \(port.type)") }
    for (name, port) in zip(names.outputs, program.outputs) { text.append("\(name): output \"\(port.name)\", \(port.type)") }
    for (name, dim) in zip(names.returned, program.returnedDims) {
      text.append("\(name): receives the extent \"\(dim.name)\" of outputs, \(dim.range.lowerBound) to \(dim.range.upperBound)")
    }
    return text
  }

  private var refusals: String {
    var reasons: [String] = []
    if !program.openDims.isEmpty { reasons.append("a dimension is out of its range") }
    if storage == .bind { reasons.append("no weights are bound") }
    let early = reasons.isEmpty ? "" : ", or 1, having touched nothing, where \(reasons.joined(separator: " or "))"
    var failures = program.computedDims.isEmpty ? [] : ["an extent that it computes is out of its range"]
    if program.repeats { failures.append("a loop runs more or less often than it may") }
    return early + (failures.isEmpty ? "" : ", or 2, with outputs of no use, where \(failures.joined(separator: " or "))")
  }
}

/// The parameters of `NAME_run`.
struct SignaturePrinter {
  let program: Program
  let names: ModelNames

  var parameters: [String] {
    ["\(names.prefix)_t *self"] + names.dims.map { "int32_t \($0)" }
      + zip(names.inputs, program.inputs).map { parameter("const ", $0, $1) }
      + zip(names.outputs, program.outputs).map { parameter("", $0, $1) } + names.returned.map { "int32_t *\($0)" }
  }

  private func parameter(_ qualifier: String, _ name: String, _ port: Program.Port) -> String {
    let type = port.type.dtype.storage
    guard let count = port.type.storageCount.constant, count > 0 else { return "\(qualifier)\(type) *\(name)" }
    return "\(qualifier)\(type) \(name)[\(count)]"
  }
}
