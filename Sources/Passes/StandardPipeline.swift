extension Pipeline {
  /// What every model goes through. Where the order matters, a line says why.
  package static let standard = Pipeline([
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
  ])
}
