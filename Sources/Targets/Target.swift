import Tensors

/// A machine, as far as schedules and the emitted C need to know it. Every other target is a copy of `generic` with numbers changed.
package struct Target: Hashable, Sendable {
  package var name: String
  /// Numbers of lanes that float32 vectors may have, widest first; none where there are no vectors.
  package var vectorWidths: [Int]
  /// Registers that hold float32 numbers or vectors.
  package var registers: Int
  /// A product is added with one rounding in one instruction.
  package var hasFusedMultiplyAdd: Bool
  /// Products of four neighbouring bytes are summed in one instruction, or a few.
  package var hasDotProducts: Bool
  /// Products of two neighbours of bfloat16 are summed in float32 in one instruction, as fast as one product of float32.
  package var hasBFloat16Products: Bool
  /// What it costs to add products with elements that are looked up in two vectors, in products with elements that lie side by side;
  /// `nil` where no instructions look up.
  package var lookupCost: Double?
  /// Bytes of the caches of one core, first level first; none on small controllers.
  package var caches: [Int]
  /// Statements that one emitted function may have: beyond, C compilers become slow.
  package var statementLimit: Int
  /// Lines of C before all code, and lines after it.
  package var preamble: [String]
  package var postamble: [String]

  /// Lanes of the widest float32 vector.
  package var lanes: Int { vectorWidths.first ?? 1 }
}

extension Target {
  /// Portable C without vectors, for anything from a controller upward.
  package static let generic = Target(
    name: "generic", vectorWidths: [], registers: 16, hasFusedMultiplyAdd: false, hasDotProducts: false,
    hasBFloat16Products: false, caches: [], statementLimit: 300, preamble: [], postamble: [])

  /// All targets that can be named; `native` stands for the best of them that this machine runs.
  package static let all: [Target] = [.generic, .x86v3, .x86v4, .x86v4BFloat16, .aarch64Neon]

  /// The target of that name.
  package static func named(_ name: String) throws(Diagnostic) -> Target {
    if name == "native" { return native }
    guard let target = all.first(where: { $0.name == name }) else {
      throw Diagnostic("there is no target \(name)", hint: "the targets are \((all.map(\.name) + ["native"]).joined(separator: ", "))")
    }
    return target
  }
}
