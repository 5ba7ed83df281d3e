//! Names that were given up: nothing new shall be called so. `docs/glossary.md` says why.

use crate::repository::File;

/// A name, where it is not to stand (every path that begins so), and what is said there.
const RENAMED: [(&str, &str, &str); 15] = [
    ("GroupMemberInfo", "", "Member"),
    ("MEMBERS_MAX", "", "REMOTES_MAX"),
    ("MemberLeft", "crates/", "RemoteLeft"),
    ("MemberReport", "crates/", "RemoteReport"),
    ("MemberState", "", "RemoteState"),
    ("MemberUnknown", "crates/", "RemoteUnknown"),
    ("RecordJudge", "", "RecordValidator"),
    ("RoomMember", "www/", "RemoteNode"),
    ("member-left", "", "remote-left"),
    ("member-unknown", "", "remote-unknown"),
    ("memberId", "", "nodeId or peerId"),
    ("memberchange", "", "remotechange"),
    ("memberjoin", "", "remotejoin"),
    ("memberleave", "", "remoteleave"),
    ("sendJson", "", "send"),
];

/// The changelog says what was called otherwise, and this file lists it.
const EXEMPT: [&str; 2] = ["CHANGELOG.md", "tests/tidy/renamed.rs"];

/// The lines of a file that use one of these names as a word.
pub(crate) fn findings(file: &File) -> Vec<String> {
    if EXEMPT.contains(&file.path.as_str()) {
        return Vec::new();
    }
    let is_here = |(_, path, _): &&(&str, &str, &str)| file.path.starts_with(path);
    let here: Vec<_> = RENAMED.iter().filter(is_here).collect();
    let mut found = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        for (old, _, new) in here.iter().filter(|(old, ..)| has_word(line, old)) {
            found.push(format!("{}: {old} is called {new}", index + 1));
        }
    }
    found
}

fn has_word(line: &str, word: &str) -> bool {
    let is_part = |at: Option<char>| at.is_some_and(|it| it.is_alphanumeric() || it == '_');
    line.match_indices(word).any(|(at, _)| {
        let (before, after) = (line.get(..at), line.get(at + word.len()..));
        !is_part(before.and_then(|text| text.chars().next_back()))
            && !is_part(after.and_then(|text| text.chars().next()))
    })
}

#[test]
fn a_given_up_name_is_found_as_a_word_only_and_where_it_was_given_up() {
    let found = |path: &str, text: &str| {
        findings(&File { path: path.to_owned(), text: text.to_owned() }).len()
    };
    assert_eq!(found("www/src/room.ts", "x\n\"memberjoin\", memberId\n"), 2);
    assert_eq!(found("www/src/room.ts", "memberjoined remember_memberId\n"), 0);
    assert_eq!(found("crates/core/src/io.rs", "Event::MemberLeft\n"), 1);
    assert_eq!(found("docs/protocol.md", "MemberLeft\n"), 0);
    assert_eq!(found("CHANGELOG.md", "memberjoin\n"), 0);
}
