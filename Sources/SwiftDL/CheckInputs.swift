import GraphIR
import Readers
import Tensors

/// One run of a check: inputs, and what the model's own files say the outputs must be.
package struct CheckCase {
  var name: String
  var inputs: [Tensor]
  var expected: [Tensor]?
  /// States are those that the case before left.
  var continues = false
  var tolerance: Double?

  package init(name: String, inputs: [Tensor], expected: [Tensor]? = nil, continues: Bool = false, tolerance: Double? = nil) {
    self.name = name
    self.inputs = inputs
    self.expected = expected
    self.continues = continues
    self.tolerance = tolerance
  }
}

extension CheckCase {
  /// The model's test vectors, cut into batches of the graph's size, and random and extreme inputs, repeatable from `seed`.
  static func all(of model: ReadModel, dims: [String: ClosedRange<Int>], seed: UInt64, randomRuns: Int) -> [CheckCase] {
    let vectors = model.tests.enumerated().flatMap { split($0.element, into: model.graph, name: "test \($0.offset)") }
    let random = (0..<randomRuns).map { run in
      var generator = SeededGenerator(seed &+ UInt64(run))
      let extents = dims.mapValues { range in
        run == 0 ? range.upperBound : run == 1 ? range.lowerBound : Int.random(in: range, using: &generator)
      }
      let draw = Draw.allCases[run % Draw.allCases.count]
      let inputs = model.graph.inputs.map { id in
        let type = model.graph.type(id)
        return Tensor.random(type.dtype, type.shape.map { $0.value(extents) ?? 1 }, draw, using: &generator)
      }
      return CheckCase(name: "\(draw) random inputs, seed \(seed &+ UInt64(run))", inputs: inputs)
    }
    return vectors + random
  }

  /// A vector of several rows as several cases, where the graph takes one batch at a time.
  private static func split(_ vector: TestVector, into graph: Graph, name: String) -> [CheckCase] {
    let whole = CheckCase(
      name: name, inputs: zip(vector.inputs, graph.inputs).map { $0.converted(to: graph.type($1).dtype) },
      expected: zip(vector.outputs, graph.outputs).map { $0.converted(to: graph.type($1.value).dtype) },
      continues: vector.continues, tolerance: vector.tolerance)
    let batches = zip(vector.inputs, graph.inputs).map { tensor, id -> (rows: Int, batch: Int)? in
      guard let rows = tensor.dims.first, let batch = graph.type(id).shape.first?.constant, batch > 0 else { return nil }
      return (rows, batch)
    }
    guard let (rows, batch) = batches.first ?? nil, rows > batch, rows.isMultiple(of: batch),
      batches.allSatisfy({ $0?.rows == rows && $0?.batch == batch }), vector.outputs.allSatisfy({ $0.dims.first == rows })
    else { return [whole] }
    return (0..<rows / batch).map { part in
      let range = part * batch..<(part + 1) * batch
      return CheckCase(
        name: "\(name), rows \(range.lowerBound)..<\(range.upperBound)", inputs: whole.inputs.map { $0.rows(range) },
        expected: whole.expected?.map { $0.rows(range) }, tolerance: vector.tolerance)
    }
  }
}

extension Tensor {
  /// The same numbers in another type of the same kind: files of vectors do not know every type.
  fileprivate func converted(to dtype: DType) -> Tensor {
    guard dtype != self.dtype, dtype.isFloat == self.dtype.isFloat else { return self }
    return dtype.isFloat ? Tensor(dtype, dims, doubles) : Tensor(dtype, dims, integers: integers)
  }

  /// A part of the leading axis.
  func rows(_ range: Range<Int>) -> Tensor {
    let size = dims.dropFirst().reduce(dtype.byteCount, *)
    return Tensor(dtype, [range.count] + dims.dropFirst(), bytes: Array(bytes[range.lowerBound * size..<range.upperBound * size]))
  }
}
