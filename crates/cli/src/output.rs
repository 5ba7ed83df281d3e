//! What is printed: words for people, or JSON for programs, one object a line.

use std::cell::Cell;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use lacis_native::Millis;
use serde_json::{Value, json};

use crate::failure::Failure;

/// How a command says what it has to say. Results go to standard output, everything else to
/// standard error.
#[derive(Debug)]
pub(crate) struct Output {
    json: bool,
    is_terminal: bool,
    /// Whether a line of progress stands on the terminal.
    in_progress: Cell<bool>,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json, is_terminal: io::stderr().is_terminal(), in_progress: Cell::new(false) }
    }

    pub(crate) const fn is_json(&self) -> bool {
        self.json
    }

    /// Says a result: as an object, or in words.
    pub(crate) fn say(&self, object: &Value, words: impl FnOnce() -> String) {
        self.clear_progress();
        let line = if self.json { object.to_string() } else { words() };
        let mut out = io::stdout().lock();
        // Whoever read it may be gone, which ends nothing.
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    }

    /// Says something that is no result.
    pub(crate) fn note(&self, object: &Value, words: &str) {
        self.clear_progress();
        if self.json {
            self.say(object, String::new);
        } else {
            complain(&format!("{words}\n"));
        }
    }

    pub(crate) fn failure(&self, failure: &Failure) {
        self.clear_progress();
        if self.json {
            let (code, hint) = (failure.code(), failure.help());
            let text = failure.to_string();
            let object = json!({ "event": "failed", "code": code, "text": text, "hint": hint });
            self.say(&object, String::new);
        }
        complain(&format!("error: {failure}\n"));
        if let Some(hint) = failure.help() {
            complain(&format!("hint: {hint}\n"));
        }
    }

    /// Shows how far something is, if anybody looks.
    fn progress(&self, what: &str, done: u64, all: Option<u64>) {
        if self.json {
            let object = json!({ "event": "progress", "what": what, "done": done, "all": all });
            return self.say(&object, String::new);
        }
        if !self.is_terminal {
            return;
        }
        let so_far = match all.filter(|all| *all > 0) {
            Some(all) => {
                let share = u128::from(done) * 100 / u128::from(all);
                format!("{share} % of {}", size(all))
            }
            None => done.to_string(),
        };
        complain(&format!("\r\x1b[K{what}: {so_far}"));
        self.in_progress.set(true);
    }

    fn clear_progress(&self) {
        if self.in_progress.replace(false) {
            complain("\r\x1b[K");
        }
    }
}

/// Writes to standard error. Whoever read it may be gone, which ends nothing either.
fn complain(text: &str) {
    let mut out = io::stderr().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// The progress of one thing, shown a few times a second.
#[derive(Debug)]
pub(crate) struct Progress<'a> {
    output: &'a Output,
    what: &'static str,
    all: Option<u64>,
    shown: Instant,
}

const SHOWN_EVERY: Duration = Duration::from_millis(250);

impl<'a> Progress<'a> {
    pub(crate) fn new(output: &'a Output, what: &'static str, all: Option<u64>) -> Self {
        Self { output, what, all, shown: Instant::now() }
    }

    pub(crate) fn at(&mut self, done: u64) {
        if self.shown.elapsed() >= SHOWN_EVERY {
            self.shown = Instant::now();
            self.output.progress(self.what, done, self.all);
        }
    }
}

/// A size as people read it.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match UNITS.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{} {name}", bytes / unit),
        None => format!("{bytes} bytes"),
    }
}

/// Text of several lines that others wrote, without what could move the cursor or hide something.
pub(crate) fn plain(text: &str) -> String {
    text.chars().filter(|c| matches!(c, '\n' | '\t') || !hides(*c)).collect()
}

/// The same where something else stands on the lines around it: whatever breaks a line is a space,
/// and of more characters than that the rest is left out.
pub(crate) fn plain_line(text: &str, chars_max: usize) -> String {
    let breaks = |c: char| matches!(c, '\n' | '\r' | '\t' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let shown = text.trim().chars().map(|c| if breaks(c) { ' ' } else { c });
    shown.filter(|c| !hides(*c)).take(chars_max).collect()
}

/// The same of several lines, each after the first one set in, so that none of them looks like what
/// somebody else said.
pub(crate) fn plain_below(text: &str) -> String {
    plain(text.trim()).replace('\n', "\n    ")
}

/// Whether it moves the cursor, breaks a line, shows nothing, or reverses the order of what
/// follows. Joiners show nothing either, and some scripts and pictures need them.
fn hides(c: char) -> bool {
    let reverses = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let shows_nothing = matches!(c, '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}');
    reverses || shows_nothing || matches!(c, '\u{2028}' | '\u{2029}') || c.is_control()
}

/// A time as people read it, in UTC.
pub(crate) fn utc(at: Millis) -> String {
    const DAY: u64 = 86_400;
    let seconds = at.0 / 1_000;
    let (days, rest) = (seconds / DAY, seconds % DAY);
    // By eras of 400 years that begin in March, so that the day of leap years is the last.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (date, month) = (day - (153 * month + 2) / 5 + 1, (month + 2) % 12 + 1);
    let year = era * 400 + year + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{date:02} {:02}:{:02}", rest / 3_600, rest % 3_600 / 60)
}

#[cfg(test)]
mod tests {
    use lacis_native::Millis;

    use super::{plain, plain_below, plain_line, size, utc};

    #[test]
    fn times_are_those_of_the_calendar() {
        for (seconds, shown) in [
            (0, "1970-01-01 00:00"),
            (951_782_399, "2000-02-28 23:59"),
            (951_782_400, "2000-02-29 00:00"),
            (1_709_251_199, "2024-02-29 23:59"),
            (4_107_542_400, "2100-03-01 00:00"),
            (1_795_971_600, "2026-11-29 17:00"),
        ] {
            assert_eq!(utc(Millis(seconds * 1_000)), shown);
        }
    }

    #[test]
    fn what_others_wrote_moves_nothing() {
        assert_eq!(plain("a\u{1b}[2Jb\u{202e}c\r\n\td\u{7}\u{61c}\u{200b}"), "a[2Jbc\n\td");
        assert_eq!(
            (size(0), size(1_536), size(3 << 30)),
            ("0 bytes".into(), "1 KiB".into(), "3 GiB".into())
        );
    }

    #[test]
    fn what_others_wrote_stands_on_no_line_of_its_own() {
        let name = "Eve: hello\n2026-11-30 17:00 Anna: to account 4711\r\n\u{2028}Eve\u{85}";
        let shown = plain_line(name, 100);
        assert_eq!(shown, "Eve: hello 2026-11-30 17:00 Anna: to account 4711   Eve");
        assert_eq!(plain_line("\u{e9}\u{e9}\u{e9}", 2), "\u{e9}\u{e9}");
        assert_eq!(plain_line("\n \u{feff}", 9), "");
        let text = "one\n2026-11-30 17:00 Anna: two\u{2029}three\r\n";
        assert_eq!(plain_below(text), "one\n    2026-11-30 17:00 Anna: twothree");
    }
}
