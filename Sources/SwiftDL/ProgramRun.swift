import LoopIR
import Tensors
import Validation

extension ModelRunner {
  /// The outputs of one call of a program's model, with the extents that the call gave them. `dims` are the open dimensions.
  package func run(_ program: Program, _ inputs: [Tensor], dims: [String: Int] = [:], trace: Trace? = nil) throws(Diagnostic) -> [Tensor] {
    let returned = program.returnedDims
    let capacities = program.outputs.map { [program.largest($0.type.shape.elementCount, given: dims)] }
    let results = try run(
      inputs, dims: program.openDims.map { Int32(dims[$0.name] ?? 0) }, outputDims: capacities + returned.map { _ in [] }, trace: trace)
    var settled = dims
    for (dim, tensor) in zip(returned, results.suffix(returned.count)) { settled[dim.name] = Int(tensor.integers[0]) }
    return zip(program.outputs, results).map { port, tensor in tensor.leading(port.type.shape.map { $0.value(settled) ?? 0 }) }
  }
}

extension Tensor {
  /// The first elements under a shape that may be smaller.
  fileprivate func leading(_ dims: [Int]) -> Tensor {
    Tensor(dtype, dims, bytes: Array(bytes.prefix(dims.reduce(dtype.byteCount, *))))
  }
}
