import LoopIR
import Runtime
import Tensors

/// Prints a program that times kernels with the same parameters which compute the same.
package struct TimingPrinter {
  /// What the kernels are called with for one parameter.
  package struct Buffer: Hashable, Sendable {
    package var count: Int
    /// Calls take turns among so many copies: the more, the colder they are.
    package var copies: Int

    package init(count: Int, copies: Int) {
      self.count = count
      self.copies = copies
    }
  }

  package var kernels: [Kernel]
  /// One for each parameter.
  package var buffers: [Buffer]
  /// Open dimensions.
  package var dims: [String: Int]

  package init(_ kernels: [Kernel], _ buffers: [Buffer], dims: [String: Int]) {
    self.kernels = kernels
    self.buffers = buffers
    self.dims = dims
  }

  /// The text of the program, which prints one line of JSON.
  package func text(_ options: SourceOptions) -> String {
    let names = kernels.indices.map { "candidate_\($0)" }
    let file = Scope()
    let body = zip(kernels, names).map { KernelPrinter.text($0, named: $1, in: file) }.joined(separator: "\n")
    let runtime = Runtime.parts(usedBy: body)
    var lines = Lines()
    lines.comment(["Times \(kernels.count) schedules of one kernel."])
    lines.add("#define _POSIX_C_SOURCE 199309L")
    for header in ["math", "stddef", "stdint", "stdio", "stdlib", "string", "time"] { lines.add("#include <\(header).h>") }
    lines.add("")
    for line in options.prologue { lines.add(line) }
    var tables = Lines()
    addCalls(&tables, names)
    addBuffers(&tables)
    let postamble = options.postamble.map { $0 + "\n" }.joined()
    return lines.text + runtime + body + "\n" + tables.text + postamble + "\n" + Runtime.timing
  }

  private func addCalls(_ lines: inout Lines, _ names: [String]) {
    for (kernel, name) in zip(kernels, names) {
      let extents = kernel.dims.map { "\(dims[$0] ?? 0)" }
      let pointers = kernel.parameters.enumerated().map { "(\($1.isWritten ? "" : "const ")\($1.buffer.dtype.storage) *)p[\($0)]" }
      lines.openFunction("static void call_\(name)", ["void **p"])
      lines.list(name, extents + pointers, ";")
      lines.close()
    }
    lines.add("typedef void (*call_t)(void **);")
    lines.add("enum { CANDIDATE_COUNT = \(kernels.count), BUFFER_COUNT = \(buffers.count) };")
    lines.add("static const call_t calls[CANDIDATE_COUNT] = {\(names.map { "call_\($0)" }.joined(separator: ", "))};")
  }

  private func addBuffers(_ lines: inout Lines) {
    lines.open("typedef struct buffer")
    for member in ["size_t bytes", "size_t copies", "char kind", "size_t step", "unsigned char *start"] { lines.add(member + ";") }
    lines.close("} buffer;")
    lines.open("static buffer buffers[BUFFER_COUNT] =")
    for (buffer, parameter) in zip(buffers, kernels[0].parameters) {
      let dtype = parameter.buffer.dtype
      let kind = dtype == .float32 ? "f" : dtype == .float64 ? "d" : "-"
      lines.add("{\(max(buffer.count, 1) * dtype.byteCount), \(max(buffer.copies, 1)), '\(kind)', 0, NULL},")
    }
    lines.close("};")
  }
}
