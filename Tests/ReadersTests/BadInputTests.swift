import Containers
import Readers
import Tensors
import Testing

/// What is wrong with a model becomes a diagnostic, never a crash.
@Suite struct BadInputTests {
  private let dense = #"{"class_name":"Dense","config":{"name":"d","units":2,"activation":"linear"}}"#

  private func problems(_ layers: String) -> String {
    let text =
      #"{"class_name":"Sequential","config":{"name":"m","layers":[{"class_name":"InputLayer","config":{"name":"i","#
      + #""batch_input_shape":[null,3],"dtype":"float32"}},"# + layers + "]}}"
    return problems(ofFile: text)
  }

  private func problems(ofFile text: String) -> String { problems(ofBytes: Array(text.utf8)) }

  private func problems(ofBytes bytes: [UInt8]) -> String {
    guard let path = temporaryFile(bytes) else { return "no temporary file" }
    defer { removeFile(path) }
    do throws(Diagnostics) {
      _ = try ModelReader.read(path)
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test func namesTheMissingWeights() { #expect(problems(dense).contains("2 weights")) }

  @Test func refusesALambdaWithWhatToDo() {
    #expect(problems(#"{"class_name":"Lambda","config":{"name":"l","function":["4wE="]}}"#).contains("Rescaling"))
  }

  @Test func refusesAnUnknownLayer() {
    #expect(problems(#"{"class_name":"Telepathy","config":{"name":"t"}}"#).contains("Telepathy"))
  }

  @Test func refusesAnUnknownActivation() {
    #expect(problems(dense.replacing("linear", with: "sparkle")).contains("sparkle"))
  }

  @Test func refusesAnUnknownOption() {
    #expect(problems(dense.replacing("linear\"", with: "linear\",\"twist\":3")).contains("twist"))
  }

  @Test func refusesTwoLayersOfOneName() { #expect(problems("\(dense),\(dense)").contains("two layers are named")) }

  @Test func refusesExtentsThatOverflow() {
    #expect(problems(dense.replacing("\"units\":2", with: "\"units\":4611686018427387904")).contains("below 2^31"))
  }

  @Test func refusesDeepNesting() {
    #expect(problems(ofFile: String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)).contains("nested"))
  }

  @Test func saysWhatAMinecraftModelIs() {
    #expect(problems(ofFile: #"{"parent":"block/cube_all","textures":{"all":"block/stone"}}"#).contains("Minecraft"))
  }

  @Test func refusesACycle() {
    let layer = { (name: String, from: String) in
      "{\"class_name\":\"ReLU\",\"name\":\"\(name)\",\"config\":{\"name\":\"\(name)\"},\"inbound_nodes\":[[[\"\(from)\",0,0,{}]]]}"
    }
    let text =
      #"{"class_name":"Functional","config":{"name":"m","layers":[{"class_name":"InputLayer","name":"i","config":{"name":"i","#
      + #""batch_input_shape":[null,3]},"inbound_nodes":[]},"# + layer("a", "b") + "," + layer("b", "a")
      + #"],"input_layers":[["i",0,0]],"output_layers":[["b",0,0]]}}"#
    #expect(problems(ofFile: text).contains("cycle"))
  }
}
