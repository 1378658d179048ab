import Readers
import Tensors

/// What a report compares on.
public struct ReportOptions: Sendable {
  /// Rows of data; where none are named, those that calibration has not seen or, if it has seen all, those.
  public var data: CalibrationOptions.Source?
  /// The class of each row: an array of the data, or a file.
  public var labels: String?
  /// Both networks are timed as well, with the system's compiler.
  public var isTimed = false

  public init() {}
}

/// The rows that a report compares on.
struct ReportRows {
  let runs: [[Tensor]]
  let wereCalibratedOn: Bool
  /// Of each run, where that is known.
  let classes: [Int]?

  /// None where neither the options nor a calibration have data.
  init(_ options: ReportOptions, _ calibration: Calibration?, for model: ReadModel) throws(Diagnostics) {
    let skipped: Int
    let data: CalibrationData
    if let source = options.data {
      (data, skipped, wereCalibratedOn) = (try CalibrationData(source, for: model, rows: .max), 0, false)
    } else if let calibration {
      (data, wereCalibratedOn) = (calibration.data, calibration.unseen.isEmpty)
      skipped = wereCalibratedOn ? 0 : calibration.seen.count
    } else {
      (runs, classes, wereCalibratedOn) = ([], nil, false)
      return
    }
    runs = Array(data.runs.dropFirst(skipped))
    do throws(Diagnostic) {
      classes = try options.labels.map { (name) throws(Diagnostic) in Array(try data.classes(name).dropFirst(skipped)) }
    } catch { throw Diagnostics([error]) }
  }
}
