//! The files that belong to the repository.

use std::path::Path;
use std::process::Command;

#[derive(Debug)]
pub(crate) struct File {
    /// Relative to the root, with slashes.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// All files with one of these endings, committed or about to be.
pub(crate) fn files(extensions: &[&str]) -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let listing = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .current_dir(&root)
        .output()
        .expect("git lists the files of the repository");
    assert!(listing.status.success(), "git ls-files: {}", listing.status);
    let paths = String::from_utf8(listing.stdout).expect("paths are UTF-8");

    let wanted = paths.split_terminator('\0').filter(|path| {
        // A file without an ending, like .ci/run, is known by its name.
        let ending = path.rsplit(['.', '/']).next().unwrap_or_default();
        extensions.contains(&ending)
    });
    // One that was deleted and not yet committed is still listed.
    let read = |path: &str| {
        let text = std::fs::read_to_string(root.join(path)).ok()?;
        Some(File { path: path.to_owned(), text })
    };
    let mut files: Vec<_> = wanted.filter_map(read).collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.dedup_by(|a, b| a.path == b.path);
    assert!(!files.is_empty(), "the repository has no file ending in {extensions:?}");
    files
}
