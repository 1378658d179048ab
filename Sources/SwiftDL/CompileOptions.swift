import Passes
import Tensors

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

  public enum Precision: String, CaseIterable, Sendable {
    /// As the model has it.
    case float32 = "f32"
    /// Weights of products are rounded to bfloat16 where that is faster, and what they are multiplied with where the target sums such.
    case bfloat16 = "bf16"
  }

  public enum StoredWeights: Hashable, Sendable {
    case asInModel
    /// With a step for each channel.
    case int8
    /// With a scale for each group of inputs.
    case int4
    /// IEEE 754's float of 16 bits.
    case float16
    case bfloat16
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
  public var precision = Precision.float32
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
  /// What weights of products are kept as; everything is computed with floats.
  public var storedWeights = StoredWeights.asInModel
  /// Passes after which `Compilation.dumps` holds the graph.
  public var dumpAfter: Set<String> = []

  public init(name: String) {
    self.name = name
    fileName = name
  }

  /// What weights are kept as; `nil` where they stay as the model has them.
  func narrowType() throws(Diagnostic) -> NarrowType? {
    switch storedWeights {
    case .int8: return .int8
    case .int4: return .int4
    case .float16: return .float16
    case .bfloat16: return .bfloat16
    case .asInModel: return precision == .bfloat16 ? .fasterBFloat16(try Compilation.scheduledTarget(self)) : nil
    }
  }
}
