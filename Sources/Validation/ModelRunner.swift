import Tensors

/// One `model_t` and calls to its `model_run`, which are watched: a write outside the buffers, a changed input, or an
/// output touched by a call that was refused is a diagnostic. The module holds the model and its signature's trampoline.
package final class ModelRunner {
  package typealias Trace = (_ step: Int, _ data: UnsafeRawPointer) -> Void

  private typealias Call =
    @convention(c) (UnsafeMutableRawPointer, UnsafePointer<Int32>, UnsafePointer<UnsafeMutableRawPointer?>) -> Int32
  private typealias Receiver = @convention(c) (UnsafeMutableRawPointer?, Int32, UnsafeRawPointer?) -> Void
  private typealias SetReceiver = @convention(c) (Receiver?, UnsafeMutableRawPointer?) -> Void

  private let module: any CompiledModule
  private let signature: ModelSignature
  private let model: GuardedBuffer
  private let call: Call
  private let setReceiver: SetReceiver
  private let resetModel: @convention(c) (UnsafeMutableRawPointer) -> Void

  /// The alignment of inputs and outputs is exactly this, or that of their elements if it is more: with 1, code that
  /// expects more than C promises is found out, by a crash.
  package var bufferAlignment = 64
  /// What the last call returned.
  package private(set) var status: Int32 = 0

  package init(_ module: any CompiledModule, _ signature: ModelSignature) throws(Diagnostic) {
    self.module = module
    self.signature = signature
    let sizeOf = unsafeBitCast(try module.symbol("\(signature.symbols)_sizeof"), to: (@convention(c) () -> Int).self)
    call = unsafeBitCast(try module.symbol("\(signature.symbols)_call"), to: Call.self)
    setReceiver = unsafeBitCast(try module.symbol("\(signature.symbols)_trace"), to: SetReceiver.self)
    resetModel = unsafeBitCast(
      try module.symbol("\(signature.symbols)_reset"), to: (@convention(c) (UnsafeMutableRawPointer) -> Void).self)
    model = GuardedBuffer([UInt8](repeating: 0, count: sizeOf()), alignment: 64)
  }

  /// Where the `model_t` lies, for functions that the caller looks up in the module.
  package var modelAddress: UnsafeMutableRawPointer { model.start }

  /// Forgets what earlier calls left behind; does nothing to a model without state.
  package func reset() throws(Diagnostic) {
    resetModel(model.start)
    try check(model, "\(signature.prefix)_t", after: "reset")
  }

  /// The outputs of one call, each with the given extents. State is kept from call to call. `trace` sees the result of
  /// each step of a model built for tracing, good only until it returns; one module traces one call at a time.
  package func run(
    _ inputs: [Tensor], dims: [Int32] = [], outputDims: [[Int]], trace: Trace? = nil
  ) throws(Diagnostic) -> [Tensor] {
    precondition(inputs.map(\.dtype) == signature.inputs.map(\.dtype), "inputs do not match the signature")
    precondition(outputDims.count == signature.outputs.count && dims.count == signature.dimCount)
    let inputBuffers = inputs.map { GuardedBuffer($0.bytes, alignment: max(bufferAlignment, $0.dtype.byteCount)) }
    let outputBuffers = zip(outputDims, signature.outputs).map { dims, output in
      let size = output.dtype.byteCount
      return GuardedBuffer(count: dims.reduce(size, *), alignment: max(bufferAlignment, size))
    }
    let before = dims.isEmpty ? [] : model.bytes
    status = tracing(trace) { call(model.start, dims, (inputBuffers + outputBuffers).map(\.start)) }
    try check(model, "\(signature.prefix)_t", after: "run")
    try checkInputs(inputBuffers, inputs)
    let hasFailedLate = signature.mayFailLate && status == 2
    try checkOutputs(outputBuffers, isUntouched: status != 0 && !hasFailedLate)
    guard status == 0 else {
      if hasFailedLate { throw Diagnostic("\(signature.prefix)_run returned 2", hint: "an extent that it computes is out of its range") }
      if !dims.isEmpty && model.bytes != before { throw defect("run", "returns \(status) but changes \(signature.prefix)_t") }
      throw Diagnostic(
        "\(signature.prefix)_run returned \(status)",
        hint: dims.isEmpty ? defectHint : "keep the open dimensions, here \(dims), within their bounds")
    }
    return zip(signature.outputs, zip(outputDims, outputBuffers)).map { Tensor($0.dtype, $1.0, bytes: $1.1.bytes) }
  }
}

extension ModelRunner {
  private final class Box {
    let trace: Trace
    init(_ trace: @escaping Trace) { self.trace = trace }
  }

  private func tracing(_ trace: Trace?, _ body: () -> Int32) -> Int32 {
    guard let trace else { return body() }
    let box = Box(trace)
    let receiver: Receiver = { user, step, data in
      guard let user, let data else { return }
      Unmanaged<Box>.fromOpaque(user).takeUnretainedValue().trace(Int(step), data)
    }
    setReceiver(receiver, Unmanaged.passUnretained(box).toOpaque())
    defer { setReceiver(nil, nil) }
    return withExtendedLifetime(box, body)
  }

  private func checkInputs(_ buffers: [GuardedBuffer], _ tensors: [Tensor]) throws(Diagnostic) {
    for (parameter, (buffer, tensor)) in zip(signature.inputs, zip(buffers, tensors)) {
      try check(buffer, "input \"\(parameter.name)\"", after: "run")
      if buffer.bytes != tensor.bytes { throw defect("run", "changes input \"\(parameter.name)\"") }
    }
  }

  private func checkOutputs(_ buffers: [GuardedBuffer], isUntouched: Bool) throws(Diagnostic) {
    for (parameter, buffer) in zip(signature.outputs, buffers) {
      try check(buffer, "output \"\(parameter.name)\"", after: "run")
      guard isUntouched, let byte = buffer.firstWrittenByte else { continue }
      throw defect("run", "returns \(status) but writes output \"\(parameter.name)\" at byte \(byte)")
    }
  }

  private func check(_ buffer: GuardedBuffer, _ name: String, after function: String) throws(Diagnostic) {
    if let damage = buffer.damage { throw defect(function, "writes outside \(name), \(damage)") }
  }

  private func defect(_ function: String, _ what: String) -> Diagnostic {
    Diagnostic("\(signature.prefix)_\(function) \(what)", hint: defectHint)
  }
}
