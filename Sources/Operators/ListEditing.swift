extension Array {
  /// The list with another element at `position`.
  func replacing(_ position: Int, with element: Element) -> [Element] {
    var copy = self
    copy[position] = element
    return copy
  }

  /// The list with one more element, which then stands at `position`.
  func inserting(_ element: Element, at position: Int) -> [Element] {
    var copy = self
    copy.insert(element, at: position)
    return copy
  }

  /// The list without the element at `position`.
  func removing(at position: Int) -> [Element] {
    var copy = self
    copy.remove(at: position)
    return copy
  }
}
