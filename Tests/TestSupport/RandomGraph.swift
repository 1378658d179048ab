import GraphIR
import LoopIR
import Operators
import Tensors

/// A random network of small tensors and inputs for it, the same for the same seed.
package struct RandomGraph {
  package let seed: UInt64
  package let character: Character
  package let graph: Graph
  package let inputs: [Tensor]

  /// What is drawn.
  package enum Character: Hashable, Sendable {
    /// Functions whose results move little when their inputs do, and friendly numbers: for bounds on the error of floats.
    case smooth
    /// Every operator, and numbers that hurt: for claims of equal bits.
    case wild
  }

  package init(seed: UInt64, _ character: Character = .wild, nodes: ClosedRange<Int> = 3...14) {
    self.seed = seed
    self.character = character
    var grower = GraphGrower(seed: seed, character)
    let wanted = grower.number(nodes)
    var attempts = 0
    while grower.graph.nodes.count < wanted, attempts < 10 * wanted {
      attempts += 1
      grower.growOnce()
    }
    (graph, inputs) = grower.finished()
  }
}

/// A graph that grows forwards: every step takes values that are there, or new constants, and adds a node.
package struct GraphGrower {
  package private(set) var graph: Graph
  package let character: RandomGraph.Character
  private var generator: SeededGenerator
  private var inputs: [Tensor] = []
  /// Values that further nodes may read, youngest last.
  private var pool: [ValueID] = []

  fileprivate init(seed: UInt64, _ character: RandomGraph.Character) {
    graph = Graph(name: "random \(seed)")
    generator = SeededGenerator(seed)
    self.character = character
    for _ in 0..<number(1...2) { addInput(number(0...5) == 0 ? .int32 : .float32, shape()) }
  }

  fileprivate mutating func growOnce() {
    let usable = character == .wild ? Growth.all : Growth.all.filter(\.isSmooth)
    var ticket = number(0...usable.reduce(0) { $0 + $1.weight } - 1)
    for growth in usable {
      ticket -= growth.weight
      guard ticket < 0 else { continue }
      // What an operator has against its inputs is no failure here: another is tried.
      return (try? growth.grow(&self)) ?? ()
    }
  }

  /// Every value that nobody reads becomes an output, and now and then one that somebody reads.
  fileprivate mutating func finished() -> (Graph, [Tensor]) {
    let readers = graph.readers
    let computed = graph.nodes.flatMap(\.outputs)
    for id in computed where readers[id] == nil || number(0...7) == 0 { graph.addOutput(graph[id].name, id) }
    return (graph, inputs)
  }
}

extension GraphGrower {
  package mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
  package mutating func chance(_ oneIn: Int) -> Bool { number(1...oneIn) == 1 }
  package mutating func pick<T>(_ choices: [T]) -> T { choices[number(0...choices.count - 1)] }
  package mutating func shuffled<T>(_ elements: [T]) -> [T] { elements.shuffled(using: &generator) }

  /// One to four axes of few elements, an extent of one now and then, and seldom none.
  package mutating func shape() -> [Int] {
    (0..<number(1...4)).map { _ in chance(5) ? 1 : chance(80) ? 0 : number(2...6) }
  }

  package func type(_ id: ValueID) -> TensorType { graph.type(id) }
  package func dims(_ id: ValueID) -> [Int] { graph.type(id).shape.constants ?? [] }

  package mutating func tensor(_ dtype: DType, _ dims: [Int]) -> Tensor {
    .random(dtype, dims, character == .smooth ? .small : pick(Draw.allCases), using: &generator)
  }

  @discardableResult
  package mutating func addInput(_ dtype: DType, _ dims: [Int]) -> ValueID {
    let id = graph.addInput("input", TensorType(dtype, Shape(dims)))
    inputs.append(tensor(dtype, dims))
    pool.append(id)
    return id
  }

  /// An extent that a run reads from an element of a constant, an input or a sum.
  package mutating func computedDim() throws(Diagnostic) -> Dim {
    let (dtype, extent) = (pick([DType.int32, .int64]), number(0...5))
    let element = number(0...2)
    let numbers = Tensor(dtype, [3], integers: (0..<3).map { $0 == element ? Int64(extent) : 99 })
    var source = addConstant(numbers)
    if chance(2) {
      source = graph.addInput("extents", numbers.type)
      inputs.append(numbers)
      let zero = ElementwiseBody(ElementwiseBody.input(0, dtype) + .constant(0, dtype))
      if chance(2) { source = try graph.add(Map(zero, inputCount: 1), [source])[0] }
    }
    return try graph.addComputedDim("extent", range: number(0...extent)...extent + number(0...3), from: source, element: element)
  }

  package mutating func addInput(_ tensor: Tensor) -> ValueID {
    inputs.append(tensor)
    return graph.addInput("input", tensor.type)
  }

  package mutating func addConstant(_ tensor: Tensor) -> ValueID { graph.addConstant("constant", tensor) }
  package mutating func addConstant(_ dtype: DType, _ dims: [Int]) -> ValueID { addConstant(tensor(dtype, dims)) }

  /// A value that fits, rather a young one; a new input where none does.
  package mutating func value(_ dtype: DType = .float32, rank: ClosedRange<Int> = 0...6) -> ValueID {
    let fitting = pool.filter { type($0).dtype == dtype && rank.contains(type($0).rank) }
    if let youngest = fitting.last, !chance(3) { return youngest }
    if !fitting.isEmpty, !chance(4) { return pick(fitting) }
    let axes = (0..<number(max(1, rank.lowerBound)...max(1, min(4, rank.upperBound)))).map { _ in chance(5) ? 1 : number(2...6) }
    return chance(3) ? addConstant(dtype, axes) : addInput(dtype, axes)
  }

  /// A value of exactly this shape if there is one; else a constant that broadcasts to it.
  package mutating func companion(of id: ValueID) -> ValueID {
    let equal = pool.filter { type($0) == type(id) }
    if !equal.isEmpty, chance(2) { return pick(equal) }
    let broadcast = dims(id).map { chance(3) ? 1 : $0 }
    return addConstant(type(id).dtype, chance(4) ? [] : Array(broadcast.dropFirst(number(0...broadcast.count))))
  }

  /// Adds the node; large results are left without readers, and most empty ones.
  @discardableResult
  package mutating func add(_ op: any Operator, _ inputs: [ValueID?]) throws(Diagnostic) -> [ValueID] {
    let outputs = try graph.add(op, inputs)
    let limit = chance(3) ? 0 : 1
    pool += outputs.filter { type($0).shape.constants != nil }.filter { (limit...1024).contains(dims($0).reduce(1, *)) }
    return outputs
  }
}
