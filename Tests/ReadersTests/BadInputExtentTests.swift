import GraphIR
import Lowering
import Passes
import Readers
import Tensors
import Testing

/// Numbers no network has: each is refused where it stands, or compiles.
@Suite struct BadInputExtentTests {
  /// What is said of a chain of `layers` behind an input of `shape`.
  private func problems(_ layers: String, shape: String = "[null, 8, 8, 3]", _ options: ReadOptions = ReadOptions()) -> String {
    let text = """
      {"class_name": "Sequential", "config": {"name": "m", "layers": [
        {"class_name": "InputLayer", "config": {"name": "i", "batch_shape": \(shape), "dtype": "float32"}}, \(layers)]}}
      """
    do {
      var graph = try readNative(text, options).graph
      try Pipeline.standard.run(on: &graph)
      _ = try Lowering { $0 }.lower(graph, name: "model")
      return ""
    } catch {
      return "\(error)"
    }
  }

  private static func layer(_ name: String, _ config: String) -> String {
    "{\"class_name\": \"\(name)\", \"config\": {\"name\": \"odd\", \(config)}}"
  }

  private static let odd = [
    "0", "-1", "-2147483648", "4611686018427387904", "9223372036854775807", "1e300", "NaN", "0.5", "\"x\"", "[]", "[1, -3]",
  ]

  @Test(arguments: odd) func sizesOfWindows(value: String) {
    for key in ["pool_size", "strides"] {
      let other = key == "strides" ? "\"pool_size\": [2, 2]" : "\"strides\": [1, 1]"
      let text = problems(Self.layer("MaxPooling2D", "\"\(key)\": \(value), \(other)"))
      #expect(text.contains("layer \"odd\" (MaxPooling2D)") && text.contains("found "), "\(key) \(value): \(text)")
    }
    for key in ["filters", "kernel_size", "strides", "dilation_rate"] where !(key == "filters" && value == "[]") {
      let rest = ["filters": "4", "kernel_size": "[3, 3]", "strides": "[1, 1]", "dilation_rate": "[1, 1]"].merging([key: value]) { $1 }
      let config = rest.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ")
      #expect(problems(Self.layer("Conv2D", config)).contains("layer \"odd\" (Conv2D)"), "\(key) \(value)")
    }
  }

  @Test(arguments: odd) func sizesOfOtherLayers(value: String) {
    let layers = [
      ("Dense", "\"units\""), ("Embedding", "\"output_dim\": 4, \"input_dim\""), ("UpSampling2D", "\"size\""),
      ("ZeroPadding2D", "\"padding\""),
      ("LSTM", "\"units\""), ("Cropping2D", "\"cropping\""), ("Reshape", "\"target_shape\""), ("Permute", "\"dims\""),
    ]
    // Nothing is added or cut by 0, and -1 is what is left of a shape.
    let sound = ["0": ["ZeroPadding2D", "Cropping2D"], "-1": ["Reshape"]]
    for (name, key) in layers where sound[value]?.contains(name) != true {
      let text = problems(Self.layer(name, "\(key): \(value)"))
      #expect(text.contains("layer \"odd\" (\(name))"), "\(name) \(value): \(text)")
    }
  }

  @Test(arguments: [
    "[null, 4611686018427387904]", "[null, 9223372036854775807, 2]", "[null, 100000, 100000]", "[4294967296, 4294967296]", "[null, 0]",
    "[null, -5]", "[null, 2147483648]", "[null, 1e30]", "[]", "[1,1,1,1,1,1,1,1,1]", "7",
  ])
  func shapesOfInputs(shape: String) {
    let text = problems(Self.layer("ReLU", "\"max_value\": null"), shape: shape)
    #expect(text.contains("model.json:") && text.contains("error"), "\(shape): \(text)")
  }

  @Test func batchesThatCannotBeCounted() {
    for batch in [.fixed(1 << 30), .upTo(1 << 30), .fixed(-1), .fixed(.max), .upTo(.min)] as [ReadOptions.Extent] {
      #expect(!problems(Self.layer("ReLU", "\"max_value\": 6.0"), ReadOptions(batch: batch)).isEmpty, "\(batch)")
    }
  }

  @Test func tensorsThatGrowBeyondCountingAreRefusedWhereTheyDo() {
    let layers = (0..<12).map { "{\"class_name\": \"UpSampling2D\", \"config\": {\"name\": \"u\($0)\", \"size\": [1000, 1000]}}" }
    let text = problems(layers.joined(separator: ","))
    #expect(text.contains("layer \"u1\"") && text.contains("fewer than 2^31") && !text.contains("layer \"u3\""), "\(text)")
  }

  @Test func aHundredThousandLayersAreRead() {
    let layers = (0..<100_000).map { "{\"class_name\": \"Dropout\", \"config\": {\"name\": \"d\($0)\", \"rate\": 0.5}}" }
    #expect(problems(layers.joined(separator: ","), shape: "[null, 3]") == "")
  }

  @Test func aLongChainOfFunctionsIsCompiled() {
    let layers = (0..<2_000).map { "{\"class_name\": \"Activation\", \"config\": {\"name\": \"a\($0)\", \"activation\": \"tanh\"}}" }
    #expect(problems(layers.joined(separator: ","), shape: "[null, 3]") == "")
  }

  @Test func namesNextToAnUnknownLayerAreOffered() {
    let text = problems(Self.layer("Dennse", "\"units\": 2"))
    #expect(text.contains("\"Dennse\" is not known") && text.contains("the nearest that is known is \"Dense\""), "\(text)")
  }
}
