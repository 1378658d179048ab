import Containers
import LoopIR
import Tensors

extension Compilation {
  /// The model as JSON, for build systems and people: what goes in and out under which C names, memory, layers.
  public var manifest: String {
    let largest = Dictionary(uniqueKeysWithValues: (program.openDims + program.computedDims).map { ($0.name, $0.range.upperBound) })
    return JSON.object([
      JSON.Member("name", .string(options.name)),
      JSON.Member("entry", .string("\(generated.prefix)_run")),
      JSON.Member("target", .string(options.target)),
      JSON.Member("dims", .array(program.openDims.map(describe))),
      JSON.Member("computed_dims", .array(program.returnedDims.map(describe))),
      JSON.Member("inputs", .array(zip(program.inputs, generated.inputNames).map(describe))),
      JSON.Member("outputs", .array(zip(program.outputs, generated.outputNames).map(describe))),
      JSON.Member("states", .array(zip(program.states, generated.stateNames).map(describe))),
      JSON.Member("arena_bytes", .integer(arenaBytes)),
      JSON.Member("arena_lower_bound_bytes", .integer(arenaLowerBound)),
      JSON.Member("weights_bytes", .integer(weightsBytes)),
      JSON.Member("macs", .integer(macs)),
      JSON.Member("layers", .array(zip(program.layers, kernelOfLayer).map { describe($0, kernel: $1, largest) })),
    ]).pretty
  }

  /// The name of the first kernel of each layer.
  private var kernelOfLayer: [String] {
    var result = [String](repeating: "", count: program.layers.count)
    func visit(_ steps: [Step]) {
      for step in steps {
        switch step {
        case .call(let kernel, _, let layer): if result[layer].isEmpty { result[layer] = program.kernels[kernel].name }
        case .settle: break
        case .loop(_, _, let body), .repetition(_, let body): visit(body)
        case .branch(_, let then, let otherwise): visit(then + otherwise)
        }
      }
    }
    visit(program.steps)
    return result
  }

  private func describe(_ dim: Program.OpenDim) -> JSON {
    .object([
      JSON.Member("name", .string(dim.name)), JSON.Member("minimum", .integer(dim.range.lowerBound)),
      JSON.Member("maximum", .integer(dim.range.upperBound)),
    ])
  }

  private func describe(_ port: Program.Port, _ identifier: String) -> JSON {
    .object([
      JSON.Member("name", .string(port.name)), JSON.Member("c_name", .string(identifier)),
      JSON.Member("dtype", .string(port.type.dtype.rawValue)), JSON.Member("shape", .array(port.type.shape.map(extent))),
    ])
  }

  /// A number, or the formula of an open extent.
  private func extent(_ dim: Dim) -> JSON { dim.constant.map { .integer($0) } ?? .string(dim.description) }

  private func describe(_ layer: Program.Layer, kernel: String, _ largest: [String: Int]) -> JSON {
    var members = [
      JSON.Member("name", .string(layer.name)), JSON.Member("operator", .string(layer.operatorName)),
      JSON.Member("kernel", .string(kernel)), JSON.Member("macs", .integer(layer.macs.value(largest) ?? 0)),
      JSON.Member("bytes", .integer(layer.bytes.value(largest) ?? 0)),
    ]
    if case .arena(let offset)? = layer.outputs.first?.argument.storage { members.append(JSON.Member("arena_offset", .integer(offset))) }
    return .object(members)
  }
}
