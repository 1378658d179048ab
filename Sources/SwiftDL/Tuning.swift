import Containers
import Passes
import Schedules
import Tensors

/// Schedules that were measured to be better than what the cost model decides: what `tune` finds and `--tuned` takes.
public struct Tuning: Hashable, Sendable {
  /// What was found for one loop nest.
  package struct Entry: Hashable, Sendable {
    /// The fingerprint of the kernel that the nest is in, and its outermost loop.
    package var kernel: String
    package var loop: String
    /// What the kernel is called in the C, for people.
    package var name: String
    /// Empty where the cost model's decision stays.
    package var choice: ScheduleChoice
    /// Of one call; `nil` where there was nothing to choose from.
    package var times: Times?

    package init(kernel: String, loop: String, name: String, choice: ScheduleChoice, times: Times?) {
      self.kernel = kernel
      self.loop = loop
      self.name = name
      self.choice = choice
      self.times = times
    }
  }

  /// The algorithm of a layer that is faster with another one than the cost model's.
  package struct Layer: Hashable, Sendable {
    package var name: String
    package var algorithm: ConvolutionAlgorithm
    package var times: Times

    package init(name: String, algorithm: ConvolutionAlgorithm, times: Times) {
      self.name = name
      self.algorithm = algorithm
      self.times = times
    }
  }

  package struct Times: Hashable, Sendable {
    /// As the cost model has it, and as it was chosen.
    package var defaultNanoseconds: Double
    package var nanoseconds: Double

    package init(defaultNanoseconds: Double, nanoseconds: Double) {
      self.defaultNanoseconds = defaultNanoseconds
      self.nanoseconds = nanoseconds
    }
  }

  /// The file that it was read from.
  package var path: String?
  /// The name of the machine that code was made for, and what compiled it.
  package var target: String
  package var compiler: String
  package var layers: [Layer] = []
  package var entries: [Entry]
  /// For every layer that is not in `layers`: to compare algorithms.
  var otherLayers: ConvolutionAlgorithm?

  package init(target: String, compiler: String, entries: [Entry]) {
    self.target = target
    self.compiler = compiler
    self.entries = entries
  }

  /// Reads a file that `tune` wrote.
  public init(contentsOf path: String) throws(CompilerError) {
    self = try reporting(file: path) { () throws(Diagnostic) in
      var tuning = try Tuning(JSONValue(parsing: try readFile(path), file: path))
      tuning.path = path
      return tuning
    }
  }

  var algorithms: AlgorithmChoices {
    AlgorithmChoices(Dictionary(layers.map { ($0.name, $0.algorithm) }) { first, _ in first }, others: otherLayers)
  }

  /// The choices for a kernel by the outermost loops of its nests; `nil` for one that was not measured.
  func choices(_ kernel: String) -> [String: ScheduleChoice]? {
    let found = entries.filter { $0.kernel == kernel }
    return found.isEmpty ? nil : Dictionary(found.map { ($0.loop, $0.choice) }) { first, _ in first }
  }
}
