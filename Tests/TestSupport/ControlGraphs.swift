import GraphIR
import LoopIR
import Operators
import Tensors

/// A loop that may end early, and a loop around an if around it. What they mean is written down beside them, without graphs.
package struct ControlGraph: Sendable {
  /// The loop stands in one branch of an if, inside of a loop that halves in the other branch.
  package var isNested = false
  /// Every total is an output too.
  package var collects = false
  /// The most repetitions of the outermost loop, `nil` for none.
  package var bound: Int?

  package init(isNested: Bool = false, collects: Bool = false, bound: Int?) {
    self.isNested = isNested
    self.collects = collects
    self.bound = bound
  }

  /// The inputs of one run; `condition` is what the loop looks at before its first repetition.
  package struct Run: Sendable {
    package var count: Int64
    package var condition: Bool
    package var limit: Float

    package init(_ count: Int64, _ condition: Bool = true, limit: Float) {
      self.count = count
      self.condition = condition
      self.limit = limit
    }

    package var inputs: [Tensor] {
      [
        Tensor(.int64, [], integers: [count]), Tensor(.bool, [], integers: [condition ? 1 : 0]), Tensor(floats: Run.start, [2]),
        Tensor(floats: Run.step, [2]), Tensor(floats: [limit], []),
      ]
    }
    /// Sums of these are exact in float32.
    fileprivate static let (start, step): ([Float], [Float]) = ([1, -2], [3, 2.5])
  }

  /// `total`, how often the loop ran, and `all` totals where they are collected.
  package func graph() throws(Diagnostic) -> Graph {
    var graph = Graph(name: "net")
    let inputs = Self.inputs.map { graph.addInput($0.name, $0.type) }
    let loop = WhileLoop(isNested ? try nest() : try accumulation(collects), carried: 1, trips: bound.map { Dim($0) })
    let outputs = try graph.add(loop, inputs)
    graph.addOutput("total", outputs[0])
    graph.addOutput("runs", outputs[outputs.count - 1])
    if collects { graph.addOutput("all", outputs[1]) }
    return graph
  }

  /// What the graph computes.
  package func meaning(_ run: Run) -> [Tensor] {
    var (total, all, runs): ([Float], [Float], Int64) = (Run.start, [], 0)
    var goesOn = run.condition
    while goesOn, runs < run.count {
      if !isNested {
        goesOn = accumulate(&total, run)
      } else if runs % 2 == 1 {
        total = total.map { $0 / 2 }
      } else {
        if accumulate(&total, run) { _ = accumulate(&total, run) }
      }
      all += total
      runs += 1
    }
    let collected = collects ? [Tensor(floats: all, [Int(runs), 2])] : []
    return [Tensor(floats: total, [2]), Tensor(.int64, [], integers: [runs])] + collected
  }

  private func accumulate(_ total: inout [Float], _ run: Run) -> Bool {
    total = zip(total, Run.step).map { $0 + $1 }
    return total[0] + total[1] < run.limit
  }

  private static let inputs: [(name: String, type: TensorType)] = [
    ("count", TensorType(.int64, [])), ("condition", TensorType(.bool, [])), ("start", TensorType(.float32, [2])),
    ("step", TensorType(.float32, [2])), ("limit", TensorType(.float32, [])),
  ]

  /// `total + step`, and whether its sum is below the limit.
  private func accumulation(_ collects: Bool) throws(Diagnostic) -> Graph {
    var body = Graph(name: "accumulation")
    let inputs = Self.inputs.map { body.addInput($0.name, $0.type) }
    let (a, b) = (ElementwiseBody.input(0, .float32), ElementwiseBody.input(1, .float32))
    let total = try body.add(Map(ElementwiseBody(a + b), inputCount: 2), [inputs[2], inputs[3]])[0]
    let sum = try body.add(Reduce(.sum), [total])[0]
    let isBelow = Map(ElementwiseBody(.compare(.less, a, b)), inputCount: 2)
    body.addOutput("goes_on", try body.add(isBelow, [sum, inputs[4]])[0])
    body.addOutput("total", total)
    if collects { body.addOutput("all", total) }
    return body
  }

  /// Odd repetitions halve, even ones accumulate up to twice.
  private func nest() throws(Diagnostic) -> Graph {
    var body = Graph(name: "nest")
    let inputs = Self.inputs.map { body.addInput($0.name, $0.type) }
    let isOdd = Expr.compare(.notEqual, ElementwiseBody.input(0, .int64) % .constant(2, .int64), .constant(0, .int64))
    let condition = try body.add(Map(ElementwiseBody(isOdd), inputCount: 1), [inputs[0]])[0]
    let total = try body.add(If(then: try halves(), else: try inner()), [condition] + inputs[2...])[0]
    body.addOutput("goes_on", inputs[1])
    body.addOutput("total", total)
    if collects { body.addOutput("all", total) }
    return body
  }

  private func halves() throws(Diagnostic) -> Graph {
    var branch = Graph(name: "halves")
    let inputs = Self.inputs.dropFirst(2).map { branch.addInput($0.name, $0.type) }
    let half = Map(ElementwiseBody(ElementwiseBody.input(0, .float32) * .constant(0.5, .float32)), inputCount: 1)
    branch.addOutput("total", try branch.add(half, [inputs[0]])[0])
    return branch
  }

  private func inner() throws(Diagnostic) -> Graph {
    var branch = Graph(name: "inner")
    let inputs = Self.inputs.dropFirst(2).map { branch.addInput($0.name, $0.type) }
    let twice = branch.addConstant("twice", Tensor(.int64, [], integers: [2]))
    let holds = branch.addConstant("holds", Tensor(.bool, [], integers: [1]))
    branch.addOutput("total", try branch.add(WhileLoop(try accumulation(false), carried: 1), [twice, holds] + inputs)[0])
    return branch
  }
}
