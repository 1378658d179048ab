import ArgumentParser

@main struct SwiftDLCompile: ParsableCommand {}
