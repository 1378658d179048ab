import GraphIR
import Operators
import Targets
import Tensors

/// Which kernel computes a layer with zeros, and why.
struct SparseChoice {
  enum Kernel {
    case dense
    case lookups(SparseSteps)
    case dots(SparseDotSteps)
    case rows(SparseRowTables)
    case literals(LiteralProduct)
  }

  let kernel: Kernel
  /// For people.
  let reason: String
}

extension Graph {
  /// Before `chooseSparse`: for each layer whose weights may have zeros why it gets the kernel that it gets, by the names of nodes.
  package func sparseReasons(for target: Target) -> [String: String] {
    let readers = readers
    let pairs = nodes.compactMap { node in
      SparseChoice(node, in: self, readers: node.inputs.count > 1 ? node.inputs[1].flatMap { readers[$0]?.count } ?? 1 : 1, for: target)
        .map { (node.name, $0.reason) }
    }
    return Dictionary(pairs) { first, _ in first }
  }
}

/// What a kernel costs, in what the dense one does: its time for a position of the window, and its bytes.
private struct SparseCandidate {
  let name: String
  let kernel: SparseChoice.Kernel
  let time: Double
  let bytes: Double
  /// That it may have more.
  var grace = 0.0

  /// Faster and not larger, or much smaller and hardly slower.
  func pays(_ dense: (time: Double, bytes: Double)) -> Bool {
    time < dense.time && bytes < dense.bytes + grace || time < 1.1 * dense.time && bytes < 0.75 * dense.bytes
  }

  func compared(_ dense: (time: Double, bytes: Double)) -> String {
    "\(rounded(time / dense.time)) of the time, \(rounded(bytes / dense.bytes)) of the bytes"
  }

  private func rounded(_ ratio: Double) -> String {
    let percent = Int((ratio * 100).rounded())
    return percent < 1000 ? "\(percent) %" : "over 1000 %"
  }
}

extension SparseChoice {
  /// `nil` for nodes that are no such layers. `readers` counts who reads the weights.
  init?(_ node: Node, in graph: Graph, readers: Int, for target: Target) {
    guard let layer = SparseLayer(node, in: graph) else { return nil }
    if let reason = SparseChoice.obstacle(layer, readers, target) {
      (kernel, self.reason) = (.dense, reason)
      return
    }
    let dense = layer.denseCost(target)
    let candidates = layer.candidates(target)
    if let best = candidates.filter({ $0.pays(dense) }).min(by: { $0.time < $1.time }) {
      (kernel, reason) = (best.kernel, best.compared(dense))
    } else if let nearest = candidates.min(by: {
      max($0.time / dense.time, $0.bytes / dense.bytes) < max($1.time / dense.time, $1.bytes / dense.bytes)
    }) {
      (kernel, reason) = (.dense, "\(nearest.name) would take " + nearest.compared(dense))
    } else {
      (kernel, reason) = (.dense, "too few inputs for lookups")
    }
  }

  /// Why nothing but the dense kernel is asked.
  private static func obstacle(_ layer: SparseLayer, _ readers: Int, _ target: Target) -> String? {
    if readers > 1 { return "others read the weights too" }
    if target.lanes > 1, layer.isConvolution { return "a dense convolution loads each weight once for many outputs" }
    if target.lanes > 1, !layer.hasOneRow { return "a dense product loads each weight once for many rows" }
    let few = SparseLayer.fewDense
    let isSmall = target.lanes == 1 && layer.matrix.count <= 2 * few && layer.elements <= few
    if 2 * layer.zeros <= layer.matrix.count, !isSmall { return "less than half are zero" }
    return nil
  }
}

extension SparseLayer {
  /// Weights that are literals even if none is zero.
  fileprivate static let fewDense = 64
  /// Weights that may be literals.
  private static let fewLiterals = 256

  /// Of one position, in products of one vector, and in bytes.
  fileprivate func denseCost(_ target: Target) -> (time: Double, bytes: Double) {
    let bytes = matrix.bytes.count
    let vectors = Double(seen.count * outputs.ceilingDivision(by: target.lanes))
    if target.hasDotProducts, matrix.dtype == .int8 { return (vectors / 4, Double(bytes)) }
    // Weights that caches do not hold come in slower than vectors add them up.
    let waits = target.lanes == 1 ? 1.0 : bytes <= target.caches.first ?? .max ? 1 : bytes <= target.caches.last ?? .max ? 2 : 4
    return (vectors * waits, Double(bytes))
  }

  fileprivate func candidates(_ target: Target) -> [SparseCandidate] {
    if let cost = target.lookupCost { return lookups(target, cost) }
    return [rows(target)] + (target.lanes == 1 && elements <= Self.fewLiterals ? [literals] : [])
  }

  private func lookups(_ target: Target, _ cost: Double) -> [SparseCandidate] {
    if matrix.dtype == .int8 {
      guard target.hasDotProducts, input == .uint8, let steps = SparseDotSteps(matrix, lanes: target.lanes) else { return [] }
      // A step loads elements and their numbers, too, and puts them in place.
      let time = 2.1 * Double(2 * steps.pairs)
      return [SparseCandidate(name: SparseDots.name, kernel: .dots(steps), time: time, bytes: Double(steps.bytes))]
    }
    guard let steps = SparseSteps(matrix, lanes: target.lanes) else { return [] }
    return [
      SparseCandidate(name: SparseProduct.name, kernel: .lookups(steps), time: cost * Double(steps.steps), bytes: Double(steps.bytes))
    ]
  }

  private func rows(_ target: Target) -> SparseCandidate {
    let tables = SparseRowTables(self)
    let time = Double(tables.values.count) * rowCost(target) + Double(tables.bounds.count)
    return SparseCandidate(name: SparseRows.name, kernel: .rows(tables), time: time, bytes: Double(tables.bytes))
  }

  /// Of a product, as measured in products of a dense kernel, which loads inputs once for several outputs, and the weights of a convolution
  /// once for several positions. A vector machine waits for every sum.
  private func rowCost(_ target: Target) -> Double {
    if target.lanes > 1 { return 3 }
    return matrix.dtype == .int8 ? 2.3 : isConvolution ? 3.6 : 2.7
  }

  /// Literals of bytes lie within instructions.
  private var literals: SparseCandidate {
    let isFloat = matrix.dtype.isFloat
    return SparseCandidate(
      name: LiteralProduct.name, kernel: .literals(LiteralProduct(self)),
      time: Double(elements) * (isFloat ? 1 : 0.8) + 0.1 * Double(outputs),
      bytes: Double(LiteralProduct.codeBytes(products: elements, isFloat: isFloat)), grace: 1024)
  }
}
