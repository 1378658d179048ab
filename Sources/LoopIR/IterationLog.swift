import Tensors

/// Which iteration of a loop has touched which elements.
final class IterationLog {
  private struct Place: Hashable {
    let memory: ObjectIdentifier
    let byte: Int
  }

  private let loop: String
  /// Buffers that each iteration has for itself.
  private let own: [String]
  private var writers: [Place: Int] = [:]
  private var readers: [Place: ClosedRange<Int>] = [:]
  /// The one that runs.
  var iteration = 0

  init(_ loop: String, except own: [String]) {
    self.loop = loop
    self.own = own
  }

  /// Throws where two iterations touch an element and one of them writes it.
  func note(_ memory: Memory, byte: Int, _ buffer: Buffer, isStore: Bool) throws(Diagnostic) {
    if own.contains(buffer.name) { return }
    let place = Place(memory: ObjectIdentifier(memory), byte: byte)
    if let writer = writers[place], writer != iteration { throw clash(buffer, writer) }
    if !isStore {
      readers[place] = readers[place].map { min($0.lowerBound, iteration)...max($0.upperBound, iteration) } ?? iteration...iteration
      return
    }
    writers[place] = iteration
    if let readers = readers[place], readers != iteration...iteration { throw clash(buffer, readers.lowerBound) }
  }

  private func clash(_ buffer: Buffer, _ other: Int) -> Diagnostic {
    Diagnostic("iterations \(other) and \(iteration) of loop \(loop) touch the same element of \(buffer.name)")
  }
}
