import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct ResizingTableTests {
  private func numbers(_ values: Double...) -> [Tensor] { values.map { Tensor(.float32, [1], [$0]) } }

  /// What `Resample` makes of `x` `[1, N]` with a table, and which elements come from beyond.
  private func resampled(_ x: Tensor, _ op: ResizingTable, _ parameters: [Tensor]) throws -> (found: Tensor, beyond: [Int64]) {
    let outputs = try op.evaluate(parameters)
    let lowered = try LoweredNode(op, parameters.map(\.type)).run(parameters)
    #expect(zip(outputs, lowered).allSatisfy { distance($0, $1) < 1e-5 }, "\(op)")
    return (try result(Resample(axis: 1), [x, outputs[0], outputs[1]]), outputs[2].integers)
  }

  /// The table that is made in advance for the same numbers.
  private func expected(_ x: Tensor, _ axis: ResizedAxis, _ resizing: Resizing) throws -> Tensor {
    let table = try resizing.table(axis)
    return try result(Resample(axis: 1), [x, table.startsTensor, table.weightsTensor(.float32)])
  }

  @Test(arguments: ResizeCoordinates.allCases, [(0.6, 4), (2.3, 16), (1, 7), (0.15, 1), (3, 21)])
  func isTheTableThatIsMadeInAdvance(coordinates: ResizeCoordinates, size: (scale: Double, output: Int)) throws {
    let x = mixed([1, 7])
    let axis = ResizedAxis(7, to: size.output, scale: size.scale, start: 0.3, end: 0.9)
    let parameters = numbers(size.scale, 0.3, 0.9)
    for repeatsEnds in [false, true] {
      for antialias in [false, true] {
        for (kernel, resize) in [(ResizingTable.Kernel.linear, ResizeKernel.linear), (.cubic, .cubic(-0.75))] {
          let op = ResizingTable(kernel, coordinates, extents: [7, Dim(size.output)], antialias: antialias, repeatsEnds: repeatsEnds)
          let found = try resampled(x, op, parameters).found
          let wanted = try expected(x, axis, .filtered(resize, coordinates, antialias: antialias, repeatsEnds: repeatsEnds))
          #expect(distance(found, wanted) < 1e-5, "\(op): \(found)")
        }
      }
    }
    for rounding in NearestRounding.allCases {
      let op = ResizingTable(.nearest, coordinates, extents: [7, Dim(size.output)], rounding: rounding)
      #expect(try resampled(x, op, parameters).found == expected(x, axis, .nearest(coordinates, rounding)))
    }
  }

  @Test(arguments: ResizeCoordinates.allCases, [1, 4, 7, 16])
  func theLengthsMaySayTheScale(coordinates: ResizeCoordinates, output: Int) throws {
    let parameters: [Tensor?] = [nil, Tensor(.float32, [], [0]), Tensor(.float32, [], [1])]
    for kernel in ResizingTable.Kernel.allCases {
      for antialias in [false, true] {
        let op = ResizingTable(kernel, coordinates, extents: [7, Dim(output)], antialias: antialias)
        let found = try LoweredNode(op, parameters.map { $0?.type }).run(parameters.compactMap { $0 })
        #expect(try zip(found, op.evaluate(parameters)).allSatisfy { distance($0, $1) < 1e-5 }, "\(op)")
        #expect(found[2].integers.allSatisfy { $0 == 0 })
      }
    }
  }

  @Test func tellsWhatComesFromBeyond() throws {
    let op = ResizingTable(.linear, .cropped, extents: [7, 4])
    #expect(try resampled(mixed([1, 7]), op, numbers(4.0 / 7, 0.3, 1.4)).beyond == [0, 0, 1, 1])
    #expect(try resampled(mixed([1, 7]), op, numbers(4.0 / 7, -0.1, 0.9)).beyond == [1, 0, 0, 0])
  }

  @Test(arguments: [0, -1, .nan, .infinity, 1e-30, 1e30])
  func survivesAnyNumbers(scale: Double) throws {
    for coordinates in ResizeCoordinates.allCases {
      for kernel in ResizingTable.Kernel.allCases {
        for antialias in [false, true] {
          let op = ResizingTable(kernel, coordinates, extents: [3, 5], antialias: antialias)
          let parameters = numbers(scale, 1e30, -1e30)
          let outputs = try LoweredNode(op, parameters.map(\.type)).run(parameters)
          #expect(outputs[0].integers.allSatisfy { $0 >= 0 && Int($0) + outputs[1].dims[1] <= 3 })
          #expect(try op.evaluate(parameters)[0].integers.allSatisfy { $0 >= 0 && Int($0) + outputs[1].dims[1] <= 3 })
        }
      }
    }
  }

  @Test func leavesTheResultOpen() throws {
    let op = ResizingTable(.linear, .halfPixel, extents: [4, time])
    for extent in [0, 1, 8] {
      let types = [TensorType(.float32, [])]
      #expect(try disagreement(op, types, seed: 1, inputs: [0: Tensor(.float32, [], [2])], dims: ["T": extent]) < 1e-6)
    }
  }

  @Test func refusesWhatHasNoMeaning() {
    let number = TensorType(.float32, [1])
    #expect(throws: Diagnostic.self) { try ResizingTable(.linear, .cropped, extents: [4, 2]).infer([number, nil, number]) }
    #expect(throws: Diagnostic.self) { try ResizingTable(.linear, .halfPixel, extents: [4]).infer([number]) }
    #expect(throws: Diagnostic.self) { try ResizingTable(.linear, .halfPixel, extents: [0, 2]).infer([number]) }
    #expect(throws: Diagnostic.self) { try ResizingTable(.linear, .halfPixel, extents: [time, 2]).infer([number]) }
    #expect(throws: Diagnostic.self) { try ResizingTable(.linear, .halfPixel, extents: [4, 2]).infer([TensorType(.float64, [1])]) }
  }
}
