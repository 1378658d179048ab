import LoopIR
import Runtime
import Tensors

/// `NAME_harness.c`: a program that runs the model on files.
struct HarnessPrinter {
  let program: Program
  let names: ModelNames
  let headerName: String
  let storage: WeightStorage
  let isProfiled: Bool

  var text: String {
    var lines = Lines()
    lines.comment(["Runs \(program.name): input files as arguments, --out PREFIX, --dim NAME=VALUE, --repeat N."])
    // clock_gettime is POSIX, not C.
    lines.add("#define _POSIX_C_SOURCE 199309L")
    lines.add("#include \"\(headerName)\"")
    lines.add("")
    for header in ["stddef", "stdint", "stdio", "stdlib", "string", "time"] { lines.add("#include <\(header).h>") }
    lines.add("")
    addTables(&lines)
    lines.add("static void fail(const char *what, const char *which);")
    lines.add("static void *allocate(size_t bytes);")
    if storage == .bind { lines.add("static void read_file(const char *name, void *to, size_t bytes);") }
    lines.add("")
    addCheck(&lines)
    addExtents(&lines)
    addModel(&lines)
    if isProfiled { addCounters(&lines) }
    return lines.text + Runtime.harness(isProfiled: isProfiled)
  }

  private func addTables(_ lines: inout Lines) {
    let rank = max((program.inputs + program.outputs).map(\.type.rank).max() ?? 0, 1)
    lines.open("typedef struct port")
    let members = ["char kind", "size_t size", "int rank", "int is_open", "size_t most", "int64_t extents[\(rank)]", "void *data"]
    for member in members { lines.add(member + ";") }
    lines.close("} port;")
    lines.add("")
    let counts = [("DIM", program.openDims.count), ("INPUT", program.inputs.count), ("OUTPUT", program.outputs.count)]
    lines.add("enum { " + counts.map { "\($0.0)_COUNT = \($0.1)" }.joined(separator: ", ") + " };")
    let dimNames = program.openDims.map { stringLiteral($0.name) } + ["NULL"]
    lines.add("static const char *const dim_names[DIM_COUNT + 1] = {\(dimNames.joined(separator: ", "))};")
    let least = program.openDims.map { "\(min(max($0.range.lowerBound, 1), $0.range.upperBound))" } + ["0"]
    lines.add("static int32_t dims[DIM_COUNT + 1] = {\(least.joined(separator: ", "))};")
    let returned = program.returnedDims.map { "\($0.range.upperBound)" }
    if !returned.isEmpty { lines.add("static int32_t returned[\(returned.count)] = {\(returned.joined(separator: ", "))};") }
    addPorts(&lines, "inputs", program.inputs)
    addPorts(&lines, "outputs", program.outputs)
    lines.add("")
  }

  private func addPorts(_ lines: inout Lines, _ name: String, _ ports: [Program.Port]) {
    lines.add("static port \(name)[\(ports.count + 1)] = {")
    for port in ports {
      let isOpen = port.type.shape.constants == nil
      let dtype = port.type.dtype
      // Extents that the run computes are not known when memory is allocated.
      let isComputed = port.type.shape.contains { !$0.symbols.isDisjoint(with: program.returnedDims.map(\.name)) }
      let most = isComputed ? program.elementCount(port) : 0
      lines.add("  {'\(kind(dtype))', \(dtype.byteCount), \(port.type.rank), \(isOpen ? 1 : 0), \(most), {0}, NULL},")
    }
    lines.add("  {'i', 0, 0, 0, 0, {0}, NULL},")
    lines.add("};")
  }

  /// Float, IEEE half, bfloat16, small float, power of two, bool, integer, and those of four and two bits: signed ones in capitals.
  private func kind(_ dtype: DType) -> String {
    switch dtype {
    case .float32, .float64: "f"
    case .float16: "h"
    case .bfloat16: "g"
    case .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz: "s"
    case .float8e8m0: "e"
    case .bool: "b"
    case .uint4, .float4e2m1: "n"
    case .int4: "N"
    case .uint2: "t"
    case .int2: "T"
    case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64: "i"
    }
  }

  private func addCheck(_ lines: inout Lines) {
    lines.openFunction("static void check_dims", [])
    for (position, (macro, dim)) in zip(names.dimMacros, program.openDims).enumerated() {
      lines.open("if (dims[\(position)] < \(macro)_MIN || dims[\(position)] > \(macro)_MAX)")
      lines.add("fail(\"out of range: dimension\", \(stringLiteral(dim.name)));")
      lines.close()
    }
    lines.close()
    lines.add("")
  }

