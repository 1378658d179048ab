import CSource
import LoopIR
import Tensors
import Validation

/// A program as machine code in this process.
package struct CompiledProgram {
  package let runner: ModelRunner
  /// What compiled it, for people.
  package let engine: String

  package init(_ program: Program, _ options: CompileOptions, _ engine: CheckOptions.Engine) throws(Diagnostic) {
    let generated = try Compilation.emit(program, options, trace: true)
    let signature = ModelSignature(program, prefix: generated.prefix)
    var sources: SourceSet = [:]
    for file in generated.files { sources.add(file.name, bytes: file.bytes) }
    sources.add("swiftdl_trampoline.c", signature.trampoline)
    let module: any CompiledModule
    switch engine {
    case .tcc:
      module = try TCC.compile(sources)
      self.engine = "libtcc"
    case .cc:
      var compiler = SystemCompiler()
      compiler.flags += options.threads.compilerFlags
      module = try compiler.load(sources)
      self.engine = compiler.text
    }
    runner = try ModelRunner(module, signature)
    if let bytes = generated.weights { try Self.bind(bytes, module.symbol("\(generated.prefix)_bind"), to: runner.modelAddress) }
  }

  /// Hands the weights over; they are kept for as long as the process runs.
  private static func bind(_ bytes: [UInt8], _ symbol: UnsafeMutableRawPointer, to model: UnsafeMutableRawPointer) throws(Diagnostic) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
    memory.copyBytes(from: bytes)
    typealias Bind = @convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer?) -> Int32
    guard let start = memory.baseAddress, unsafeBitCast(symbol, to: Bind.self)(model, start) == 0 else {
      throw Diagnostic("the generated code refuses its weights", hint: defectHint)
    }
  }
}
