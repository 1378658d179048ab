import GraphIR
import Readers
import Tensors

/// Inputs of runs, each as the graph takes it.
struct CalibrationData {
  /// For each run the inputs in order.
  let runs: [[Tensor]]
  /// Where they come from, for people.
  let origin: String
  /// Arrays of the file that are no inputs: labels.
  let others: [(name: String?, tensor: Tensor)]
}

extension CalibrationData {
  /// The class of each row of the data: an array of the data, or a file.
  func classes(_ name: String) throws(Diagnostic) -> [Int] {
    let named = others.first { $0.name == name }?.tensor
    let found = if let named { named } else { try NamedArrays(name, raw: .int32).only }
    guard found.dtype.isInteger, found.count == runs.count else {
      throw Diagnostic("the labels are \(found.type)", hint: "give one integer for each of the \(runs.count) rows of the data").inFile(name)
    }
    return found.integers.map { Int($0) }
  }

  /// All problems of the data are thrown together.
  init(_ source: CalibrationOptions.Source, for model: ReadModel, rows: Int) throws(Diagnostics) {
    switch source {
    case .file(let path): try self.init(path, model.graph)
    case .tests:
      let arrays = model.tests.map { test in
        NamedArrays(path: "the model's test vectors", arrays: zip(model.graph.inputs, test.inputs).map { (model.graph[$0].name, $1) })
      }
      guard !arrays.isEmpty else {
        throw Diagnostics([Diagnostic("the model has no test vectors", hint: "name a file with --calibrate FILE")])
      }
      try self.init(arrays, model.graph, origin: "the model's test vectors")
    case .random(let seed):
      var generator = SeededGenerator(seed)
      let runs = (0..<min(rows, 8)).map { _ in
        model.graph.inputs.map { id in
          let type = model.graph.type(id)
          let extents = type.shape.map { $0.value(model.graph.dims.mapValues(\.upperBound)) ?? 1 }
          return Tensor.random(type.dtype, extents, .small, using: &generator)
        }
      }
      self.init(runs: runs, origin: "random numbers, seed \(seed)", others: [])
    }
  }

  private init(_ path: String, _ graph: Graph) throws(Diagnostics) {
    let raw = graph.inputs.first.map { graph.type($0).dtype } ?? .float32
    if !isFolder(path) {
      try self.init([try collecting { () throws(Diagnostic) in try NamedArrays(path, raw: raw) }], graph, origin: path)
      return
    }
    var problems = Problems()
    let paths = try collecting { () throws(Diagnostic) in try filesInFolder(path) }
    let files = paths.compactMap { file in problems.attempt { () throws(Diagnostic) in try NamedArrays(file, raw: raw) } }
    try problems.throwIfAny()
    try self.init(CalibrationData.merged(files, graph) ?? files, graph, origin: path)
  }

  /// Files that are named after the inputs, as one.
  private static func merged(_ files: [NamedArrays], _ graph: Graph) -> [NamedArrays]? {
    var arrays: [(name: String?, tensor: Tensor)] = []
    for id in graph.inputs {
      let name = graph[id].name
      let file = files.first { $0.path.split(separator: "/").last?.split(separator: ".").first.map(String.init) == name }
      guard let file, file.arrays.count == 1 else { return nil }
      arrays.append((name, file.arrays[0].tensor))
    }
    return files.first.map { [NamedArrays(path: $0.path, arrays: arrays)] }
  }

  private init(_ files: [NamedArrays], _ graph: Graph, origin: String) throws(Diagnostics) {
    var problems = Problems()
    var runs: [[Tensor]] = []
    for file in files {
      var columns: [[Tensor]] = []
      for (position, id) in graph.inputs.enumerated() {
        let column = problems.attempt { () throws(Diagnostic) in
          do throws(Diagnostic) {
            let tensor = try file.array(for: position, of: graph)
            return try graph.split(tensor, forInput: id)
          } catch { throw error.inFile(file.path) }
        }
        if let column { columns.append(column) }
      }
      guard columns.count == graph.inputs.count else { continue }
      let counts = Set(columns.map(\.count))
      guard let count = counts.first, counts.count == 1 else {
        let found = zip(graph.inputs, columns).map { "\"\(graph[$0].name)\": \($1.count)" }.joined(separator: ", ")
        problems.report(
          Diagnostic(
            "the inputs have different numbers of runs: \(found)", hint: "give each as many", place: Place(file: file.path)))
        continue
      }
      runs += (0..<count).map { run in columns.map { $0[run] } }
    }
    if runs.isEmpty && !problems.hasErrors {
      let place = Place(file: origin)
      problems.report(Diagnostic("there is no calibration data", hint: "give one row or more, better a hundred", place: place))
    }
    try problems.throwIfAny()
    let names = Set(graph.inputs.indices.flatMap { graph.arrayNames(ofInput: $0) })
    let others = files.flatMap(\.arrays).filter { array in array.name.map { !names.contains($0) } ?? false }
    self.init(runs: runs, origin: origin, others: others)
  }
}

