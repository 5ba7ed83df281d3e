//! Nothing lives here: this package only gives the suites beside it a place in the workspace.
