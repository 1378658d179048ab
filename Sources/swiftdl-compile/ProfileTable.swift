import Foundation
import SwiftDL

/// A profile for reading.
struct ProfileTable {
  private let profile: Profile

  init(_ profile: Profile) { self.profile = profile }

  var text: String {
    let header = ["layer", "operator", "calls", "time", "share", "GFLOP/s", "of peak", "GB/s", "of memory"]
    return [table(header, profile.layers.map(row), leftAligned: [0, 1]), operators, total].joined(separator: "\n\n")
  }

  /// The layers of each kind together, those that take the most time first.
  private var operators: String {
    let groups = Dictionary(grouping: profile.layers, by: \.operation).map { operation, layers in
      (operation, layers.count, layers.reduce(0) { $0 + $1.seconds }, layers.reduce(0) { $0 + profile.share(of: $1) })
    }
    let sorted = groups.sorted { ($1.2, $0.0) < ($0.2, $1.0) }
    return table(
      ["operator", "layers", "time", "share"], sorted.map { [$0.0, "\($0.1)", duration($0.2), percent($0.3)] }, leftAligned: [0])
  }

  private func row(_ layer: Profile.Layer) -> [String] {
    [layer.name, layer.operation, "\(layer.calls)", duration(layer.seconds), percent(profile.share(of: layer))]
      + rates(layer.operationsPerSecond, profile.machine.operationsPerSecond)
      + rates(profile.isBoundByMemory(layer) ? layer.bytesPerSecond : nil, profile.machine.bytesPerSecond)
  }

  private func rates(_ rate: Double?, _ limit: Double) -> [String] { [billions(rate), rate.map { percent($0 / limit) } ?? "–"] }

  private var total: String {
    let rate = profile.operations > 0 ? Double(profile.operations) / profile.medianSeconds : nil
    let (machine, plural) = (profile.machine, profile.runs == 1 ? "run" : "runs")
    let reached = rate.map { "; \(billions($0)) GFLOP/s, \(percent($0 / machine.operationsPerSecond)) of the peak" } ?? ""
    return """
      total    \(duration(profile.medianSeconds)), the median of \(profile.runs) \(plural); fastest \(duration(profile.fastestSeconds))\(reached)
      machine  \(billions(machine.operationsPerSecond)) GFLOP/s float32 and \(billions(machine.bytesPerSecond)) GB/s from memory, one core
      C        \(profile.compiler), \(String(format: "%.1f", profile.compilerSeconds)) s; target \(profile.target)
      """
  }

  private func billions(_ rate: Double?) -> String { rate.map { String(format: "%.1f", $0 * 1e-9) } ?? "–" }

  private func percent(_ share: Double) -> String { String(format: "%.1f %%", 100 * share) }

  /// `1.23 µs`, `4.56 ms`
  private func duration(_ seconds: Double) -> String {
    switch seconds {
    case ..<1e-3: String(format: "%.2f µs", seconds * 1e6)
    case ..<1: String(format: "%.2f ms", seconds * 1e3)
    default: String(format: "%.2f s", seconds)
    }
  }
}
