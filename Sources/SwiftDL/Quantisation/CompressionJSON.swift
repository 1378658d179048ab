import Containers

extension CompressionReport {
  /// The report as JSON: ratios in decibels (`null` where there is no noise, or nothing to compare), shares between 0 and 1, and what
  /// became of the weights of each layer, where some were pruned.
  public func json(sparsity: [Compilation.Sparsity] = []) -> String {
    JSON.object([
      JSON.Member("rows", .integer(rows)), JSON.Member("rows_were_calibrated_on", .bool(rowsWereCalibratedOn)),
      JSON.Member("float_weights_bytes", .integer(floatWeightsBytes)), JSON.Member("weights_bytes", .integer(weightsBytes)),
      JSON.Member("float_arena_bytes", .integer(floatArenaBytes)), JSON.Member("arena_bytes", .integer(arenaBytes)),
      JSON.Member("float_min_ns", seconds.map { .number($0.float * 1e9) } ?? .null),
      JSON.Member("min_ns", seconds.map { .number($0.quantised * 1e9) } ?? .null),
      JSON.Member("macs", .integer(macs)), JSON.Member("integer_macs", .integer(integerMACs)),
      JSON.Member("outputs", .array(outputs.map { .object([JSON.Member("name", .string($0.name)), ratio($0.signalToNoise)]) })),
      JSON.Member("accuracy", accuracy.map(describe) ?? .null), JSON.Member("layers", .array(layers.map(describe))),
      JSON.Member("sparsity", sparsity.json),
    ]).pretty
  }

  private func ratio(_ decibels: Double?) -> JSON.Member {
    JSON.Member("sqnr_db", decibels.flatMap { $0.isFinite ? .number($0) : nil } ?? .null)
  }

  private func describe(_ accuracy: Accuracy) -> JSON {
    .object([
      JSON.Member("rows", .integer(accuracy.rows)), JSON.Member("float", .number(accuracy.float)),
      JSON.Member("float_interval", interval(accuracy.floatInterval)), JSON.Member("quantised", .number(accuracy.quantised)),
      JSON.Member("quantised_interval", interval(accuracy.quantisedInterval)), JSON.Member("drop", .number(accuracy.drop)),
      JSON.Member("drop_interval", interval(accuracy.dropInterval)),
    ])
  }

  private func interval(_ range: ClosedRange<Double>) -> JSON { .array([.number(range.lowerBound), .number(range.upperBound)]) }

  private func describe(_ layer: Layer) -> JSON {
    .object([
      JSON.Member("name", .string(layer.name)), JSON.Member("operator", .string(layer.operation)),
      JSON.Member("arithmetic", .string(layer.arithmetic)), JSON.Member("weights", layer.weights.map { .string($0) } ?? .null),
      JSON.Member("reason", layer.reason.map { .string($0) } ?? .null),
      JSON.Member("macs", .integer(layer.macs)), JSON.Member("float_bytes", .integer(layer.floatBytes)),
      JSON.Member("bytes", .integer(layer.bytes)),
      JSON.Member("sum_bounds", layer.sumBounds.map { .array([.integer(Int($0.lowerBound)), .integer(Int($0.upperBound))]) } ?? .null),
      ratio(layer.signalToNoise),
    ])
  }
}
