import LoopIR
import Schedules
import Targets
import Tensors

/// Schedules the kernels of one program, by measurements where there are any.
final class KernelScheduling {
  private let target: Target
  private let dims: [String: ClosedRange<Int>]
  private let options: CompileOptions
  /// Fingerprints of kernels that were measured, and names of those that could have been.
  private var met: Set<String> = []
  private var unknown: [String] = []

  /// Throws where the measurements are of another machine.
  init(_ options: CompileOptions, _ target: Target, dims: [String: ClosedRange<Int>]) throws(Diagnostic) {
    self.options = options
    self.target = target
    self.dims = dims
    guard let tuning = options.tuning else { return }
    guard options.schedule == .automatic else {
      throw Diagnostic("measured schedules cannot be used without schedules", hint: "leave out --tuned, or --schedule none")
    }
    if tuning.target != target.name {
      let hint = "compile for \(tuning.target), or measure again with tune --target \(target.name)"
      throw tuning.problem("this was measured for \(tuning.target), but the C is for \(target.name)", hint: hint)
    }
  }

  func scheduled(_ kernel: Kernel) -> Kernel {
    guard options.schedule == .automatic else { return kernel }
    return schedule(kernel, for: target, dims: dims, threads: options.threads == .openmp, choices: choices(kernel))
  }

  private func choices(_ kernel: Kernel) -> [String: ScheduleChoice] {
    guard let tuning = options.tuning, !tuning.entries.isEmpty else { return [:] }
    let identity = fingerprint(kernel, dims: dims)
    if let found = tuning.choices(identity) {
      met.insert(identity)
      return found
    }
    if !schedulableLoops(kernel, for: target, dims: dims).isEmpty { unknown.append(kernel.name) }
    return [:]
  }

  /// What to say of measurements that do not fit the model, after all kernels are scheduled. Throws where none of them does.
  func problems() throws(Diagnostic) -> [Diagnostic] {
    guard let tuning = options.tuning else { return [] }
    let measured = Set(tuning.entries.map(\.kernel))
    let hint = "measure again with this model and this swiftdl-compile: tune MODEL -o FILE"
    if met.isEmpty, !unknown.isEmpty {
      throw tuning.problem("none of the \(measured.count) kernels that were measured is of this model", hint: hint)
    }
    var notes: [String] = []
    let strange = measured.subtracting(met).count
    if strange > 0 { notes.append("\(strange) of \(measured.count) measured kernels are not of this model") }
    if !unknown.isEmpty { notes.append("\(unknown.count) kernels were not measured (\(unknown.prefix(5).joined(separator: ", ")))") }
    if notes.isEmpty { return [] }
    return [tuning.problem(notes.joined(separator: "; "), hint: hint, severity: .warning)]
  }
}

extension Tuning {
  fileprivate func problem(_ message: String, hint: String, severity: Diagnostic.Severity = .error) -> Diagnostic {
    Diagnostic(message, hint: hint, severity: severity, place: Place(file: path))
  }
}
