import GraphIR
import Operators
import Tensors

/// An equation such as `bij,bjk->bik`, every axis a number: letters by their code, the axes of an ellipsis negative, from the last.
struct EinsumEquation {
  let operands: [[Int]]
  let result: [Int]

  init(_ text: String, ranks: [Int]) throws(Diagnostic) {
    let compact = text.filter { $0 != " " }
    let sides = compact.split(separator: "->", omittingEmptySubsequences: false).map { String($0) }
    let terms = (sides.first ?? "").split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
    guard sides.count <= 2, terms.count == ranks.count else {
      throw Diagnostic("the equation \"\(text)\" for \(ranks.count) tensors", hint: "expected is one list of axes for each")
    }
    var operands: [[Int]] = []
    for (term, rank) in zip(terms, ranks) {
      let letters = term.count - (term.contains("...") ? 3 : 0)
      guard term.contains("...") ? rank >= letters : rank == letters else {
        throw Diagnostic("\"\(term)\" in \"\(text)\" stands for a tensor of rank \(rank)", hint: "name every axis")
      }
      operands.append(try Self.labels(term, elided: rank - letters))
    }
    let elided = -(operands.joined().min() ?? 0)
    self.operands = operands
    result = try sides.count == 2 ? Self.labels(sides[1], elided: max(elided, 0)) : Self.implied(operands)
    let known = Set(operands.joined())
    guard result.allSatisfy({ known.contains($0) }), Set(result).count == result.count else {
      throw Diagnostic("the equation \"\(text)\" names an axis of the result twice, or one that no tensor has")
    }
  }

  /// The code of a letter.
  static func label(_ letter: Character) throws(Diagnostic) -> Int {
    guard letter.isASCII, letter.isLetter, let code = letter.asciiValue else {
      throw Diagnostic("\"\(letter)\" names an axis", hint: "axes are named by letters")
    }
    return Int(code)
  }

  private static func labels(_ term: String, elided: Int) throws(Diagnostic) -> [Int] {
    let parts = term.split(separator: "...", omittingEmptySubsequences: false)
    guard parts.count <= 2 else { throw Diagnostic("\"\(term)\" has two ellipses") }
    let letters = try parts.map { (part) throws(Diagnostic) in try part.map { (letter) throws(Diagnostic) in try label(letter) } }
    return (letters.first ?? []) + (parts.count == 2 ? (0..<elided).map { $0 - elided } + (letters.last ?? []) : [])
  }

  /// Without an arrow: the axes of the ellipsis, then all letters that stand once, in their order.
  private static func implied(_ operands: [[Int]]) -> [Int] {
    let all = operands.flatMap { $0 }
    return Set(all).filter { label in label < 0 || all.count { $0 == label } == 1 }.sorted()
  }
}

extension GraphWriter {
  /// Products of tensors summed as an equation tells.
  func einsum(_ text: String, _ inputs: [ValueID], _ label: String) throws(Diagnostic) -> ValueID {
    let equation = try EinsumEquation(text, ranks: inputs.map { rank($0) })
    var terms: [LabelledTensor] = []
    for (id, labels) in zip(inputs, equation.operands) {
      terms.append(try withoutRepeats(LabelledTensor(id: id, labels: labels), "\(label)/diagonal"))
    }
    guard var product = terms.first else { throw Diagnostic("an equation without tensors") }
    for (position, term) in terms.enumerated().dropFirst() {
      let later = terms.dropFirst(position + 1).flatMap(\.labels)
      product = try contracted(product, term, keeping: equation.result + later, "\(label)/product\(position)")
    }
    return try ordered(try summed(product, keeping: equation.result, "\(label)/sum"), equation.result, label)
  }

  /// Axes of one number within a tensor: only the elements where they are equal.
  private func withoutRepeats(_ x: LabelledTensor, _ label: String) throws(Diagnostic) -> LabelledTensor {
    for (second, number) in x.labels.enumerated() {
      guard let first = x.labels[..<second].firstIndex(of: number) else { continue }
      let labels = x.labels.indices.filter { $0 != first && $0 != second }.map { x.labels[$0] } + [number]
      guard shape(x.id)[first] == shape(x.id)[second] else { throw Diagnostic("the diagonal of \(type(x.id)), which is not square") }
      return try withoutRepeats(LabelledTensor(id: try diagonal(x.id, first, second, label), labels: labels), label)
    }
    return x
  }

  /// The elements at equal positions of two axes, those of the second `offset` later, as a last axis.
  func diagonal(_ x: ValueID, _ first: Int, _ second: Int, offset: Int = 0, _ label: String) throws(Diagnostic) -> ValueID {
    let others = (0..<rank(x)).filter { $0 != first && $0 != second }
    let moved = try transpose(x, others + [first, second], "\(label)/axes")
    guard first != second, let rows = shape(x)[first].constant, let columns = shape(x)[second].constant else {
      throw Diagnostic("the diagonal of \(type(x)) along the axes \(first) and \(second)", hint: "two axes whose extents are known")
    }
    guard offset > -rows, offset < columns else {
      throw Diagnostic("the diagonal \(offset) of \(type(x))", hint: "it has to lie within the matrix")
    }
    let count = min(rows + min(offset, 0), columns - max(offset, 0))
    let start = offset > 0 ? offset : -offset * columns
    let flat = try reshape(moved, others.map { shape(x)[$0] } + [Dim(rows * columns)], "\(label)/flat")
    return try slice(flat, axis: others.count, from: start, to: start + (count - 1) * (columns + 1) + 1, step: columns + 1, label)
  }
}
