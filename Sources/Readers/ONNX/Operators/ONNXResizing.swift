import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  static let resizing: [ONNXOperator] = [
    ONNXOperator("Resize", since: 10, .numbers) { (call) throws(Diagnostic) in
      let x = try call.input()
      let resize = try ONNXResize(call)
      if resize.isNearest || call.writer.dtype(x).isFloat { return try resize.applied(to: x) }
      // Sums of integers are rounded in the end, and stay in the range of the type.
      let dtype = call.writer.dtype(x)
      let rounded = try call.writer.unary("round", try resize.applied(to: try call.writer.cast(x, to: .float64, "wide")), [:], "rounded")
      let (least, most) = (Double(dtype.integerRange.lowerBound), Double(dtype.integerRange.upperBound))
      return try call.writer.cast(
        try call.writer.unary("clamp", rounded, ["min_value": least, "max_value": most], "bounded"), to: dtype, "")
    }
  ]
}

/// The attributes and inputs of Resize.
private struct ONNXResize {
  let call: ONNXCall
  let mode: String
  let coordinates: ResizeCoordinates
  let rounding: NearestRounding
  let coefficient: Double
  let antialias: Bool
  let repeatsEnds: Bool
  let beyond: Double
  let policy: String
  /// The axes that are resized, in the order of scales and sizes.
  let axes: [Int]

  var isNearest: Bool { mode == "nearest" }

  init(_ call: ONNXCall) throws(Diagnostic) {
    self.call = call
    let attributes = call.attributes
    mode = try attributes.choice("mode", of: ["nearest", "linear", "cubic"], default: "nearest")
    // Opset 10 knows neither: its elements are points, and the nearest is the one before.
    let isFirst = call.opset < 11
    let places = ResizeCoordinates.allCases.map(\.rawValue)
    let place = try attributes.choice(
      "coordinate_transformation_mode", of: places + ["tf_half_pixel_for_nn"], default: isFirst ? "asymmetric" : "half_pixel")
    let roundings = NearestRounding.allCases.map(\.rawValue)
    let chosen = try attributes.choice("nearest_mode", of: roundings, default: isFirst ? "floor" : "round_prefer_floor")
    // The elder name for nearest elements whose middle is taken, not their start.
    coordinates = ResizeCoordinates(rawValue: place == "tf_half_pixel_for_nn" ? "half_pixel" : place) ?? .halfPixel
    rounding = NearestRounding(rawValue: chosen) ?? .preferFloor
    coefficient = try attributes.float("cubic_coeff_a", default: -0.75)
    antialias = try attributes.flag("antialias")
    repeatsEnds = !(try attributes.flag("exclude_outside"))
    beyond = try attributes.float("extrapolation_value", default: 0)
    policy = try attributes.choice("keep_aspect_ratio_policy", of: ["stretch", "not_larger", "not_smaller"], default: "stretch")
    let rank = try call.type(0).rank
    axes = try (try attributes.optionalInts("axes") ?? Array(0..<rank)).map { (axis) throws(Diagnostic) in
      try normalisedAxis(axis, rank: rank)
    }
  }

  /// The positions of the inputs; an empty tensor is an absent one.
  private var scalesInput: Int { call.opset < 11 ? 1 : 2 }
  private func isGiven(_ position: Int) throws(Diagnostic) -> Bool {
    guard let id = try call.optional(position) else { return false }
    return call.writer.shape(id).elementCount != 0
  }

  func applied(to x: ValueID) throws(Diagnostic) -> ValueID {
    guard Set(axes).count == axes.count else { throw Diagnostic("the axes \(axes) name one twice") }
    let hasSizes = try isGiven(3)
    let bySizes = call.opset >= 11 && hasSizes
    let hasScales = try isGiven(scalesInput)
    guard bySizes || hasScales else { throw Diagnostic("neither scales nor sizes are given") }
    let known = try call.constant(bySizes ? 3 : scalesInput)?.doubles
    let crop = try coordinates == .cropped ? call.constant(1)?.doubles : []
    if let known, let crop { return try applied(to: x, known, bySizes: bySizes, crop) }
    return try computed(x, bySizes: bySizes)
  }

  private func extents(_ x: ValueID) throws(Diagnostic) -> [Int] {
    let shape = call.writer.shape(x)
    return try axes.map { (axis) throws(Diagnostic) in
      if let extent = shape[axis].constant { return extent }
      throw Diagnostic("axis \(axis) of \(call.writer.type(x)) is resized, and open", hint: "settle it with --dim")
    }
  }

