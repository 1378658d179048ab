import CSource
import LoopIR
import Targets
import Tensors
import Validation

extension Compilation {
  /// The files of a program.
  package static func emit(_ program: Program, _ options: CompileOptions, trace: Bool) throws(Diagnostic) -> GeneratedSource {
    var source = try sourceOptions(options)
    source.fileName = options.fileName
    source.headerName = options.header
    source.weights = options.weights.storage
    source.isTraced = trace
    source.isProfiled = options.profile
    source.hasHarness = options.harness
    return ModelPrinter.print(program, source)
  }

  /// What concerns the kernels.
  static func sourceOptions(_ options: CompileOptions) throws(Diagnostic) -> SourceOptions {
    let target = try Target.named(options.target)
    var source = SourceOptions(name: options.name)
    source.isStrict = options.numerics == .strict
    source.preamble = target.preamble
    source.postamble = target.postamble
    return source
  }
}

extension CompileOptions.Weights {
  fileprivate var storage: WeightStorage? {
    switch self {
    case .automatic: nil
    case .inline: .inline
    case .incbin: .incbin
    case .bind: .bind
    }
  }
}

extension ModelSignature {
  /// How the emitted function of a program is called.
  package init(_ program: Program, prefix: String) {
    self.init(
      prefix: prefix, dimCount: program.openDims.count,
      inputs: program.inputs.map { Parameter($0.name, $0.type.dtype) },
      outputs: program.outputs.map { Parameter($0.name, $0.type.dtype) } + program.returnedDims.map { Parameter($0.name, .int32) },
      isStateful: !program.states.isEmpty, mayFailLate: !program.computedDims.isEmpty || program.repeats)
  }
}
