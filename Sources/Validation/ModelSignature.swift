import Tensors

/// What is needed to call a generated model: its names and its parameters in the order of `model_run`.
package struct ModelSignature: Sendable {
  package struct Parameter: Hashable, Sendable {
    package var name: String
    package var dtype: DType

    package init(_ name: String, _ dtype: DType) {
      self.name = name
      self.dtype = dtype
    }
  }

  /// The name before `.h`, `_t`, `_run` and `_reset`.
  package var prefix: String
  /// What the symbols of the trampoline start with: another for each model where several are linked into one module.
  package var symbols = "swiftdl"
  /// How many open dimensions come first.
  package var dimCount: Int
  package var inputs: [Parameter]
  /// Tensors, and the extents that the model hands back through `int32_t` pointers.
  package var outputs: [Parameter]
  /// Whether the model keeps state between calls and so has a `_reset`.
  package var isStateful: Bool
  /// Whether a run may return 2 when it has written already: an extent that it computes is out of its range, or a loop
  /// runs more or less often than it may.
  package var mayFailLate: Bool

  package init(
    prefix: String, dimCount: Int = 0, inputs: [Parameter], outputs: [Parameter], isStateful: Bool = false, mayFailLate: Bool = false
  ) {
    self.mayFailLate = mayFailLate
    self.prefix = prefix
    self.dimCount = dimCount
    self.inputs = inputs
    self.outputs = outputs
    self.isStateful = isStateful
  }
}

extension ModelSignature {
  /// C to be compiled along with the model, never shipped: calls of any arity through one type of function, and the
  /// definition of `swiftdl_trace_hook`, which a model that is built for tracing declares as
  /// `extern void (*swiftdl_trace_hook)(int32_t step, const void *data);` and calls after each step.
  package var trampoline: String {
    let arguments =
      ["(\(prefix)_t *)self"] + (0..<dimCount).map { "dims[\($0)]" } + (0..<inputs.count + outputs.count).map { "buffers[\($0)]" }
    return """
      #include "\(prefix).h"
      #include <stddef.h>
      #include <stdint.h>

      size_t \(symbols)_sizeof(void) { return sizeof(\(prefix)_t); }

      int32_t \(symbols)_call(void *self, const int32_t *dims, void *const *buffers) {
        (void)dims;
        (void)buffers;
        return \(prefix)_run(\(arguments.joined(separator: ", ")));
      }

      static void (*trace_receiver)(void *user, int32_t step, const void *data);
      static void *trace_user;

      static void trace_forward(int32_t step, const void *data) {
        if (trace_receiver) trace_receiver(trace_user, step, data);
      }

      void (*\(symbols)_trace_hook)(int32_t step, const void *data) = trace_forward;

      void \(symbols)_trace(void (*receiver)(void *user, int32_t step, const void *data), void *user) {
        trace_receiver = receiver;
        trace_user = user;
      }

      void \(symbols)_reset(void *self) {
        \(isStateful ? "\(prefix)_reset((\(prefix)_t *)self)" : "(void)self");
      }

      """
  }
}
