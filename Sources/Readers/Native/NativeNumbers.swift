import Containers
import Tensors

/// Numbers written in the file, flat or nested as `numpy.tolist` nests them.
enum NativeNumbers {
  /// The tensor of `json`. Flat numbers take the shape `dims`; without it, and where they are nested, the nesting is the shape.
  static func tensor(_ json: JSONValue, _ dtype: DType, _ dims: [Int]?) throws(Diagnostic) -> Tensor {
    let nesting = try nesting(json)
    let shape = nesting.count <= 1 ? dims ?? nesting : nesting
    guard dims == nil || dims == shape else { throw json.problem("numbers nested as \(nesting) for the shape \(dims ?? [])") }
    let (wanted, found) = (checkedProduct(shape), nesting.reduce(1, *))
    guard wanted == found, found > 0 else {
      throw json.problem("\(found) numbers for the shape \(shape)", hint: "as many are needed as the product of its extents")
    }
    let leaves = try leaves(json, nesting.count)
    if dtype.isFloat { return Tensor(dtype, shape, try leaves.flatMapped { (leaf) throws(Diagnostic) in try numbers(leaf) }) }
    return Tensor(dtype, shape, integers: try leaves.flatMapped { (leaf) throws(Diagnostic) in try integers(leaf, dtype) })
  }

  /// The extents of nested arrays; those of one level are as long as each other.
  private static func nesting(_ json: JSONValue) throws(Diagnostic) -> [Int] {
    guard json.isArray, let count = json.count else { return [] }
    guard let first = json[0], first.isArray else { return [count] }
    let inner = try nesting(first)
    for element in try json.array().dropFirst() where try nesting(element) != inner {
      throw element.problem("found \(element.summary), expected one of the extents \(inner) like those before it")
    }
    return [count] + inner
  }

  /// The arrays of numbers themselves, in order.
  private static func leaves(_ json: JSONValue, _ depth: Int) throws(Diagnostic) -> [JSONValue] {
    guard depth > 1 else { return [json] }
    return try json.array().flatMapped { (element) throws(Diagnostic) in try leaves(element, depth - 1) }
  }

  private static func numbers(_ json: JSONValue) throws(Diagnostic) -> [Double] { json.isArray ? try json.doubles() : [try json.double()] }

  private static func integers(_ json: JSONValue, _ dtype: DType) throws(Diagnostic) -> [Int64] {
    if dtype == .bool { return json.isArray ? try json.map { (value) throws(Diagnostic) in try truth(value) } : [try truth(json)] }
    let values = json.isArray ? try json.ints() : [try json.int()]
    if let stray = values.first(where: { !dtype.holds($0) }) { throw json.problem("the number \(stray) does not fit \(dtype)") }
    return values.map { Int64($0) }
  }

  private static func truth(_ json: JSONValue) throws(Diagnostic) -> Int64 {
    if let flag = try? json.bool() { return flag ? 1 : 0 }
    guard let value = try? json.int(), value == 0 || value == 1 else { throw json.wrongKind("true or false, or 1 or 0") }
    return Int64(value)
  }
}

extension DType {
  /// An integer type has a number for this integer; of unsigned ones of 64 bits those that fit 63.
  func holds(_ value: Int) -> Bool {
    let bits = byteCount * 8
    if !isSigned { return value >= 0 && (bits == 64 || value < 1 << bits) }
    return bits == 64 || (-(1 << (bits - 1))..<1 << (bits - 1)).contains(value)
  }
}

extension Array {
  /// `flatMap` that keeps the type of what is thrown.
  fileprivate func flatMapped<T>(_ body: (Element) throws(Diagnostic) -> [T]) throws(Diagnostic) -> [T] {
    var result: [T] = []
    for element in self { result += try body(element) }
    return result
  }
}
