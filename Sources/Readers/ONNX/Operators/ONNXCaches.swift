import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  /// A depthwise convolution over the past and the input; the last elements are the next past.
  static func causalConvolution(_ call: ONNXCall) throws(Diagnostic) -> [ONNXValue] {
    let (x, weights, writer) = (try call.input(0), try call.input(1), call.writer)
    let (shape, filter) = (writer.shape(x), writer.shape(weights))
    guard shape.count == 3, filter.count == 3, filter[0] == shape[1], filter[1] == 1, let taps = filter[2].constant, taps > 0 else {
      throw Diagnostic("\(writer.type(weights)) over \(writer.type(x))", hint: "the weights are [C, 1, taps] for the input [N, C, L]")
    }
    let whole = try call.behindPast(x, count: taps - 1)
    let kernel = try writer.transpose(weights, [2, 0, 1], "kernel_transposed")
    let parted = try writer.reshape(kernel, [filter[2], filter[0], 1], "kernel")
    let convolved = try call.channelsLast(whole) { (whole) throws(Diagnostic) in
      try writer.add(DepthwiseConvolution(SlidingWindow()), [whole, parted, try call.optional(2)], "convolution")
    }
    let activation = try call.attributes.choice("activation", of: ["none", "silu", "swish"], default: "none")
    let result = activation == "none" ? convolved : try writer.unary("silu", convolved, [:], "activation")
    guard call.wants(1) else { return [.tensor(result)] }
    let (start, end) = taps == 1 ? (0, 0) : (1 - taps, Int.max)
    return [.tensor(result), .tensor(try writer.slice(whole, axis: 2, from: start, to: end, "next"))]
  }

  /// The cache with `update` written along an axis, in each batch from its own index on.
  static func cacheUpdate(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let (cache, update, writer) = (try call.input(0), try call.input(1), call.writer)
    let (shape, part) = (writer.shape(cache), writer.shape(update))
    let axis = try call.axis(default: -2, rank: shape.count)
    guard axis > 0, part.count == shape.count, part.indices.allSatisfy({ $0 == axis || part[$0] == shape[$0] }) else {
      throw Diagnostic(
        "\(writer.type(update)) is written into \(writer.type(cache)) along axis \(axis)", hint: "all other extents are equal")
    }
    // One index for each axis up to this one, at each place of the update.
    let outer = Array(part[...axis])
    var columns: [ValueID] = []
    for position in 0...axis {
      let own = try call.places(outer, position)
      let places = position == axis ? try call.shifted(own, batches: shape[0], length: shape[axis]) : own
      let column = try writer.add(Expand(outer), [places], "column\(position)/expanded")
      columns.append(try writer.expandDims(column, -1, "column\(position)"))
    }
    return try writer.add(ScatterND(), [cache, try writer.concatenate(columns, axis: axis + 1, "indices"), update], "")
  }
}

extension ONNXCall {
  /// `[N, C, L]` behind input 3, which holds what came before it, or behind zeros.
  fileprivate func behindPast(_ x: ValueID, count: Int) throws(Diagnostic) -> ValueID {
    guard let past = try optional(3) else {
      return count == 0 ? x : try writer.add(Pad(before: [0, 0, count], after: [0, 0, 0]), [x], "whole")
    }
    guard writer.shape(past) == Array(writer.shape(x).prefix(2)) + [Dim(count)] else {
      throw Diagnostic("the past is \(writer.type(past)) for \(writer.type(x))", hint: "it has \(count) elements along the last axis")
    }
    return count == 0 ? x : try writer.concatenate([past, x], axis: 2, "whole")
  }

  /// The index along an axis of `shape` at each place; the other axes have the extent 1.
  fileprivate func places(_ shape: Shape, _ axis: Int) throws(Diagnostic) -> ValueID {
    var broad = Shape(repeating: 1, count: shape.count)
    broad[axis] = shape[axis]
    return try writer.reshape(try writer.positions(shape[axis], "places\(axis)"), broad, "places\(axis)/broad")
  }

  /// Indices of the last axis moved to where each batch starts to write.
  fileprivate func shifted(_ places: ValueID, batches: Dim, length: Dim) throws(Diagnostic) -> ValueID {
    var index = places
    if let starts = try optional(2) {
      guard writer.shape(starts) == [batches] else {
        throw Diagnostic("write_indices is \(writer.type(starts))", hint: "it has one number for each batch")
      }
      let broad = try writer.reshape(starts, [batches] + Shape(repeating: 1, count: writer.rank(places) - 1), "starts")
      index = try writer.binary("add", index, broad, "index")
    }
    guard try attributes.choice("mode", of: ["linear", "circular"], default: "linear") == "circular" else { return index }
    return try writer.binary("mod", index, try writer.extents([length], shape: [1], "length"), "index_circular")
  }
}
