//! The simulator as a program. As Wasm only the library is used, by a test.

#[cfg(all(feature = "mutants", not(target_arch = "wasm32")))]
mod mutants;
#[cfg(not(target_arch = "wasm32"))]
mod program;

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    program::main()
}

#[cfg(target_arch = "wasm32")]
const fn main() {}
