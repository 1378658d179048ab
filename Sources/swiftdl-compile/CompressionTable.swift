import Foundation
import SwiftDL

/// What integers, narrow weights and pruning cost and save, for reading.
struct CompressionTable {
  private let report: CompressionReport

  init(_ report: CompressionReport) { self.report = report }

  var text: String {
    let header = ["layer", "operator", "type", "MACs", "float", "now", "SQNR", ""]
    return [table(header, report.layers.map(row), leftAligned: [0, 1, 2, 7]), totals].joined(separator: "\n\n")
  }

  private func row(_ layer: CompressionReport.Layer) -> [String] {
    [
      layer.name, layer.operation, type(layer), short(layer.macs), bytes(layer.floatBytes), bytes(layer.bytes),
      decibels(layer.signalToNoise), layer.reason ?? "",
    ]
  }

  private func type(_ layer: CompressionReport.Layer) -> String {
    layer.weights.map { $0 == layer.arithmetic ? $0 : "\(layer.arithmetic) × \($0)" } ?? layer.arithmetic
  }

  private var totals: String {
    let share = report.integerMACs == 0 ? "" : ", \(percent(Double(report.integerMACs) / Double(report.macs))) of them on integers"
    var lines = [
      "flash     \(bytes(report.floatWeightsBytes)) float, \(bytes(report.weightsBytes)) now",
      "arena     \(bytes(report.floatArenaBytes)) float, \(bytes(report.arenaBytes)) now",
      "MACs      \(short(report.macs))\(share)",
    ]
    if report.rows > 0 {
      let seen = report.rowsWereCalibratedOn ? ", which calibration has seen" : ""
      let ratios = report.outputs.map { "\($0.name) \(decibels($0.signalToNoise))" }.joined(separator: ", ")
      lines.append("SQNR      \(ratios), on \(report.rows) rows\(seen)")
    }
    if let worst = report.layers.compactMap(\.sumBounds).map({ max(-$0.lowerBound, $0.upperBound) }).max() {
      let room = percent(Double(worst) / 0x1p31)
      lines.append("overflow  impossible: by the weights, no sum exceeds \(worst), \(room) of what int32 holds")
    }
    if let (float, quantised) = report.seconds {
      let times = String(format: "%.3f ms float, %.3f ms now: %.2f times as fast", float * 1e3, quantised * 1e3, float / quantised)
      lines.append("time      \(times); the fastest of many runs on this machine")
    }
    if let accuracy = report.accuracy { lines.append(text(accuracy)) }
    return lines.joined(separator: "\n")
  }

  private func text(_ accuracy: CompressionReport.Accuracy) -> String {
    let points = String(
      format: "%.2f points (%.2f to %.2f)", 100 * accuracy.drop, 100 * accuracy.dropInterval.lowerBound,
      100 * accuracy.dropInterval.upperBound)
    return "accuracy  \(share(accuracy.float, accuracy.floatInterval)) float, "
      + "\(share(accuracy.quantised, accuracy.quantisedInterval)) now, drop \(points), at 95 %, on \(accuracy.rows) rows"
  }

  private func share(_ value: Double, _ interval: ClosedRange<Double>) -> String {
    "\(percent(value)) (\(percent(interval.lowerBound)) to \(percent(interval.upperBound)))"
  }

  private func percent(_ share: Double) -> String { String(format: "%.2f %%", 100 * share) }

  private func decibels(_ value: Double?) -> String { value.map { $0.isFinite ? String(format: "%.1f dB", $0) : "exact" } ?? "–" }
}
