import LoopIR
import Tensors

/// What a node computes. Its meaning is written twice: `evaluate` from the definition, `lower` for what ships; tests compare them.
///
/// The required members cannot be forgotten; the optional answers have defaults that are correct and slow.
package protocol Operator: Hashable, Sendable {
  /// The name in text, diagnostics and our own JSON format: `conv2d`.
  static var name: String { get }
  /// Every attribute, declared once: read, written, printed and refused from here.
  static var attributes: [Attribute<Self>] { get }
  init()

  /// The types of the outputs, or what is wrong with the inputs. Optional inputs that are absent are `nil`.
  func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType]
  /// The definition: sums in `Double`, one rounding when a tensor is made. Types have passed `infer`.
  func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor]
  /// The loop nest. Elements of output 0 are written by `operands.store`, each once, so that an epilogue can be fused.
  func lower(_ operands: Operands) -> [Stmt]

  /// Memory that the nest needs beside inputs and outputs. Default: none.
  func workspaces(_ inputs: [TensorType?], _ outputs: [TensorType]) -> [TensorType]
  /// Multiply-accumulate operations. Default: none.
  func macs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Dim
  /// How outputs may share memory with inputs without computing. Default: not at all.
  func aliasing(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Aliasing
  /// Inputs whose memory output 0 may overwrite: each element is read before, or when, the one at its place is written, and
  /// never after. Default: none.
  func inPlaceInputs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> [Int]
  /// An elementwise body may be applied to the elements of output 0 before they are stored. Default: no.
  var acceptsEpilogue: Bool { get }
  /// The operator seen as an elementwise map, if it is one. Default: it is none.
  var elementwise: ElementwiseBody? { get }
  /// The operator with open dimensions in its attributes replaced. Default: it has none.
  func substituting(_ dims: [String: Dim]) -> Self
  /// What must not be negative, beside all extents, for the nest to stay inside of its inputs: `extent - 3` where three elements
  /// of an open extent are read. Default: nothing.
  func nonNegative(_ inputs: [TensorType?]) -> [Dim]
  /// Rounding errors add up over the steps of a sequence, so that checks allow more. Default: no.
  var isRecurrent: Bool { get }
  /// Subgraphs and how they run. Such an operator is lowered by its subgraphs; `lower` is not called. Default: none.
  var control: ControlFlow? { get }
  /// The operator with `transform` applied to its subgraphs, whose inputs and outputs keep their types. Default: it has none.
  func mappingBodies(_ transform: (Graph) throws(Diagnostic) -> Graph) throws(Diagnostic) -> any Operator
}