  private func addExtents(_ lines: inout Lines) {
    let places = program.inputs.indices.map { "inputs[\($0)]" } + program.outputs.indices.map { "outputs[\($0)]" }
    let ports = zip(places, program.inputs + program.outputs)
    let symbols = ports.reduce(into: Set<String>()) { $0.formUnion($1.1.type.shape.flatMap(\.symbols)) }
    var scope = names.file.inner
    scope.reserve(["dims", "returned", "inputs", "outputs", "port"])
    lines.openFunction("static void set_extents", [])
    for (position, dim) in program.openDims.enumerated() where symbols.contains(dim.name) {
      lines.add("const int32_t \(scope.declare(dim.name)) = dims[\(position)];")
    }
    for (position, dim) in program.returnedDims.enumerated() {
      lines.add("const int32_t \(scope.declare(dim.name)) = returned[\(position)];")
    }
    var expressions = ExpressionPrinter(scope: scope)
    expressions.knowledge.indices = symbols
    for (name, port) in ports {
      for (axis, extent) in port.type.shape.enumerated() { lines.add("\(name).extents[\(axis)] = \(expressions.text(Expr(extent)));") }
    }
    lines.close()
    lines.add("")
  }

  private func addModel(_ lines: inout Lines) {
    let prefix = names.prefix
    lines.openFunction("static void *make_model", ["const char *weights"])
    lines.add("\(prefix)_t *self = allocate(sizeof *self);")
    if storage == .bind {
      lines.add("void *const data = allocate(\(names.macro)_WEIGHTS_BYTES);")
      lines.add("read_file(weights == NULL ? \"\(prefix)_weights.bin\" : weights, data, \(names.macro)_WEIGHTS_BYTES);")
      lines.open("if (\(prefix)_bind(self, data) != 0)")
      lines.add("fail(\"cannot bind\", \"the weights\");")
      lines.close()
    } else {
      lines.open("if (weights != NULL)")
      lines.add("fail(\"the model has its weights already:\", weights);")
      lines.close()
    }
    lines.add("return self;")
    lines.close()
    lines.add("")
    let arguments =
      ["self"] + program.openDims.indices.map { "dims[\($0)]" } + program.inputs.indices.map { "inputs[\($0)].data" }
      + program.outputs.indices.map { "outputs[\($0)].data" } + program.returnedDims.indices.map { "&returned[\($0)]" }
    lines.openFunction("static void run_model", ["void *self"])
    lines.list("const int status = \(prefix)_run", arguments, ";")
    lines.open("if (status != 0)")
    lines.add("fail(\"the model refuses\", \"to run\");")
    lines.close()
    lines.close()
    lines.add("")
  }
}

extension HarnessPrinter {
  /// The layers as members of JSON objects, and the counters of a model.
  private func addCounters(_ lines: inout Lines) {
    lines.add("enum { LAYER_COUNT = \(program.layers.count) };")
    lines.add("static const char *const layer_texts[LAYER_COUNT + 1] = {")
    for layer in program.layers {
      lines.add("  " + stringLiteral("\"name\":\(jsonString(layer.name)),\"operator\":\(jsonString(layer.operatorName))") + ",")
    }
    lines.add("  NULL,")
    lines.add("};")
    lines.add("static uint64_t *layer_ticks(void *self) { return ((\(names.prefix)_t *)self)->profile_ticks; }")
    lines.add("static uint32_t *layer_calls(void *self) { return ((\(names.prefix)_t *)self)->profile_calls; }")
    lines.add("")
  }

  /// A JSON string that starts like the text: C promises to take literals of 4,095 bytes.
  private func jsonString(_ text: String) -> String {
    let scalars = text.unicodeScalars.prefix(200).map { scalar in
      switch scalar {
      case "\"", "\\": "\\\(scalar)"
      case "\u{0}"..<" ": "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: String(scalar)
      }
    }
    return "\"\(scalars.joined())\""
  }
}

/// A C string of any text: what is not plain ASCII is written as octal bytes.
func stringLiteral(_ text: String) -> String {
  var result = "\""
  for byte in text.utf8 {
    let isPlain = (0x20..<0x7F).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") && byte != UInt8(ascii: "?")
    if isPlain {
      result.unicodeScalars.append(Unicode.Scalar(byte))
    } else {
      let digits = String(byte, radix: 8)
      result += "\\" + String(repeating: "0", count: 3 - digits.count) + digits
    }
  }
  return result + "\""
}
