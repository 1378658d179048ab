import Tensors

/// Weights with names of several components, as TF.js manifests, legacy `.h5` files and safetensors have them. Names are matched from
/// their end; files differ in which enclosing names they write (`sequential/dense/kernel`, `dense/dense_1/kernel:0`), so that the
/// closest name wins, and two that are equally close are refused.
struct NamedWeights: WeightStore {
  let source: String
  let hasNames = true
  let all: [StoredWeight]
  private let components: [[String]]
  private let byLast: [String: [Int]]

  init(source: String, _ all: [StoredWeight]) {
    self.source = source
    self.all = all
    components = all.map { Self.split($0.name) }
    var byLast: [String: [Int]] = [:]
    for (position, parts) in components.enumerated() { if let last = parts.last { byLast[last, default: []].append(position) } }
    self.byLast = byLast
  }

  /// TensorFlow's `:0` does not count.
  private static func split(_ name: String) -> [String] {
    (name.hasSuffix(":0") ? name.dropLast(2) : name[...]).split(separator: "/").map { String($0) }
  }

  func find(_ path: WeightPath, names: [String], position: Int) throws(Diagnostic) -> Int? {
    let candidates = Set(names).sorted().flatMap { byLast[$0] ?? [] }
    if let found = try closest(candidates, path) { return found }
    return try closest(byLast["\(position)"] ?? [], path)
  }

  private func closest(_ candidates: [Int], _ path: WeightPath) throws(Diagnostic) -> Int? {
    var best: [Int] = []
    var least = Int.max
    for candidate in candidates {
      guard let distance = Self.distance(path.steps, components[candidate].dropLast()), distance <= least else { continue }
      if distance < least { best = [] }
      least = distance
      best.append(candidate)
    }
    if best.count > 1 {
      let names = best.map { all[$0].name }.joined(separator: ", ")
      throw Diagnostic(
        "the weights \(names) of \(source) fit equally well", hint: "give the layers names of their own and export the model again")
    }
    return best.first
  }

  /// How far a name is from a path: names left over count one, optional steps that are missing count two. `nil` where they do not fit.
  /// Row `n` of the table holds the distances of the first `n` names from every beginning of the path.
  private static func distance(_ steps: [WeightPath.Step], _ names: ArraySlice<String>) -> Int? {
    var row: [Int?] = [0]
    for (index, step) in steps.enumerated() { row.append(step.isOptional ? row.last?.map { _ in 2 * (index + 1) } : nil) }
    for (index, name) in names.enumerated() {
      var next: [Int?] = [index + 1]
      var allOptional = true
      for (step, (before, above)) in zip(steps, zip(row, row.dropFirst())) {
        allOptional = allOptional && step.isOptional
        if let own = step.distance(name), let before {
          next.append(own + before)
          continue
        }
        let withoutStep = step.isOptional ? next.last.flatMap { $0 }.map { $0 + 2 } : nil
        next.append([withoutStep, allOptional ? nil : above.map { $0 + 1 }].compactMap { $0 }.min())
      }
      row = next
    }
    return row.last ?? nil
  }
}
