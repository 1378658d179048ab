import GraphIR
import LoopIR
import Operators
import Tensors

extension Growth {
  /// Nodes that run graphs.
  static let control: [Growth] = [
    Growth("if", weight: 2) { (grower) throws(Diagnostic) in
      let x = grower.value(rank: 1...3)
      let (then, otherwise) = (try grower.step("then", [grower.type(x)]), try grower.step("else", [grower.type(x)]))
      try grower.add(If(then: then, else: otherwise), [grower.condition(), x])
    },
    Growth("loop") { (grower) throws(Diagnostic) in
      let x = grower.value(rank: 1...3)
      let body = try grower.repetition(grower.type(x))
      let (count, bound, isFixed) = (Int64(grower.number(0...3)), Dim(grower.number(3...4)), grower.chance(2))
      let trips = isFixed ? nil : grower.known(Tensor(.int64, [], integers: [count]))
      let condition = !isFixed && grower.chance(3) ? grower.condition() : nil
      try grower.add(WhileLoop(body, carried: 1, trips: bound), [trips, condition, x])
    },
    Growth("scan") { (grower) throws(Diagnostic) in
      let x = grower.value(rank: 2...3)
      let element = TensorType(.float32, Array(grower.type(x).shape.dropFirst()))
      var body = try grower.step("body", [element, element])
      body.addOutput("collected", body.outputs[0].value)
      let start = grower.addConstant(.float32, element.shape.constants ?? [])
      try grower.add(Scan(body, carried: 1, sequences: 1, isReversed: grower.chance(2)), [start, x])
    },
  ]
}

extension GraphGrower {
  /// A truth that a run or we know.
  fileprivate mutating func condition() -> ValueID { known(Tensor(.bool, [], integers: [Int64(number(0...1))])) }

  /// A tensor as a constant or as an input.
  fileprivate mutating func known(_ tensor: Tensor) -> ValueID { chance(2) ? addConstant(tensor) : addInput(tensor) }

  /// A body that makes one tensor of one or two of the same type.
  fileprivate mutating func step(_ name: String, _ types: [TensorType]) throws(Diagnostic) -> Graph {
    var body = Graph(name: name)
    let inputs = types.map { body.addInput("x", $0) }
    let (x, y) = (ElementwiseBody.input(0, .float32), ElementwiseBody.input(inputs.count - 1, .float32))
    let function: Expr = pick([.unary(.tanh, x + y), -x, x * .constant(0.5, .float32), x])
    let result = try body.add(Map(ElementwiseBody(function), inputCount: inputs.count), inputs)[0]
    body.addOutput("y", chance(6) ? inputs[0] : result)
    return body
  }

  /// The body of a loop that always goes on.
  fileprivate mutating func repetition(_ type: TensorType) throws(Diagnostic) -> Graph {
    var body = Graph(name: "body")
    _ = body.addInput("number", TensorType(.int64, []))
    let condition = body.addInput("condition", TensorType(.bool, []))
    let x = body.addInput("x", type)
    let next = try body.add(Map(ElementwiseBody(.unary(.tanh, ElementwiseBody.input(0, .float32))), inputCount: 1), [x])[0]
    body.addOutput("goes_on", condition)
    body.addOutput("x", next)
    return body
  }
}
