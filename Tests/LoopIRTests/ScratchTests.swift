import LoopIR
import Tensors
import Testing

/// Loops whose iterations are said to need no other one.
@Suite struct ScratchTests {
  private static let (x, y, w) = (view("x", 12), view("y", 12), view("w", 3))

  private static func view(_ name: String, _ count: Int) -> TensorView {
    TensorView(Buffer(name, .float32, count: Dim(count)), TensorType(.float32, [Dim(count)]))
  }

  private func kernel(_ loop: Stmt) -> Kernel {
    let written = [Self.y, Self.w].map { Parameter($0.buffer, isWritten: true) }
    return Kernel("test", [Parameter(Self.x.buffer, isWritten: false)] + written, body: [loop])
  }

  private func run(_ kernel: Kernel) throws -> [Double] {
    let memories = [Memory(Tensor(floats: (0..<12).map(Float.init), [12])), Memory(.float32, count: 12), Memory(.float32, count: 3)]
    try KernelInterpreter.run(kernel, memories.map { (memory: $0, offset: 0) })
    return memories[1].tensor([12]).doubles
  }

  /// In four blocks of three elements each is added to the one before in the block.
  private func blocks(scratch: [TensorView], keeping: Bool = false, reach: Int = 3) -> Stmt {
    loop("b", to: 4, scratch: scratch) { b in
      loop("i", to: keeping ? 2 : 3) { i in Self.w.store([i], Self.x[b * 3 + i]) }
      loop("j", to: .index(reach)) { j in Self.y.store([b * 3 + j], Self.w[j % 3] + Self.w[(j + 2) % 3]) }
    }
  }

  @Test func theWordOfTheNestIsTaken() throws {
    let alone = try kernel(blocks(scratch: [Self.w])).scheduled([.parallelise("b")])
    #expect(alone.description.contains("parallel for b") && alone.copies(of: "w") == 4 && alone.copies(of: "y") == 1, "\(alone)")
    #expect(try run(alone) == run(kernel(blocks(scratch: [Self.w]))))
    #expect(throws: Diagnostic.self) {
      let unsaid = Stmt.loop(Loop("b", to: 4, body: kernel(blocks(scratch: [])).loop("b")?.body ?? []))
      return try kernel(unsaid).scheduled([.parallelise("b")])
    }
  }

  @Test func aFalseWordShows() throws {
    #expect(throws: Diagnostic("iterations 0 and 1 of loop b touch the same element of w")) {
      try run(kernel(blocks(scratch: [])))
    }
    #expect(throws: Diagnostic("iterations 0 and 1 of loop b touch the same element of y")) {
      try run(kernel(blocks(scratch: [Self.w], reach: 4)))
    }
    #expect(try run(kernel(blocks(scratch: [Self.w], keeping: true))).contains { $0.isNaN })
  }

  @Test func otherOrdersKeepTheWord() throws {
    let nest = kernel(
      loop("u", to: 4, scratch: []) { u in loop("j", to: 3) { j in Self.y.store([u * 3 + j], Self.x[u * 3 + j]) } })
    #expect(try nest.scheduled([.reorder(["j", "u"])]).loop("u")?.scratch == [])
    #expect(nest.body.renamed("_1").first.map { if case .loop(let loop) = $0 { loop.scratch == [] } else { false } } == true)
  }
}
