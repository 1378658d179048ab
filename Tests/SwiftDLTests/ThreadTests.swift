import Foundation
import GraphIR
import Operators
import Tensors
import TestSupport
import Testing
import Validation

@testable import SwiftDL

/// Networks that threads compute together.
@Suite struct ThreadTests {
  /// Layers in blocks of squares and layers in rows, of extents that nothing divides.
  private func graph() throws -> Graph {
    var generator = SeededGenerator(9)
    var graph = Graph(name: "net")
    func weights(_ dims: [Int]) -> ValueID { graph.addConstant("w", Tensor.random(.float32, dims, using: &generator)) }
    let same = SlidingWindow(padsBefore: [1, 1], padsAfter: [1, 1])
    var last = graph.addInput("x", TensorType(.float32, [1, 61, 59, 3]))
    last = try graph.add(Convolution(same), [last, weights([3, 3, 3, 32]), weights([32])])[0]
    for _ in 0..<2 { last = try graph.add(Convolution(same), [last, weights([3, 3, 32, 32]), weights([32])])[0] }
    // More than the caches hold.
    last = try graph.add(Convolution(), [last, weights([1, 1, 32, 208]), weights([208])])[0]
    last = try graph.add(DepthwiseConvolution(same), [last, weights([3, 3, 208, 1]), nil])[0]
    last = try graph.add(Convolution(), [last, weights([1, 1, 208, 17]), nil])[0]
    graph.addOutput("y", try graph.add(Pool(.max, size: [3, 3], SlidingWindow(strides: [2, 2])), [last])[0])
    return graph
  }

  private func options(_ threads: CompileOptions.Threads) -> CompileOptions {
    var options = CompileOptions(name: "net")
    options.target = "x86-64-v3"
    options.harness = true
    options.weights = .inline
    options.threads = threads
    return options
  }

  private func program(_ threads: CompileOptions.Threads, _ flags: [String]) throws -> Executable {
    var sources: SourceSet = [:]
    let (_, program) = try Compilation.stages(graph(), options(threads))
    for file in try Compilation.emit(program, options(threads), trace: false).files { sources.add(file.name, bytes: file.bytes) }
    return try SystemCompiler("gcc", flags: CompilerMatrixTests.warnings + flags).executable(sources)
  }

  private func output(_ executable: Executable, threads: Int) throws -> [UInt8] {
    let folder = URL(fileURLWithPath: executable.folder.path)
    let outcome = try executable.run(
      ["--out", folder.appendingPathComponent("out").path],
      environment: ["OMP_NUM_THREADS": "\(threads)", "ASAN_OPTIONS": "detect_leaks=0"])
    #expect(outcome.succeeded, "\(outcome.standardError)")
    return try [UInt8](Data(contentsOf: folder.appendingPathComponent("out0.bin")))
  }

  @Test func theLayersAreThoseThatThreadsNeedMemoryFor() throws {
    let (changed, program) = try Compilation.stages(graph(), options(.openmp))
    #expect(changed.nodes.contains { $0.op is WinogradConvolution } && changed.nodes.contains { ($0.op as? Cascade)?.parts == 4 })
    let (_, alone) = try Compilation.stages(graph(), options(.none))
    #expect(program.arenaBytes > alone.arenaBytes)
    #expect(alone.kernels.allSatisfy { !$0.description.contains("parallel") })
  }

  @Test func anyNumberOfThreadsComputesTheSameBits() throws {
    let expected = try output(program(.none, ["-O2"]), threads: 1)
    for flags in [["-O2"], ["-O2", "-fopenmp"], ["-O1", "-fopenmp"] + CompilerMatrixTests.sanitizers] {
      let executable = try program(.openmp, flags)
      for count in [1, 2, 3, 7] { #expect(try output(executable, threads: count) == expected, "\(flags), \(count) threads") }
    }
  }
}
