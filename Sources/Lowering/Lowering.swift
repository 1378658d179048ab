import GraphIR
import LoopIR
import Tensors

/// Graph → program: every node becomes a scheduled kernel or nothing, every value a place in memory.
package struct Lowering {
  /// Makes a kernel fast without changing what it computes.
  package var schedule: (Kernel) -> Kernel

  package init(schedule: @escaping (Kernel) -> Kernel) { self.schedule = schedule }

  /// The program of a graph; `name` becomes the prefix of everything that is emitted.
  package func lower(_ graph: Graph, name: String) throws(Diagnostic) -> Program {
    let dims = try graph.usableDims()
    var planner = Planner(bounds: DimBounds(dims), factory: KernelFactory(dims: Set(dims.keys), schedule: schedule))
    var slots: [ValueID: Slot] = [:]
    for (position, id) in graph.inputs.enumerated() { slots[id] = try planner.addRoot(.input(position), graph.type(id)) }
    for (position, state) in graph.states.enumerated() {
      slots[state.input] = try planner.addRoot(.state(position), graph.type(state.input))
    }
    var destinations: [(value: ValueID, slot: Slot)] = []
    for (position, output) in graph.outputs.enumerated() {
      destinations.append((value: output.value, slot: try planner.addRoot(.output(position), graph.type(output.value))))
    }
    var planned = try planner.plan(graph, slots, destinations: destinations)
    // States are set last: until then their old values may still be read.
    planned.steps += try planner.steps(
      for: graph.states.compactMap { state in
        slots[state.input].map { Update(name: state.name, type: graph.type(state.input), source: planned.slots[state.output], target: $0) }
      })

    var program = Program(name: name)
    let computed = graph.allComputedDims
    let all = dims.sorted { $0.key < $1.key }.map { Program.OpenDim(name: $0.key, identifier: $0.key, range: $0.value) }
    program.openDims = all.filter { !computed.contains($0.name) && graph.dims[$0.name] != nil }
    program.computedDims = all.filter { computed.contains($0.name) }
    program.inputs = graph.inputs.map { Program.Port(name: graph[$0].name, identifier: graph[$0].name, type: graph.type($0)) }
    program.outputs = graph.outputs.map { Program.Port(name: $0.name, identifier: $0.name, type: graph.type($0.value)) }
    program.states = graph.states.map { Program.Port(name: $0.name, identifier: $0.name, type: graph.type($0.input)) }
    Assembly(planner).fill(&program, planned.steps)
    return program
  }
}

/// Turns a plan into a program once the arena is laid out.
private struct Assembly {
  private let planner: Planner
  private let offsets: [Int: Int]
  private let arenaBytes: Int
  private let lowerBound: Int

  init(_ planner: Planner) {
    self.planner = planner
    let arena = planner.roots.indices.filter { planner.roots[$0].kind == .arena && planner.roots[$0].lifetime != nil }
    let layout = ArenaPlanner(arena.compactMap { planner.roots[$0].block })
    let plan = layout.plan()
    offsets = Dictionary(uniqueKeysWithValues: zip(arena, plan.offsets))
    arenaBytes = plan.bytes
    lowerBound = layout.lowerBound
  }

  func fill(_ program: inout Program, _ steps: [PlannedStep]) {
    program.kernels = planner.factory.kernels
    program.constants = planner.constants.enumerated().map { Program.Constant(identifier: "weights_\($0.offset)", data: $0.element) }
    program.steps = steps.map(step)
    program.layers = planner.layers.map(layer)
    program.arenaBytes = arenaBytes
    program.arenaLowerBound = lowerBound
  }

  private func step(_ planned: PlannedStep) -> Step {
    switch planned {
    case .call(let kernel, let arguments, let layer): .call(kernel: kernel, arguments.map { argument($0.slot) }, layer: layer)
    case .loop(let variable, let count, let body): .loop(variable, count: count, body.map(step))
    case .settle(let dim, let source, let range): .settle(dim: dim, argument(source.slot), source.type.dtype, range)
    case .repetition(let variable, let counts, let trips, let condition, let body):
      .repetition(Repetition(variable, counts, trips: trips.map(argument), condition: condition.map(argument)), body.map(step))
    case .branch(let condition, let then, let otherwise):
      .branch(argument(condition), then: then.map(step), else: otherwise.map(step))
    }
  }

  private func argument(_ slot: Slot) -> Argument {
    let root = slot.root
    let storage: Storage =
      switch planner.roots[root].kind {
      case .input(let position): .input(position)
      case .output(let position): .output(position)
      case .constant(let position): .constant(position)
      case .state(let position): .state(position)
      case .arena: .arena(byteOffset: offsets[root] ?? 0)
      }
    return Argument(storage, offset: slot.offset)
  }

  private func layer(_ planned: PlannedLayer) -> Program.Layer {
    var layer = Program.Layer(name: planned.name, operatorName: planned.label, macs: planned.macs, bytes: planned.bytes)
    layer.outputs = planned.outputs.map { output in
      let type = output.argument.type
      let buffer = Buffer("y", type.dtype, count: type.span(output.argument.slot.strides))
      return Program.LayerOutput(
        value: output.value, argument: argument(output.argument.slot), view: TensorView(buffer, type, strides: output.argument.slot.strides)
      )
    }
    return layer
  }
}

extension Root {
  /// Small tensors are packed tightly; large ones start on a cache line. One without elements still has an address.
  fileprivate var block: ArenaPlanner.Block? {
    guard let lifetime else { return nil }
    let bytes = max(count, 1) * dtype.byteCount
    return ArenaPlanner.Block(
      bytes: bytes, alignment: bytes >= 4096 ? 64 : max(dtype.byteCount, 4), first: lifetime.lowerBound,
      last: lifetime.upperBound, dtype: dtype)
  }
}
