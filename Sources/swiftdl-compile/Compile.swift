import ArgumentParser

@main struct SwiftDLCompile: ParsableCommand {
  func run() throws {}
}
