/// What the caller decides about the passes.
package struct PipelineOptions: Hashable, Sendable {
  /// Lanes of the vectors for which weights are packed; `nil` leaves them in row-major order.
  package var packedLanes: Int?

  package init(packedLanes: Int? = nil) { self.packedLanes = packedLanes }
}

extension Pipeline {
  /// What every model goes through.
  package static func standard(_ options: PipelineOptions = PipelineOptions()) -> Pipeline {
    // Last: no other pass knows of layouts.
    Pipeline(core + (options.packedLanes.map { [.packWeights(lanes: $0)] } ?? []))
  }

  /// Where the order matters, a line says why.
  private static let core: [GraphPass] = [
    .removeDeadNodes,
    .foldConstants,
    // Equal constants are found after folding has made them.
    .mergeEqualNodes,
    // Literals show the rules of bodies what is neutral.
    .inlineLiterals,
    .simplifyBodies,
    .expandPowers,
    .removeIdentities,
    .mergeMovements,
    .sinkMovements,
    // What sank may stand before another now.
    .mergeMovements,
    .orientProducts,
    .foldConstants,
    // Before epilogues: a layer that has one is left alone.
    .foldScalesBehind,
    .foldScalesBefore,
    // Epilogues come before maps are fused, so that each layer keeps its own; once more after, for diamonds that became one map.
    .fuseEpilogues,
    .fuseMaps,
    .fuseEpilogues,
    // After epilogues: its reshapes would stand between a product and its bias.
    .collapseBatches,
    .mergeMovements,
    .simplifyBodies,
    .removeIdentities,
    .removeDeadNodes,
  ]
}
