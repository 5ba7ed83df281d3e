//! What records are looked for: conditions on their attributes and on their headers.
//!
//! A condition that compares values of two types does not hold, whatever it is; neither does one on
//! an attribute that a record lacks. An attribute may repeat: then it is enough that one of its
//! values fits. So `tag != "a"` asks for a tag that is another one, and not `tag = "a"` for records
//! without that tag.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use lacis_wire::body::Value;
use lacis_wire::record::{Header, RecordType};
use lacis_wire::{Code, limits};

use crate::group::Record;

/// What the application looks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Only records of this type; nothing for all types but the system's.
    pub kind: Option<RecordType>,
    /// Only records that this fits.
    pub filter: Option<Filter>,
}

/// What has to be true of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// All of these; true if there are none.
    All(Vec<Self>),
    /// One of these at least; not true if there are none.
    Any(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// A comparison.
    Is(Condition),
}

/// A comparison of something of a record with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// What is compared.
    pub subject: Subject,
    /// How.
    pub operator: Operator,
    /// With what.
    pub value: Value,
}

/// What a [`Condition`] looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The attributes of this name. A record that cannot be read yet has none.
    Attribute(String),
    /// What the system knows of every record.
    Field(Field),
}

/// What the system knows of every record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Which record it is, as a text.
    Id,
    /// Who made the first version, as a text.
    Creator,
    /// Who made this version, from the second on, as a text.
    Modifier,
    /// Who made this version, be it the first, as a text.
    Author,
    /// When the first version was made.
    Created,
    /// When this version was made.
    Modified,
    /// When the record ceases to be. Never is later than every other time.
    Expires,
    /// Counts changes, from 1; a number.
    Version,
}

/// How two values are compared: texts by code points, numbers and times by size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// Equal.
    Equal,
    /// Another value of the same type.
    NotEqual,
    /// Less or earlier.
    Less,
    /// Less or equal.
    LessOrEqual,
    /// Greater or later.
    Greater,
    /// Greater or equal.
    GreaterOrEqual,
    /// A text as a whole is like a pattern, in which `*` stands for any characters or none, `?` for
    /// one, and a character behind `\` for itself. Upper and lower case differ.
    Like,
}

impl Search {
    /// Whether it stays within the limits.
    pub(crate) fn check(&self) -> Result<(), Code> {
        let mut left = limits::FILTER_PARTS;
        let fine =
            self.filter.as_ref().is_none_or(|it| it.is_within(limits::FILTER_DEPTH, &mut left));
        if fine { Ok(()) } else { Err(Code::InvalidArgument) }
    }

    /// Whether records of this type are looked for.
    #[must_use]
    pub fn fits_type(&self, kind: &RecordType) -> bool {
        self.kind.as_ref().map_or(!kind.is_system(), |wanted| wanted == kind)
    }

    /// Whether the filter fits a record, of whatever type it is.
    pub(in crate::group) fn fits_content(&self, record: &Record) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.fits(record))
    }
}

impl Filter {
    /// Whether it is true of a record.
    #[must_use]
    pub fn fits(&self, record: &Record) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.fits(record)),
            Self::Any(parts) => parts.iter().any(|part| part.fits(record)),
            Self::Not(part) => !part.fits(record),
            Self::Is(condition) => condition.fits(record),
        }
    }

    /// Whether it is not nested deeper, and has no more parts than are left.
    fn is_within(&self, depth: usize, left: &mut usize) -> bool {
        let (Some(depth), Some(fewer)) = (depth.checked_sub(1), left.checked_sub(1)) else {
            return false;
        };
        *left = fewer;
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().all(|part| part.is_within(depth, left))
            }
            Self::Not(part) => part.is_within(depth, left),
            Self::Is(condition) => condition.is_fine(),
        }
    }
}

impl Condition {
    fn fits(&self, record: &Record) -> bool {
        match &self.subject {
            Subject::Field(field) => {
                field.of(&record.header).is_some_and(|found| self.holds(&found))
            }
            Subject::Attribute(name) => {
                let attributes = record.body.iter().flat_map(|body| &body.attributes);
                attributes.filter(|it| it.name == *name).any(|it| self.holds(&it.value))
            }
        }
    }

    fn holds(&self, found: &Value) -> bool {
        let order = match (found, &self.value) {
            (Value::Int(found), Value::Int(given)) => found.cmp(given),
            (Value::Date(found), Value::Date(given)) => found.cmp(given),
            (Value::Text(text), Value::Text(pattern)) if self.operator == Operator::Like => {
                return is_like(text, pattern);
            }
            // The order of UTF-8 is that of code points.
            (Value::Text(found), Value::Text(given)) => found.cmp(given),
            (Value::Int(_) | Value::Date(_) | Value::Text(_), _) => return false,
        };
        match self.operator {
            Operator::Equal => order.is_eq(),
            Operator::NotEqual => order.is_ne(),
            Operator::Less => order.is_lt(),
            Operator::LessOrEqual => order.is_le(),
            Operator::Greater => order.is_gt(),
            Operator::GreaterOrEqual => order.is_ge(),
            Operator::Like => false,
        }
    }

    fn is_fine(&self) -> bool {
        let subject = match &self.subject {
            Subject::Field(_) => true,
            Subject::Attribute(name) => {
                (1..=limits::ATTRIBUTE_NAME_BYTES).contains(&name.len())
                    && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
            }
        };
        let value = match &self.value {
            Value::Text(text) => text.len() <= limits::ATTRIBUTE_TEXT_BYTES,
            Value::Int(_) | Value::Date(_) => self.operator != Operator::Like,
        };
        subject && value
    }
}

impl Field {
    fn of(self, header: &Header) -> Option<Value> {
        Some(match self {
            Self::Id => Value::Text(header.id.to_text()),
            Self::Creator => Value::Text(header.creator.to_text()),
            Self::Modifier => Value::Text(header.modifier?.to_text()),
            Self::Author => Value::Text(header.author().to_text()),
            Self::Created => Value::Date(header.created),
            Self::Modified => Value::Date(header.modified),
            Self::Expires => Value::Date(header.expires),
            Self::Version => Value::Int(i64::try_from(header.version).unwrap_or(i64::MAX)),
        })
    }
}

/// Only the latest `*` is ever tried again: whatever an earlier one took, it would leave no more to
/// the rest. So the time is at most the product of both lengths, some 260,000 steps for the longest
/// of both.
fn is_like(text: &str, pattern: &str) -> bool {
    let (mut text, mut pattern) = (text.chars(), pattern.chars());
    // What follows the latest `*` in the pattern, and in the text what it has not taken.
    let mut retry = None;
    loop {
        let before = text.clone();
        let (wanted, is_plain) = match pattern.next() {
            Some('\\') => (pattern.next().or(Some('\\')), true),
            wanted => (wanted, false),
        };
        match (wanted, text.next()) {
            (Some('*'), _) if !is_plain => {
                retry = Some((pattern.clone(), before.clone()));
                text = before;
            }
            (None, None) => return true,
            // With more taken by the `*` even less would be left.
            (Some(_), None) => return false,
            (Some(wanted), Some(found)) if wanted == found || wanted == '?' && !is_plain => {}
            _ => {
                let Some((after, rest)) = &mut retry else { return false };
                rest.next();
                (text, pattern) = (rest.clone(), after.clone());
            }
        }
    }
}