extension Operator {
  package static var attributes: [Attribute<Self>] { [] }
  package func workspaces(_ inputs: [TensorType?], _ outputs: [TensorType]) -> [TensorType] { [] }
  package func macs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Dim { 0 }
  package func aliasing(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Aliasing { .none }
  package func inPlaceInputs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> [Int] { [] }
  package var acceptsEpilogue: Bool { false }
  package var elementwise: ElementwiseBody? { nil }
  package func substituting(_ dims: [String: Dim]) -> Self { self }
  package func nonNegative(_ inputs: [TensorType?]) -> [Dim] { [] }
  package var isRecurrent: Bool { false }
  package var control: ControlFlow? { nil }
  package func mappingBodies(_ transform: (Graph) throws(Diagnostic) -> Graph) throws(Diagnostic) -> any Operator { self }
  package var name: String { Self.name }

  /// The graphs inside the operator.
  package var bodies: [Graph] {
    var found: [Graph] = []
    _ = try? mappingBodies { (body) throws(Diagnostic) in
      found.append(body)
      return body
    }
    return found
  }

  package func isEqual(to other: any Operator) -> Bool { (other as? Self) == self }
}

/// How an operator that only moves data can do without moving it.
package enum Aliasing: Hashable, Sendable {
  case none
  /// Output 0 holds the elements of input 0 in the same order.
  case sameElements
  /// Output 0 is a part of input 0, with the axes in any order.
  case view([ViewAxis])
  /// Every input is the window of output 0 that starts where the one before ends along the axis.
  case concatenation(axis: Int)
}

/// An axis of a view: every `step`-th element along an axis of what is viewed.
package struct ViewAxis: Hashable, Sendable {
  package var axis: Int
  package var start: Dim
  package var step: Int

  package init(_ axis: Int, from start: Dim = 0, step: Int = 1) {
    self.axis = axis
    self.start = start
    self.step = step
  }
}

/// An elementwise map: `body` over the variables `x0`, `x1`, …, one for each input, which are broadcast to the output as NumPy does.
package struct ElementwiseBody: Hashable, Sendable {
  package var body: Expr
  package init(_ body: Expr) { self.body = body }

  /// The variable that stands for input `position`.
  package static func input(_ position: Int, _ dtype: DType) -> Expr { .variable(Variable("x\(position)", ValueType(dtype))) }

  package var dtype: DType { body.dtype }

  /// The body with an expression for each input.
  package func applied(to inputs: [Expr]) -> Expr {
    body.substituting(Dictionary(uniqueKeysWithValues: inputs.enumerated().map { ("x\($0.offset)", $0.element) }))
  }

  /// The body on whole tensors of one shape: by the definition in `Double` until the result is rounded, or `typed` as the emitted C
  /// computes, every operation rounded.
  package func evaluate(
    _ inputs: [Tensor], dims: [Int], precision: ColumnEvaluator.Precision = .wide
  ) throws(Diagnostic) -> Tensor {
    let columns = inputs.map { Column(Broadcasting.expanded($0, to: dims)) }
    let evaluator = ColumnEvaluator(
      precision,
      variables: { (variable) throws(Diagnostic) in
        guard let position = Int(variable.name.dropFirst()), columns.indices.contains(position) else {
          throw Diagnostic("\(variable.name) is no input of an elementwise body")
        }
        return columns[position]
      })
    let result = try evaluator.value(body)
    let count = dims.reduce(1, *)
    return (result.count == count ? result : result.gathered([Int](repeating: 0, count: count))).tensor(dtype, dims)
  }
}

/// An elementwise body fused behind an operator: `x0` is the operator's own result, `x1`, `x2`, … are further operands, each of
/// which broadcasts to the result.
package struct Epilogue: Hashable, Sendable {
  package var body: ElementwiseBody
  /// How many of a node's last inputs belong to the epilogue.
  package var operandCount: Int

  package init(_ body: ElementwiseBody, operandCount: Int) {
    self.body = body
    self.operandCount = operandCount
  }
}

/// Subgraphs inside an operator.
package enum ControlFlow: Hashable, Sendable {
  /// The body runs once for each index of the leading axis of its sequences.
  ///
  /// Inputs of the operator: `carried` initial values, `sequences` tensors with a leading time axis, then values that stay the
  /// same. Inputs of the body: the same with the time axis removed. Outputs of the body: the carried values, then what is
  /// collected. Outputs of the operator: the last carried values, then the collected ones with a leading time axis.
  case scan(body: Graph, carried: Int, sequences: Int, reversed: Bool)
  /// One of two graphs runs, by the condition.
  ///
  /// Inputs of the operator: the condition, one element of type bool, then what both graphs take. Outputs: those of the graph that ran.
  case branch(then: Graph, else: Graph)
  /// The body runs while the condition holds, and fewer times than the trip count.
  ///
  /// Inputs of the operator: the trip count, one element of type int64, or absent; the condition, one element of type bool, or
  /// absent, then what the body says of it is not looked at; `carried` initial values; values that stay the same. Inputs of the body:
  /// the number of the repetition, from 0, then the same. Outputs of the body: whether to go on, the carried values, then what is
  /// collected. Outputs of the operator: the last carried values, the collected ones with the leading extent `trips`, and how often
  /// the body ran, an int64. A loop without trip count and condition runs `trips` times. One that would run more often than `trips`
  /// can be, or that collects and runs less often, fails.
  case loop(body: Graph, carried: Int, trips: Dim?)
}

extension ControlFlow {
  /// What the subgraphs are called, in the order of `mappingBodies`.
  package var bodyNames: [String] {
    switch self {
    case .scan, .loop: ["body"]
    case .branch: ["then", "else"]
    }
  }

  /// The types of the inputs of the subgraphs for those of the operator's.
  package func bodyTypes(_ types: [TensorType?]) -> [TensorType?] {
    switch self {
    case .scan(_, let carried, let sequences, _):
      types.enumerated().map { position, type in
        guard let type, position >= carried, position - carried < sequences else { return type }
        return TensorType(type.dtype, Array(type.shape.dropFirst()))
      }
    case .branch: Array(types.dropFirst())
    case .loop: [TensorType(.int64, []), TensorType(.bool, [])] + types.dropFirst(2)
    }
  }
}

/// What a nest is written with: views of the node's inputs, outputs and workspaces.
package struct Operands {
  /// The operator's own inputs; `nil` where an optional one is absent.
  package let inputs: [TensorView?]
  package let outputs: [TensorView]
  package let workspaces: [TensorView]
  private let epilogue: Epilogue?
  private let epilogueOperands: [TensorView]

  package init(
    inputs: [TensorView?], outputs: [TensorView], workspaces: [TensorView] = [], epilogue: Epilogue? = nil,
    epilogueOperands: [TensorView] = []
  ) {
    self.inputs = inputs
    self.outputs = outputs
    self.workspaces = workspaces
    self.epilogue = epilogue
    self.epilogueOperands = epilogueOperands
  }

  package var output: TensorView { outputs[0] }

  /// An input that the operator requires.
  package func input(_ position: Int) -> TensorView {
    guard let view = optionalInput(position) else { preconditionFailure("input \(position) is required") }
    return view
  }

  package func optionalInput(_ position: Int) -> TensorView? { position < inputs.count ? inputs[position] : nil }

  /// Writes an element of output 0 through the epilogue. `value` has the operator's own result type.
  package func store(_ index: [Expr], _ value: Expr) -> Stmt {
    guard let epilogue else { return output.store(index, value) }
    let extra = epilogueOperands.map { $0.broadcast(index, to: output.shape) }
    return output.store(index, epilogue.body.applied(to: [value] + extra))
  }
}
