import GraphIR
import LoopIR
import Tensors

/// Boxes by falling score, without those that overlap a better one too much, for each image and class. Inputs: `boxes` `[B, N, 4]`,
/// `scores` `[B, C, N]`, and scalars or vectors of one element, each of which may be absent: how many boxes of a class are kept at
/// most, the overlap (intersection over union) above which one is dropped (0), and the score that all kept exceed.
///
/// Outputs: rows of image, class and box `[B · C · most, 3]` as int64, behind which rows of -1 follow, and how many there are, as int32.
/// Boxes whose score is NaN are not kept.
package struct NonMaxSuppression: Operator {
  package static let name = "non_max_suppression"
  package static var attributes: [Attribute<NonMaxSuppression>] { [.bool("centred", \.isCentred), .int("most", \.most)] }
  /// Boxes are x and y of the middle, width and height; else y, x, y, x of two opposite corners.
  package var isCentred = false
  /// No more boxes of a class are kept, whatever the input says; 0 is as many as there are.
  package var most = 0

  package init() {}
  package init(isCentred: Bool, most: Int = 0) {
    self.isCentred = isCentred
    self.most = most
  }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let (boxes, scores) = (try inputs.required(0), try inputs.required(1))
    guard boxes.dtype.isFloat, scores.dtype == boxes.dtype, boxes.rank == 3, scores.rank == 3, boxes.shape[2] == 4,
      scores.shape[0] == boxes.shape[0], scores.shape[2] == boxes.shape[1]
    else {
      throw Diagnostic("boxes \(boxes) with scores \(scores)", hint: "[B, N, 4] and [B, C, N] of one float type are expected")
    }
    guard (0..<1 << 31).contains(most) else { throw Diagnostic("at most \(most) boxes", hint: "the number must be from 0 to 2^31 - 1") }
    for (position, dtype) in [(2, DType.int64), (3, boxes.dtype), (4, boxes.dtype)] {
      guard let bound = inputs.optional(position) else { continue }
      guard bound.shape.elementCount == 1, bound.dtype == dtype else {
        throw Diagnostic("input \(position) is \(bound)", hint: "one element of the type \(dtype) is expected")
      }
    }
    return [TensorType(.int64, [boxes.shape[0] * scores.shape[1] * kept(boxes.shape[1]), 3]), TensorType(.int32, [])]
  }

  /// Boxes of a class at most.
  private func kept(_ boxes: Dim) -> Dim { most == 0 ? boxes : Dim(min(most, boxes.constant ?? most)) }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let (boxes, scores) = (try inputs.required(0), try inputs.required(1))
    let (count, classes) = (boxes.dims[1], scores.dims[1])
    let (corners, values) = (boxes.doubles, scores.doubles)
    var rows: [Int64] = []
    for image in 0..<boxes.dims[0] {
      let found = (image * count..<(image + 1) * count).map { BoxSides(Array(corners[$0 * 4..<($0 + 1) * 4]), isCentred: isCentred) }
      for group in 0..<classes {
        let start = (image * classes + group) * count
        for box in selected(found, Array(values[start..<start + count]), inputs) { rows += [Int64(image), Int64(group), Int64(box)] }
      }
    }
    let dims = try resultDims(inputs)
    let filling = [Int64](repeating: -1, count: dims[0] * 3 - rows.count)
    return [Tensor(.int64, dims, integers: rows + filling), Tensor(.int32, [], integers: [Int64(rows.count / 3)])]
  }

  /// The boxes of one class that are kept, the best first.
  private func selected(_ boxes: [BoxSides], _ scores: [Double], _ inputs: [Tensor?]) -> [Int] {
    let (limit, overlap) = (inputs.optional(2)?.integers[0] ?? .max, inputs.optional(3)?.doubles[0] ?? 0)
    let isCandidate = { (score: Double) in inputs.optional(4).map { score > $0.doubles[0] } ?? !score.isNaN }
    let order = scores.indices.filter { isCandidate(scores[$0]) }.sorted { (scores[$1], $0) < (scores[$0], $1) }
    var kept: [Int] = []
    for box in order where kept.count < min(limit, Int64(self.kept(Dim(boxes.count)).constant ?? boxes.count)) {
      if !kept.contains(where: { boxes[$0].overlap(boxes[box]) > overlap }) { kept.append(box) }
    }
    return kept
  }

  /// For each box of a class whether it is out of the question.
  package func workspaces(_ inputs: [TensorType?], _ outputs: [TensorType]) -> [TensorType] {
    inputs[0].map { [TensorType(.bool, [$0.shape[1]])] } ?? []
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (boxes, scores, rows) = (operands.input(0), operands.input(1), operands.output)
    return loops("z", rows.shape) { rows.store($0, .constant(-1, .int64)) }
      + local("limit", limit(operands)) { limit in
        local("count", 0) { count in
          loop("b", to: boxes.extent(0)) { image in
            loop("c", to: scores.extent(1)) { group in
              marked(operands, image, group)
              loop("k", to: limit.value) { _ in
                best(operands, image, group) { at in
                  branch(at .>= 0) {
                    zip([image, group, at], 0...).map { rows.store([count.value, .index($1)], $0.converted(to: .int64)) }
                    count.add(1)
                    dropped(operands, image, at)
                  }
                }
              }
            }
          }
          operands.outputs[1].store([], count.value)
        }
      }
  }

  private func limit(_ operands: Operands) -> Expr {
    let most = Expr(kept(operands.input(0).shape[1]))
    guard let given = operands.optionalInput(2) else { return most }
    let wide = minimum(maximum(given.single, .constant(0, .int64)), most.converted(to: .int64))
    return wide.converted(to: .int32)
  }

  /// Marks boxes whose score is too low.
  private func marked(_ operands: Operands, _ image: Expr, _ group: Expr) -> Stmt {
    let (scores, isOut) = (operands.input(1), operands.workspaces[0])
    let type = scores.dtype.accumulator
    return loop("m", to: scores.extent(2)) { box in
      let score = scores[image, group, box].converted(to: type)
      let isCandidate = operands.optionalInput(4).map { score .> $0.single.converted(to: type) } ?? (score .>= type.lowest)
      isOut.store([box], .unary(.not, isCandidate))
    }
  }

  /// The box with the greatest score among those that are not marked, or -1.
  private func best(_ operands: Operands, _ image: Expr, _ group: Expr, @NestBuilder _ body: (Expr) -> [Stmt]) -> [Stmt] {
    let (scores, isOut) = (operands.input(1), operands.workspaces[0])
    let type = scores.dtype.accumulator
    return local("best", .constant(0, type)) { best in
      local("at", -1) { at in
        loop("i", to: scores.extent(2)) { box in
          local("score", scores[image, group, box].converted(to: type)) { score in
            local("wins", .unary(.not, isOut[box]) .&& .binary(.or, at.value .< 0, score.value .> best.value)) { wins in
              best.set(.select(wins.value, score.value, best.value))
              at.set(.select(wins.value, box, at.value))
            }
          }
        }
        body(at.value)
      }
    }
  }

  /// Marks the box `at` and all that overlap it.
  private func dropped(_ operands: Operands, _ image: Expr, _ at: Expr) -> [Stmt] {
    let (boxes, isOut) = (operands.input(0), operands.workspaces[0])
    let type = boxes.dtype.accumulator
    let sides = { (box: Expr) in (0..<4).map { boxes[image, box, .index($0)].converted(to: type) } }
    let most = operands.optionalInput(3)?.single.converted(to: type) ?? .constant(0, type)
    return locals("chosen", BoxSides.nest(sides(at), isCentred: isCentred)) { chosen in
      loop("j", to: boxes.extent(1)) { box in
        locals("other", BoxSides.nest(sides(box), isCentred: isCentred)) { other in
          locals("shared", BoxSides.overlap(chosen, other)) { overlap in
            isOut.store([box], .binary(.or, isOut[box], BoxSides.exceeds(overlap, most)))
          }
        }
      }
      isOut.store([at], .constant(1, .bool))
    }
  }
}
