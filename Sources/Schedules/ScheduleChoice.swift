import LoopIR
import Targets
import Tensors

/// What was measured to be better for a nest than what the strategies decide by themselves; they decide what is `nil`. A choice that is
/// not legal for the nest, or means nothing to its strategy, changes nothing.
package struct ScheduleChoice: Hashable, Sendable {
  /// The name of the strategy that is asked first.
  package var strategy: String?
  /// Vectors side by side in a register tile.
  package var columns: Int?
  /// Iterations that share what such a tile loads.
  package var rows: Int?
  /// Parts that the rows are cut into, each of which runs over all columns before the next begins.
  package var blocks: Int?
  /// Partial sums that a long sum is taken apart into.
  package var chains: Int?
  /// Whether what is read once is asked of the memory ahead.
  package var prefetches: Bool?

  package init(
    strategy: String? = nil, columns: Int? = nil, rows: Int? = nil, blocks: Int? = nil, chains: Int? = nil, prefetches: Bool? = nil
  ) {
    self.strategy = strategy
    self.columns = columns
    self.rows = rows
    self.blocks = blocks
    self.chains = chains
    self.prefetches = prefetches
  }

  /// Nothing is chosen.
  package var isEmpty: Bool { self == ScheduleChoice() }

  /// What either says; `self` where both do.
  package func merged(with other: ScheduleChoice) -> ScheduleChoice {
    ScheduleChoice(
      strategy: strategy ?? other.strategy, columns: columns ?? other.columns, rows: rows ?? other.rows, blocks: blocks ?? other.blocks,
      chains: chains ?? other.chains, prefetches: prefetches ?? other.prefetches)
  }
}

extension ScheduleChoice: CustomStringConvertible {
  /// `contraction, 2 columns, 14 rows`; empty where nothing is chosen.
  package var description: String {
    let numbers = [(columns, "columns"), (rows, "rows"), (blocks, "blocks"), (chains, "chains")]
    let counted = numbers.compactMap { number, name in number.map { "\($0) \($0 == 1 ? String(name.dropLast()) : name)" } }
    let prefetching = prefetches.map { $0 ? "prefetching" : "no prefetching" }
    return ([strategy].compactMap { $0 } + counted + [prefetching].compactMap { $0 }).joined(separator: ", ")
  }
}

extension ScheduleChoice {
  /// What is worth trying on a target, one decision at a time; those of one list exclude each other.
  static func variations(_ target: Target) -> [[ScheduleChoice]] {
    [
      tiles(target) + Strategy.all.map { ScheduleChoice(strategy: $0.name) },
      [1, 2, 4, 7, 8, 14, 16, 28, 32].map { ScheduleChoice(blocks: $0) },
      [1, 2, 4].map { ScheduleChoice(chains: $0) }, [true, false].map { ScheduleChoice(prefetches: $0) },
    ]
  }

  /// Register tiles from those that fill the registers down to half of that.
  private static func tiles(_ target: Target) -> [ScheduleChoice] {
    [1, 2, 3, 4, 8].flatMap { columns in
      let tallest = Swift.min(28, Swift.max(1, (target.registers - 2 - columns) / columns))
      let heights = [tallest, 14, tallest * 3 / 4, 7, tallest / 2].filter { (1...tallest).contains($0) }
      return Set(heights).sorted(by: >).map { ScheduleChoice(columns: columns, rows: $0) }
    }
  }
}
