import GraphIR
import Operators
import Tensors

extension KerasLayers {
  /// Each tile of the image gets a table that spreads its brightness; between the centres of tiles four tables are blended.
  static func adaptiveEqualisation(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    let writer = call.writer
    let frame = try ImageFrame(call)
    let range = try call.valueRange()
    let grid = try TileGrid(call, frame)
    let image = try writer.rescaled(frame.image, from: range, to: (0, 255), "in_bytes")
    let pads = Pad(before: [0, 0, 0, 0], after: [0, grid.rows.padding, grid.columns.padding, 0], mode: .symmetric)
    let padded = grid.rows.padding + grid.columns.padding == 0 ? image : try writer.add(pads, [image], "padded")
    let bounded = try writer.apply("clip", [.value(padded), .number(0), .number(255)], "bounded")
    let levels = try writer.cast(bounded, to: .int32, "levels")
    let tables = try grid.tables(levels, limit: try call.config.double("clip_limit", default: 4), writer)
    let blended = try grid.blended(tables, levels, writer)
    let cut = Slice(starts: [0, 0], ends: [frame.height, frame.width], axes: [1, 2])
    let result = grid.rows.padding + grid.columns.padding == 0 ? blended : try writer.add(cut, [blended], "cut")
    return [KerasTensor(try frame.finish(try writer.rescaled(result, from: (0, 255), to: range, "in_range")))]
  }
}

/// One axis of an image cut into tiles of one size, the last filled up.
private struct TiledAxis {
  let tiles: Int
  let size: Int
  let padding: Int
  var extent: Int { tiles * size }

  init(_ extent: Int, tiles: Int) {
    self.tiles = tiles
    size = extent.ceilingDivision(by: tiles)
    padding = size * tiles - extent
  }

  /// For each place the tile whose centre is before it and the one after it, and the share of the second.
  var neighbours: [(first: Int, second: Int, share: Float)] {
    (0..<extent).map { place in
      let position = (Float(place) - Float(size) / 2) / Float(size) + 1
      let first = position.rounded(.down)
      let inside = 0...tiles - 1
      return (Int(first - 1).clamped(to: inside), Int(first).clamped(to: inside), position - first)
    }
  }
}

extension Int {
  fileprivate func clamped(to range: ClosedRange<Int>) -> Int { Swift.min(Swift.max(self, range.lowerBound), range.upperBound) }
}

private struct TileGrid {
  let rows: TiledAxis
  let columns: TiledAxis
  private let channels: Int

  init(_ call: KerasLayerCall, _ frame: ImageFrame) throws(Diagnostic) {
    let counts = try call.config.sizes("tile_grid_size", rank: 2, default: 8)
    guard counts[0] <= frame.height, counts[1] <= frame.width else {
      throw Diagnostic("an image of \(frame.height) by \(frame.width) is cut into \(counts) tiles", hint: "a tile has one element at least")
    }
    rows = TiledAxis(frame.height, tiles: counts[0])
    columns = TiledAxis(frame.width, tiles: counts[1])
    channels = try call.constant(call.writer.shape(frame.image)[3], "the number of channels")
    guard frame.height * frame.width < 1 << 26, rows.extent * columns.extent * channels < 1 << 26 else {
      throw Diagnostic("an image of \(frame.height) by \(frame.width) by \(channels)", hint: "fewer than 2^26 elements are expected")
    }
  }

