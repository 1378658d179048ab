import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct LookupTests {
  @Test(arguments: [0, 1, 2, 3, 4, 7, 8, 9, 31], [DType.float32, .int64, .float16, .int8])
  func findsPlacesAmongRisingKeys(count: Int, dtype: DType) throws {
    let keys = Tensor(dtype, [count], (0..<count).map { Double($0 / 2) - 2 })
    let types = [TensorType(dtype, [3, 29]), keys.type]
    for isRight in [false, true] {
      for draw in Draw.allCases {
        #expect(try disagreement(SearchSorted(isRight: isRight), types, seed: 3, draw: draw, inputs: [1: keys]) == 0, "\(isRight) \(draw)")
      }
    }
  }

  @Test func countsKeysThatAreLessOrNotGreater() throws {
    let (x, keys) = (Tensor(.float32, [6], [-1, 1, 1.5, 2, 9, .nan]), Tensor(.float32, [4], [0, 1, 1, 2]))
    #expect(try result(SearchSorted(isRight: false), [x, keys]).integers == [0, 1, 3, 3, 4, 0])
    #expect(try result(SearchSorted(isRight: true), [x, keys]).integers == [0, 3, 3, 4, 4, 0])
    #expect(throws: Diagnostic.self) { try SearchSorted().infer([x.type, TensorType(.float32, [time])]) }
    #expect(throws: Diagnostic.self) { try SearchSorted().infer([x.type, TensorType(.int32, [3])]) }
  }

  /// Two trees: `x0 <= 1 ? (x1 <= 2 ? A : B) : C`, and nothing but the leaf D.
  private static let nodes: [Tensor?] = [
    Tensor(.int32, [2], integers: [0, 1]), Tensor(.float32, [2], [1, 2]), Tensor(.int32, [2, 2], integers: [1, 4, 2, 3]),
    Tensor(.int32, [2, 2], integers: [0, 2, 5, 0]), Tensor(.int32, [5], integers: [0, 2, 3, 4, 5]),
    Tensor(.int32, [5], integers: [0, 1, 1, 0, 0]), Tensor(.float32, [5], [1, 2, 4, 8, 16]),
  ]

  @Test(
    arguments: [
      (TreeEnsemble.Aggregate.sum, [17.0, 2, 16, 4, 24, 0]), (.average, [8.5, 1, 8, 2, 12, 0]),
      (.max, [16, 2, 16, 4, 16, -3.4028234663852886e38]), (.min, [1, 2, 16, 4, 8, 3.4028234663852886e38]),
    ])
  func treesGiveTheWeightsOfTheirLeaves(aggregate: TreeEnsemble.Aggregate, expected: [Double]) throws {
    let x = Tensor(.float32, [3, 2], [1, 2, 0, 2.5, 1.5, 0])
    let op = TreeEnsemble(targets: 2, aggregate)
    #expect(try result(op, [x] + Self.nodes).doubles == expected)
    let types = ([x] + Self.nodes).map { $0?.type }
    #expect(try LoweredNode(op, types).run(([x] + Self.nodes).compactMap { $0 })[0].doubles == expected)
  }

  @Test func missingFeaturesGoWhereTheyAreSent() throws {
    let x = Tensor(.float32, [1, 2], [.nan, .nan])
    #expect(try result(TreeEnsemble(targets: 2), [x] + Self.nodes).doubles == [24, 0])
    for (flags, expected) in [([1, 0], [16.0, 4]), ([1, 1], [17, 2]), ([0, 1], [24, 0])] as [([Int64], [Double])] {
      let inputs = [x] + Self.nodes + [Tensor(.bool, [2], integers: flags)]
      #expect(try result(TreeEnsemble(targets: 2), inputs).doubles == expected)
      #expect(try LoweredNode(TreeEnsemble(targets: 2), inputs.map { $0?.type }).run(inputs.compactMap { $0 })[0].doubles == expected)
    }
  }

  /// Tables of any numbers touch no foreign memory, and have one meaning.
  @Test(arguments: TreeEnsemble.Aggregate.allCases, [DType.float32, .float64])
  func anyTablesAreSafe(aggregate: TreeEnsemble.Aggregate, dtype: DType) throws {
    let types: [TensorType?] = [
      TensorType(dtype, [5, 3]), TensorType(.int32, [6]), TensorType(dtype, [6]), TensorType(.int32, [6, 2]), TensorType(.int32, [4, 2]),
      TensorType(.int32, [8]), TensorType(.int32, [9]), TensorType(.float32, [9]), TensorType(.bool, [6]),
    ]
    try expectAgreement(TreeEnsemble(targets: 4, aggregate), types, within: 1e-6)
    try expectAgreement(TreeEnsemble(targets: 1, aggregate), Array(types.dropLast()), within: 1e-6)
  }

  @Test func refusesTablesThatDoNotFit() {
    var types = ([Tensor(.float32, [1, 2], [0, 0])] + Self.nodes).map { $0?.type }
    #expect(throws: Never.self) { try TreeEnsemble(targets: 2).infer(types) }
    #expect(throws: Diagnostic.self) { try TreeEnsemble(targets: 0).infer(types) }
    types[2] = TensorType(.float64, [2])
    #expect(throws: Diagnostic.self) { try TreeEnsemble(targets: 2).infer(types) }
    types[2] = TensorType(.float32, [3])
    #expect(throws: Diagnostic.self) { try TreeEnsemble(targets: 2).infer(types) }
  }
}
