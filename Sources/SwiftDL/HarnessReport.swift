import Containers
import Tensors
import Validation

/// The line that a harness with counters prints.
struct HarnessReport {
  struct Layer {
    let calls: Int
    let nanoseconds: Double
  }

  let runs: Int
  let leastNanoseconds: Double
  let medianNanoseconds: Double
  /// In the order of the program's layers.
  let layers: [Layer]

  init(_ report: JSONValue, _ count: Int) throws(Diagnostic) {
    runs = try report.int("runs")
    leastNanoseconds = try report.double("min_ns")
    medianNanoseconds = try report.double("median_ns")
    layers = try report.array("layers").map { (layer) throws(Diagnostic) in
      Layer(calls: try layer.int("calls"), nanoseconds: try layer.double("ns"))
    }
    guard layers.count == count else { throw Diagnostic("the compiled C has \(layers.count) layers, not \(count)", hint: defectHint) }
  }
}
