import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  /// What ai.onnx.ml does with features before a model sees them, and with its results afterwards.
  static let features: [ONNXOperator] = [
    ONNXOperator("ArrayFeatureExtractor", domain: ml) { (call) throws(Diagnostic) in
      let indices = try call.writer.flat(try call.input(1), "indices")
      let result = try call.writer.add(Gather(axis: -1), [try call.input(0), indices], "")
      return try call.type(0).rank == 1 ? call.writer.expandDims(result, 0, "row") : result
    },
    ONNXOperator("Binarizer", domain: ml, .numbers) { (call) throws(Diagnostic) in
      let x = try call.input()
      let isAbove = try call.writer.binary("greater", x, try call.attributes.float("threshold", default: 0), "is_above")
      return try call.writer.cast(isAbove, to: call.writer.dtype(x), "")
    },
    ONNXOperator("FeatureVectorizer", domain: ml, .numbers, build: featureVectorizer),
    ONNXOperator("Imputer", domain: ml, .numbers, build: imputer),
    ONNXOperator("LabelEncoder", domain: ml, build: labelEncoder),
    ONNXOperator("Normalizer", domain: ml, .numbers, build: normalizer),
    ONNXOperator("OneHotEncoder", domain: ml, .numbers, build: oneHotEncoder),
    ONNXOperator("Scaler", domain: ml, .numbers) { (call) throws(Diagnostic) in
      let x = try call.writer.cast(try call.input(), to: .float32, "float")
      let (offset, scale) = (try call.attributes.floats("offset"), try call.attributes.floats("scale"))
      let moved = offset.isEmpty ? x : try call.writer.binary("subtract", x, call.row(offset, "offset"), "moved")
      return scale.isEmpty ? moved : try call.writer.binary("multiply", moved, call.row(scale, "scale"), "")
    },
    // The probabilities stay a tensor, one column for each class.
    ONNXOperator("ZipMap", domain: ml, .floats) { (call) throws(Diagnostic) in
      call.attributes.ignore("classlabels_int64s", "classlabels_strings")
      return try call.input()
    },
  ]

  private static func featureVectorizer(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let writer = call.writer
    let widths = try call.attributes.ints("inputdimensions")
    let inputs = try call.inputs()
    var parts: [ValueID] = []
    for (position, input) in inputs.enumerated() {
      var part = try writer.cast(input, to: .float32, "part\(position)")
      if writer.rank(part) == 1 { part = try writer.expandDims(part, 1, "column\(position)") }
      guard writer.rank(part) == 2, let extent = writer.shape(part)[1].constant else {
        throw Diagnostic("input \(position) is \(writer.type(part))", hint: "[rows, features] of known extents are expected")
      }
      let width = position < widths.count ? widths[position] : extent
      if width < extent { part = try writer.slice(part, axis: 1, from: 0, to: width, "cut\(position)") }
      if width > extent { part = try writer.add(Pad(before: [0, 0], after: [0, width - extent]), [part], "padded\(position)") }
      parts.append(part)
    }
    return try writer.concatenate(parts, axis: 1, "")
  }

  private static func imputer(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let (writer, x) = (call.writer, try call.input())
    let dtype = writer.dtype(x)
    let floats = try call.attributes.floats("imputed_value_floats")
    let integers = try call.attributes.ints("imputed_value_int64s")
    let missing = try call.attributes.float("replaced_value_float", default: 0)
    let other = try call.attributes.int("replaced_value_int64", default: 0)
    let values = dtype.isFloat ? floats : integers.map { Double($0) }
    guard !values.isEmpty else { throw Diagnostic("no values stand for what is missing", hint: "export the model again") }
    let replaced = dtype.isFloat ? missing : Double(other)
    let isMissing = replaced.isNaN ? try writer.unary("isnan", x, [:], "missing") : try writer.binary("equal", x, replaced, "missing")
    let row = writer.constant(Tensor(dtype, [values.count], values), "values")
    return try writer.apply("where", [.value(isMissing), .value(row), .value(x)], "")
  }

  private static func normalizer(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let x = Term(try call.writer.cast(try call.input(), to: .float32, "float"), call.writer)
    func reduced(_ function: Reduce.Function, _ x: Term) throws(Diagnostic) -> Term {
      Term(try call.writer.reduce(function, x.id, axes: [-1], keepDims: true, "norm"), call.writer)
    }
    let norm =
      switch try call.attributes.choice("norm", of: ["MAX", "L1", "L2"], default: "MAX") {
      case "MAX": try reduced(.max, try x.applying("abs"))
      case "L1": try reduced(.sum, try x.applying("abs"))
      default: try reduced(.sum, try x * x).applying("sqrt")
      }
    return try (x / norm.applying("maximum", .number(1e-30))).id
  }

  private static func oneHotEncoder(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    call.attributes.ignore("zeros")
    let numbers = try call.attributes.ints("cats_int64s")
    guard !numbers.isEmpty else { throw Diagnostic("categories that are texts", hint: "train with numbers as categories") }
    let x = try call.input()
    let integers = try call.writer.cast(x, to: .int64, "integers")
    let table = call.writer.constant(Tensor(.int64, [numbers.count], integers: numbers.map { Int64($0) }), "categories")
    let isHot = try call.writer.binary("equal", try call.writer.expandDims(integers, -1, "column"), table, "is_hot")
    return try call.writer.cast(isHot, to: .float32, "")
  }

  /// Numbers looked up among sorted keys. A NaN may be a key.
  private static func labelEncoder(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let (writer, attributes, x) = (call.writer, call.attributes, try call.input())
    guard !attributes.has("keys_strings"), !attributes.has("values_strings"), !attributes.has("classes_strings") else {
      throw Diagnostic("labels that are texts", hint: "encode them before the model, and cut this node off")
    }
    attributes.ignore("default_string")
    let keys = try attributes.table("keys")
    let values = try attributes.table("values")
    let other = try attributes.defaultLabel(values.dtype)
    guard keys.count == values.count, keys.count > 0, keys.dtype == writer.dtype(x) else {
      throw Diagnostic("\(writer.type(x)) is looked up in \(keys.type) for \(values.type)", hint: "keys have the type of the input")
    }
    let numbers = keys.doubles
    let order = numbers.indices.filter { !numbers[$0].isNaN }.sorted { numbers[$0] < numbers[$1] }
    let sorted = writer.constant(keys.picked(order.isEmpty ? [0] : order), "keys")
    let results = writer.constant(values.picked(order.isEmpty ? [0] : order), "values")
    // The last key that is not greater; where none is, the first, which then differs.
    let count = try writer.add(SearchSorted(isRight: true), [x, sorted], "count")
    let place = try writer.binary("maximum", try writer.binary("subtract", count, 1, "last"), 0, "place")
    let isKnown = try writer.binary("equal", try writer.add(Gather(axis: 0), [sorted, place], "key"), x, "is_known")
    let found = try writer.add(Gather(axis: 0), [results, place], "found")
    let result = try writer.apply("where", [.value(isKnown), .value(found), .value(writer.constant(other, "other"))], "")
    guard let nan = numbers.firstIndex(where: \.isNaN) else { return result }
    let value = writer.constant(values.picked([nan]).reshaped([]), "value_of_nan")
    return try writer.apply("where", [.value(try writer.unary("isnan", x, [:], "is_nan")), .value(value), .value(result)], "")
  }
}

