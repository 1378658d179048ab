import GraphIR
import LoopIR
import Operators
import Tensors

extension ONNXOperators {
  /// Random numbers. They hang on the seed alone, so that every run gives the same: without a seed, on the name of the node.
  static let random: [ONNXOperator] = [
    ONNXOperator("RandomUniform") { (call) throws(Diagnostic) in try call.uniform(try call.randomShape()) },
    ONNXOperator("RandomUniformLike") { (call) throws(Diagnostic) in try call.uniform(try call.type(0).shape, like: try call.type(0)) },
    ONNXOperator("RandomNormal") { (call) throws(Diagnostic) in try call.normal(try call.randomShape()) },
    ONNXOperator("RandomNormalLike") { (call) throws(Diagnostic) in try call.normal(try call.type(0).shape, like: try call.type(0)) },
    ONNXOperator("Bernoulli", since: 15, .floats) { (call) throws(Diagnostic) in
      let (writer, x) = (call.writer, try call.input())
      let chance = try call.writer.uniform(writer.shape(x), seed: try call.seed(), "chance")
      let asked = try call.attributes.dtype("dtype")
      return try writer.cast(try writer.binary("less", chance, x, "is_one"), to: asked ?? writer.dtype(x), "")
    },
    ONNXOperator("Multinomial", since: 7, .floats, build: multinomial),
  ]

  /// The class of the greatest logarithm plus a number of Gumbel's distribution.
  private static func multinomial(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let (writer, x) = (call.writer, try call.input())
    let count = try call.attributes.int("sample_size", default: 1)
    let dtype = try call.attributes.dtype("dtype") ?? .int32
    guard writer.rank(x) == 2, (1..<1 << 24).contains(count) else {
      throw Diagnostic("\(count) samples of \(writer.type(x))", hint: "logarithms [batch, classes] are expected")
    }
    let shape = [writer.shape(x)[0], Dim(count), writer.shape(x)[1]]
    let u = Term(try writer.uniform(shape, seed: try call.seed(), "chance"), writer)
    let gumbel = try ((u.applying("maximum", .number(0x1p-25)).applying("log") * -1).applying("log") * -1)
    let noisy = try Term(try writer.expandDims(x, 1, "logarithms"), writer) + gumbel
    return try writer.add(ArgReduce(.max, axis: 2, keepDims: false, dtype: dtype), [noisy.id], "")
  }
}

extension ONNXCall {
  fileprivate func randomShape() throws(Diagnostic) -> Shape {
    guard let extents = try attributes.optionalInts("shape"), extents.allSatisfy({ $0 >= 0 }) else {
      throw Diagnostic("the shape of random numbers is missing", hint: "export the model again")
    }
    return Shape(extents)
  }

  /// Two nodes without a seed are not alike.
  func seed() throws(Diagnostic) -> Int {
    if let seed = try attributes.optionalFloat("seed") { return Int(Float(seed).bitPattern) }
    return seedOfName
  }

  var seedOfName: Int { (proto.output.first ?? "").utf8.reduce(5381) { $0 &* 33 &+ Int($1) } }

  private func randomType(like type: TensorType?) throws(Diagnostic) -> DType {
    let asked = try attributes.dtype("dtype")
    let dtype = asked ?? type?.dtype ?? .float32
    guard dtype.isFloat else { throw Diagnostic("random numbers of type \(dtype)", hint: "they are floats") }
    return dtype
  }

  fileprivate func uniform(_ shape: Shape, like type: TensorType? = nil) throws(Diagnostic) -> ValueID {
    let (low, high) = (try attributes.float("low", default: 0), try attributes.float("high", default: 1))
    let numbers = try Term(try writer.uniform(shape, seed: try seed(), "uniform"), writer) * (high - low) + low
    return try writer.cast(numbers.id, to: try randomType(like: type), "")
  }

  /// Two uniform numbers give a normal one (Box and Muller).
  fileprivate func normal(_ shape: Shape, like type: TensorType? = nil) throws(Diagnostic) -> ValueID {
    let (mean, scale) = (try attributes.float("mean", default: 0), try attributes.float("scale", default: 1))
    let seed = try seed()
    let u = Term(try writer.uniform(shape, seed: seed, "first"), writer)
    let v = Term(try writer.uniform(shape, seed: ~seed, "second"), writer)
    let radius = try ((1 - u).applying("log") * -2).applying("sqrt")
    let numbers = try radius * (v * (2 * Double.pi)).applying("cos") * scale + mean
    return try writer.cast(numbers.id, to: try randomType(like: type), "")
  }
}

extension GraphWriter {
  /// Float32 numbers from 0 up to 1, without it.
  func uniform(_ shape: Shape, seed: Int, _ label: String) throws(Diagnostic) -> ValueID {
    let bits = try add(RandomBits(shape, seed: seed), [], "\(label)/bits")
    let upper = ElementwiseBody.input(0, .uint32) / .int(256, .uint32)
    return try add(Map(ElementwiseBody(upper.converted(to: .float32) * .float(0x1p-24, .float32)), inputCount: 1), [bits], label)
  }
}
