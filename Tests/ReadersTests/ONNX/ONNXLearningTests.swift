import ONNXProto
import Readers
import Tensors
import Testing

/// Models of the ai.onnx.ml domain, as scikit-learn's exporter writes them.
@Suite struct ONNXLearningTests {
  private typealias Text = ONNXModelText
  private let domain = "ai.onnx.ml"

  private func strings(_ name: String, _ values: [String]) -> ONNXAttributeProto {
    .with { ($0.name, $0.strings, $0.type) = (name, values.map { .init($0.utf8) }, .strings) }
  }

  private func floats(_ name: String, _ values: [Float]) -> ONNXAttributeProto {
    .with { ($0.name, $0.floats, $0.type) = (name, values, .floats) }
  }

  /// One tree: a node of the mode on feature 0 at the split 1; the leaves have the weights 10 and 20.
  private func stump(_ mode: String, missing: Int64 = 0) -> [ONNXAttributeProto] {
    [
      Text.ints("nodes_treeids", [0, 0, 0]), Text.ints("nodes_nodeids", [0, 1, 2]), Text.ints("nodes_featureids", [0, 0, 0]),
      floats("nodes_values", [1, 0, 0]), strings("nodes_modes", [mode, "LEAF", "LEAF"]), Text.ints("nodes_truenodeids", [1, 0, 0]),
      Text.ints("nodes_falsenodeids", [2, 0, 0]), Text.ints("nodes_missing_value_tracks_true", [missing, 0, 0]),
      Text.ints("target_treeids", [0, 0]), Text.ints("target_nodeids", [1, 2]), Text.ints("target_ids", [0, 0]),
      floats("target_weights", [10, 20]), Text.int("n_targets", 1),
    ]
  }

  @Test(
    arguments: [
      ("BRANCH_LEQ", [true, true, false, false]), ("BRANCH_LT", [true, false, false, false]), ("BRANCH_GTE", [false, true, true, false]),
      ("BRANCH_GT", [false, false, true, false]), ("BRANCH_EQ", [false, true, false, false]), ("BRANCH_NEQ", [true, false, true, true]),
    ], [false, true])
  func nodesOfEveryModeGoTheirWay(expected: (mode: String, holds: [Bool]), sendsMissing: Bool) throws {
    var model = Text(inputs: [("x", TensorType(.float32, [4, 1]))], outputs: ["y"])
    model.node("TreeEnsembleRegressor", ["x"], ["y"], stump(expected.mode, missing: sendsMissing ? 1 : 0), domain: domain)
    let found = try model.run([Tensor(floats: [0.99999994, 1, 1.0000001, .nan], [4, 1])])
    let holds = expected.holds.dropLast() + [expected.holds[3] || sendsMissing]
    #expect(found[0].floats == holds.map { $0 ? 10 : 20 })
  }

  @Test func treesThatAreNoTreesAreRefused() {
    func problems(_ change: (inout [ONNXAttributeProto]) -> Void) -> String {
      var (attributes, model) = (stump("BRANCH_LEQ"), Text(inputs: [("x", TensorType(.float32, [4, 1]))], outputs: ["y"]))
      change(&attributes)
      model.node("TreeEnsembleRegressor", ["x"], ["y"], attributes, domain: domain)
      return model.problems()
    }
    #expect(problems { $0[5] = Text.ints("nodes_truenodeids", [7, 0, 0]) }.contains("has the child 7"))
    #expect(problems { $0[5] = Text.ints("nodes_truenodeids", [0, 0, 0]) }.contains("nobody's child"))
    #expect(problems { $0[2] = Text.ints("nodes_featureids", [0]) }.contains("the attributes of the nodes"))
    #expect(problems { $0[4] = strings("nodes_modes", ["BRANCH_MAYBE", "LEAF", "LEAF"]) }.contains("BRANCH_MAYBE"))
  }

  @Test func labelsAreLookedUp() throws {
    var model = Text(inputs: [("x", TensorType(.float32, [5]))], outputs: ["y"])
    let attributes = [floats("keys_floats", [3, .nan, -1]), Text.ints("values_int64s", [30, 77, -10]), Text.int("default_int64", 5)]
    model.node("LabelEncoder", ["x"], ["y"], attributes, domain: domain)
    let found = try model.run([Tensor(floats: [-1, 3, .nan, 2, -5], [5])])
    #expect(found[0] == Tensor(.int64, [5], integers: [-10, 30, 77, 5, 5]))
  }

