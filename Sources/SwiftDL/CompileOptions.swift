/// How a model is to be compiled.
public struct CompileOptions: Sendable {
  public enum Weights: String, CaseIterable, Sendable {
    /// `inline` up to 8 MB, `incbin` above.
    case automatic = "auto"
    /// Arrays in the C file.
    case inline
    /// A `.bin` file beside it that the assembler takes in.
    case incbin
    /// A `.bin` file that the program hands over: flash, mmap.
    case bind
  }

  public enum Numerics: String, CaseIterable, Sendable {
    /// Products and sums may be contracted, sums may run in several lanes.
    case fast
    /// The same bits from every compiler: no contraction.
    case strict
  }

  public enum Schedule: String, CaseIterable, Sendable {
    /// Tiled, unrolled and vectorised for the target.
    case automatic = "auto"
    /// The loops as the operators write them.
    case none
  }

  public enum Threads: String, CaseIterable, Sendable {
    /// Everything runs in the thread that calls.
    case none
    /// OpenMP's pragmas before long loops; without its flag, compilers see nothing of them.
    case openmp

    /// What compilers have to be told.
    var compilerFlags: [String] { self == .openmp ? ["-fopenmp"] : [] }
  }

  /// The prefix of everything in the C: `lenet5` gives `lenet5_run`.
  public var name: String
  /// The base name of the files; `name` where nothing else is said.
  public var fileName: String
  /// One of `Compilation.targets`.
  public var target = "generic"
  public var weights = Weights.automatic
  public var numerics = Numerics.fast
  public var schedule = Schedule.automatic
  public var threads = Threads.none
  /// Schedules that were measured for this model and target.
  public var tuning: Tuning?
  /// What is taken out of the model.
  public var pruning = Pruning.none
  /// Also a `main` that runs the model on files.
  public var harness = false
  /// Counters of the time of each layer in the model's struct; a harness prints them.
  public var profile = false
  /// The name of the header file, if it is not `NAME.h`.
  public var header: String?
  /// Makes integers of layers, as calibration has decided; `nil` leaves all as the model has them.
  public var calibration: Calibration?
  /// Weights of products are kept as int8 with a step for each channel; everything is computed with floats.
  public var narrowsWeights = false
  /// Where there are enough weights that share scales, four bits are kept of each.
  public var groupsWeights = false
  /// Passes after which `Compilation.dumps` holds the graph.
  public var dumpAfter: Set<String> = []

  public init(name: String) {
    self.name = name
    fileName = name
  }
}
