import LoopIR
import Tensors

/// The weights of a program: the text that defines them, or the block that is loaded, and how each is reached.
struct WeightsPrinter {
  private(set) var definitions: [UInt8] = []
  private(set) var block: [UInt8]?
  private(set) var byteCount = 0
  /// The C text of the first element of each constant that is used.
  private(set) var references: [Int: String] = [:]
  /// The definition of `NAME_bind`, or nothing.
  private(set) var bindFunction = ""
  private let names: ModelNames
  private let fileName: String

  init(_ program: Program, _ names: ModelNames, _ facts: ProgramFacts, _ options: SourceOptions) {
    self.names = names
    fileName = options.shownFileName
    let constants = facts.usedConstants.sorted().map { (position: $0, tensor: program.constants[$0].data) }
    switch options.weights ?? .inline {
    case .inline: printTables(constants)
    case .incbin:
      layOut(constants, base: "\(names.prefix)_weights_data")
      if block != nil { definitions = Array(assembly.utf8) }
    case .bind:
      layOut(constants, base: "self->weights")
      block = block ?? []
      bindFunction = bindText
    }
  }

  private mutating func printTables(_ constants: [(position: Int, tensor: Tensor)]) {
    if constants.isEmpty { return }
    var tables = WeightTables()
    for (position, tensor) in constants {
      tables.add(names.constants[position], tensor, section: "SWDL_WEIGHTS ")
      references[position] = WeightTables.reference(names.constants[position], tensor)
      byteCount += tensor.bytes.count
    }
    definitions = Array(sectionMacro.utf8) + tables.bytes
  }

  private mutating func layOut(_ constants: [(position: Int, tensor: Tensor)], base: String) {
    if constants.isEmpty { return }
    var block = WeightBlock()
    for (position, tensor) in constants {
      let offset = block.add(tensor)
      let place = offset == 0 ? base : "(\(base) + \(offset))"
      references[position] = "((const \(tensor.dtype.storage) *)(const void *)\(place))"
    }
    self.block = block.bytes
    byteCount = block.bytes.count
  }

  private var sectionMacro: String {
    """
    /* Define \(names.macro)_WEIGHTS_SECTION as a string to choose the section of the weights. */
    #if !defined(__GNUC__)
    #define SWDL_WEIGHTS
    #elif defined(\(names.macro)_WEIGHTS_SECTION)
    #define SWDL_WEIGHTS __attribute__((aligned(64), section(\(names.macro)_WEIGHTS_SECTION)))
    #else
    #define SWDL_WEIGHTS __attribute__((aligned(64)))
    #endif


    """
  }

  /// The symbol is hidden, so that shared objects reach it directly, and global, so that it survives link-time optimisation.
  private var assembly: String {
    let symbol = "\(names.prefix)_weights_data"
    return """
      /* Define \(names.macro)_WEIGHTS_SECTION and \(names.macro)_WEIGHTS_FILE as strings to choose the section and the file. */
      #ifndef \(names.macro)_WEIGHTS_SECTION
      #define \(names.macro)_WEIGHTS_SECTION ".rodata"
      #endif
      #ifndef \(names.macro)_WEIGHTS_FILE
      #define \(names.macro)_WEIGHTS_FILE "\(fileName)_weights.bin"
      #endif
      #if defined(__GNUC__)
      __asm__(
          ".pushsection " \(names.macro)_WEIGHTS_SECTION ",\\"a\\"\\n"
          ".balign 64\\n"
          ".global \(symbol)\\n"
          ".hidden \(symbol)\\n"
          "\(symbol):\\n"
          ".incbin \\"" \(names.macro)_WEIGHTS_FILE "\\"\\n"
          ".popsection\\n");
      extern const unsigned char \(symbol)[\(byteCount)] __attribute__((visibility("hidden")));
      #else
      #error "this compiler cannot include the weights: compile the model with --weights inline or bind"
      #endif


      """
  }

  private var bindText: String {
    """
    int \(names.prefix)_bind(\(names.prefix)_t *self, const void *weights) {
      if (weights == 0 || (uintptr_t)weights % 8 != 0) {
        return 1;
      }
      self->weights = (const unsigned char *)weights;
      return 0;
    }


    """
  }
}
