import LoopIR
import Runtime
import Tensors

/// Prints a program as C. The text depends on the program and the options alone.
package struct ModelPrinter {
  private let program: Program
  private let names: ModelNames
  private let facts: ProgramFacts
  private var options: SourceOptions

  /// The files of `program`.
  package static func print(_ program: Program, _ options: SourceOptions) -> GeneratedSource {
    ModelPrinter(program, options).generated
  }

  private init(_ program: Program, _ options: SourceOptions) {
    self.program = program
    self.options = options
    names = ModelNames(program, options)
    facts = ProgramFacts(program)
    let bytes = facts.usedConstants.reduce(0) { $0 + program.constants[$1].data.bytes.count }
    self.options.weights = options.weights ?? (bytes <= 8 << 20 ? .inline : .incbin)
  }

  private var generated: GeneratedSource {
    let weights = WeightsPrinter(program, names, facts, options)
    let (kernelTexts, kernelNames) = kernels
    let run = RunPrinter.text(
      RunPrinter(program, names, facts, options, kernels: kernelNames, constants: weights.references))
    let body = kernelTexts.joined(separator: "\n") + "\n"
    var source = Array(prologue(usedBy: body + run).utf8)
    source += weights.definitions
    source += Array((body + weights.bindFunction + resetFunction + run).utf8)
    source += Array(options.postamble.map { "\n" + $0 }.joined().utf8)
    if !options.postamble.isEmpty { source.append(UInt8(ascii: "\n")) }
    let header = HeaderPrinter(
      program: program, names: names, facts: facts, storage: options.weights ?? .inline, weightsBytes: weights.byteCount,
      isProfiled: options.isProfiled)
    let harness = HarnessPrinter(
      program: program, names: names, headerName: options.shownHeaderName, storage: options.weights ?? .inline,
      isProfiled: options.isProfiled)
    return GeneratedSource(
      prefix: names.prefix, fileName: options.shownFileName, headerName: options.shownHeaderName, source: source,
      header: header.text, harness: options.hasHarness ? harness.text : nil, weights: weights.block,
      weightsBytes: weights.byteCount, inputNames: names.inputs, outputNames: names.outputs, stateNames: names.states)
  }

  /// Functions of the kernels that are called, and by which name each kernel is called: equal ones share a function.
  private var kernels: (texts: [String], names: [Int: String]) {
    var texts: [String] = []
    var identifiers: [Int: String] = [:]
    var shared: [String: String] = [:]
    for position in facts.usedKernels.sorted() {
      let kernel = program.kernels[position]
      let key = KernelPrinter.text(kernel, named: "kernel", in: Scope(isAnonymous: true))
      identifiers[position] = shared[key] ?? names.kernels[position]
      guard shared.updateValue(identifiers[position] ?? "", forKey: key) == nil else { continue }
      var comment = Lines()
      if !kernel.notes.isEmpty { comment.comment(kernel.notes) }
      texts.append(comment.all.map { $0 + "\n" }.joined() + KernelPrinter.text(kernel, named: names.kernels[position], in: names.file))
    }
    return (texts, identifiers)
  }

  private func prologue(usedBy body: String) -> String {
    let runtime = Runtime.parts(usedBy: body)
    let usesMemory = runtime.contains("memcpy") || !program.states.isEmpty
    var lines = Lines()
    lines.comment(["\(program.name): a neural network, compiled by swiftdl-compile."])
    lines.add("#include \"\(options.shownHeaderName)\"")
    lines.add("")
    lines.add("#include <math.h>")
    if usesMemory { lines.add("#include <string.h>") }
    if runtime.contains("omp_get") { for line in ["#if defined(_OPENMP)", "#include <omp.h>", "#endif"] { lines.add(line) } }
    lines.add("")
    for line in options.prologue { lines.add(line) }
    if options.isTraced { lines.add("extern void (*swiftdl_trace_hook)(int32_t step, const void *data);\n") }
    return lines.text + runtime
  }

  private var resetFunction: String {
    guard !program.states.isEmpty else { return "" }
    var lines = Lines()
    lines.openFunction("void \(names.prefix)_reset", ["\(names.prefix)_t *self"])
    for state in names.states { lines.add("memset(self->\(state), 0, sizeof self->\(state));") }
    lines.close()
    return lines.text + "\n"
  }
}

extension SourceOptions {
  /// What comes before all code.
  var prologue: [String] {
    // All kernels inlined into one function: some compilers then take minutes.
    let kernel = [
      "#if defined(__GNUC__)", "#define SWDL_KERNEL __attribute__((noinline)) static", "#else", "#define SWDL_KERNEL static", "#endif", "",
    ]
    return (isStrict ? Self.strictPragmas : []) + preamble + kernel
  }

  /// No product is fused with a sum: gcc's default dialect and clang would.
  private static let strictPragmas = [
    "#define SWDL_STRICT", "#if defined(__clang__)", "#pragma STDC FP_CONTRACT OFF", "#elif defined(__GNUC__)",
    "#pragma GCC optimize(\"fp-contract=off\")", "#endif", "",
  ]
}
