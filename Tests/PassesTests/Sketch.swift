import GraphIR
import LoopIR
import Operators
import Passes
import Tensors

/// Small graphs made by hand, and what a pass makes of them, as text.
struct Sketch {
  var graph = Graph(name: "g")

  mutating func input(_ name: String, _ dims: [Int], _ dtype: DType = .float32) -> ValueID {
    graph.addInput(name, TensorType(dtype, Shape(dims)))
  }

  mutating func input(_ name: String, shape: Shape) -> ValueID { graph.addInput(name, TensorType(.float32, shape)) }

  mutating func constant(_ name: String, _ dims: [Int], _ values: [Float]? = nil) -> ValueID {
    let count = dims.reduce(1, *)
    return graph.addConstant(name, Tensor(floats: values ?? (0..<count).map { Float($0 % 7) - 2 }, dims))
  }

  mutating func add(_ name: String, _ op: any Operator, _ inputs: ValueID?...) throws -> ValueID {
    try graph.add(op, inputs, name: name)[0]
  }

  mutating func map(_ name: String, _ body: Expr, _ inputs: ValueID...) throws -> ValueID {
    try graph.add(Map(ElementwiseBody(body), inputCount: inputs.count), inputs, name: name)[0]
  }

  mutating func output(_ id: ValueID) { graph.addOutput(graph[id].name, id) }

  /// The lines of the nodes after the passes.
  func nodes(after passes: GraphPass...) throws -> [String] {
    var copy = graph
    for pass in passes { try pass.run(on: &copy) }
    let lines = copy.description.split(separator: "\n").map { String($0.drop { $0 == " " }) }
    return lines.filter { $0.hasPrefix("%") }
  }
}

let x0 = ElementwiseBody.input(0, .float32)
let x1 = ElementwiseBody.input(1, .float32)
let x2 = ElementwiseBody.input(2, .float32)
let relu = maximum(x0, .constant(0, .float32))
