import Containers
import Tensors
import Testing

/// The bytes of a file that `Fixtures/make.py` wrote.
func fixture(_ name: String, _ source: String = #filePath) throws -> [UInt8] {
  let folder = source.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
  return try readFile("\(folder)/Fixtures/\(name)")
}

/// What `ramp` of `make.py` writes: quarters from -1 for floats, whole numbers from 0 for others.
func ramp(_ dtype: DType, _ dims: [Int]) -> Tensor {
  let positions = (0..<dims.reduce(1, *)).map(Double.init)
  return Tensor(dtype, dims, dtype.isFloat ? positions.map { $0 * 0.25 - 1 } : positions)
}

/// The problem that `body` throws; a failure of the test if it throws none.
func problem<T>(_ body: () throws(Diagnostic) -> T) -> Diagnostic {
  do throws(Diagnostic) {
    let value = try body()
    Issue.record("no problem was found in \(value)")
    return Diagnostic("none")
  } catch {
    return error
  }
}

/// A generator whose numbers follow from its seed.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
    return bits ^ bits >> 31
  }
}
