import Passes
import Tensors

/// Weights, or whole channels, that are to be taken out of a model.
public struct Pruning: Sendable {
  let rules: [PruningRule]

  /// As `--prune` takes them: `magnitude:0.8`, `nm:2:4`, `block:4x16:0.8`, `channels:0.5`, `none`; with `@NAME` for some layers. The last
  /// that names a layer counts.
  public init(_ rules: [String] = []) throws(CompilerError) {
    self.rules = try reporting { () throws(Diagnostic) in
      var parsed: [PruningRule] = []
      for rule in rules { parsed.append(try PruningRule(rule)) }
      return parsed
    }
  }

  private init(_ rules: [PruningRule]) { self.rules = rules }
  public static let none = Pruning([PruningRule]())

  func adding(_ more: [PruningRule]) -> Pruning { Pruning(rules + more) }
}
