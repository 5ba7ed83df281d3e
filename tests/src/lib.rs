//! This package only gives the suites beside it a place in the workspace, and keeps the README
//! true: its Rust example is compiled and run as a test of the documentation.

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
