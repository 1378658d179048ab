import LoopIR
import Tensors

/// The reference: runs a graph node by node by the definitions of its operators.
package struct Interpreter {
  package let graph: Graph
  /// Of elementwise bodies. `typed` rounds where the emitted C does, so that passes that only fuse move no bit.
  package let precision: ColumnEvaluator.Precision
  /// Called before each node, for progress.
  package var willRun: (Node) -> Void = { _ in }
  /// Called with the inputs and results of each node; what it returns flows on in place of the results. A check hands back what the
  /// compiled code computed, so that each node is judged by its own inputs.
  package var didRun: ((Node, [Tensor?], [Tensor]) throws(Diagnostic) -> [Tensor])?

  package init(_ graph: Graph, precision: ColumnEvaluator.Precision = .wide) {
    self.graph = graph
    self.precision = precision
  }

  /// Every value of one run. `inputs` are in the order of the graph's; `states` as after the last run, zeros if there was none.
  package func run(_ inputs: [Tensor], states: [Tensor]? = nil) throws(Diagnostic) -> [ValueID: Tensor] {
    guard inputs.count == graph.inputs.count else {
      throw Diagnostic("\(inputs.count) inputs are given to a graph of \(graph.inputs.count)")
    }
    let dims = try graph.openDims(of: inputs)
    var values = graph.constants
    for (id, tensor) in zip(graph.inputs, inputs) { values[id] = tensor }
    for (position, state) in graph.states.enumerated() {
      if let states { values[state.input] = states[position] } else { values[state.input] = try zeros(graph.type(state.input), dims) }
    }
    var settled = dims.mapValues { Dim($0) }
    let waiting = graph.dimsBySource
    for id in waiting.keys.sorted() where values[id] != nil { try settle(waiting[id] ?? [], values, &settled) }
    for node in graph.nodes {
      willRun(node)
      try run(node, &values, settled)
      for id in node.outputs { try settle(waiting[id] ?? [], values, &settled) }
    }
    return values
  }

  /// The outputs of one run, in order.
  package func outputs(_ inputs: [Tensor]) throws(Diagnostic) -> [Tensor] {
    let values = try run(inputs)
    return graph.outputs.compactMap { values[$0.value] }
  }

  /// Reads computed dimensions from the value that they wait for.
  private func settle(_ names: [String], _ values: [ValueID: Tensor], _ dims: inout [String: Dim]) throws(Diagnostic) {
    for name in names {
      guard let source = graph.computedDims[name], let tensor = values[source.value], source.element < tensor.count else { continue }
      let value = Int(tensor.integers[source.element])
      guard let range = graph.dims[name], range.contains(value) else {
        throw Diagnostic("the extent \(name) becomes \(value)", hint: "it has to be within \(graph.dims[name] ?? 0...0)")
      }
      dims[name] = Dim(value)
    }
  }

  private func run(_ node: Node, _ values: inout [ValueID: Tensor], _ dims: [String: Dim]) throws(Diagnostic) {
    var settled = node
    settled.op = node.op.substituting(dims)
    let inputs = node.inputs.map { id in id.flatMap { values[$0] } }
    var results = try settled.evaluate(inputs, precision: precision)
    if let didRun { results = try didRun(node, inputs, results) }
    for (id, tensor) in zip(node.outputs, results) {
      try check(tensor, id, dims)
      values[id] = tensor
    }
  }

  /// Types with open extents are right for all values of these within their ranges, but for no others.
  private func check(_ tensor: Tensor, _ id: ValueID, _ dims: [String: Dim]) throws(Diagnostic) {
    let declared = graph.type(id).shape.map { $0.substituting(dims) }
    guard declared != Shape(tensor.dims) else { return }
    throw Diagnostic("\"\(graph[id].name)\" becomes \(tensor.type)", hint: "\(graph.type(id)) is expected: open extents are out of range")
  }

  private func zeros(_ type: TensorType, _ dims: [String: Int]) throws(Diagnostic) -> Tensor {
    var extents: [Int] = []
    for dim in type.shape {
      guard let value = dim.value(dims) else { throw Diagnostic("the extent \(dim) of a state is not settled by the inputs") }
      extents.append(value)
    }
    return Tensor(type.dtype, extents, [Double](repeating: 0, count: extents.reduce(1, *)))
  }
}

extension Graph {
  /// The values of the open dimensions, read off inputs in the order of the graph's. Refuses inputs of other types.
  package func openDims(of inputs: [Tensor]) throws(Diagnostic) -> [String: Int] {
    var bound: [String: Int] = [:]
    for (id, tensor) in zip(self.inputs, inputs) {
      let (name, type) = (self[id].name, self.type(id))
      guard tensor.dtype == type.dtype, tensor.rank == type.rank else {
        throw Diagnostic("input \"\(name)\" is \(tensor.type)", hint: "it must be \(type)")
      }
      for (extent, dim) in zip(tensor.dims, type.shape) {
        for symbol in dim.symbols where dim == .symbol(symbol) && bound[symbol] == nil { bound[symbol] = extent }
      }
      for (extent, dim) in zip(tensor.dims, type.shape) where dim.value(bound) != extent {
        throw Diagnostic("input \"\(name)\" is \(tensor.type)", hint: "it must be \(type)")
      }
    }
    return bound
  }
}

extension Node {
  /// What the node makes of its inputs, those of the epilogue included.
  package func evaluate(_ inputs: [Tensor?], precision: ColumnEvaluator.Precision = .wide) throws(Diagnostic) -> [Tensor] {
    let own = Array(inputs.prefix(operatorInputs.count))
    do throws(Diagnostic) {
      var results = try evaluateOperator(own, precision)
      if let epilogue {
        let operands = inputs.dropFirst(own.count).compactMap { $0 }
        results[0] = try epilogue.body.evaluate([results[0]] + operands, dims: results[0].dims, precision: precision)
      }
      return results
    } catch { throw error.at("\(label) \"\(name)\"") }
  }

  private func evaluateOperator(_ inputs: [Tensor?], _ precision: ColumnEvaluator.Precision) throws(Diagnostic) -> [Tensor] {
    guard precision == .typed, let body = op.elementwise else { return try op.evaluate(inputs) }
    let tensors = inputs.compactMap { $0 }
    let shape = try Broadcasting.shape(tensors.map { Shape($0.dims) })
    return [try body.evaluate(tensors, dims: shape.constants ?? [], precision: precision)]
  }
}
