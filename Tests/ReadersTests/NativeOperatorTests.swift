import Containers
import GraphIR
import LoopIR
import Operators
import Readers
import Tensors
import TestSupport
import Testing

/// Every operator and every elementwise function, written as our JSON, is read as itself.
@Suite struct NativeOperatorTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let op: any Operator
    let types: [TensorType?]
    var testDescription: String { op.name }

    init(_ op: any Operator, _ shapes: [[Int]?], _ dtypes: [Int: DType] = [:]) {
      self.op = op
      types = shapes.enumerated().map { entry in entry.element.map { TensorType(dtypes[entry.offset] ?? .float32, Shape($0)) } }
    }

    /// A model of this one node. `attributes` stand in for the operator's own.
    func text(_ attributes: JSON? = nil) -> String {
      let inputs = types.enumerated().compactMap { entry in entry.element.map { nativeInput("x\(entry.offset)", $0) } }
      let names = types.enumerated().map { $0.element == nil ? "null" : "\"x\($0.offset)\"" }
      let outputs = (try? op.infer(types))?.indices.map { "\"y\($0)\"" }.joined(separator: ", ") ?? "\"y0\""
      return """
        {"format": "swiftdl", "version": 1, "inputs": [\(inputs.joined(separator: ", "))], "outputs": [\(outputs)],
         "nodes": [{"op": "\(op.name)", "inputs": [\(names.joined(separator: ", "))], "outputs": [\(outputs)],
                    "attributes": \((attributes ?? json(op)).compact)\(bodies(op))}]}
        """
    }
  }

  private static let window = SlidingWindow(strides: [2], dilations: [1], padsBefore: [1], padsAfter: [0])

  static let cases: [Case] = [
    Case(AdaptivePool(.average, size: [3, 2]), [[1, 5, 4, 2]]),
    Case(ArgPool(size: [2], window, isColumnMajor: true, dtype: .int32), [[1, 6, 2]]),
    Case(ArgReduce(.min, axis: 1, keepDims: true, dtype: .int64, takesLast: true), [[2, 5]]),
    Case(BlockFold(channels: 2, size: [6], window), [[1, 6, 3], [1]], [1: .int64]),
    Case(BlockReduce(.l2, shape: [2, 1], counts: [2, 3]), [[4, 3]]),
    Case(Concatenate(axis: 1), [[2, 3], [2, 1], [2, 4]]), Case(Convolution(window, groups: 2), [[1, 7, 4], [3, 2, 6], [6]]),
    Case(ConvolutionTranspose(window, outputPadding: [1], groups: 1), [[1, 4, 3], [3, 3, 2]]),
    Case(Cumulative(.prod, axis: 0, isExclusive: true, isReversed: true), [[4, 2]]),
    Case(DepthwiseConvolution(window), [[1, 6, 3], [2, 3, 2], nil]),
    Case(Determinant(), [[2, 3, 3]]), Case(Expand([2, 3, 4]), [[3, 1]]), Case(Extents([2, 3]), []),
    Case(GroupedColumns(transposed: true), [[2, 3, 6]], [0: .uint8]),
    Case(PackedProduct(), [[2, 3, 6], [2, 2, 20]], [0: .uint8, 1: .int8]),
    Case(IntegerNormalise(axes: [0], subtractsMean: false, epsilon: 2.5, zero: 7), [[3, 2]], [0: .uint8]),
    Case(IntegerSoftmax(axis: 0, octaves: 0.125), [[3, 2]], [0: .int16]),
    Case(Excerpt([2, 3], mode: .wrap), [[3, 1], [2], [2]], [1: .int64, 2: .int64]), Case(Iota(3, .float32), []),
    Case(NonZero(2, .int32), [[3, 1]]), Case(ResolvedShape([2, 6], allowsZero: true), [[2]], [0: .int64]),
    Case(ResolvedSlice([2, 6]), [[1], [1]], [0: .int64, 1: .int64]),
    Case(recurrent(GRU()), [[2, 3, 6], [2, 6], nil, [2, 2], [6]]),
    Case(Fold(size: [6], window), [[1, 3, 3, 2]]),
    Case(GridSample(.cubic, .reflection, .middles), [[1, 3, 4, 2], [1, 5, 2]]),
    Case(Gather(axis: 1), [[2, 5], [3]], [1: .int32]), Case(GatherElements(axis: 0), [[4, 2], [3, 2]], [1: .int64]),
    Case(GatherND(batchAxes: 1), [[2, 3, 4], [2, 5, 1]], [1: .int64]),
    Case(
      integerGRU(), [[2, 3, 6], [2, 6], nil, [6], [96], [6], [2, 2]],
      [0: .int16, 1: .int8, 3: .int32, 4: .int32, 5: .int32, 6: .int16]),
    Case(recurrent(LSTM()), [[2, 3, 8], [2, 8], [2, 3], nil, [2, 2]], [2: .bool]), Case(MatMul(transposeB: true), [[2, 3], [4, 3]]),
    Case(MatMul(widens: true, zeroA: 3, zeroB: -7), [[2, 3], [3, 4]], [0: .uint8, 1: .int8]),
    Case(Normalise(axes: [1], subtractsMean: false, divisor: .norm, epsilon: 0.5), [[2, 4], nil, [4]]),
    Case(NonMaxSuppression(isCentred: true, most: 2), [[1, 5, 4], [1, 2, 5], [1], [], nil], [2: .int64]),
    Case(OneHot(depth: 4, axis: 1, on: 2, off: -1, dtype: .float32), [[3]], [0: .int32]),
    Case(
      GroupedProduct(group: 4, taps: [2], window: SlidingWindow(padsBefore: [1], padsAfter: [0])), [[1, 5, 6], [2, 3, 7], [2, 2, 7]],
      [1: .uint8, 2: .uint8]),
    Case(
      PackedProduct(taps: [2, 3], window: SlidingWindow(strides: [2, 1])), [[1, 5, 6, 3], [2, 3, 8], [2]], [0: .uint8, 1: .int8, 2: .int32]),
    Case(Pad(before: [1, 0], after: [0, 2], mode: .constant, value: 0.5), [[2, 3]]), Case(Pool(.median, size: [2], window), [[1, 6, 2]]),
    Case(RandomBits([2, 3], seed: 7), []), Case(Prefix([2, 1]), [[3, 2]]), Case(Reduce(.logSumExp, axes: [0], keepDims: true), [[3, 2]]),
    Case(Repeat(3, axis: 0), [[2, 2]]),
    Case(Resample(axis: 1), [[1, 4, 2], [3], [3, 2]], [1: .int32]), Case(Reshape([3, -1]), [[2, 6]]), Case(Reverse([1]), [[2, 3]]),
    Case(RoiAlign(.max, size: [2, 3], scale: 0.5, samples: 2, isCentred: false), [[2, 5, 6, 2], [3, 4], [3]], [2: .int64]),
    Case(RoiPool(size: [2, 3], scale: 0.5), [[2, 5, 6, 2], [3, 5]]),
    Case(ResizingTable(.cubic, .alignCorners, extents: [4, 6], rounding: .ceil, antialias: true, repeatsEnds: false), [[1]]),
    Case(ReverseSequence(batchAxis: 1, timeAxis: 0), [[3, 2], [2]], [1: .int64]),
    Case(Roll([1, -2], axes: [0, 1]), [[3, 4]]),
    Case(If(then: Graph(name: "body"), else: Graph(name: "body")), [[], [2]], [0: .bool]),
    Case(WhileLoop(Graph(name: "body"), carried: 1, trips: 3), [nil, nil, [2]]),
    Case(Scan(Graph(name: "body"), carried: 1, sequences: 1, isReversed: true), [[2], [3, 2]]),
    Case(ScatterElements(axis: 1, .add), [[3, 4], [3, 2], [3, 2]], [1: .int32]),
    Case(ScatterND(.max), [[3, 4], [2, 1], [2, 4]], [1: .int64]),
    Case(SearchSorted(isRight: true), [[2, 3], [4]]), Case(recurrent(SimpleRNN()), [[2, 3, 2], [2, 2]]),
    Case(Slice(starts: [1], ends: [2_147_483_647], axes: [-1], steps: [2]), [[2, 6]]),
    Case(SparseProduct(outputs: 3), [[2, 16], [3, 4, 2], [3, 2], [3], [3]], [2: .int32, 3: .uint16, 4: .int32]),
    Case(
      SparseDots(outputs: 3), [[2, 16], [3, 2, 8], [3, 8], [3, 2], [3]], [0: .uint8, 1: .int8, 2: .uint8, 3: .uint16, 4: .int32]),
    Case(
      SparseRows(taps: [2], window: SlidingWindow(strides: [2], dilations: [1])), [[1, 7, 3], [5], [5], [4]], [2: .uint8, 3: .uint16]),
    Case(LiteralProduct(bounds: [0, 1, 3], places: [4, 0, 2], weights: [0.5, -1, 3]), [[2, 5]]),
    Case(Softmax(axis: 0, isLogarithm: true), [[3, 2]]), Case(Sparsemax(axis: -1), [[2, 4]]), Case(Tile([2, 1]), [[2, 3]]),
    Case(TopK(2, axis: 0, isLargest: false, dtype: .int64), [[4, 2]]), Case(Transpose([1, 0], staysInPlace: true), [[2, 3]]),
    Case(Unique(isSorted: false), [[4]]),
    Case(WinogradConvolution(tile: 2, block: 3, channels: 2, outputs: 4, padsBefore: [1, 0]), [[1, 5, 6, 3], [2, 16, 1, 3, 2], [4]]),
    Case(
      TreeEnsemble(targets: 2, .average), [[2, 3], [3], [3], [3, 2], [2, 2], [5], [4], [4], [3]],
      [1: .int32, 3: .int32, 4: .int32, 5: .int32, 6: .int32, 8: .bool]),
  ]

  @Test(arguments: cases) func isReadAsItself(item: Case) throws {
    let model = try readNative(item.text())
    #expect(model.graph.defects() == [])
    var op = try #require(model.graph.nodes.first?.op)
    if op.control != nil { op = try op.mappingBodies { _ in Graph(name: "body") } }
    let isSame = op.isEqual(to: item.op)
    #expect(isSame)
    if item.op.control != nil { return }
    var generator = SeededGenerator(7)
    let inputs = item.types.map { type in type.map { Tensor.random($0.dtype, $0.shape.constants ?? [], .whole, using: &generator) } }
    let expected = try item.op.evaluate(inputs)
    #expect(try nativeOutputs(model, inputs.compactMap { $0 }) == expected)
  }

  @Test func everyOperatorHasACase() {
    let missing = Set(OperatorSet.all.map { $0.name }).subtracting(Self.cases.map { $0.op.name } + [Map.name])
    #expect(missing.isEmpty)
  }

  @Test func everyFunctionIsReadAsItselfForEachOfItsTypes() throws {
    var generator = SeededGenerator(9)
    for row in ElementwiseFunction.all {
      for dtype in [DType.float32, .int32, .bool, .float16] where row.domain.contains(dtype) && (dtype.isFloat || row.hasWholeDefaults) {
        let dtypes = row.domain == .selection ? [.bool, dtype, dtype] : [DType](repeating: dtype, count: row.arity)
        let inputs = dtypes.enumerated().map { nativeInput("x\($0.offset)", TensorType($0.element, [2, 3])) }.joined(separator: ", ")
        let names = dtypes.indices.map { "\"x\($0)\"" }.joined(separator: ", ")
        let attributes = JSON.object(row.defaults.filter { $0.value.isFinite }.map { .init($0.name, .number($0.value)) }).compact
        let text = """
          {"format": "swiftdl", "version": 1, "inputs": [\(inputs)], "outputs": ["y"],
           "nodes": [{"op": "\(row.name)", "inputs": [\(names)], "outputs": ["y"], "attributes": \(attributes)}]}
          """
        let model = try readNative(text)
        let map = try row.map(of: dtypes)
        let isSame = model.graph.nodes.first.map { $0.op.isEqual(to: map) }
        #expect(isSame == true, "\(row.name) of \(dtype)")
        let tensors = dtypes.map { Tensor.random($0, [2, 3], .small, using: &generator) }
        let found = try nativeOutputs(model, tensors)[0]
        #expect(distance(found, try map.evaluate(tensors)[0]) == 0, "\(row.name) of \(dtype)")
      }
    }
  }

  /// Numbers that arithmetic is afraid of, in place of each number of each operator: read or refused, and never a crash.
  @Test(arguments: cases) func survivesExtremeAttributes(item: Case) throws {
    let extremes: [JSON] = [
      0, -1, 32_768, 2_147_483_647, 2_147_483_648, -2_147_483_648, .integer(.max), .integer(.min), 1e308, .number(.nan), .array([]), .null,
      "T",
    ]
    guard case .object(let members) = json(item.op) else { return }
    for position in members.indices {
      for extreme in extremes {
        var changed = members
        if case .array(let list) = members[position].value, extreme != .null, extreme != .array([]) {
          changed[position].value = .array(list.map { _ in extreme })
        } else {
          changed[position].value = extreme
        }
        let text = item.text(.object(changed))
        if let model = try? readNative(text) { #expect(model.graph.defects() == [], "\(text)") }
      }
    }
  }
}

