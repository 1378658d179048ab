import Tensors

extension Kernel {
  /// The kernel with all loads of vectors from the buffer asking for what lies `ahead` elements further on.
  func prefetching(_ name: String, ahead: Int) -> Kernel {
    var result = self
    result.body = body.map { $0.mapExpressions { $0.prefetching(name, ahead: ahead) } }
    return result
  }
}

extension Expr {
  fileprivate func prefetching(_ name: String, ahead: Int) -> Expr {
    let inner = mapChildren { $0.prefetching(name, ahead: ahead) }
    guard case .load(let buffer, let at, var access) = inner, buffer.name == name, access.lanes > 1, access.stride == 1 else {
      return inner
    }
    access.ahead = ahead
    return .load(buffer, at: at, access)
  }
}
