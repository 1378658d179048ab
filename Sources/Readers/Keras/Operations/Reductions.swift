import Containers
import GraphIR
import Operators
import Tensors

extension KerasOperations {
  /// Functions that make one number of many.
  static let reductions: [KerasOperation] = [
    reduction(.sum, "sum", "reduce_sum"), reduction(.mean, "mean", "reduce_mean"), reduction(.max, "max", "reduce_max", "amax"),
    reduction(.min, "min", "reduce_min", "amin"), reduction(.prod, "prod", "reduce_prod"), reduction(.any, "any", "reduce_any"),
    reduction(.all, "all", "reduce_all"), reduction(.logSumExp, "logsumexp", "reduce_logsumexp"),
    KerasOperation("var", "reduce_variance") { (call) throws(Diagnostic) in [try variance(call, "")] },
    KerasOperation("std", "reduce_std") { (call) throws(Diagnostic) in
      [try call.writer.unary("sqrt", try variance(call, "variance"), [:], "")]
    },
    KerasOperation("moments") { (call) throws(Diagnostic) in
      let x = try call.writer.floating(try call.input())
      let axes = try call.axes(of: x, "axes")
      return [try call.writer.reduce(.mean, x, axes: axes, keepDims: try call.flag("keepdims"), "mean"), try variance(call, "")]
    },
    KerasOperation("count_nonzero") { (call) throws(Diagnostic) in
      let x = try call.input()
      let flags = try call.writer.cast(try call.writer.binary("not_equal", x, 0, "flags"), to: .int32, "ones")
      return [try call.writer.reduce(.sum, flags, axes: try call.axes(of: x, "axis"), "")]
    },
    KerasOperation("average") { (call) throws(Diagnostic) in [try average(call)] },
    argument(.max, "argmax"), argument(.min, "argmin"),
    KerasOperation("top_k") { (call) throws(Diagnostic) in
      try call.writer.outputs(TopK(try call.int("k", default: 1)), [try call.input()], "")
    },
    KerasOperation("cumsum") { (call) throws(Diagnostic) in [try cumulative(call, .sum)] },
    KerasOperation("cumprod") { (call) throws(Diagnostic) in [try cumulative(call, .prod)] },
    KerasOperation("norm") { (call) throws(Diagnostic) in
      let x = try call.writer.floating(try call.input())
      let order = try call.number("ord", default: 2)
      let axes = try call.axes(of: x, "axis")
      let keepsDims = try call.flag("keepdims")
      if order == 2 { return [try call.writer.reduce(.l2, x, axes: axes, keepDims: keepsDims, "")] }
      if order == 1 && axes.count == 1 { return [try call.writer.reduce(.l1, x, axes: axes, keepDims: keepsDims, "")] }
      guard axes.count == 1, order > 0 else { throw Diagnostic("a norm of order \(order) over \(axes.count) axes") }
      let powers = try call.writer.binary("power", try call.writer.unary("abs", x, [:], "abs"), order, "powers")
      return [try call.writer.binary("power", try call.writer.reduce(.sum, powers, axes: axes, keepDims: keepsDims, "sum"), 1 / order, "")]
    },
    KerasOperation("normalize", "l2_normalize") { (call) throws(Diagnostic) in
      let x = try call.writer.floating(try call.input())
      let axes = try call.axes(of: x, "axis")
      let order = try call.number("order", default: 2)
      let isTensorFlow = call.call.spec.className == "TFOpLambda"
      let epsilon = try call.number("epsilon", default: isTensorFlow ? 1e-12 : 1e-7)
      if order == 2 { return [try call.writer.l2Normalise(x, axes: axes, epsilon: isTensorFlow ? epsilon : epsilon * epsilon, "")] }
      guard order == 1 else { throw Diagnostic("a norm of order \(order)", hint: "known are 1 and 2") }
      let norm = try call.writer.reduce(.l1, x, axes: axes, keepDims: true, "norm")
      return [try call.writer.binary("divide", x, try call.writer.binary("maximum", norm, epsilon, "bounded"), "")]
    },
  ]

  private static func reduction(_ function: Reduce.Function, _ names: String...) -> KerasOperation {
    KerasOperation(names) { (call) throws(Diagnostic) in
      var x = try call.input()
      if function == .any || function == .all { x = try call.writer.cast(x, to: .bool, "bool") }
      if function == .mean || function == .logSumExp { x = try call.writer.floating(x) }
      if call.writer.dtype(x) == .bool && function == .sum { x = try call.writer.cast(x, to: .int32, "ones") }
      return [
        try call.writer.reduce(
          function, x, axes: try call.axes(of: x, "axis", "axes"), keepDims: try call.flag("keepdims", "keep_dims"), "")
      ]
    }
  }

  private static func variance(_ call: KerasOperationCall, _ label: String) throws(Diagnostic) -> ValueID {
    let x = try call.writer.floating(try call.input())
    let axes = try call.axes(of: x, "axis", "axes")
    let mean = try call.writer.reduce(.mean, x, axes: axes, keepDims: true, "\(label)/mean")
    let squares = try call.writer.unary("square", try call.writer.binary("subtract", x, mean, "\(label)/centred"), [:], "\(label)/square")
    return try call.writer.reduce(.mean, squares, axes: axes, keepDims: try call.flag("keepdims", "keep_dims"), label)
  }

  /// The mean, with weights for each element or for each place along the one axis.
  private static func average(_ call: KerasOperationCall) throws(Diagnostic) -> ValueID {
    let x = try call.writer.floating(try call.input())
    let axes = try call.axes(of: x, "axis")
    guard let given = call.argument(1, "weights") else { return try call.writer.reduce(.mean, x, axes: axes, "") }
    var weights = try call.writer.floating(try call.value(given))
    let shape = call.writer.shape(weights)
    if shape.count == 1, axes.count == 1 {
      weights = try call.writer.reshape(weights, (0..<call.writer.rank(x)).map { axes.contains($0) ? shape[0] : 1 }, "weights")
    }
    let spread = try call.writer.add(Expand(call.writer.shape(x)), [weights], "weights/all")
    let sum = try call.writer.reduce(.sum, try call.writer.binary("multiply", x, spread, "weighted"), axes: axes, "sum")
    return try call.writer.binary("divide", sum, try call.writer.reduce(.sum, spread, axes: axes, "weight"), "")
  }

  private static func argument(_ function: ArgReduce.Function, _ name: String) -> KerasOperation {
    KerasOperation(name, "arg_\(name.dropFirst(3))") { (call) throws(Diagnostic) in
      var x = try call.input()
      let isWhole = call.parameter("axis") == nil
      if isWhole { x = try call.writer.flat(x, "flat") }
      let axis = try call.int("axis", default: 0)
      return [try call.writer.add(ArgReduce(function, axis: axis, keepDims: try call.flag("keepdims")), [x], "")]
    }
  }

  private static func cumulative(_ call: KerasOperationCall, _ function: Cumulative.Function) throws(Diagnostic) -> ValueID {
    let x = try call.input()
    let axis = try call.parameter("axis")?.boundedInt()
    let operation = Cumulative(
      function, axis: axis ?? 0, isExclusive: try call.flag("exclusive"), isReversed: try call.flag("reverse"))
    // TensorFlow runs along the first axis where none is named, Keras along all elements.
    let isFlat = axis == nil && call.call.spec.className != "TFOpLambda"
    return try call.writer.add(operation, [isFlat ? try call.writer.flat(x, "flat") : x], "")
  }
}