private func collecting<T>(_ body: () throws(Diagnostic) -> T) throws(Diagnostics) -> T {
  do throws(Diagnostic) { return try body() } catch { throw Diagnostics([error]) }
}

extension NamedArrays {
  /// The array for an input: under its name, or by its position (`x0`, `input:0`), or the only one there is.
  fileprivate func array(for position: Int, of graph: Graph) throws(Diagnostic) -> Tensor {
    let names = graph.arrayNames(ofInput: position)
    for name in names {
      if let found = arrays.first(where: { $0.name == name }) { return found.tensor }
    }
    if graph.inputs.count == 1, arrays.count == 1 { return arrays[0].tensor }
    let found = arrays.map { $0.name.map { "\"\($0)\"" } ?? "one without a name" }.joined(separator: ", ")
    throw Diagnostic(
      "there is no data for the input \"\(names[0])\"; the arrays are \(found.isEmpty ? "none" : found)",
      hint: "name the array \"\(names[0])\" or \"x\(position)\"")
  }
}

extension Graph {
  /// Names under which the data of an input is looked for.
  fileprivate func arrayNames(ofInput position: Int) -> [String] {
    [self[inputs[position]].name, "x\(position)", "input:\(position)", "input_\(position)"]
  }

  /// Data of one or more runs, cut into these.
  fileprivate func split(_ tensor: Tensor, forInput id: ValueID) throws(Diagnostic) -> [Tensor] {
    let type = type(id)
    let converted = try tensor.asInput(type.dtype, self[id].name)
    guard let (rows, dims) = type.shape.rows(of: converted.dims) else {
      throw Diagnostic(
        "the data for \"\(self[id].name)\" is \(tensor.type)", hint: "the input is \(type): give it with a leading axis of runs")
    }
    let size = dims.reduce(type.dtype.byteCount, *)
    return (0..<rows).map { Tensor(type.dtype, dims, bytes: Array(converted.bytes[$0 * size..<($0 + 1) * size])) }
  }
}

extension Shape {
  /// How many tensors of this shape, and of which extents, data of the extents `dims` holds; `nil` if the data does not fit.
  fileprivate func rows(of dims: [Int]) -> (count: Int, dims: [Int])? {
    let batch = first?.constant ?? 1
    func fits(_ found: ArraySlice<Int>, _ expected: ArraySlice<Dim>) -> Bool {
      found.count == expected.count && zip(found, expected).allSatisfy { $1.constant == nil ? $0 > 0 : $1 == Dim($0) }
    }
    if dims.count == count + 1, fits(dims[1...], self[...]) { return (dims[0], [Int](dims.dropFirst())) }
    if dims.count == count, !isEmpty, fits(dims.dropFirst(), dropFirst()), batch > 0, dims[0].isMultiple(of: batch) {
      return (dims[0] / batch, [batch] + dims.dropFirst())
    }
    if dims.count == count - 1, batch == 1, fits(dims[...], dropFirst()) { return (1, [1] + dims) }
    // A raw file has no shape.
    guard dims.count == 1, let extents: [Int] = constants, case let size = extents.reduce(1, *), size > 0, dims[0].isMultiple(of: size)
    else {
      return nil
    }
    return (dims[0] / size, extents)
  }
}

extension Tensor {
  /// The data in the type of the input: floats of other widths are rounded, whole floats are integers, integers are not floats.
  fileprivate func asInput(_ dtype: DType, _ name: String) throws(Diagnostic) -> Tensor {
    if self.dtype.isFloat, dtype.isInteger, doubles.allSatisfy({ $0 == $0.rounded() && abs($0) < 0x1p53 }) {
      return try Tensor(.int64, dims, integers: integers).asInput(dtype, name)
    }
    guard self.dtype.isFloat == dtype.isFloat, self.dtype == .bool || dtype != .bool else {
      throw Diagnostic(
        "the data for \"\(name)\" holds elements of \(self.dtype)", hint: "the input takes \(dtype): prepare the data as in training")
    }
    if dtype.isFloat, let stray = doubles.firstIndex(where: { !$0.isFinite }) {
      throw Diagnostic(
        "element \(stray) of the data for \"\(name)\" is \(doubles[stray])", hint: "leave out rows that are not finite")
    }
    if self.dtype == dtype { return self }
    if dtype.isFloat { return Tensor(dtype, dims, doubles) }
    guard integers.allSatisfy({ wrapped($0, dtype) == $0 }) else {
      throw Diagnostic("the data for \"\(name)\" holds numbers beyond \(dtype)", hint: "the input takes \(dtype)")
    }
    return Tensor(dtype, dims, integers: integers)
  }
}
