import GraphIR
import Operators
import Tensors

extension KerasLayers {
  static let pooling: [KerasLayerClass] = [
    KerasLayerClass("MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "MaxPool1D", "MaxPool2D", "MaxPool3D") { (call) throws(Diagnostic) in
      try pool(call, .max)
    },
    KerasLayerClass("AveragePooling1D", "AveragePooling2D", "AveragePooling3D", "AvgPool1D", "AvgPool2D", "AvgPool3D") {
      (call) throws(Diagnostic) in try pool(call, .average)
    },
    KerasLayerClass(
      "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D", "GlobalMaxPool1D", "GlobalMaxPool2D", "GlobalMaxPool3D"
    ) {
      (call) throws(Diagnostic) in [KerasTensor(try global(call, .max))]
    },
    KerasLayerClass(
      "GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D", "GlobalAvgPool1D", "GlobalAvgPool2D", "GlobalAvgPool3D"
    ) { (call) throws(Diagnostic) in
      if let mask = call.mask(), try call.spatialRank() == 1 { return [KerasTensor(try maskedAverage(call, mask))] }
      return [KerasTensor(try global(call, .mean))]
    },
    KerasLayerClass("AdaptiveMaxPooling1D", "AdaptiveMaxPooling2D", "AdaptiveMaxPooling3D") { (call) throws(Diagnostic) in
      try adaptive(call, .max)
    },
    KerasLayerClass("AdaptiveAveragePooling1D", "AdaptiveAveragePooling2D", "AdaptiveAveragePooling3D") { (call) throws(Diagnostic) in
      try adaptive(call, .average)
    },
  ]

  private static func pool(_ call: KerasLayerCall, _ kind: PoolKind) throws(Diagnostic) -> [KerasTensor] {
    let x = try call.input()
    let rank = try call.spatialRank()
    try call.expectRank(rank + 2, x)
    let isFirst = try call.channelsFirst()
    let size = try call.config.sizes("pool_size", "pool_length", rank: rank, default: 2)
    let strides = try call.config.value("strides", "stride").map { (value) throws(Diagnostic) in try value.sizes(rank: rank) } ?? size
    let padding = try call.config.choice("padding", "border_mode", of: ["valid", "same"], default: "valid")
    let input = isFirst ? try call.writer.channelsLast(x.id, "channels_last") : x.id
    let result = try call.writer.pool(input, kind, size, strides, padding, isFirst ? "pool" : "")
    return [KerasTensor(isFirst ? try call.writer.channelsFirst(result, "") : result)]
  }

  private static func global(_ call: KerasLayerCall, _ function: Reduce.Function) throws(Diagnostic) -> ValueID {
    let x = try call.input()
    let rank = try call.spatialRank()
    try call.expectRank(rank + 2, x)
    let first = try call.channelsFirst() ? 2 : 1
    let keepsDims = try call.config.bool("keepdims", default: false)
    return try call.writer.reduce(function, x.id, axes: Array(first..<first + rank), keepDims: keepsDims, "")
  }

  /// The mean of the steps that the mask shows.
  private static func maskedAverage(_ call: KerasLayerCall, _ mask: ValueID) throws(Diagnostic) -> ValueID {
    let x = try call.input()
    try call.expectRank(3, x)
    let isFirst = try call.channelsFirst()
    let axis = isFirst ? 2 : 1
    let keepsDims = try call.config.bool("keepdims", default: false)
    let writer = call.writer
    let shown = try writer.expandDims(mask, isFirst ? 1 : 2, "mask")
    let visible = try writer.apply("where", [.value(shown), .value(x.id), .number(0)], "visible")
    let sum = try writer.reduce(.sum, visible, axes: [axis], keepDims: keepsDims, "sum")
    let ones = try writer.cast(shown, to: writer.dtype(x.id), "ones")
    return try writer.binary("divide", sum, try writer.reduce(.sum, ones, axes: [axis], keepDims: keepsDims, "count"), "")
  }

  /// Windows that cut each axis into so many parts.
  private static func adaptive(_ call: KerasLayerCall, _ kind: PoolKind) throws(Diagnostic) -> [KerasTensor] {
    let x = try call.input()
    let rank = try call.spatialRank()
    try call.expectRank(rank + 2, x)
    let isFirst = try call.channelsFirst()
    let size = try call.config.sizes("output_size", rank: rank)
    let input = isFirst ? try call.writer.channelsLast(x.id, "channels_last") : x.id
    let result = try call.writer.add(AdaptivePool(kind, size: size), [input], isFirst ? "pool" : "")
    return [KerasTensor(isFirst ? try call.writer.channelsFirst(result, "") : result)]
  }
}

extension GraphWriter {
  /// Pooling of `[N, spatial…, C]`; averages leave the padding out.
  func pool(
    _ x: ValueID, _ kind: PoolKind, _ size: [Int], _ strides: [Int], _ padding: String, _ label: String
  ) throws(Diagnostic) -> ValueID {
    let spatial = Array(shape(x).dropFirst().dropLast())
    let ones = [Int](repeating: 1, count: size.count)
    let pads = try spatialPads(spatial, size, strides, ones, padding)
    return try add(Pool(kind, size: size, SlidingWindow(strides: strides, padsBefore: pads.before, padsAfter: pads.after)), [x], label)
  }
}
