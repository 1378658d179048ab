import GraphIR
import LoopIR
import Operators
import Tensors

/// Rows of a table, chosen by numbers, of which a layer gives a recurrent layer the products.
struct GateTable {
  let table: ValueID
  let numbers: ValueID
}

extension Graph {
  /// By result: layers whose products of all rows of a table take no more memory than the table and the weights.
  func gateTables(_ gates: [ValueID: Numbers]) -> [ValueID: GateTable] {
    var found: [ValueID: GateTable] = [:]
    for node in nodes where node.op is MatMul && gates[node.outputs[0]] != nil {
      guard let x = node.inputs[0], node.inputs.dropFirst().allSatisfy({ $0.map { constants[$0] != nil } ?? true }) else { continue }
      let source = columnsSource(x)
      guard let gather = nodes.first(where: { $0.outputs.contains(source) }), (gather.op as? Gather)?.axis == 0, gather.epilogue == nil,
        let id = gather.inputs[0], let numbers = gather.inputs[1], let table = constants[id], table.rank == 2,
        let columns = type(node.outputs[0]).shape.last?.constant, let weights = node.inputs[1].flatMap({ constants[$0] })
      else { continue }
      // In bytes: of int16; of int8, with a multiplier and an offset for each column.
      guard 2 * table.dims[0] * columns <= table.count + weights.count + 8 * columns else { continue }
      found[node.outputs[0]] = GateTable(table: id, numbers: numbers)
    }
    return found
  }
}

extension Quantiser {
  /// The products of all rows as int16, of which those are taken that are asked for: no products at run time, and none of eight bits.
  mutating func placeGateTable(_ node: Node, _ editor: inout Editor) throws(Diagnostic) -> Bool {
    let id = node.outputs[0]
    guard let found = gateTables[id], let scale = gates[id], let table = editor.constant(found.table) else { return false }
    var inputs = node.inputs.map { editor.constant($0) }
    inputs[0] = table
    let products = try node.evaluate(inputs)[0]
    let columns = scale.values.count
    guard products.dims == [table.dims[0], columns] else { return false }
    let codes = products.doubles.enumerated().map { flat, real in
      Int64(min(max((real * scale.values[flat % columns]).rounded(.toNearestOrEven), -32768), 32767))
    }
    let made = editor.addConstant(node.name + ".table", Tensor(.int16, products.dims, integers: codes))
    let rows = try editor.add(Gather(axis: 0), [made, found.numbers], name: node.name + ".rows", label: "gather")
    var reshaped = node
    (reshaped.op, reshaped.inputs, reshaped.epilogue) = (Reshape(exactly: editor.type(id).shape), [rows], nil)
    reshaped.label = "reshape"
    placeGates(reshaped, node, &editor)
    return true
  }
}
