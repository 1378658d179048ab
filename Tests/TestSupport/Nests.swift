import LoopIR
import Tensors

/// Nests of the forms that operators lower to, written by hand on the loop IR alone.
package enum Nest {
  private static func view(_ name: String, _ dims: [Int], layout: Layout = .rowMajor) -> TensorView {
    let type = TensorType(.float32, Shape(dims), layout: layout)
    return TensorView(Buffer(name, .float32, count: type.storageCount), type)
  }

  private static func kernel(_ name: String, _ inputs: [TensorView], _ outputs: [TensorView], _ body: [Stmt]) -> Kernel {
    Kernel(
      name,
      inputs.map { Parameter($0.buffer, isWritten: false) } + outputs.map { Parameter($0.buffer, isWritten: true) }, body: body)
  }

  /// `[rows, inner] · [inner, columns]`, or the second one stored the other way round, with bias and ReLU.
  package static func matmul(_ rows: Int, _ columns: Int, _ inner: Int, transposed: Bool = false, layout: Layout = .rowMajor) -> Kernel {
    let (x, y) = (view("x", [rows, inner]), view("y", [rows, columns]))
    let w = view("w", transposed ? [columns, inner] : [inner, columns], layout: layout)
    let bias = view("bias", [columns])
    return kernel(
      "matmul", [x, w, bias], [y],
      [
        loop("m", to: .index(rows)) { m in
          loop("n", to: .index(columns)) { n in
            local("sum", .float(0, .float32)) { sum in
              loop("k", to: .index(inner)) { k in sum.addProduct(x[m, k], transposed ? w[n, k] : w[k, n]) }
              y.store([m, n], maximum(.binary(.add, sum.value, bias[n]), .float(0, .float32)))
            }
          }
        }
      ])
  }

  package struct Window: Sendable {
    package var size = (16, 16)
    package var channels = 8
    package var filters = 16
    package var window = (3, 3)
    package var stride = 1
    package var padding = 1
    package var dilation = 1
    package var layout = Layout.rowMajor

    package init(
      size: (Int, Int), channels: Int, filters: Int = 1, window: (Int, Int) = (3, 3), stride: Int = 1, padding: Int = 1, dilation: Int = 1,
      layout: Layout = .rowMajor
    ) {
      self.size = size
      self.channels = channels
      self.filters = filters
      self.window = window
      self.stride = stride
      self.padding = padding
      self.dilation = dilation
      self.layout = layout
    }

    fileprivate var outputSize: (Int, Int) {
      func extent(_ n: Int, _ r: Int) -> Int { Swift.max(0, n + 2 * padding - dilation * (r - 1) - 1) / stride + 1 }
      return (extent(size.0, window.0), extent(size.1, window.1))
    }

    /// The part of a window axis that lies inside of the input, for output index `o`.
    fileprivate func range(_ o: Expr, _ window: Int, _ size: Int) -> (Expr, Expr) {
      let start = o * .index(stride)
      let lower = (maximum(.index(padding) - start, 0) + .index(dilation - 1)) / .index(dilation)
      let upper = (maximum(.index(size + padding) - start, 0) + .index(dilation - 1)) / .index(dilation)
      return (lower, minimum(.index(window), upper))
    }

    fileprivate func position(_ o: Expr, _ r: Expr) -> Expr { o * .index(stride) + r * .index(dilation) - .index(padding) }
  }

  /// Channels last: `[H, W, C] * [R, S, C, K] -> [H', W', K]`.
  package static func convolution(_ window: Window) -> Kernel {
    let (rows, columns) = window.outputSize
    let x = view("x", [1, window.size.0, window.size.1, window.channels])
    let w = view("w", [window.window.0, window.window.1, window.channels, window.filters], layout: window.layout)
    let (bias, y) = (view("bias", [window.filters]), view("y", [1, rows, columns, window.filters]))
    let body = loops("o", y.shape) { o in
      local("sum", .float(0, .float32)) { sum in
        let (r, s) = (window.range(o[1], window.window.0, window.size.0), window.range(o[2], window.window.1, window.size.1))
        loop("r0", from: r.0, to: r.1) { r0 in
          loop("r1", from: s.0, to: s.1) { r1 in
            loop("c", to: .index(window.channels)) { c in
              sum.addProduct(x[o[0], window.position(o[1], r0), window.position(o[2], r1), c], w[r0, r1, c, o[3]])
            }
          }
        }
        y.store(o, maximum(.binary(.add, sum.value, bias[o[3]]), .float(0, .float32)))
      }
    }
    return kernel("convolution", [x, w, bias], [y], body)
  }

  /// One filter for each channel, or the maximum of each window.
  package static func depthwise(_ window: Window, pooling: Bool = false) -> Kernel {
    let (rows, columns) = window.outputSize
    let x = view("x", [1, window.size.0, window.size.1, window.channels])
    let w = view("w", [window.window.0, window.window.1, window.channels])
    let y = view("y", [1, rows, columns, window.channels])
    let body = loops("o", y.shape) { o in
      local("sum", .float(pooling ? -.infinity : 0, .float32)) { sum in
        let (r, s) = (window.range(o[1], window.window.0, window.size.0), window.range(o[2], window.window.1, window.size.1))
        loop("r0", from: r.0, to: r.1) { r0 in
          loop("r1", from: s.0, to: s.1) { r1 in
            let element = x[o[0], window.position(o[1], r0), window.position(o[2], r1), o[3]]
            if pooling { sum.set(maximum(sum.value, element)) } else { sum.addProduct(element, w[r0, r1, o[3]]) }
          }
        }
        y.store(o, sum.value)
      }
    }
    return kernel(pooling ? "pooling" : "depthwise", pooling ? [x] : [x, w], [y], body)
  }

  /// `max(x + bias, 0)` where the bias belongs to the last axis; in place if wanted.
  package static func elementwise(_ dims: [Int], inPlace: Bool = false) -> Kernel {
    let (x, bias, y) = (view("x", dims), view("bias", [dims[dims.count - 1]]), view("y", dims))
    var result = kernel(
      "elementwise", [x, bias], [y],
      loops("i", y.shape) { i in
        y.store(i, maximum(.binary(.add, x[i], bias.broadcast(i, to: y.shape)), .float(0, .float32)))
      })
    result.parameters[0].isUnaliased = !inPlace
    result.parameters[2].isUnaliased = !inPlace
    return result
  }

  /// `x - max(x)` divided by a sum, along an axis.
  package static func rows(_ dims: [Int], axis: Int) -> Kernel {
    let (x, y) = (view("x", dims), view("y", dims))
    var outer = Shape(dims)
    outer.remove(at: axis)
    func index(_ o: [Expr], _ k: Expr) -> [Expr] { Array(o[..<axis]) + [k] + Array(o[axis...]) }
    let extent = Expr.index(dims[axis])
    return kernel(
      "rows", [x], [y],
      loops("o", outer) { o in
        local("peak", x[index(o, 0)]) { peak in
          loop("k", to: extent) { k in peak.set(maximum(peak.value, x[index(o, k)])) }
          local("sum", .float(0, .float32)) { sum in
            loop("e", to: extent) { e in
              y.store(index(o, e), .binary(.subtract, x[index(o, e)], peak.value))
              sum.add(x[index(o, e)])
            }
            loop("d", to: extent) { d in y.store(index(o, d), .binary(.multiply, y[index(o, d)], sum.value)) }
          }
        }
      })
  }

  /// `h[t] = max(x[t] + R · h[t - 1], 0)`: the time loop carries values through memory.
  package static func recurrent(_ steps: Int, _ units: Int) -> Kernel {
    let (x, w, y) = (view("x", [steps, units]), view("w", [units, units]), view("y", [steps + 1, units]))
    return kernel(
      "recurrent", [x, w], [y],
      [loop("z", to: .index(units)) { z in y.store([0, z], .float(0, .float32)) }]
        + [
          loop("t", to: .index(steps)) { t in
            loop("u", to: .index(units)) { u in
              local("a", x[t, u]) { a in
                local("b", .float(1, .float32)) { b in
                  loop("h", to: .index(units)) { h in
                    a.addProduct(y[t, h], w[h, u])
                    b.addProduct(y[t, h], w[h, u])
                  }
                  y.store([t + 1, u], minimum(maximum(.binary(.subtract, a.value, b.value), .float(-3, .float32)), .float(3, .float32)))
                }
              }
            }
          }
        ])
  }

  /// A few of each form, with odd extents.
  package static let all: [Kernel] = [
    matmul(5, 19, 7), matmul(7, 3, 9, transposed: true), matmul(6, 20, 5, layout: .blocked(axis: 1, size: 8)),
    convolution(Window(size: (6, 7), channels: 3, filters: 10)),
    convolution(Window(size: (9, 8), channels: 2, filters: 12, stride: 2, layout: .blocked(axis: 3, size: 4))),
    convolution(Window(size: (3, 9), channels: 4, filters: 5, window: (1, 4), padding: 3, dilation: 2)),
    convolution(Window(size: (4, 4), channels: 3, filters: 9, window: (1, 1), padding: 0)),
    depthwise(Window(size: (5, 11), channels: 9)),
    depthwise(Window(size: (8, 8), channels: 6, window: (2, 2), stride: 2, padding: 0), pooling: true),
    depthwise(Window(size: (7, 7), channels: 17, window: (3, 3), stride: 2), pooling: true),
    elementwise([3, 5, 7]), elementwise([2, 21], inPlace: true), rows([3, 19], axis: 1), rows([4, 3, 6], axis: 1), recurrent(4, 9),
  ]

  /// Runs a kernel of one output on random inputs; elements that are not written stay NaN.
  package static func run(_ kernel: Kernel, seed: UInt64, draw: Draw = .whole) throws(Diagnostic) -> [Double] {
    var generator = SeededGenerator(seed)
    var memories: [(memory: Memory, offset: Int)] = []
    for parameter in kernel.parameters {
      let count = parameter.buffer.count.constant ?? 0
      let isShared = parameter.isWritten && !parameter.isUnaliased
      let shared = isShared ? zip(kernel.parameters, memories).first { !$0.0.isUnaliased }?.1 : nil
      let fresh =
        parameter.isWritten
        ? Memory(parameter.buffer.dtype, count: count)
        : Memory(Tensor.random(parameter.buffer.dtype, [count], draw, using: &generator))
      memories.append(shared ?? (fresh, 0))
    }
    try KernelInterpreter.run(kernel, memories)
    return zip(kernel.parameters, memories).filter { $0.0.isWritten }.flatMap { entry in
      entry.1.memory.tensor([entry.0.buffer.count.constant ?? 0]).doubles
    }
  }
}

extension [Double] {
  /// Equal bit for bit, but for the bits of NaN and the sign of zero.
  package func isSame(as other: [Double]) -> Bool {
    count == other.count && zip(self, other).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN }
  }
}
