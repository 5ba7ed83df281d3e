//! Enough of Rust's grammar to tell code from comments and text, and to find functions.

/// A source file in which comments, strings and characters are blanked out, so that what is left
/// can be searched. Lines and columns stay where they were.
#[derive(Debug)]
pub(crate) struct Source {
    code: String,
}

#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) signature: String,
    /// Where it begins, counted from one.
    pub(crate) line: usize,
    /// How many lines it has, signature and closing brace included.
    pub(crate) lines: usize,
}

impl Source {
    pub(crate) fn new(text: &str) -> Self {
        let mut code = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let length = match blank_length(rest, code.chars().next_back()) {
                0 => {
                    code.push(first);
                    rest = &rest[first.len_utf8()..];
                    continue;
                }
                length => length,
            };
            let kept_lines = |c: char| if c == '\n' { '\n' } else { ' ' };
            code.extend(rest[..length].chars().map(kept_lines));
            rest = &rest[length..];
        }
        Self { code }
    }

    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    /// All functions with a body, nested ones too.
    pub(crate) fn functions(&self) -> Vec<Function> {
        self.functions_in(0, self.code.len())
    }

    /// The functions that `#[wasm_bindgen]` shows to JavaScript.
    pub(crate) fn exported_functions(&self) -> Vec<Function> {
        let mut found = Vec::new();
        for (start, _) in self.code.match_indices("#[wasm_bindgen") {
            let Some(end) = item_end(&self.code, start) else { continue };
            found.extend(self.functions_in(start, end));
        }
        found.sort_by_key(|function| function.line);
        found.dedup_by_key(|function| function.line);
        found
    }

    fn functions_in(&self, start: usize, end: usize) -> Vec<Function> {
        let mut found = Vec::new();
        for (offset, _) in self.code[start..end].match_indices("fn ") {
            let start = start + offset;
            let before = self.code[..start].chars().next_back().unwrap_or(' ');
            let after = self.code[start + 3..].trim_start();
            let name: String = after.chars().take_while(|c| is_word(*c)).collect();
            // Neither the end of a longer word nor the type of a function pointer.
            if is_word(before) || name.is_empty() {
                continue;
            }
            let Some(end) = item_end(&self.code, start) else { continue };
            let text = &self.code[start..end];
            let signature = text.split('{').next().unwrap_or_default().to_owned();
            let line = self.code[..start].matches('\n').count() + 1;
            found.push(Function { name, signature, line, lines: text.lines().count() });
        }
        found
    }
}

/// Where the item that begins here ends: behind its block, or behind its semicolon.
fn item_end(code: &str, start: usize) -> Option<usize> {
    let (mut blocks, mut brackets) = (0_usize, 0_usize);
    for (offset, c) in code[start..].char_indices() {
        match c {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets = brackets.checked_sub(1)?,
            ';' if blocks == 0 && brackets == 0 => return Some(start + offset + 1),
            '{' => blocks += 1,
            '}' => {
                blocks = blocks.checked_sub(1)?;
                if blocks == 0 && brackets == 0 {
                    return Some(start + offset + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// How many bytes at the beginning are no code, or zero.
fn blank_length(rest: &str, before: Option<char>) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return block_comment_length(rest);
    }
    if let Some(text) = rest.strip_prefix('"') {
        return 1 + quoted_length(text, '"');
    }
    if let Some(text) = rest.strip_prefix('\'') {
        return character_length(text).map_or(0, |length| 1 + length);
    }
    let raw =
        rest.strip_prefix('r').filter(|_| !before.is_some_and(is_word) || before == Some('b'));
    raw.and_then(raw_string_length).map_or(0, |length| 1 + length)
}

/// Block comments nest.
fn block_comment_length(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// The length up to and with the closing quote.
fn quoted_length(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

/// What follows the opening quote of a character; none if it is that of a lifetime or a label.
fn character_length(rest: &str) -> Option<usize> {
    let mut inside = rest.chars();
    let first = inside.next();
    let is_character = first == Some('\\') || inside.next() == Some('\'');
    is_character.then(|| quoted_length(rest, '\''))
}

/// What follows the `r` of a raw string.
fn raw_string_length(rest: &str) -> Option<usize> {
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    let text = rest[hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let length = text.find(&close).map_or(text.len(), |at| at + close.len());
    Some(hashes + 1 + length)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
