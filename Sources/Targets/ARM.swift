extension Target {
  /// 64-bit ARM, all of which have NEON: four lanes. Compilers use it without being told.
  package static let aarch64Neon: Target = {
    var target = generic
    target.name = "aarch64-neon"
    target.vectorWidths = [4]
    target.registers = 32
    target.hasFusedMultiplyAdd = true
    target.caches = [32 << 10, 512 << 10]
    target.statementLimit = 600
    return target
  }()
}
