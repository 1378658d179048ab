import LoopIR
import Targets
import Tensors

extension Strategy {
  /// Neighbours are written that are read from far apart, as where axes change their places. Vectors of neighbours are gathered one
  /// after the other from elements that lie side by side.
  package static let transposition = Strategy(name: "transposition") { (plan, root, target) throws(Diagnostic) in
    guard target.lanes > 1, let shape = plan.shape(root), !shape.reduces, shape.independent.contains(root) else { throw .anotherShape }
    let (stores, loads) = (shape.accesses.filter(\.isStore), shape.accesses.filter { !$0.isStore })
    let free = shape.band.map(\.variable).filter(shape.independent.contains)
    let written = free.last { name in
      stores.allSatisfy { $0.stride(along: name) == 1 } && loads.allSatisfy { $0.stride(along: name) != nil }
    }
    let read = free.last { name in
      let strides = loads.map { $0.stride(along: name) }
      return name != written && strides.contains(1) && strides.allSatisfy { $0 == 0 || $0 == 1 }
    }
    guard let written, let read, plan.extent(written) ?? 0 >= target.lanes else { throw .anotherShape }
    try plan.reorder(shape.band.map(\.variable).filter { $0 != written && $0 != read } + [written, read])
    try plan.apply(.split(written, by: target.lanes, tail: .epilogue))
    try plan.reorder([read, written + "_i"])
    try plan.apply(.vectorise(written + "_i"))
  }
}