  @Test func textsAreRefused() {
    var model = Text(inputs: [("x", TensorType(.int64, [5]))], outputs: ["y"])
    model.node("LabelEncoder", ["x"], ["y"], [Text.ints("keys_int64s", [1]), strings("values_strings", ["a"])], domain: domain)
    #expect(model.problems().contains("labels that are texts"))
  }

  @Test func aLinearClassifierGivesLabelsAndScores() throws {
    var model = Text(inputs: [("x", TensorType(.float32, [2, 2]))], outputs: ["label", "scores"])
    let attributes = [
      floats("coefficients", [1, 0, 0, 1]), floats("intercepts", [0, 1]), Text.ints("classlabels_ints", [7, 9]),
      Text.string("post_transform", "NONE"),
    ]
    model.node("LinearClassifier", ["x"], ["label", "scores"], attributes, domain: domain)
    let found = try model.run([Tensor(floats: [3, 1, 0, 0], [2, 2])])
    #expect(found[0].integers == [7, 9])
    #expect(found[1].floats == [3, 2, 0, 1])
  }

  @Test func transformsOfSignalsAreSumsOfSines() throws {
    var model = Text(inputs: [("x", TensorType(.float64, [1, 4, 1]))], outputs: ["y", "z"])
    model.node("DFT", ["x"], ["y"])
    model.node("DFT", ["y"], ["z"], [Text.int("inverse", 1)])
    let found = try model.run([Tensor(.float64, [1, 4, 1], [1, 2, 3, 5])])
    for (value, wanted) in zip(found[0].doubles, [11, 0, -2, 3, -3, 0, -2, -3] as [Double]) { #expect(abs(value - wanted) < 1e-12) }
    for (value, wanted) in zip(found[1].doubles, [1, 0, 2, 0, 3, 0, 5, 0] as [Double]) { #expect(abs(value - wanted) < 1e-12) }
  }

  @Test func shortSequencesAreCounted() throws {
    var model = Text(inputs: [("x", TensorType(.int64, [2, 4]))], outputs: ["y"])
    let attributes = [
      Text.ints("pool_int64s", [1, 2, 1, 2, 2, 1]), Text.ints("ngram_counts", [0, 2]), Text.ints("ngram_indexes", [1, 0, 3, 4]),
      Text.int("min_gram_length", 1), Text.int("max_gram_length", 2), Text.int("max_skip_count", 1), Text.string("mode", "TF"),
    ]
    model.node("TfIdfVectorizer", ["x"], ["y"], attributes)
    let found = try model.run([Tensor(.int64, [2, 4], integers: [1, 2, 1, 2, 9, 2, 9, 1])])
    // Counts of 2, 1, nothing, (1, 2) and (2, 1), the pairs also with one element between.
    #expect(found[0] == Tensor(floats: [2, 2, 0, 2, 1, 1, 1, 0, 0, 1], [2, 5]))
  }

  @Test func randomNumbersHangOnTheSeed() throws {
    var model = Text(inputs: [("x", TensorType(.float32, [1000]))], outputs: ["a", "b", "n"])
    model.node("RandomUniformLike", ["x"], ["a"], [Text.float("seed", 1), Text.float("low", 2), Text.float("high", 4)])
    model.node("RandomUniformLike", ["x"], ["b"], [Text.float("seed", 2), Text.float("low", 2), Text.float("high", 4)])
    model.node("RandomNormalLike", ["x"], ["n"], [Text.float("seed", 1), Text.float("mean", 5)])
    let found = try model.run([Tensor(floats: [Float](repeating: 0, count: 1000), [1000])]).map(\.doubles)
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    #expect(found[0].allSatisfy { (2..<4).contains($0) } && abs(mean(found[0]) - 3) < 0.1)
    #expect(found[0] != found[1])
    #expect(abs(mean(found[2]) - 5) < 0.2 && abs(mean(found[2].map { ($0 - 5) * ($0 - 5) }) - 1) < 0.2)
  }
}