  /// `[N, tiles * C * 256]`: the new level for each level, tile by tile and channel by channel.
  func tables(_ levels: ValueID, limit: Double, _ writer: GraphWriter) throws(Diagnostic) -> ValueID {
    let batch = writer.shape(levels)[0]
    let parted = [rows.tiles, rows.size, columns.tiles, columns.size, channels].map { Dim($0) }
    let tiles = try writer.transpose(try writer.reshape(levels, [batch] + parted, "tiles"), [0, 1, 3, 5, 2, 4], "tiles/ordered")
    let (count, area) = (rows.tiles * columns.tiles * channels, rows.size * columns.size)
    let flat = try writer.reshape(tiles, [batch, Dim(count), Dim(area), 1], "tiles/flat")
    let all = writer.constant(Tensor(.int32, [256], (0..<256).map { Double($0) }), "all_levels")
    let hits = try writer.cast(try writer.binary("equal", flat, all, "hits"), to: .float32, "hits/float")
    var histogram = try writer.reduce(.sum, hits, axes: [2], "histogram")
    if limit > 0 {
      let most = limit * Double(area) / 256
      let clipped = try writer.binary("minimum", histogram, most, "clipped")
      let excess = try writer.reduce(.sum, try writer.binary("subtract", histogram, clipped, "over"), axes: [-1], keepDims: true, "excess")
      histogram = try writer.binary("add", clipped, try writer.binary("divide", excess, 256, "shared"), "even")
    }
    let sums = try writer.add(Cumulative(.sum, axis: -1), [histogram], "sums")
    let least = try writer.reduce(.min, sums, axes: [-1], keepDims: true, "least")
    let span = try writer.apply("subtract", [.number(Double(area)), .value(least)], "span")
    let isEmpty = try writer.binary("equal", span, 0, "empty")
    let divisor = try writer.apply("where", [.value(isEmpty), .number(1), .value(span)], "divisor")
    let risen = try writer.binary("multiply", try writer.binary("subtract", sums, least, "risen"), 255, "risen/scaled")
    let spread = try writer.binary("divide", risen, divisor, "spread")
    let table = try writer.apply("clip", [.value(spread), .number(0), .number(255)], "table")
    return try writer.reshape(table, [batch, Dim(count * 256)], "tables")
  }

  /// What the tables around each place say about its level, the nearer the more.
  func blended(_ tables: ValueID, _ levels: ValueID, _ writer: GraphWriter) throws(Diagnostic) -> ValueID {
    let (down, across) = (rows.neighbours, columns.neighbours)
    let shape = writer.shape(levels)
    func looked(_ rows: [Int], _ columns: [Int], _ label: String) throws(Diagnostic) -> ValueID {
      let starts = rows.flatMap { y in columns.flatMap { x in channelStarts(y, x) } }
      let start = writer.constant(Tensor(.int32, [rows.count, columns.count, channels], starts), "\(label)/starts")
      let places = try writer.binary("add", levels, start, "\(label)/places")
      let flat = try writer.reshape(places, [shape[0], Array(shape.dropFirst()).elementCount], "\(label)/flat")
      return try writer.reshape(try writer.add(GatherElements(axis: 1), [tables, flat], "\(label)/looked_up"), shape, label)
    }
    let right = writer.constant(Tensor(.float32, [columns.extent, 1], across.map { Double($0.share) }), "right")
    let below = writer.constant(Tensor(.float32, [rows.extent, 1, 1], down.map { Double($0.share) }), "below")
    let (west, east) = (across.map(\.first), across.map(\.second))
    let (north, south) = (down.map(\.first), down.map(\.second))
    let top = try writer.mixed(try looked(north, west, "nw"), try looked(north, east, "ne"), right, "top")
    let bottom = try writer.mixed(try looked(south, west, "sw"), try looked(south, east, "se"), right, "bottom")
    return try writer.mixed(top, bottom, below, "blended")
  }

  /// Where the tables of a tile begin, channel by channel.
  private func channelStarts(_ row: Int, _ column: Int) -> [Double] {
    (0..<channels).map { Double(((row * columns.tiles + column) * channels + $0) * 256) }
  }
}

extension GraphWriter {
  /// `a * (1 - share) + b * share`.
  fileprivate func mixed(_ a: ValueID, _ b: ValueID, _ share: ValueID, _ label: String) throws(Diagnostic) -> ValueID {
    let rest = try apply("subtract", [.number(1), .value(share)], "\(label)/rest")
    return try binary("add", try binary("multiply", a, rest, "\(label)/a"), try binary("multiply", b, share, "\(label)/b"), label)
  }
}
