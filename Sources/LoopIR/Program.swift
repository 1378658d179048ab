import Tensors

/// One emitted function: a loop nest over the buffers it is given.
package struct Kernel: Hashable, Sendable {
  /// A C identifier, unique in the program.
  package var name: String
  package var parameters: [Parameter]
  /// Open dimensions that the nest uses, in order; they precede the buffers in the emitted function.
  package var dims: [String]
  package var body: [Stmt]
  /// What the schedule did, for the comment above the function.
  package var notes: [String]

  package init(_ name: String, _ parameters: [Parameter], dims: [String] = [], body: [Stmt], notes: [String] = []) {
    self.name = name
    self.parameters = parameters
    self.dims = dims
    self.body = body
    self.notes = notes
  }
}

package struct Parameter: Hashable, Sendable {
  package var buffer: Buffer
  package var isWritten: Bool
  /// No other parameter of the same call shares its memory.
  package var isUnaliased: Bool

  package init(_ buffer: Buffer, isWritten: Bool, isUnaliased: Bool = true) {
    self.buffer = buffer
    self.isWritten = isWritten
    self.isUnaliased = isUnaliased
  }
}

/// The memory that an argument lies in.
package enum Storage: Hashable, Sendable {
  /// By position among the program's inputs, outputs, constants, states.
  case input(Int)
  case output(Int)
  case constant(Int)
  case state(Int)
  /// The working memory; the offset counts bytes.
  case arena(byteOffset: Int)
}

/// What a kernel is called with: a place in some memory.
package struct Argument: Hashable, Sendable {
  package var storage: Storage
  /// Elements from the start of the storage; may depend on the variables of loops around the call.
  package var offset: Expr

  package init(_ storage: Storage, offset: Expr = 0) {
    self.storage = storage
    self.offset = offset
  }
}

/// One step of a run.
package indirect enum Step: Hashable, Sendable {
  /// Kernel by position, and one argument for each of its parameters.
  case call(kernel: Int, [Argument], layer: Int)
  /// The steps once for each value of the variable from 0 up to but not including `count`.
  case loop(String, count: Expr, [Step])
  /// Reads a computed dimension from an integer; a run in which it is outside of the range fails.
  case settle(dim: String, Argument, DType, ClosedRange<Int>)
  /// The steps again and again.
  case repetition(Repetition, [Step])
  /// One of two sequences by an element of type bool.
  case branch(Argument, then: [Step], else: [Step])
}

extension Program {
  /// Some steps run until data ends them.
  package var repeats: Bool { steps.contains(where: \.repeats) }
}

extension Step {
  fileprivate var repeats: Bool {
    switch self {
    case .repetition: true
    case .call, .settle: false
    case .loop(_, _, let body): body.contains(where: \.repeats)
    case .branch(_, let then, let otherwise): (then + otherwise).contains(where: \.repeats)
    }
  }
}

/// How often steps run: while the condition holds, fewer times than the trip count. Where they would run more or less often than is
/// allowed, the whole run fails.
package struct Repetition: Hashable, Sendable {
  /// Counts the repetitions from 0.
  package var variable: String
  /// How often the steps may run; up to 2^31 - 1.
  package var counts: ClosedRange<Int>
  /// An element of type int64; without it only the condition ends the steps.
  package var trips: Argument?
  /// An element of type bool, looked at before each repetition.
  package var condition: Argument?

  package init(_ variable: String, _ counts: ClosedRange<Int>, trips: Argument?, condition: Argument?) {
    self.variable = variable
    self.counts = counts
    self.trips = trips
    self.condition = condition
  }
}

/// A network as it is emitted: kernels, the order of their calls, and where all tensors lie.
package struct Program: Hashable, Sendable {
  /// An input, output or state: the name in the user's model, the C name, and the type.
  package struct Port: Hashable, Sendable {
    package var name: String
    package var identifier: String
    package var type: TensorType

    package init(name: String, identifier: String, type: TensorType) {
      self.name = name
      self.identifier = identifier
      self.type = type
    }
  }

  /// Data that is known when we compile, in the order in which kernels read it.
  package struct Constant: Hashable, Sendable {
    package var identifier: String
    package var data: Tensor

    package init(identifier: String, data: Tensor) {
      self.identifier = identifier
      self.data = data
    }
  }

  /// A dimension that the caller settles, as an `int32_t` argument, or that a run computes, between `range`.
  package struct OpenDim: Hashable, Sendable {
    package var name: String
    package var identifier: String
    package var range: ClosedRange<Int>

    package init(name: String, identifier: String, range: ClosedRange<Int>) {
      self.name = name
      self.identifier = identifier
      self.range = range
    }
  }

  /// What a user thinks of as a layer: a node of the optimised graph.
  package struct Layer: Hashable, Sendable {
    package var name: String
    package var operatorName: String
    package var macs: Dim
    /// Bytes read and written.
    package var bytes: Dim
    package var outputs: [LayerOutput] = []

    package init(name: String, operatorName: String, macs: Dim, bytes: Dim) {
      self.name = name
      self.operatorName = operatorName
      self.macs = macs
      self.bytes = bytes
    }
  }

  /// Where the value of a layer can be looked at after its last step.
  package struct LayerOutput: Hashable, Sendable {
    /// The name of the graph's value.
    package var value: String
    package var argument: Argument
    package var view: TensorView

    package init(value: String, argument: Argument, view: TensorView) {
      self.value = value
      self.argument = argument
      self.view = view
    }
  }

  package var name: String
  package var inputs: [Port] = []
  package var outputs: [Port] = []
  package var states: [Port] = []
  package var constants: [Constant] = []
  package var openDims: [OpenDim] = []
  /// Dimensions that a run computes.
  package var computedDims: [OpenDim] = []
  package var kernels: [Kernel] = []
  package var steps: [Step] = []
  package var layers: [Layer] = []
  package var arenaBytes = 0
  /// The largest sum of bytes that are live at one time: no plan can do with less.
  package var arenaLowerBound = 0

  package init(name: String) { self.name = name }
}

extension Program {
  /// Computed dimensions that outputs depend on: a run hands them back.
  package var returnedDims: [OpenDim] {
    let symbols = Set(outputs.flatMap { $0.type.shape.flatMap(\.symbols) })
    return computedDims.filter { symbols.contains($0.name) }
  }

  /// The largest value of an extent, reached where every dimension that is not given is at one end of its range.
  package func largest(_ dim: Dim, given: [String: Int] = [:]) -> Int {
    var corners = [given]
    for open in openDims + computedDims where dim.symbols.contains(open.name) && given[open.name] == nil {
      corners = corners.flatMap { corner in
        Set([open.range.lowerBound, open.range.upperBound]).map { corner.merging([open.name: $0]) { $1 } }
      }
    }
    guard let largest = corners.compactMap({ dim.value($0) }).max() else { preconditionFailure("\(dim) is without bounds") }
    return largest
  }
}
