import LoopIR
import Tensors

/// The loops that operators with windows share: over batch and output positions, and over the taps that lie inside the input.
struct WindowNest {
  let window: SlidingWindow
  /// Of the whole tensors, `[N, spatial…, C]`.
  let input: Shape
  let output: Shape
  /// Taps along each spatial axis.
  let kernel: [Int]
}

extension WindowNest {
  init(_ window: SlidingWindow, input: TensorView, output: TensorView, kernel: [Int]) {
    self.init(window: window, input: input.shape, output: output.shape, kernel: kernel)
  }

  /// Loops `n`, `o0`, `o1`, ….
  func overOutputs(@NestBuilder _ body: (_ n: Expr, _ position: [Expr]) -> [Stmt]) -> Stmt {
    loop("n", to: Expr(output[0])) { n in
      loops("o", Array(output[1...kernel.count])) { position in body(n, position) }
    }
  }

  /// Loops `r0`, `r1`, … around `body`, which is given the taps and the input position that they fall on.
  func overTaps(
    _ position: [Expr], prefix: String = "r", @NestBuilder _ body: (_ taps: [Expr], _ place: [Expr]) -> [Stmt]
  ) -> [Stmt] {
    let taps = kernel.indices.map { Expr.index("\(prefix)\($0)") }
    let places = kernel.indices.map { window.along($0).input(at: position[$0], tap: taps[$0]) }
    return kernel.indices.reversed().reduce(body(taps, places)) { inner, axis in
      let bounds = tapBounds(axis, position[axis])
      return [.loop(Loop("\(prefix)\(axis)", from: bounds.from, to: bounds.to, body: inner))]
    }
  }

  func tapBounds(_ axis: Int, _ position: Expr) -> (from: Expr, to: Expr) {
    window.along(axis).taps(at: position, input: input[axis + 1], output: output[axis + 1], kernel: kernel[axis])
  }
}

/// A loop `g` over groups where there are several.
func overGroups(_ count: Int, _ body: (_ group: Expr) -> Stmt) -> [Stmt] {
  count == 1 ? [body(0)] : [loop("g", to: .index(count)) { group in body(group) }]
}
