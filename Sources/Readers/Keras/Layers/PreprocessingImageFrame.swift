import GraphIR
import Operators
import Tensors

/// A batch of images with its channels last, and the way back.
struct ImageFrame {
  /// `[N, height, width, C]`.
  let image: ValueID
  let height: Int
  let width: Int
  private let isChannelsFirst: Bool
  private let writer: GraphWriter

  init(_ call: KerasLayerCall) throws(Diagnostic) {
    let x = try call.input()
    try call.expectRank(4, x)
    call.config.accept("factor", "bounding_box_format")
    isChannelsFirst = try call.channelsFirst()
    writer = call.writer
    let floats = try writer.floating(x.id)
    image = isChannelsFirst ? try writer.channelsLast(floats, "channels_last") : floats
    height = try call.constant(writer.shape(image)[1], "the height")
    width = try call.constant(writer.shape(image)[2], "the width")
  }

  func finish(_ x: ValueID) throws(Diagnostic) -> ValueID { isChannelsFirst ? try writer.channelsFirst(x, "") : x }

  func cropped(_ row: Int, _ rows: Int, _ column: Int, _ columns: Int) throws(Diagnostic) -> ValueID {
    if rows == height, columns == width { return image }
    return try writer.add(Slice(starts: [row, column], ends: [row + rows, column + columns], axes: [1, 2]), [image], "cropped")
  }

  /// The largest middle part that is as wide for its height as `rows` by `columns` are.
  func cropped(toRatioOf rows: Int, _ columns: Int) throws(Diagnostic) -> ValueID {
    let tall = max(min(height, scaled(width, rows, columns)), 1)
    let wide = max(min(width, scaled(height, columns, rows)), 1)
    return try cropped((height - tall) / 2, tall, (width - wide) / 2, wide)
  }

  /// The image in the middle of a larger one that is as wide for its height as `rows` by `columns` are.
  func padded(toRatioOf rows: Int, _ columns: Int, _ fill: Double) throws(Diagnostic) -> ValueID {
    let above = (max(height, scaled(width, rows, columns)) - height) / 2
    let left = (max(width, scaled(height, columns, rows)) - width) / 2
    guard above > 0 || left > 0 else { return image }
    return try writer.add(Pad(before: [0, above, left, 0], after: [0, above, left, 0], value: fill), [image], "padded")
  }

  func resized(_ x: ValueID, _ rows: Int, _ columns: Int, _ kind: String, antialias: Bool = false) throws(Diagnostic) -> ValueID {
    try writer.resize(x, [Dim(rows), Dim(columns)], kind: kind, antialias: antialias, "resized")
  }

  /// `extent * numerator / denominator`, rounded down as in float32.
  private func scaled(_ extent: Int, _ numerator: Int, _ denominator: Int) -> Int {
    Int(Float(extent) * Float(numerator) / Float(denominator))
  }
}
