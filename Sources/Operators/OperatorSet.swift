import GraphIR

/// Every operator, for the readers of our own format and for the documentation. A test finds operators that are missing here.
package enum OperatorSet {
  package static let all: [any Operator.Type] = [
    Convolution.self,
    Map.self,
    MatMul.self,
  ]

  package static let byName: [String: any Operator.Type] = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}
