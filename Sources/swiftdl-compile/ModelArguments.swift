import ArgumentParser
import SwiftDL

/// What every subcommand has to know about a model.
struct ModelArguments: ParsableArguments {
  @Argument(help: "The model: .onnx, .keras, .h5, model.json, … The format is recognised by content.", completion: .file())
  var model: String

  @Option(help: "The file with the weights, where they are not found beside the model.", completion: .file())
  var modelWeights: String?

  @Option(help: "The batch: N fixes it, ..N leaves it open up to N. Default: 1 where the model leaves it open.")
  var batch: ExtentArgument?

  @Option(
    name: .customLong("dim"),
    help:
      "Settle an open dimension: NAME=32 fixes it, NAME=..256 leaves it open up to 256. NAME is the model's symbol, or input and axis: input_1.1."
  )
  var dims: [DimArgument] = []

  var options: ModelOptions {
    ModelOptions(weights: modelWeights, batch: batch?.extent, dims: Dictionary(dims.map { ($0.name, $0.extent) }) { $1 })
  }

  func validate() throws {
    let names = dims.map(\.name)
    if let twice = names.first(where: { name in names.filter { $0 == name }.count > 1 }) {
      throw ValidationError("--dim \(twice) is given twice")
    }
  }

  /// Reads the model and shows its warnings.
  func load(withTestData: Bool = false) throws -> Model {
    var options = options
    options.readsTestData = withTestData
    let model = try Model(contentsOf: model, options: options)
    Terminal.show(model.warnings)
    return model
  }
}

/// `32` or `..256`.
struct ExtentArgument: ExpressibleByArgument {
  let extent: Extent

  init?(argument: String) {
    let isBound = argument.hasPrefix("..")
    guard let value = Int(isBound ? argument.dropFirst(2) : argument[...]), value > 0 else { return nil }
    extent = isBound ? .upTo(value) : .fixed(value)
  }
}

/// `NAME=32` or `NAME=..256`.
struct DimArgument: ExpressibleByArgument {
  let name: String
  let extent: Extent

  init?(argument: String) {
    guard let equals = argument.lastIndex(of: "="), equals != argument.startIndex else { return nil }
    let value = String(argument[argument.index(after: equals)...])
    // Beside the batch, an extent may be fixed at 0: a tensor without elements.
    guard let settled = value == "0" ? .fixed(0) : ExtentArgument(argument: value)?.extent else { return nil }
    name = String(argument[..<equals])
    extent = settled
  }
}
