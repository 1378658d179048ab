import Tensors

#if LibTCC
  import Ctcc
#endif

/// The compiler libtcc, which works in this process and in memory: slow code, but at once.
package enum TCC {
  package struct Options: Sendable {
    /// As on tcc's command line. Undeclared functions are only a warning to tcc, hence `-Werror`.
    package var flags = "-std=c11 -Wall -Werror"
    /// Where libtcc1.a and tcc's own headers are, if not where libtcc was configured to look.
    package var libraryPath: String?

    package init() {}
  }

  /// Whether libtcc was built in and finds its runtime.
  package static let isAvailable = (try? compile(["probe.c": "#include <stddef.h>\nsize_t probe(void) { return 1; }"])) != nil
}

#if LibTCC
  extension TCC {
    /// Compiles and links all units. What `symbols` point to is visible to C by name and has to outlive the module.
    package static func compile(
      _ sources: SourceSet, symbols: [String: UnsafeRawPointer] = [:], options: Options = Options()
    ) throws(Diagnostic) -> any CompiledModule {
      try TCCModule(sources, symbols, options)
    }
  }

  private final class TCCModule: CompiledModule {
    private let state: OpaquePointer
    private var messages: [String] = []

    /// libtcc wants this order: options, output type, symbols, units, relocation.
    init(_ sources: SourceSet, _ symbols: [String: UnsafeRawPointer], _ options: TCC.Options) throws(Diagnostic) {
      guard let state = tcc_new() else { throw Diagnostic("libtcc cannot start: no memory") }
      self.state = state
      let opaqueSelf = Unmanaged.passUnretained(self).toOpaque()
      tcc_set_error_func(state, opaqueSelf) { context, text in
        guard let context, let text else { return }
        Unmanaged<TCCModule>.fromOpaque(context).takeUnretainedValue().messages.append(String(cString: text))
      }
      if let path = options.libraryPath { tcc_set_lib_path(state, path) }
      tcc_set_options(state, options.flags)
      let outputType = tcc_set_output_type(state, TCC_OUTPUT_MEMORY)
      try check(outputType)
      for (name, address) in symbols { tcc_add_symbol(state, name, address) }
      try compile(sources)
      // 1 is TCC_RELOCATE_AUTO: libtcc owns the memory of the code.
      try check(tcc_relocate(state, UnsafeMutableRawPointer(bitPattern: 1)))
    }

    deinit { tcc_delete(state) }

    func address(of name: String) -> UnsafeMutableRawPointer? { tcc_get_symbol(state, name) }

    /// Headers go through a folder, as the units include them by name.
    private func compile(_ sources: SourceSet) throws(Diagnostic) {
      let folder = try TemporaryFolder()
      for file in sources.files where !file.name.hasSuffix(".c") { try folder.write(file) }
      tcc_add_include_path(state, folder.path)
      for unit in sources.units {
        let text = "#line 1 \"\(unit.name)\"\n" + String(decoding: unit.bytes, as: UTF8.self)
        try check(tcc_compile_string(state, text))
      }
    }

    private func check(_ code: Int32) throws(Diagnostic) {
      guard code < 0 else { return }
      let text = messages.joined(separator: "; ")
      let isRuntimeMissing = ["libtcc1.a", "stddef.h", "stdint.h", "string.h", "math.h"].contains { text.contains("'\($0)' not found") }
      throw Diagnostic(
        "libtcc: \(text)",
        hint: isRuntimeMissing ? "install the Debian packages tcc (runtime) and libc6-dev (headers)" : defectHint)
    }
  }
#else
  extension TCC {
    package static func compile(
      _ sources: SourceSet, symbols: [String: UnsafeRawPointer] = [:], options: Options = Options()
    ) throws(Diagnostic) -> any CompiledModule {
      throw Diagnostic(
        "this build has no libtcc",
        hint: "install the Debian packages libtcc-dev and tcc and build with the package trait LibTCC (on by default), or use a C compiler")
    }
  }
#endif

/// What to do where C of our own making does not compile or misbehaves.
package let defectHint = "generated C should never do this: please report it together with the model"
