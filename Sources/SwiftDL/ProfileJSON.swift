import Containers

extension Profile {
  /// The profile as JSON, with times in nanoseconds and rates in billions a second.
  public var json: String {
    JSON.object([
      JSON.Member("name", .string(compilation.options.name)), JSON.Member("target", .string(target)),
      JSON.Member("compiler", .string(compiler)), JSON.Member("compiler_seconds", .number(compilerSeconds)),
      JSON.Member("runs", .integer(runs)), JSON.Member("min_ns", .number(fastestSeconds * 1e9)),
      JSON.Member("median_ns", .number(medianSeconds * 1e9)), JSON.Member("operations", .integer(operations)),
      JSON.Member("peak_gflops", .number(machine.operationsPerSecond * 1e-9)),
      JSON.Member("memory_gbps", .number(machine.bytesPerSecond * 1e-9)), JSON.Member("layers", .array(layers.map(describe))),
    ]).pretty
  }

  private func describe(_ layer: Layer) -> JSON {
    .object([
      JSON.Member("name", .string(layer.name)), JSON.Member("operator", .string(layer.operation)),
      JSON.Member("calls", .integer(layer.calls)), JSON.Member("ns", .number(layer.seconds * 1e9)),
      JSON.Member("share", .number(share(of: layer))), JSON.Member("operations", .integer(layer.operations)),
      JSON.Member("bytes", .integer(layer.bytes)), JSON.Member("bound", .string(isBoundByMemory(layer) ? "memory" : "compute")),
      JSON.Member("gflops", rate(layer.operationsPerSecond, 1e-9)),
      JSON.Member("share_of_peak", rate(layer.operationsPerSecond, 1 / machine.operationsPerSecond)),
      JSON.Member("gbps", rate(layer.bytesPerSecond, 1e-9)),
      JSON.Member("share_of_memory", rate(layer.bytesPerSecond, 1 / machine.bytesPerSecond)),
    ])
  }

  private func rate(_ value: Double?, _ scale: Double) -> JSON { value.map { .number($0 * scale) } ?? .null }
}
