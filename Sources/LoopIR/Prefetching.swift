import Tensors

extension Kernel {
  /// The kernel with all loads of vectors from the buffer asking for what lies further on.
  func prefetching(_ name: String, _ prefetch: Prefetch) -> Kernel {
    var result = self
    result.body = body.map { $0.mapExpressions { $0.prefetching(name, prefetch) } }
    return result
  }
}

extension Expr {
  fileprivate func prefetching(_ name: String, _ prefetch: Prefetch) -> Expr {
    let inner = mapChildren { $0.prefetching(name, prefetch) }
    guard case .load(let buffer, let at, var access) = inner, buffer.name == name, access.lanes > 1, access.stride == 1 else {
      return inner
    }
    access.prefetch = prefetch
    return .load(buffer, at: at, access)
  }
}
