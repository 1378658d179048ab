import Glibc
import Tensors

/// C that was compiled into this process. Its addresses are good for as long as it is referenced.
package protocol CompiledModule: AnyObject {
  /// The address of an exported function or variable.
  func address(of name: String) -> UnsafeMutableRawPointer?
}

extension CompiledModule {
  package func symbol(_ name: String) throws(Diagnostic) -> UnsafeMutableRawPointer {
    guard let address = address(of: name) else { throw Diagnostic("the compiled C does not define \"\(name)\"") }
    return address
  }
}

/// A shared object, unloaded with its last reference.
package final class SharedObject: CompiledModule {
  private let handle: UnsafeMutableRawPointer

  /// The file can be deleted afterwards. The loader knows an object by its path, so every object has its own.
  init(path: String) throws(Diagnostic) {
    guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
      throw Diagnostic("the compiled C cannot be loaded: \(dlerror().map { String(cString: $0) } ?? "no reason given")")
    }
    self.handle = handle
  }

  deinit { dlclose(handle) }

  package func address(of name: String) -> UnsafeMutableRawPointer? { dlsym(handle, name) }
}