  /// With scales or sizes that are known: tables are made in advance.
  private func applied(to x: ValueID, _ numbers: [Double], bySizes: Bool, _ crop: [Double]) throws(Diagnostic) -> ValueID {
    guard numbers.count == axes.count, crop.isEmpty || crop.count == 2 * axes.count else {
      throw Diagnostic("\(numbers.count) numbers resize the axes \(axes)", hint: "there is one for each, and two for each in roi")
    }
    var resized: [Int: ResizedAxis] = [:]
    let own = call.writer.shape(x)
    for (position, axis) in axes.enumerated() where !isUntouched(own[axis], numbers[position], bySizes, crop) {
      guard let input = own[axis].constant, (0...0x1p20).contains(numbers[position] * (bySizes ? 1 : Double(input))) else {
        throw Diagnostic("axis \(axis) of \(call.writer.type(x)) is resized by \(numbers[position])", hint: "settle it with --dim")
      }
      let output = bySizes ? Int(numbers[position]) : Int((Float(numbers[position]) * Float(input)).rounded(.down))
      var entry = ResizedAxis(input, to: output, scale: bySizes ? nil : numbers[position])
      if !crop.isEmpty { (entry.start, entry.end) = (crop[position], crop[position + axes.count]) }
      resized[axis] = entry
    }
    if bySizes, policy != "stretch" { keepAspect(&resized, own, numbers) }
    let resizing: Resizing =
      isNearest
      ? .nearest(coordinates, rounding)
      : .filtered(mode == "linear" ? .linear : .cubic(coefficient), coordinates, antialias: antialias, repeatsEnds: repeatsEnds)
    return try call.writer.graph.addResizing(x, resized, resizing, beyond: beyond, name: call.writer.name(""))
  }

  private func isUntouched(_ extent: Dim, _ number: Double, _ bySizes: Bool, _ crop: [Double]) -> Bool {
    let isSame = bySizes ? extent.constant.map { Double($0) == number } ?? false : number == 1
    return isSame && crop.isEmpty && (policy == "stretch" || !bySizes)
  }

  /// One scale for all axes: the least or greatest that the sizes ask for.
  private func keepAspect(_ resized: inout [Int: ResizedAxis], _ own: Shape, _ sizes: [Double]) {
    let scales = resized.values.map { Double($0.output) / Double($0.input) }
    let scale = (policy == "not_larger" ? scales.min() : scales.max()) ?? 1
    for (axis, entry) in resized {
      resized[axis] = ResizedAxis(
        entry.input, to: Int((scale * Double(entry.input) + 0.5).rounded(.down)), scale: scale, start: entry.start, end: entry.end)
    }
  }

  /// With numbers that a run brings: the shape of the output is what the file says of it.
  private func computed(_ x: ValueID, bySizes: Bool) throws(Diagnostic) -> ValueID {
    let wanted = try call.declaredExtents("the scales or sizes")
    let (own, count) = (try extents(x), axes.count)
    guard wanted.count == call.writer.rank(x) else { throw Diagnostic("the output is said to have the shape \(wanted)") }
    let scale = try bySizes ? (policy == "stretch" ? nil : try keptScale(own)) : call.input(scalesInput)
    let crop = try coordinates == .cropped ? call.input(1) : nil
    var (result, masks) = (x, [ValueID]())
    for (position, axis) in axes.enumerated() where own[position] != 1 || wanted[axis] != 1 {
      if scale == nil, crop == nil, wanted[axis] == Dim(own[position]) { continue }
      let number = try scale.map { (id) throws(Diagnostic) in try part(id, bySizes ? 0 : position, "scale\(axis)") }
      let ends = try crop.map { (id) throws(Diagnostic) in
        [try part(id, position, "start\(axis)"), try part(id, position + count, "end\(axis)")]
      }
      let table = try call.writer.outputs(operation(Dim(own[position]), wanted[axis], result), [number] + (ends ?? []), "table\(axis)")
      let inputs = isNearest ? [result, table[0]] : [result, table[0], table[1]]
      result = try call.writer.add(Resample(axis: axis), inputs, "resized\(axis)")
      if crop != nil {
        let shape = Shape(call.writer.shape(x).indices.map { $0 == axis ? -1 : 1 })
        masks.append(try call.writer.add(Reshape(shape), [table[2]], "beyond\(axis)"))
      }
    }
    for mask in masks { result = try call.writer.apply("where", [.value(mask), .number(beyond), .value(result)], "filled") }
    return result
  }

  private func operation(_ input: Dim, _ output: Dim, _ x: ValueID) -> ResizingTable {
    var table = ResizingTable(
      isNearest ? .nearest : mode == "linear" ? .linear : .cubic, coordinates, extents: [input, output], rounding: rounding,
      antialias: antialias, repeatsEnds: repeatsEnds)
    (table.coefficient, table.dtype) = (coefficient, call.writer.dtype(x).isFloat ? call.writer.dtype(x) : .float32)
    return table
  }

  /// One float32 of a vector.
  private func part(_ vector: ValueID, _ position: Int, _ label: String) throws(Diagnostic) -> ValueID {
    let number = try call.writer.slice(vector, axis: 0, from: position, to: position + 1, label)
    return try call.writer.cast(number, to: .float32, "\(label)/number")
  }

  /// The scale of all axes, from sizes that a run brings.
  private func keptScale(_ own: [Int]) throws(Diagnostic) -> ValueID {
    let sizes = try call.writer.cast(try call.input(3), to: .float32, "sizes")
    let lengths = call.writer.constant(Tensor(.float32, [own.count], own.map { Double($0) }), "lengths")
    let scales = try call.writer.binary("divide", sizes, lengths, "scales")
    return try call.writer.reduce(policy == "not_larger" ? .min : .max, scales, axes: [0], keepDims: true, "scale")
  }
}
