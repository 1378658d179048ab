import Tensors
import Testing
import Validation

private typealias Function = @convention(c) (Int32) -> Int32

private func call(_ module: some CompiledModule, _ name: String, _ argument: Int32) throws -> Int32 {
  unsafeBitCast(try module.symbol(name), to: Function.self)(argument)
}

/// The message of the diagnostic that `body` throws.
func message(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "no error"
  } catch {
    return "\(error)"
  }
}

private let twoUnits: SourceSet = [
  "a.h": "int inner(int);",
  "a.c": "#include \"a.h\"\nstatic int one = 1;\nint outer(int x) { return inner(x) + one; }",
  "b.c": "#include \"a.h\"\nstatic int one = 2;\nint inner(int x) { return x * one; }",
]

#if LibTCC
  @Suite(.serialized) struct TCCTests {
    @Test func findsItsRuntime() { #expect(TCC.isAvailable) }

    @Test func compilesSeveralUnitsAndTheirHeaders() throws {
      let module = try TCC.compile(twoUnits)
      #expect(try call(module, "outer", 20) == 41)
    }

    @Test func seesGivenSymbols() throws {
      let table: [Int32] = [3, 5, 7]
      try table.withUnsafeBytes { bytes in
        let module = try TCC.compile(
          ["m.c": "extern const int table[]; int at(int i) { return table[i]; }"], symbols: ["table": bytes.baseAddress!])
        #expect(try call(module, "at", 2) == 7)
      }
    }

    @Test func keepsTwoModulesApart() throws {
      let modules = try (1...2).map { try TCC.compile(["m.c": "int n = \($0); int f(int x) { return n += x; }"]) }
      #expect(try modules.map { try call($0, "f", 10) } == [11, 12])
      #expect(try call(modules[0], "f", 10) == 21)
    }

    @Test func reportsErrorsWithFileAndLine() {
      let text = message { _ = try TCC.compile(["fine.c": "int f;", "model.c": "int g;\nint h = missing;"]) }
      #expect(text.contains("model.c:2") && text.contains("missing"), "\(text)")
    }

    @Test func treatsUndeclaredFunctionsAsErrors() {
      let text = message { _ = try TCC.compile(["model.c": "int f(void) { return g(); }"]) }
      #expect(text.contains("'g'"), "\(text)")
    }

    @Test func namesUndefinedSymbols() throws {
      let text = message { _ = try TCC.compile(["model.c": "int nowhere_defined(void); int f(void) { return nowhere_defined(); }"]) }
      #expect(text.contains("nowhere_defined"), "\(text)")
      let module = try TCC.compile(["model.c": "int f;"])
      #expect(throws: Diagnostic("the compiled C does not define \"g\"")) { try module.symbol("g") }
    }

    @Test func namesThePackageOfAMissingRuntime() {
      var options = TCC.Options()
      options.libraryPath = "/nonexistent"
      let text = message { _ = try TCC.compile(["model.c": "#include <stddef.h>\nsize_t f;"], options: options) }
      #expect(text.contains("packages tcc"), "\(text)")
    }
  }
#else
  @Test func aBuildWithoutLibTCCSaysHowToGetIt() {
    #expect(!TCC.isAvailable)
    #expect(message { _ = try TCC.compile(["model.c": "int f;"]) }.contains("libtcc-dev"))
  }
#endif

@Suite struct SystemCompilerTests {
  let compiler = SystemCompiler("gcc", flags: ["-O1", "-Wall", "-Wextra", "-Werror", "-std=c99"])

  @Test func loadsASharedObject() throws {
    #expect(compiler.isAvailable)
    let module = try compiler.load(twoUnits)
    #expect(try call(module, "outer", 20) == 41)
    #expect(module.address(of: "absent") == nil)
  }

  @Test func reportsErrorsWithFileAndLine() {
    let text = message { _ = try compiler.load(["model.c": "int g;\nint h = missing;"]) }
    #expect(text.contains(" model.c:2:") && text.contains("missing"), "\(text)")
  }

  @Test func namesUndefinedSymbols() {
    let source = "int nowhere_defined(void); int f(void); int f(void) { return nowhere_defined(); }"
    #expect(message { _ = try compiler.load(["model.c": "\(source)"]) }.contains("nowhere_defined"))
    #expect(message { _ = try compiler.executable(["model.c": "\(source) int main(void) { return f(); }"]) }.contains("nowhere_defined"))
  }

  @Test func namesACompilerThatIsNotThere() {
    let absent = SystemCompiler("no-such-compiler")
    #expect(!absent.isAvailable)
    let text = message { _ = try absent.load(["model.c": "int f;"]) }
    #expect(text.contains("no-such-compiler") && text.contains("CC"), "\(text)")
  }

  @Test func stopsASlowCompiler() {
    var impatient = compiler
    impatient.timeout = .zero
    #expect(message { _ = try impatient.load(twoUnits) }.contains("stopped"))
  }

  @Test func takesInDataFiles() throws {
    var sources: SourceSet = ["m.c": "int first(int x) { extern const unsigned char w[]; return w[x]; }"]
    sources.add("w.c", "__asm__(\".section .rodata\\n.globl w\\nw: .incbin \\\"w.bin\\\"\\n.text\\n\");")
    sources.add("w.bin", bytes: [0, 9])
    #expect(try call(SystemCompiler("gcc", flags: []).load(sources), "first", 1) == 9)
  }

  @Test func runsAProgramWithItsArguments() throws {
    let program = try compiler.executable([
      "main.c": """
      #include <stdio.h>
      #include <stdlib.h>
      int main(int argc, char **argv) {
        for (int i = 1; i < argc; i++) printf("[%s]", argv[i]);
        fprintf(stderr, "%s", getenv("SWIFTDL_TEST"));
        return argc;
      }
      """
    ])
    let outcome = try program.run(["a b", "$(date)", ""], environment: ["SWIFTDL_TEST": "héllo"])
    #expect(outcome.ending == .exited(4) && !outcome.succeeded)
    #expect(outcome.standardOutput == "[a b][$(date)][]")
    #expect(outcome.standardError == "héllo")
  }

  @Test func showsWhatASanitizerFinds() throws {
    let sanitizing = SystemCompiler("gcc", flags: ["-g", "-fsanitize=undefined", "-fno-sanitize-recover"])
    let outcome = try sanitizing.executable(["m.c": "int main(int n, char **v) { (void)v; n += 0x7fffffff; return n == 5; }"]).run()
    #expect(!outcome.succeeded && outcome.standardError.contains("signed integer overflow"))
  }
}

@Suite struct ChildProcessTests {
  @Test func capturesMoreThanAPipeHolds() throws {
    let outcome = try ChildProcess("seq", ["100000"]).run()
    #expect(outcome.succeeded && outcome.standardOutput.utf8.count == 588_895)
  }

  @Test func killsWhatRunsTooLong() throws {
    var sleeper = ChildProcess("sh", ["-c", "echo started; sleep 100 & sleep 100"])
    sleeper.timeout = .milliseconds(300)
    let outcome = try sleeper.run()
    #expect(outcome.ending == .timedOut && outcome.standardOutput == "started\n")
  }

  @Test func tellsSignalsFromExits() throws {
    #expect(try ChildProcess("sh", ["-c", "kill -ABRT $$"]).run().ending == .signalled(6))
    #expect(try ChildProcess("false").run().ending == .exited(1))
  }

  @Test func seesAnEmptyStandardInput() throws {
    let outcome = try ChildProcess("cat").run()
    #expect(outcome.succeeded && outcome.standardOutput.isEmpty)
  }
}