extension ElementwiseFunction {
  fileprivate var hasWholeDefaults: Bool { defaults.allSatisfy { $0.value == $0.value.rounded() } }
}

/// The graphs of an operator that has some, as members of its node.
private func bodies(_ op: any Operator) -> String {
  switch op.control {
  case nil: ""
  case .scan:
    #"""
    , "body": {"inputs": ["s", "e"], "nodes": [{"op": "add", "inputs": ["s", "e"], "outputs": ["t"]}],
     "outputs": [{"name": "s", "value": "t"}, {"name": "all", "value": "t"}]}
    """#
  case .branch:
    #"""
    , "then": {"inputs": ["e"], "nodes": [{"op": "abs", "inputs": ["e"], "outputs": ["t"]}], "outputs": ["t"]},
     "else": {"inputs": ["e"], "nodes": [{"op": "exp", "inputs": ["e"], "outputs": ["t"]}], "outputs": ["t"]}
    """#
  case .loop:
    #"""
    , "body": {"inputs": ["n", "on", "s"], "nodes": [{"op": "abs", "inputs": ["s"], "outputs": ["t"]}], "outputs": ["on", "t"]}
    """#
  }
}

/// A recurrent cell with every flag changed.
private func integerGRU() -> any Operator {
  var op = IntegerRecurrent()
  (op.cell, op.inputBits, op.stateBits, op.sumShift, op.productBits, op.clip) = (.gru, [12, 11, 10], [15], 3, 4, 2)
  (op.activation, op.recurrentActivation, op.couplesGates) = (Activation("relu"), Activation("hard_sigmoid", [0.2, 0.5]), true)
  (op.outputActivation, op.goBackwards, op.zeroOutputForMask) = (Activation("sigmoid", []), true, true)
  return op
}

private func recurrent<Op: Operator>(_ op: Op) -> any Operator {
  let given: [String: AttributeValue] = [
    "activation": .string("leaky_relu"), "activation_parameters": .floats([0.5]), "go_backwards": .bool(true),
    "zero_output_for_mask": .bool(true),
  ]
  return (try? Op(attributes: given)) ?? op
}

func nativeInput(_ name: String, _ type: TensorType) -> String {
  "{\"name\": \"\(name)\", \"dtype\": \"\(type.dtype)\", \"shape\": [\(type.shape.map(\.description).joined(separator: ", "))]}"
}

private func json(_ op: any Operator) -> JSON { .object(op.attributeValues.map { .init($0.name, json($0.value)) }) }

private func json(_ value: AttributeValue) -> JSON {
  switch value {
  case .bool(let flag): .bool(flag)
  case .int(let number): .integer(number)
  case .float(let number): .number(number)
  case .string(let text): .string(text)
  case .ints(let numbers): .array(numbers.map { .integer($0) })
  case .floats(let numbers): .array(numbers.map { .number($0) })
  case .strings(let texts): .array(texts.map { .string($0) })
  }
}
