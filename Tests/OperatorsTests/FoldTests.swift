import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct FoldTests {
  struct Case: Sendable {
    let size: [Int]
    let kernel: [Int]
    let window: SlidingWindow

    init(_ size: [Int], _ kernel: [Int], _ window: SlidingWindow = SlidingWindow()) {
      self.size = size
      self.kernel = kernel
      self.window = window
    }

    func type(_ dtype: DType) throws -> TensorType {
      let positions = try size.indices.map { try window.along($0).positions(Dim(size[$0]), kernel: kernel[$0]) }
      return TensorType(dtype, [2] + positions + Shape(kernel) + [3])
    }

    /// What a transposed convolution has to add at the ends.
    func missing() throws -> [Int] {
      try size.indices.map { axis in
        let along = window.along(axis)
        let count = try along.positions(Dim(size[axis]), kernel: kernel[axis]).constant ?? 0
        return size[axis] - ((count - 1) * along.stride + along.reach(kernel[axis]) - along.before - along.after)
      }
    }
  }

  static let cases: [Case] = [
    Case([5], [3]), Case([6], [2], SlidingWindow(strides: [2], padsBefore: [1], padsAfter: [1])),
    Case([7, 5], [3, 2], SlidingWindow(strides: [2, 3], dilations: [1, 2], padsBefore: [2, 0], padsAfter: [1, 2])),
    Case([3, 4, 5], [1, 1, 5]), Case([6, 6], [2, 2], SlidingWindow(dilations: [1, 5])), Case([9], [3], SlidingWindow(strides: [3])),
  ]

  @Test(arguments: cases)
  func lowersToItsMeaning(sample: Case) throws {
    for dtype in [DType.float32, .float64, .int32, .uint8, .float16] {
      let op = Fold(size: Shape(sample.size), sample.window)
      try expectAgreement(op, [try sample.type(dtype)], within: dtype == .float16 ? 1e-3 : 1e-6)
    }
  }

  /// Adding up windows of ones counts for each element the windows on it, and so does a transposed convolution.
  @Test(arguments: cases)
  func isATransposedConvolutionOfOnes(sample: Case) throws {
    func ones(_ dims: [Int]) -> Tensor { Tensor(.float32, dims, [Double](repeating: 1, count: dims.reduce(1, *))) }
    let dims = try sample.type(.float32).shape.constants ?? []
    let found = try result(Fold(size: Shape(sample.size), sample.window), [ones(dims)])
    let transposed = ConvolutionTranspose(sample.window, outputPadding: try sample.missing())
    let inputs = [ones(Array(dims[...sample.size.count]) + [1]), ones(sample.kernel + [1, 3])]
    #expect(try result(transposed, inputs + [nil]) == found)
  }

  @Test func addsWhatOneExpects() throws {
    #expect(try result(Fold(size: [4]), [counting([1, 3, 2, 1])]).floats == [0, 1 + 2, 3 + 4, 5])
  }

  @Test func leavesOpenDimensionsOpen() throws {
    let op = Fold(size: [time], SlidingWindow(strides: [2], padsBefore: [1]))
    for extent in 3...6 {
      try expectAgreement(op, [.floats([batch, (time - 2) / 2 + 1, 3, 2])], within: 1e-6, dims: ["B": 2, "T": extent])
    }
  }

  @Test func refusesWhatHasNoMeaning() {
    #expect(throws: Diagnostic.self) { try Fold(size: [4]).infer([.floats([1, 4, 2, 1])]) }
    #expect(throws: Diagnostic.self) { try Fold(size: [4]).infer([.floats([1, 3, 2])]) }
    #expect(throws: Diagnostic.self) { try Fold(size: []).infer([.floats([1, 3])]) }
    #expect(throws: Diagnostic.self) { try Fold(size: [4]).infer([TensorType(.bool, [1, 3, 2, 1])]) }
    #expect(throws: Diagnostic.self) { try Fold(size: [4]).infer([.floats([1, 3, time, 1])]) }
  }
}
