import Containers
import Testing

@Suite struct SniffTests {
  @Test(arguments: [
    ("legacy.h5", ContainerKind.hdf5), ("stored.keras", .zip), ("arrays.npz", .zip), ("model.safetensors", .safetensors),
    ("f4.npy", .npy), ("make.py", .text),
  ])
  func tellsTheFormatOfAFile(name: String, kind: ContainerKind) throws {
    #expect(try sniff(fixture(name)) == kind)
  }

  static let samples: [([UInt8], ContainerKind)] = [
    (Array("{\"a\": 1}".utf8), ContainerKind.json), (Array("\u{FEFF} \n[1]".utf8), .json), (Array("hello".utf8), .text),
    ([0x1F, 0x8B, 0x08, 0x00], .gzip), ([0x1C, 0, 0, 0] + Array("TFL3".utf8), .tflite), ([0x80, 0x02, 0x7D, 0x71], .pickle),
    ([0x08, 0x07, 0x12, 0x02, 0x70, 0x74, 0x3A, 0x00], .protobuf), ([0x08, 0x07, 0x12, 0x02, 0x70], .unknown), ([], .unknown),
    ([0xFF, 0xFE, 0x00], .unknown), (Array("PK".utf8), .text), (Array("PK\u{5}\u{6}".utf8), .zip),
    ([2, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8), .safetensors), ([3, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8), .unknown),
  ]

  @Test(arguments: samples)
  func tellsTheFormatOfBytes(bytes: [UInt8], kind: ContainerKind) {
    #expect(sniff(bytes) == kind)
  }
}
