import GraphIR
import Tensors

extension ONNXOperators {
  /// One step of training: new values of tensors from their gradients.
  static let optimisers: [ONNXOperator] = [
    ONNXOperator("Adagrad", domain: trainingDomain, .floats) { (call) throws(Diagnostic) -> [ONNXValue] in
      try ONNXOptimiser(call, states: 1).run(adagrad)
    },
    ONNXOperator("Adam", domain: trainingDomain, .floats) { (call) throws(Diagnostic) -> [ONNXValue] in
      try ONNXOptimiser(call, states: 2).run(adam)
    },
    ONNXOperator("Momentum", domain: trainingDomain, .floats) { (call) throws(Diagnostic) -> [ONNXValue] in
      try ONNXOptimiser(call, states: 1).run(momentum)
    },
  ]

  private static let trainingDomain = "ai.onnx.preview.training"

  private static func adagrad(_ step: ONNXOptimiser.Step) throws(Diagnostic) -> [Term] {
    let sum = try step.states[0] + (try step.gradient * step.gradient)
    let fading = try step.count * (try step.number("decay_factor", default: 0)) + 1
    let size = try sum.applying("sqrt") + (try step.number("epsilon", default: 1e-6))
    return [try step.x - (try step.rate / fading * step.gradient / size), sum]
  }

  private static func adam(_ step: ONNXOptimiser.Step) throws(Diagnostic) -> [Term] {
    let (alpha, beta) = (try step.number("alpha", default: 0.9), try step.number("beta", default: 0.999))
    let mean = try step.states[0] * alpha + (try step.gradient * (1 - alpha))
    let squares = try step.states[1] * beta + (try step.gradient * step.gradient * (1 - beta))
    let size = try squares.applying("sqrt") + (try step.number("epsilon", default: 1e-6))
    // Both averages started from zero.
    let corrected = try step.rate * (try (1 - step.power(of: beta)).applying("sqrt")) / (try 1 - step.power(of: alpha))
    let rate = try step.isLater.choosing(.value(corrected.id), else: .value(step.rate.id))
    let moved = try step.x - (try rate * (try mean / size))
    return [try moved * (1 - (try step.number("norm_coefficient_post", default: 0))), mean, squares]
  }

  private static func momentum(_ step: ONNXOptimiser.Step) throws(Diagnostic) -> [Term] {
    let (alpha, beta) = (try step.number("alpha"), try step.number("beta"))
    let isNesterov = try step.call.attributes.choice("mode", of: ["standard", "nesterov"], default: "") == "nesterov"
    let factor = try step.isLater.choosing(.number(beta), else: .number(1))
    let velocity = try step.states[0] * alpha + (try factor * step.gradient)
    let direction = isNesterov ? try step.gradient + (try velocity * alpha) : velocity
    return [try step.x - (try step.rate * direction), velocity]
  }
}

/// A node that moves several tensors: rate, count of updates, then all tensors, all gradients, and all of each kind of state.
struct ONNXOptimiser {
  private let call: ONNXCall
  private let states: Int
  private let tensors: [ValueID]

  init(_ call: ONNXCall, states: Int) throws(Diagnostic) {
    (self.call, self.states, tensors) = (call, states, try call.inputs(from: 2))
    guard !tensors.isEmpty, tensors.count % (states + 2) == 0 else {
      throw Diagnostic("\(tensors.count) tensors", hint: "each tensor comes with its gradient and \(states) states")
    }
  }

  /// All new tensors, then all new states of each kind.
  func run(_ update: (Step) throws(Diagnostic) -> [Term]) throws(Diagnostic) -> [ONNXValue] {
    let count = tensors.count / (states + 2)
    let outer = call.writer.scope
    defer { call.writer.scope = outer }
    var results: [[ValueID]] = []
    for position in 0..<count {
      call.writer.scope = "\(outer)/\(position)"
      let own = (0..<states + 2).map { tensors[position + $0 * count] }
      results.append(try update(try Step(call, own)).map(\.id))
    }
    return (0..<states + 1).flatMap { kind in results.map { .tensor($0[kind]) } }
  }

  /// What the update of one tensor starts from.
  struct Step {
    let call: ONNXCall
    let x: Term
    /// With that of the norm of `x`.
    let gradient: Term
    let states: [Term]
    let rate: Term
    /// How many updates there were, as a float.
    let count: Term
    /// Whether there were any.
    let isLater: Term

    init(_ call: ONNXCall, _ tensors: [ValueID]) throws(Diagnostic) {
      let writer = call.writer
      let dtype = writer.dtype(tensors[0])
      guard dtype.isFloat, tensors.allSatisfy({ writer.type($0) == writer.type(tensors[0]) }) else {
        throw Diagnostic("tensors of the types \(tensors.map { writer.type($0) })", hint: "tensor, gradient and states have one float type")
      }
      func scalar(_ position: Int, _ label: String) throws(Diagnostic) -> Term {
        let given = try call.input(position)
        guard writer.shape(given).elementCount == 1 else {
          throw Diagnostic("the \(label) is \(writer.type(given))", hint: "it is one number")
        }
        return Term(try writer.cast(try writer.reshape(given, [], label), to: dtype, "\(label)_cast"), writer)
      }
      self.call = call
      (x, states) = (Term(tensors[0], writer), tensors.dropFirst(2).map { Term($0, writer) })
      gradient = try x * (try call.attributes.float("norm_coefficient", default: 0)) + Term(tensors[1], writer)
      (rate, count) = (try scalar(0, "rate"), try scalar(1, "count"))
      isLater = try count.applying("greater", .number(0))
    }

    func number(_ name: String, default other: Double? = nil) throws(Diagnostic) -> Double {
      if let value = try call.attributes.optionalFloat(name) ?? other { return value }
      throw Diagnostic("the attribute \"\(name)\" is missing")
    }

    /// `base` to the power of the count.
    func power(of base: Double) throws(Diagnostic) -> Term {
      let writer = call.writer
      return Term(try writer.apply("power", [.number(base), .value(count.id)], "power"), writer)
    }
  }
}
