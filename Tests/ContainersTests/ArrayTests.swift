import Containers
import Tensors
import Testing

@Suite struct ArrayTests {
  static let npyFiles: [(String, Tensor)] = [
    ("f4.npy", ramp(.float32, [2, 3])), ("fortran.npy", ramp(.float32, [2, 3, 4])), ("big.npy", ramp(.int16, [2, 3])),
    ("bool.npy", Tensor(.bool, [2], bytes: [1, 0])), ("scalar.npy", Tensor(.float64, [], [2.5])),
  ]

  @Test(arguments: npyFiles)
  func readsNpy(name: String, expected: Tensor) throws {
    #expect(try Npy.tensor(fixture(name)) == expected)
  }

  @Test(arguments: [("object.npy", "pickled Python objects"), ("record.npy", "records")])
  func refusesWhatIsNotNumbers(name: String, message: String) throws {
    let bytes = try fixture(name)
    #expect(problem { () throws(Diagnostic) in try Npy.tensor(bytes) }.message.contains(message))
  }

  static let npyHeaders: [(String, String?)] = [
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", nil), ("{'descr': '<f4','fortran_order':False,'shape':(2L,), } \n", nil),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", "needs 12 bytes and 8 are left"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", "4 bytes after the array"),
    ("{'descr': '<f4', 'fortran_order': False}", "lacks shape"), ("{'descr': '<c8', ", "'<c8' are not read"),
    ("{'descr': '<f4', 'descr': '<f4'}", "'descr' is unknown or there twice"), ("{'fortran_order': 1}", "expected True or False"),
    ("{'shape': (-2,)}", "expected an extent"), ("{'shape': (99999999999999999999,)}", "expected an extent"), ("{", "expected '''"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4611686018427387904, 4)}", "more than any memory"), ("", "expected '{'"),
    ("{'descr': '<f4', 'fortran_order': True, 'shape': (4611686018427387904, 4, 0)}", "more than any memory"),
  ]

  @Test(arguments: npyHeaders)
  func checksTheHeaderOfNpy(header: String, message: String?) throws {
    let bytes =
      [0x93] + Array("NUMPY\u{1}\u{0}".utf8) + [UInt8(header.utf8.count), 0] + Array(header.utf8) + [UInt8](repeating: 0, count: 8)
    if let message {
      #expect(problem { () throws(Diagnostic) in try Npy.tensor(bytes) }.message.contains(message))
    } else {
      #expect(try Npy.tensor(bytes) == Tensor(.float32, [2], [0, 0]))
    }
  }

  @Test func readsNpz() throws {
    let arrays = try Npz(fixture("arrays.npz"))
    #expect(arrays.names == ["x0", "y0"])
    #expect(try arrays.tensor("x0") == ramp(.float32, [2, 3]))
    #expect(try arrays.tensor("y0") == ramp(.int64, [4]))
    #expect(try Npz(fixture("deflated.npz")).tensor("x0") == ramp(.float32, [20, 30]))
    let keras = try fixture("stored.keras")
    #expect(problem { () throws(Diagnostic) in try Npz(keras) }.message.contains("\"metadata.json\" is not a .npy file"))
  }

  @Test func readsSafetensors() throws {
    let file = try Safetensors(fixture("model.safetensors"))
    #expect(file.metadata == ["format": "np"])
    #expect(Set(file.names) == ["w", "b", "h", "flags"])
    #expect(try file.tensor("w") == ramp(.float32, [2, 3]))
    #expect(try file.tensor("b") == ramp(.int64, [3]))
    #expect(try file.tensor("h") == ramp(.bfloat16, [4]))
    #expect(try file.tensor("flags") == Tensor(.bool, [2], bytes: [1, 0]))
  }

  @Test func readsBackTheSafetensorsItWrites() throws {
    var tensors: [String: Tensor] = ["scalar": Tensor(.float32, [], [3]), "empty": Tensor(.float32, [0, 2], [])]
    for dtype in DType.allCases where dtype != .bool { tensors["a \"\(dtype)\"\n"] = ramp(dtype, [3, 5]) }
    let bytes = Safetensors.encode(tensors, metadata: ["b": "1", "a": "2"])
    let file = try Safetensors(bytes)
    #expect(file.metadata == ["a": "2", "b": "1"])
    #expect(Set(file.names) == Set(tensors.keys))
    for (name, tensor) in tensors { #expect(try file.tensor(name) == tensor) }
    #expect(Safetensors.encode(tensors, metadata: ["a": "2", "b": "1"]) == bytes)
  }

  static let safetensorsHeaders: [(String, String?)] = [
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, nil),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, "take 4 bytes and the file has 8"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, "begins at 4, expected 0"),
    (
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
      "begins at 0, expected 8"
    ),
    (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, "8 bytes for F32 of the shape [3]"),
    (#"{"a":{"dtype":"F32","shape":[-1,-2],"data_offsets":[0,8]}}"#, "of the shape [-1, -2]"),
    (#"{"a":{"dtype":"F32","shape":[0,4611686018427387904,9],"data_offsets":[0,0]}}"#, "0 bytes for F32"),
    (#"{"a":{"dtype":"F6_E2M3","shape":[8],"data_offsets":[0,8]}}"#, "F6_E2M3 are not read"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, "expected where the data begins and ends"),
    (#"{"a":1}"#, "found the number 1"), ("[]", "expected an object"),
  ]

  @Test(arguments: safetensorsHeaders)
  func checksTheHeaderOfSafetensors(header: String, message: String?) throws {
    let bytes = [UInt8(header.utf8.count), 0, 0, 0, 0, 0, 0, 0] + Array(header.utf8) + [UInt8](repeating: 0, count: 8)
    if let message {
      let found = problem { () throws(Diagnostic) in try Safetensors(bytes) }
      #expect(found.message.contains(message), "\(found.message)")
    } else {
      #expect(try Safetensors(bytes).tensor("a") == Tensor(.float32, [2], [0, 0]))
    }
  }
}
