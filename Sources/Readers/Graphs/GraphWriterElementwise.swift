import GraphIR
import LoopIR
import Operators
import Tensors

/// An operand of an elementwise function: a tensor, or one number for all elements.
enum Operand {
  case value(ValueID)
  case number(Double)
}

extension GraphWriter {
  /// The elementwise function `name` of `ElementwiseFunction`. Tensors of different types are first cast to the one that holds them all.
  func apply(_ name: String, _ operands: [Operand], _ attributes: [String: Double] = [:], _ label: String) throws(Diagnostic) -> ValueID {
    let function = try ElementwiseFunction.named(name)
    let isChoice = function.domain == .selection
    let dtype = promoted(isChoice ? Array(operands.dropFirst()) : operands)
    let dtypes = operands.indices.map { isChoice && $0 == 0 ? self.dtype(of: operands[0]) : dtype }
    let map = try function.map(attributes, of: dtypes)
    var inputs: [ValueID] = []
    var replacements: [Expr] = []
    for (operand, dtype) in zip(operands, dtypes) {
      switch operand {
      case .number(let number): replacements.append(.constant(number, dtype))
      case .value(let id):
        replacements.append(ElementwiseBody.input(inputs.count, dtype))
        inputs.append(try cast(id, to: dtype, "\(label)/cast"))
      }
    }
    let result = try add(Map(ElementwiseBody(map.body.applied(to: replacements)), inputCount: inputs.count), inputs, label)
    labelLast(name)
    return result
  }

  func unary(_ name: String, _ x: ValueID, _ attributes: [String: Double] = [:], _ label: String) throws(Diagnostic) -> ValueID {
    try apply(name, [.value(x)], attributes, label)
  }

  func binary(_ name: String, _ a: ValueID, _ b: ValueID, _ label: String) throws(Diagnostic) -> ValueID {
    try apply(name, [.value(a), .value(b)], label)
  }

  func binary(_ name: String, _ a: ValueID, _ b: Double, _ label: String) throws(Diagnostic) -> ValueID {
    try apply(name, [.value(a), .number(b)], label)
  }

  func apply(_ name: String, _ operands: [Operand], _ label: String) throws(Diagnostic) -> ValueID {
    try apply(name, operands, [:], label)
  }

  /// The elements in another type; the same value where it has it.
  func cast(_ x: ValueID, to dtype: DType, mode: CastMode = CastMode(), _ label: String) throws(Diagnostic) -> ValueID {
    if self.dtype(x) == dtype { return x }
    let result = try add(ElementwiseFunction.cast(self.dtype(x), to: dtype, mode), [x], label)
    labelLast("cast")
    return result
  }

  /// In float32, unless it is a float already.
  func floating(_ x: ValueID, _ label: String = "float") throws(Diagnostic) -> ValueID {
    dtype(x).isFloat ? x : try cast(x, to: .float32, label)
  }

  private func dtype(of operand: Operand) -> DType {
    switch operand {
    case .value(let id): dtype(id)
    case .number: .float32
    }
  }

  /// The type in which tensors and numbers meet, as Keras has it: a float where one is, else the wider integer; a number with a
  /// fraction makes integers float32.
  func promoted(_ operands: [Operand]) -> DType {
    var result: DType?
    var hasFraction = false
    var hasNumber = false
    for operand in operands {
      switch operand {
      case .value(let id): result = result.map { commonType($0, dtype(id)) } ?? dtype(id)
      case .number(let value):
        hasNumber = true
        hasFraction = hasFraction || value != value.rounded() || value.magnitude > 0x1p31
      }
    }
    guard let dtype = result else { return .float32 }
    if dtype.isFloat { return dtype }
    return hasFraction ? .float32 : hasNumber && dtype == .bool ? .int32 : dtype
  }
}

/// The type that two meet in.
func commonType(_ a: DType, _ b: DType) -> DType {
  if a == b { return a }
  if a.isFloat && b.isFloat { return a.byteCount == b.byteCount ? .float32 : a.byteCount > b.byteCount ? a : b }
  if a.isFloat || b.isFloat { return a.isFloat ? a : b }
  if a == .bool || b == .bool { return a == .bool ? b : a }
  if a.isSigned == b.isSigned { return a.byteCount > b.byteCount ? a : b }
  let (signed, unsigned) = a.isSigned ? (a, b) : (b, a)
  if signed.byteCount > unsigned.byteCount { return signed }
  return unsigned.byteCount == 1 ? .int16 : unsigned.byteCount == 2 ? .int32 : .int64
}