extension ONNXAttributes {
  /// Keys or values of a dictionary, in one of the attributes that may hold them.
  fileprivate func table(_ name: String) throws(Diagnostic) -> Tensor {
    if let tensor = try tensor("\(name)_tensor") { return tensor }
    let (floats, integers) = (try floats("\(name)_floats"), try ints("\(name)_int64s"))
    return floats.isEmpty
      ? Tensor(.int64, [integers.count], integers: integers.map { Int64($0) }) : Tensor(.float32, [floats.count], floats)
  }

  /// What is no key becomes.
  fileprivate func defaultLabel(_ dtype: DType) throws(Diagnostic) -> Tensor {
    let (float, integer) = (try float("default_float", default: 0), try int("default_int64", default: -1))
    if let tensor = try tensor("default_tensor") {
      guard tensor.count == 1 else { throw Diagnostic("default_tensor is \(tensor.type)", hint: "one number is expected") }
      return tensor.reshaped([])
    }
    return dtype.isFloat ? Tensor(dtype, [], [float]) : Tensor(dtype, [], integers: [Int64(integer)])
  }
}

extension Tensor {
  /// Elements of a vector, in another order.
  fileprivate func picked(_ positions: [Int]) -> Tensor {
    let (floats, numbers) = dtype.isFloat ? (doubles, []) : ([], integers)
    return dtype.isFloat
      ? Tensor(dtype, [positions.count], positions.map { floats[$0] })
      : Tensor(dtype, [positions.count], integers: positions.map { numbers[$0] })
  }
}
