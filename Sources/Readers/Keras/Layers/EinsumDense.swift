import Containers
import GraphIR
import Operators
import Tensors

extension KerasLayers {
  static let einsum: [KerasLayerClass] = [
    KerasLayerClass("EinsumDense") { (call) throws(Diagnostic) in
      let x = try call.input()
      let equation = try call.config.string("equation")
      let kernel = try call.weight("kernel", try EinsumKernel(equation, call).dims)
      let product = try call.writer.einsum(equation, [x.id, kernel], "einsum")
      return [KerasTensor(try call.finish(product, try einsumBias(call, equation, product)))]
    }
  ]

  /// The bias has the extents of the result along `bias_axes`, and 1 along the others behind the first of them.
  private static func einsumBias(_ call: KerasLayerCall, _ equation: String, _ product: ValueID) throws(Diagnostic) -> ValueID? {
    guard let written = try call.config.value("bias_axes")?.string() else { return nil }
    let x = try call.input()
    let kernelRank = EinsumKernel.terms(equation).kernel.count
    let labels = try EinsumEquation(equation, ranks: [call.shape(x).count, kernelRank]).result
    let axes = try written.map { (letter) throws(Diagnostic) in try EinsumEquation.label(letter) }
    guard let first = labels.firstIndex(where: { axes.contains($0) }), axes.allSatisfy({ labels.contains($0) }) else {
      throw Diagnostic("bias_axes is \"\(written)\" in \"\(equation)\"", hint: "name axes of the result")
    }
    let shape = call.writer.shape(product)
    let dims = try labels.indices.dropFirst(first).map { (position) throws(Diagnostic) in
      axes.contains(labels[position]) ? try call.constant(shape[position], "axis \(position)") : 1
    }
    return try call.weight("bias", dims)
  }
}

/// The extents of the kernel: those of the input where they share an axis, else those that `output_shape` tells.
private struct EinsumKernel {
  var dims: [Int] = []

  init(_ equation: String, _ call: KerasLayerCall) throws(Diagnostic) {
    let x = try call.input()
    let terms = Self.terms(equation)
    let labels = try EinsumEquation(equation, ranks: [call.shape(x).count, terms.kernel.count])
    let outputs = Array(terms.result.replacing("...", with: ""))
    let given = try call.config.value("output_shape").map { (value) throws(Diagnostic) in
      value.isArray
        ? try value.map { (extent) throws(Diagnostic) in extent.isNull ? nil : try extent.boundedInt() } : [try value.boundedInt()]
    }
    for (letter, label) in zip(terms.kernel, labels.operands.last ?? []) {
      if let axis = labels.operands.first?.firstIndex(of: label) {
        dims.append(try call.constant(call.shape(x)[axis], "axis \(axis)"))
        continue
      }
      // `output_shape` leaves out the batch, and what an ellipsis stands for: letters and extents agree from the end.
      guard let given, let place = outputs.lastIndex(of: letter), let extent = given[safe: given.count - (outputs.count - place)] ?? nil,
        extent > 0
      else { throw Diagnostic("the axis \(letter) of the kernel in \"\(equation)\" has no extent", hint: "output_shape has to name it") }
      dims.append(extent)
    }
  }

  /// The axes of the kernel and of the result as they are written.
  static func terms(_ equation: String) -> (kernel: String, result: String) {
    let parts = equation.filter { $0 != " " }.split(separator: "->", omittingEmptySubsequences: false)
    let kernel = parts.first?.split(separator: ",").dropFirst().first ?? ""
    return (String(kernel), parts.dropFirst().first.map { String($0) } ?? "")
  }
}
