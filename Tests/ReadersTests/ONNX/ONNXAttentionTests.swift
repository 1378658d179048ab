import Glibc
import GraphIR
import ONNXProto
import Readers
import Tensors
import TestSupport
import Testing

private typealias Text = ONNXModelText

/// What one query sees, from the definition.
private struct Attention {
  var scale = 1.0
  var cap = 0.0
  var sees: (_ query: Int, _ key: Int) -> Bool = { _, _ in true }

  /// Queries `[1, H, Q, D]`, keys `[1, G, K, D]` and values `[1, G, K, E]`; queries without keys give zeros.
  func run(_ query: Tensor, _ key: Tensor, _ value: Tensor) -> [Double] {
    let (heads, groups, keys) = (query.dims[1], key.dims[1], key.dims[2])
    let (size, width) = (query.dims[3], value.dims[3])
    let (q, k, v) = (query.doubles, key.doubles, value.doubles)
    var result: [Double] = []
    for head in 0..<heads {
      let group = head / (heads / groups)
      for row in 0..<query.dims[2] {
        let weights = (0..<keys).map { at in
          let product = (0..<size).reduce(0) {
            $0 + q[(head * query.dims[2] + row) * size + $1] * k[(group * keys + at) * size + $1]
          }
          let score = cap == 0 ? product * scale : cap * tanh(product * scale / cap)
          return sees(row, at) ? exp(score) : 0
        }
        let sum = weights.reduce(0, +)
        result += (0..<width).map { column in
          sum == 0 ? 0 : (0..<keys).reduce(0) { $0 + weights[$1] / sum * v[(group * keys + $1) * width + column] }
        }
      }
    }
    return result
  }
}

@Suite struct ONNXAttentionTests {
  private func numbers(_ dims: [Int], _ phase: Double) -> Tensor {
    Tensor(.float32, dims, (0..<dims.reduce(1, *)).map { sin(Double($0) * 1.7 + phase) })
  }

  private func isNear(_ found: Tensor, _ expected: [Double]) -> Bool {
    found.count == expected.count && zip(found.doubles, expected).allSatisfy { abs($0 - $1) < 1e-5 }
  }

  private func model(
    _ inputs: [(String, [Int])], extra: [String] = [], _ attributes: [ONNXAttributeProto], opset: Int64 = 25
  ) -> Text {
    var model = Text(opset: opset, inputs: inputs.map { ($0.0, TensorType(.float32, Shape($0.1))) }, outputs: ["y"])
    model.node("Attention", inputs.map(\.0) + extra, ["y"], attributes)
    return model
  }

  @Test func headsOfQueriesShareHeadsOfKeys() throws {
    let (q, k, v) = (numbers([1, 6, 3, 4], 0), numbers([1, 2, 5, 4], 1), numbers([1, 2, 5, 3], 2))
    let model = model([("q", q.dims), ("k", k.dims), ("v", v.dims)], [Text.float("softcap", 0.5)])
    #expect(isNear(try model.run([q, k, v])[0], Attention(scale: 0.5, cap: 0.5).run(q, k, v)))
  }

  @Test(arguments: [(0, -1, -1), (1, -1, -1), (0, 1, 0), (0, 0, 2), (1, 2, 2), (0, 0, -1)])
  func aWindowLimitsWhatIsSeen(causal: Int, left: Int, right: Int) throws {
    let (q, k, v) = (numbers([1, 1, 6, 2], 0), numbers([1, 1, 3, 2], 1), numbers([1, 1, 3, 2], 2))
    let model = model(
      [("q", q.dims), ("k", k.dims), ("v", v.dims)],
      [
        Text.int("is_causal", Int64(causal)), Text.int("left_window_size", Int64(left)), Text.int("right_window_size", Int64(right)),
        Text.float("scale", 1),
      ])
    let expected = Attention { query, key in
      (causal == 0 || key <= query) && (left < 0 || key >= query - left) && (right < 0 || key <= query + right)
    }
    #expect(isNear(try model.run([q, k, v])[0], expected.run(q, k, v)))
  }

  @Test func thePastStandsBeforeTheKeysAlsoWhereItsLengthIsOpen() throws {
    let past = TensorType(.float32, [1, 1, .symbol("past"), 2])
    let own = TensorType(.float32, [1, 1, 3, 2])
    var model = Text(
      opset: 23, inputs: [("q", own), ("k", own), ("v", own), ("pk", past), ("pv", past)], outputs: ["y", "keys", "values"])
    model.node(
      "Attention", ["q", "k", "v", "", "pk", "pv"], ["y", "keys", "values"], [Text.int("is_causal", 1), Text.float("scale", 1)])
    let (q, k, v) = (numbers([1, 1, 3, 2], 0), numbers([1, 1, 3, 2], 1), numbers([1, 1, 3, 2], 2))
    let (pk, pv) = (numbers([1, 1, 4, 2], 3), numbers([1, 1, 4, 2], 4))
    let results = try model.run([q, k, v, pk, pv], ReadOptions(dims: ["past": .upTo(9)]))
    let keys = Tensor(.float32, [1, 1, 7, 2], pk.doubles + k.doubles)
    let values = Tensor(.float32, [1, 1, 7, 2], pv.doubles + v.doubles)
    #expect(results[1] == keys && results[2] == values)
    #expect(isNear(results[0], Attention { query, key in key <= query + 4 }.run(q, keys, values)))
  }

  @Test func aMaskThatEndsEarlyHidesTheRest() throws {
    let (q, k, v) = (numbers([1, 1, 2, 2], 0), numbers([1, 1, 4, 2], 1), numbers([1, 1, 4, 2], 2))
    var model = Text(
      opset: 24, inputs: [("q", q.type), ("k", k.type), ("v", v.type), ("mask", TensorType(.bool, [2, 3]))], outputs: ["y"])
    model.node("Attention", ["q", "k", "v", "mask"], ["y"], [Text.float("scale", 1)])
    let mask = Tensor(.bool, [2, 3], integers: [1, 0, 1, 0, 0, 0])
    let expected = Attention { query, key in query == 0 && (key == 0 || key == 2) }
    #expect(isNear(try model.run([q, k, v, mask])[0], expected.run(q, k, v)))
  }

  @Test func attentionSaysWhatItDoesNotTake() {
    let shapes = [("q", [1, 5, 2, 4]), ("k", [1, 2, 2, 4]), ("v", [1, 2, 2, 4])]
    #expect(model(shapes, []).problems().contains("with a multiple of the heads of keys"))
    let joined = [("q", [1, 2, 6]), ("k", [1, 2, 6]), ("v", [1, 2, 6])]
    #expect(model(joined, []).problems().contains("into 0 heads"))
    #expect(model(joined, [Text.int("q_num_heads", 4), Text.int("kv_num_heads", 4)]).problems().contains("into 4 heads"))
    let past = joined + [("mask", [2, 2]), ("pk", [1, 1, 1, 6])]
    #expect(model(past, [Text.int("q_num_heads", 1), Text.int("kv_num_heads", 1)]).problems().contains("do not come together"))
  }
}
