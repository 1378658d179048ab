import Tensors

extension Expr: CustomStringConvertible {
  package var description: String {
    switch self {
    case .int(let value, _): return "\(value)"
    case .float(let value, _): return "\(value)"
    case .variable(let variable): return variable.name
    case .load(let buffer, let at, let access): return "\(buffer.name)[\(at)\(access)]"
    case .unary(let function, let x): return "\(function)(\(x))"
    case .binary(let function, let a, let b):
      if let symbol = function.symbol { return "(\(a) \(symbol) \(b))" }
      return "\(function)(\(a), \(b))"
    case .multiplyAdd(let a, let b, let c): return "(\(a) * \(b) + \(c))"
    case .dot(let a, let b, let c): return "(\(a) . \(b) + \(c))"
    case .compare(let comparison, let a, let b): return "(\(a) \(comparison.rawValue) \(b))"
    case .select(let a, let b, let c): return "(\(a) ? \(b) : \(c))"
    case .cast(let dtype, let x): return "\(dtype)(\(x))"
    case .reinterpret(let dtype, let x): return "bits_as_\(dtype)(\(x))"
    case .broadcast(let x, let lanes): return "<\(x) x \(lanes)>"
    case .reduce(let function, let x): return "\(function) of lanes(\(x))"
    case .lookup(let buffer, let at, let numbers, let shift, let window):
      return "\(buffer.name)[\(at) + (\(numbers) >> \(shift)) % \(window)]"
    }
  }
}

extension BinaryFunction {
  fileprivate var symbol: String? {
    switch self {
    case .add: "+"
    case .subtract: "-"
    case .multiply: "*"
    case .divide: "/"
    case .remainder: "%"
    case .and: "&"
    case .or: "|"
    case .xor: "^"
    case .shiftLeft: "<<"
    case .shiftRight: ">>"
    case .multiplyHigh, .floorDivide, .floorModulo, .minimum, .maximum, .power, .arcTangent2: nil
    }
  }
}

extension Access: CustomStringConvertible {
  package var description: String { lanes == 1 ? "" : stride == 1 ? " x \(lanes)" : " x \(lanes) by \(stride)" }
}

extension Stmt: CustomStringConvertible {
  package var description: String { lines(indent: "").joined(separator: "\n") }

  fileprivate func lines(indent: String) -> [String] {
    switch self {
    case .loop(let loop):
      ["\(indent)\(loop.isParallel ? "parallel " : "")for \(loop.variable) in \(loop.lower)..<\(loop.upper)"]
        + loop.body.flatMap { $0.lines(indent: indent + "  ") }
    case .declare(let variable, let value):
      ["\(indent)let \(variable.name): \(variable.type.dtype)\(variable.type.lanes == 1 ? "" : " x \(variable.type.lanes)") = \(value)"]
    case .assign(let variable, let value): ["\(indent)\(variable.name) = \(value)"]
    case .store(let buffer, let at, let stride, let value):
      ["\(indent)\(buffer.name)[\(at)\(Access(lanes: value.type.lanes, stride: stride))] = \(value)"]
    case .branch(let condition, let then, let otherwise):
      ["\(indent)if \(condition)"] + then.flatMap { $0.lines(indent: indent + "  ") }
        + (otherwise.isEmpty ? [] : ["\(indent)else"] + otherwise.flatMap { $0.lines(indent: indent + "  ") })
    }
  }
}

extension Kernel: CustomStringConvertible {
  package var description: String {
    let names = dims + parameters.map { "\($0.isWritten ? "out " : "")\($0.buffer.name): \($0.buffer.dtype)[\($0.buffer.count)]" }
    return (["kernel \(name)(\(names.joined(separator: ", ")))"] + body.flatMap { $0.lines(indent: "  ") }).joined(separator: "\n")
  }
}
