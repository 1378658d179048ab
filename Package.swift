// swift-tools-version: 6.2
import PackageDescription

/// Numeric modules are optimised in debug builds too: the reference interpreter is 25 to 400 times slower without.
let fast: [SwiftSetting] = [.unsafeFlags(["-O"], .when(configuration: .debug))]

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// One row of the table in `Sources/README.md`: a module imports only what is named here.
func module(_ name: String, _ dependencies: [Target.Dependency] = [], fast isFast: Bool = false) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: isFast ? fast + strict : strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  let withFixtures = ["CSourceTests", "ContainersTests", "ReadersTests", "SwiftDLTests"]
  return .testTarget(
    name: name, dependencies: dependencies, exclude: withFixtures.contains(name) ? ["Fixtures"] : [],
    swiftSettings: strict)
}

let package = Package(
  name: "swiftdl",
  products: [
    .executable(name: "swiftdl-compile", targets: ["swiftdl-compile"]),
    .library(name: "SwiftDL", targets: ["SwiftDL"]),
  ],
  traits: [
    .default(enabledTraits: ["LibTCC"]),
    .trait(name: "LibTCC", description: "Compile and run the generated C in memory (Debian: libtcc-dev, tcc)"),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
  ],
  targets: [
    .systemLibrary(name: "Ctcc", providers: [.apt(["libtcc-dev", "tcc"])]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    module("Tensors", fast: true),
    module("LoopIR", ["Tensors"], fast: true),
    module("Targets", ["LoopIR", "Tensors"]),
    module("Schedules", ["Targets", "LoopIR", "Tensors"]),
    .target(
      name: "Runtime", path: "runtime", exclude: ["README.md"], sources: ["Runtime.swift"],
      resources: [
        "clock", "threads", "scalar", "inline", "x86", "neon", "memory", "vector", "elements", "extremes", "integers", "conversions",
        "bfloat", "half", "dot", "dots", "harness", "measure", "profile", "peak", "tune",
      ].map { .embedInCode("\($0).c") }),
    module("CSource", ["Runtime", "Targets", "LoopIR", "Tensors"]),
    module("GraphIR", ["LoopIR", "Tensors"], fast: true),
    module("Operators", ["GraphIR", "LoopIR", "Tensors"], fast: true),
    module("Passes", ["Operators", "Targets", "GraphIR", "LoopIR", "Tensors"], fast: true),
    // Generated code, in a target of its own so that it is compiled once.
    .target(
      name: "ONNXProto", dependencies: [.product(name: "SwiftProtobuf", package: "swift-protobuf")], exclude: ["onnx.proto"],
      swiftSettings: fast),
    module("Containers", ["CZlib", "Tensors"], fast: true),
    module("Readers", ["ONNXProto", "Containers", "Operators", "GraphIR", "LoopIR", "Tensors"], fast: true),
    module("Lowering", ["GraphIR", "Schedules", "Targets", "LoopIR", "Tensors"]),
    module("Validation", ["Tensors", .target(name: "Ctcc", condition: .when(traits: ["LibTCC"]))]),
    module(
      "SwiftDL",
      [
        "Validation", "Lowering", "Readers", "Containers", "Passes", "Operators", "GraphIR", "CSource", "Runtime", "Schedules",
        "Targets", "LoopIR", "Tensors",
      ]),
    .executableTarget(
      name: "swiftdl-compile",
      dependencies: ["SwiftDL", .product(name: "ArgumentParser", package: "swift-argument-parser")], swiftSettings: strict),
    .target(
      name: "TestSupport", dependencies: ["Operators", "GraphIR", "LoopIR", "Tensors"], path: "Tests/TestSupport",
      swiftSettings: fast + strict),
    tests("TensorsTests", ["Tensors", "TestSupport"]),
    tests("LoopIRTests", ["LoopIR", "Tensors", "TestSupport"]),
    tests("SchedulesTests", ["Schedules", "Targets", "LoopIR", "Tensors", "TestSupport"]),
    tests("CSourceTests", ["CSource", "Runtime", "Validation", "Targets", "LoopIR", "Tensors", "TestSupport"]),
    tests("GraphIRTests", ["GraphIR", "LoopIR", "Tensors", "TestSupport"]),
    tests("OperatorsTests", ["Operators", "Schedules", "Targets", "GraphIR", "LoopIR", "Tensors", "TestSupport"]),
    tests("PassesTests", ["Passes", "Operators", "Targets", "GraphIR", "LoopIR", "Tensors", "TestSupport"]),
    tests("ContainersTests", ["Containers", "Tensors", "TestSupport"]),
    tests(
      "ReadersTests",
      ["ONNXProto", "Lowering", "Readers", "Containers", "Passes", "Operators", "GraphIR", "LoopIR", "Tensors", "TestSupport"]),
    tests("LoweringTests", ["Lowering", "Passes", "Operators", "GraphIR", "Schedules", "Targets", "LoopIR", "Tensors", "TestSupport"]),
    tests("ValidationTests", ["Validation", "Tensors", "TestSupport"]),
    tests(
      "SwiftDLTests",
      [
        "swiftdl-compile", "SwiftDL", "Schedules", "Passes", "Lowering", "CSource", "Validation", "Readers", "Containers", "Operators",
        "GraphIR", "LoopIR", "Tensors",
        "Targets", "TestSupport",
      ]),
  ],
  swiftLanguageModes: [.v6]
)
