import GraphIR
import Targets
import Tensors

/// Passes in the order in which they run.
package struct Pipeline: Sendable {
  package var passes: [GraphPass]

  package init(_ passes: [GraphPass]) { self.passes = passes }

  /// Runs every pass. `observe` sees each with the graph before and after it: for dumps, for progress, and for tests that hold
  /// passes to their promises.
  package func run(
    on graph: inout Graph, observe: ((_ pass: GraphPass, _ before: Graph, _ after: Graph) throws(Diagnostic) -> Void)? = nil
  ) throws(Diagnostic) {
    for pass in passes {
      let before = observe == nil ? nil : graph
      try pass.run(on: &graph)
      if let observe, let before { try observe(pass, before, graph) }
    }
  }

  /// The pass of that name, as `--dump-after` takes it.
  package func pass(named name: String) throws(Diagnostic) -> GraphPass {
    if let pass = passes.first(where: { $0.name == name }) { return pass }
    var names: [String] = []
    for pass in passes where !names.contains(pass.name) { names.append(pass.name) }
    throw Diagnostic("there is no pass \(name)", hint: "the passes are \(names.joined(separator: ", "))")
  }

  /// What `--dump-after` prints.
  package static func dump(_ pass: GraphPass, _ before: Graph, _ after: Graph) -> String {
    "after \(pass.name): " + (before == after ? "(unchanged)" : "\n\(after)")
  }
}

/// What the caller decides about the passes.
package struct PipelineOptions: Hashable, Sendable {
  /// The machine for which layouts and algorithms are chosen; `nil` leaves both as the model has them.
  package var target: Target?
  /// What is taken out of the network before.
  package var pruning: [PruningRule]
  /// How layers become integers; `nil` where all stay as the model has them.
  package var quantisation: QuantisationPlan?
  /// What weights are kept as; `nil` where they stay as the model has them.
  package var weights: NarrowType?
  /// What was measured about layers that several algorithms compute.
  package var algorithms: AlgorithmChoices
  /// Layers whose steps need each other are parted, so that threads can share them.
  package var isThreaded: Bool

  package init(
    target: Target? = nil, pruning: [PruningRule] = [], quantisation: QuantisationPlan? = nil, weights: NarrowType? = nil,
    algorithms: AlgorithmChoices = AlgorithmChoices(), isThreaded: Bool = false
  ) {
    self.target = target
    self.pruning = pruning
    self.quantisation = quantisation
    self.weights = weights
    self.algorithms = algorithms
    self.isThreaded = isThreaded
  }
}

extension Pipeline {
  /// What every model goes through where nobody decides otherwise.
  package static let standard = Pipeline.standard(PipelineOptions())

  /// What every model goes through.
  package static func standard(_ options: PipelineOptions) -> Pipeline {
    let floats = options.quantisation.map { onIntegers($0, options.pruning) } ?? onFloats(options.pruning)
    let core = floats.passes + (options.weights.map { [.narrowWeights($0), .removeDeadNodes] } ?? [])
    guard let target = options.target else { return Pipeline(core) }
    // Layouts and algorithms are chosen where there are vectors.
    guard target.lanes > 1 else { return Pipeline(core + [.chooseSparse(for: target)]) }
    // Last: no other pass knows of layouts.
    return Pipeline(
      core + onTarget(target, options) + [
        .fusePools(for: target),
        .leaveTransposes(for: target),
        .permuteWeights,
        .padConvolutions(for: target),
        .packProducts(for: target),
        .packWeights(lanes: target.lanes, vectors: target.registers / 2),
        // Behind all that looks at single layers.
        .cascadeRows(for: target),
        // Weights that lie in another order by now.
        .removeDeadNodes,
      ] + (options.isThreaded ? [.partLayers] : []))
  }

  /// The passes up to the network whose values are computed, before layouts are chosen: behind them all passes give the same numbers
  /// but for rounding.
  package static func untilRounded(_ options: PipelineOptions) -> Pipeline {
    var passes = standard(options).passes
    if let last = passes.lastIndex(where: { $0.name == "round-factors" }) { passes.removeSubrange((last + 1)...) }
    return Pipeline(passes)
  }

  /// The passes that choose algorithms.
  private static func onTarget(_ target: Target, _ options: PipelineOptions) -> [GraphPass] {
    [
      // Later there are no channels to move.
      .sortChannels(for: target),
      .chooseSparse(for: target),
      .fillVectors(for: target),
      .chooseWinograd(for: target, options.algorithms),
      .foldFactors,
      .roundFactors(for: target),
    ]
      // Rounding becomes a part of what computes the factors.
      + (options.weights == .bfloat16 && target.hasBFloat16Products ? fusion : [])
  }

  /// The graph that calibration looks at, and whose values a plan names.
  package static func beforeQuantisation(_ pruning: [PruningRule] = [], equalises: Bool = false) -> Pipeline {
    Pipeline(onFloats(pruning).passes + (equalises ? [.equalise, .removeDeadNodes] : []) + [.partBodies])
  }

  /// The passes of `standard` up to the choice of kernels for zeros.
  package static func beforeSparse(_ options: PipelineOptions) -> Pipeline {
    Pipeline(Array(standard(options).passes.prefix { $0.name != "choose-sparse" }))
  }

  /// The passes up to the network that is left after pruning, before layouts and algorithms are chosen.
  package static func onFloats(_ pruning: [PruningRule] = []) -> Pipeline {
    // Behind batch norms, which change what weights amount to.
    Pipeline(core + [.prune(pruning)])
  }

  /// The passes up to the graph of integers, before layouts and algorithms are chosen.
  package static func onIntegers(_ plan: QuantisationPlan, _ pruning: [PruningRule] = []) -> Pipeline {
    // Conversions between codes and floats become parts of what stands beside them.
    let before = beforeQuantisation(pruning, equalises: plan.equalises)
    return Pipeline(before.passes + [.quantise(plan)] + fusion + [.removeDeadNodes])
  }

  /// Epilogues come before maps are fused, so that each layer keeps its own; once more after, for diamonds that became one map.
  private static let fusion: [GraphPass] = [.fuseEpilogues, .fuseMaps, .fuseEpilogues]

  /// Where the order matters, a line says why.
  private static let core: [GraphPass] =
    [
      .removeDeadNodes,
      .foldConstants,
      .settleDims,
      // Folding has made conditions known; nodes of a branch come to stand beside equal ones.
      .inlineBranches,
      // Equal constants are found after folding has made them.
      .mergeEqualNodes,
      // Literals show the rules of bodies what is neutral.
      .inlineLiterals,
      .simplifyBodies,
      .expandPowers,
      .removeIdentities,
      .sliceGathers,
      .mergeMovements,
      .sinkMovements,
      // What sank may stand before another now.
      .mergeMovements,
      .orientProducts,
      .foldConstants,
      // Before epilogues: a layer that has one is left alone.
      .foldScalesBehind,
      .foldScalesBefore,
    ] + fusion + [
      // After epilogues: its reshapes would stand between a product and its bias.
      .collapseBatches,
      .mergeMovements,
      .simplifyBodies,
      // Once more: what was two nodes has become one body.
      .expandPowers,
      .removeIdentities,
      .removeDeadNodes,
      // Behind fusion: a layer has all that stands between its sum and the next code.
      .computeOnCodes,
    ] + fusion + [
      .simplifyBodies,
      .removeDeadNodes,
    ]
}
