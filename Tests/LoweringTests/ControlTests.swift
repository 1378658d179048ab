import GraphIR
import LoopIR
import Lowering
import Operators
import Passes
import Tensors
import TestSupport
import Testing

/// If and Loop: the definition and the planned program, before and after all passes, against what they mean in plain Swift.
@Suite struct ControlTests {
  private func programs(_ graph: Graph) throws -> [Program] {
    #expect(graph.defects() == [])
    var optimised = graph
    try Pipeline.standard.run(on: &optimised)
    return try [graph, optimised].map { try Lowering { $0 }.lower($0, name: "net") }
  }

  private func expect(_ control: ControlGraph, gives runs: [ControlGraph.Run]) throws {
    let graph = try control.graph()
    let programs = try programs(graph)
    for run in runs {
      let expected = control.meaning(run)
      #expect(try Interpreter(graph).outputs(run.inputs) == expected, "\(control), \(run)")
      for program in programs { #expect(try ProgramInterpreter(program).run(run.inputs) == expected, "\(control), \(run)") }
    }
  }

  private func expect(_ control: ControlGraph, refuses runs: [ControlGraph.Run]) throws {
    let graph = try control.graph()
    let programs = try programs(graph)
    for run in runs {
      #expect(throws: Diagnostic.self) { try Interpreter(graph).outputs(run.inputs) }
      for program in programs { #expect(throws: Diagnostic.self) { try ProgramInterpreter(program).run(run.inputs) } }
    }
  }

  @Test(arguments: [nil, 5]) func loopsEndByCountByConditionOrAtOnce(bound: Int?) throws {
    try expect(
      ControlGraph(bound: bound),
      gives: [
        .init(3, limit: 1000), .init(5, limit: 10), .init(5, limit: -1000), .init(0, limit: 10), .init(-1, limit: 10),
        .init(.min, limit: 10), .init(4, false, limit: 10), .init(.max, limit: 12), .init(5, limit: .nan), .init(1, limit: .infinity),
      ])
  }

  @Test func aLoopThatWantsToRunMoreOftenThanItsBoundFails() throws {
    try expect(ControlGraph(bound: 5), refuses: [.init(6, limit: 1000), .init(.max, limit: .infinity)])
    try expect(ControlGraph(bound: 0), gives: [.init(0, limit: 1), .init(9, false, limit: 1)])
    try expect(ControlGraph(bound: 0), refuses: [.init(1, limit: 1)])
  }

  @Test func whatIsCollectedFillsItsBound() throws {
    let control = ControlGraph(collects: true, bound: 3)
    try expect(control, gives: [.init(3, limit: 1000), .init(.max, limit: 12)])
    try expect(control, refuses: [.init(2, limit: 1000), .init(3, limit: 0), .init(0, limit: 1000), .init(3, false, limit: 1000)])
    try expect(ControlGraph(collects: true, bound: 0), gives: [.init(0, limit: 1000), .init(4, false, limit: 1)])
  }

  @Test func loopsInBranchesOfLoopsSeeWhatLiesAround() throws {
    let runs: [ControlGraph.Run] = [
      .init(4, limit: 1000), .init(4, limit: 0), .init(4, limit: 8), .init(4, limit: -100), .init(4, limit: 11.5),
    ]
    try expect(ControlGraph(isNested: true, bound: nil), gives: runs + [.init(0, limit: 5), .init(7, limit: 9), .init(3, false, limit: 9)])
    try expect(ControlGraph(isNested: true, collects: true, bound: 4), gives: runs)
    try expect(ControlGraph(isNested: true, collects: true, bound: 4), refuses: [.init(5, limit: 9), .init(3, limit: 9)])
  }

  @Test func aKnownConditionLeavesOneBranch() throws {
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(.float32, [2]))
    let condition = graph.addConstant("condition", Tensor(.bool, [1], integers: [0]))
    func branch(_ expr: Expr) throws -> Graph {
      var branch = Graph(name: "branch")
      let x = branch.addInput("x", TensorType(.float32, [2]))
      branch.addOutput("y", try branch.add(Map(ElementwiseBody(expr), inputCount: 1), [x])[0])
      return branch
    }
    let x0 = ElementwiseBody.input(0, .float32)
    graph.addOutput("y", try graph.add(If(then: try branch(x0 + x0), else: try branch(-x0)), [condition, x])[0])
    let input = Tensor(floats: [1, -2], [2])
    for program in try programs(graph) { #expect(try ProgramInterpreter(program).run([input]).map(\.floats) == [[-1, 2]]) }
    #expect(try Interpreter(graph).outputs([input]).map(\.floats) == [[-1, 2]])
  }

  @Test func refusesWhatItsGraphsDoNotTake() throws {
    let body = try #require(try ControlGraph(bound: 2).graph().nodes.first?.op.bodies.first)
    let types = body.inputs.map { body.type($0) as TensorType? }
    let loop = WhileLoop(body, carried: 1, trips: 2)
    #expect(try loop.infer(types).map(\.dtype) == [.float32, .int64])
    #expect(try loop.infer([nil, nil] + types[2...]).count == 2)
    for position in 0..<5 {
      var odd = types
      odd[position] = TensorType(.float16, [2])
      #expect(throws: Diagnostic.self) { try loop.infer(odd) }
    }
    for carried in [-1, 2, 3, 9, .max] { #expect(throws: Diagnostic.self) { try WhileLoop(body, carried: carried, trips: 2).infer(types) } }
    #expect(throws: Diagnostic.self) { try WhileLoop(body, carried: 0).infer(types) }
    #expect(throws: Diagnostic.self) { try WhileLoop(body, carried: 1).infer([nil, nil] + types[2...]) }
    #expect(throws: Diagnostic.self) { try If(then: body, else: Graph(name: "else")).infer([TensorType(.bool, [])] + types) }
    #expect(throws: Diagnostic.self) { try If(then: body, else: body).infer([TensorType(.int64, [])] + types) }
    #expect(try If(then: body, else: body).infer([TensorType(.bool, [1, 1])] + types).count == 2)
  }
}
