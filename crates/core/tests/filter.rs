//! What a filter fits: every comparison, every field, every type, and patterns of every kind.

use lacis_core::{Condition, Field, Filter, Operator, Record, Search, Subject};
use lacis_wire::body::{Attribute, Body, Value};
use lacis_wire::record::{Header, RecordType};
use lacis_wire::{Millis, PeerId, RecordId};
use proptest::prelude::{Strategy, any, prop_assert_eq, proptest};

const OPERATORS: [Operator; 6] = [
    Operator::Equal,
    Operator::NotEqual,
    Operator::Less,
    Operator::LessOrEqual,
    Operator::Greater,
    Operator::GreaterOrEqual,
];

fn header() -> Header {
    Header {
        kind: RecordType::new("note").unwrap(),
        id: RecordId([1; 16]),
        salt: [0; 8],
        version: 3,
        flags: 0,
        creator: PeerId([2; 32]),
        modifier: Some(PeerId([3; 32])),
        created: Millis(1_000),
        modified: Millis(2_000),
        expires: Millis::MAX,
        format: 1,
        credential: None,
        latest: Millis::MAX,
        replaces: None,
        key: None,
        length: 0,
        hash: [0; 32],
        signature: [0; 64],
    }
}

fn record(attributes: Vec<(&str, Value)>) -> Record {
    let attribute = |(name, value): (&str, Value)| Attribute { name: name.into(), value };
    let attributes = attributes.into_iter().map(attribute).collect();
    Record { header: header(), body: Some(Body { attributes, data: Vec::new() }) }
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn is(name: &str, operator: Operator, value: Value) -> Filter {
    Filter::Is(Condition { subject: Subject::Attribute(name.into()), operator, value })
}

fn field(field: Field, operator: Operator, value: Value) -> Filter {
    Filter::Is(Condition { subject: Subject::Field(field), operator, value })
}

/// Whether a text is like a pattern.
fn like(found: &str, pattern: &str) -> bool {
    is("a", Operator::Like, text(pattern)).fits(&record(vec![("a", text(found))]))
}

/// Which of the six comparisons of what is found with what is given hold.
fn holding(found: &Value, given: &Value) -> [bool; 6] {
    let record = record(vec![("a", found.clone())]);
    OPERATORS.map(|operator| is("a", operator, given.clone()).fits(&record))
}

#[test]
fn numbers_times_and_texts_are_compared() {
    let less = [false, true, true, true, false, false];
    let equal = [true, false, false, true, false, true];
    let greater = [false, true, false, false, true, true];
    let ordered = [
        [Value::Int(i64::MIN), Value::Int(-1), Value::Int(0), Value::Int(i64::MAX)],
        [
            Value::Date(Millis(0)),
            Value::Date(Millis(9)),
            Value::Date(Millis(10)),
            Value::Date(Millis::MAX),
        ],
        // By code point: "Z" before "a", and what UTF-16 has as two units after what it has as one.
        [text(""), text("Z"), text("a"), text("ab")],
        [text("b"), text("\u{e9}"), text("\u{ff5e}"), text("\u{1f600}")],
    ];
    for values in ordered {
        for (at, found) in values.iter().enumerate() {
            for (other, given) in values.iter().enumerate() {
                let expected = match at.cmp(&other) {
                    std::cmp::Ordering::Less => less,
                    std::cmp::Ordering::Equal => equal,
                    std::cmp::Ordering::Greater => greater,
                };
                assert_eq!(holding(found, given), expected, "{found:?} and {given:?}");
            }
        }
    }
}

#[test]
fn nothing_holds_between_two_types_or_of_what_is_absent() {
    let values = [Value::Int(1), Value::Date(Millis(1)), text("1")];
    for found in &values {
        for given in values.iter().filter(|given| *given != found) {
            assert_eq!(holding(found, given), [false; 6], "{found:?} and {given:?}");
        }
        let none = record(vec![("b", found.clone())]);
        assert!(OPERATORS.iter().all(|it| !is("a", *it, found.clone()).fits(&none)));
        let not = Filter::Not(Box::new(is("a", Operator::Equal, found.clone())));
        assert!(not.fits(&none), "but it may be turned around");
    }
    let number = record(vec![("a", Value::Int(1))]);
    assert!(!is("a", Operator::Like, text("*")).fits(&number), "patterns are for texts");
}

#[test]
fn one_of_the_values_of_a_name_is_enough() {
    let record = record(vec![("tag", text("a")), ("tag", Value::Int(7)), ("tag", text("b"))]);
    for given in [text("a"), Value::Int(7), text("b")] {
        assert!(is("tag", Operator::Equal, given).fits(&record));
    }
    assert!(!is("tag", Operator::Equal, text("c")).fits(&record));
    assert!(is("tag", Operator::NotEqual, text("a")).fits(&record), "b is another one");
    assert!(!is("tag", Operator::NotEqual, Value::Int(7)).fits(&record), "there is one number");
    let without = Filter::Not(Box::new(is("tag", Operator::Equal, text("a"))));
    assert!(!without.fits(&record));
}

#[test]
fn parts_are_joined() {
    let record = record(vec![("a", Value::Int(1))]);
    let yes = || is("a", Operator::Equal, Value::Int(1));
    let no = || is("a", Operator::Equal, Value::Int(2));
    assert!(Filter::All(vec![yes(), yes()]).fits(&record));
    assert!(!Filter::All(vec![yes(), no()]).fits(&record));
    assert!(Filter::Any(vec![no(), yes()]).fits(&record));
    assert!(!Filter::Any(vec![no(), no()]).fits(&record));
    assert!(Filter::All(Vec::new()).fits(&record));
    assert!(!Filter::Any(Vec::new()).fits(&record));
    assert!(Filter::Not(Box::new(Filter::Any(vec![no(), Filter::All(vec![no()])]))).fits(&record));
}

#[test]
fn what_the_system_knows_is_compared_too() {
    let mut record = record(Vec::new());
    let Header { id, creator, modifier, .. } = header();
    let modifier = text(&modifier.unwrap().to_text());
    let creator = text(&creator.to_text());
    let equal = [
        (Field::Id, text(&id.to_text())),
        (Field::Creator, creator.clone()),
        (Field::Modifier, modifier.clone()),
        (Field::Author, modifier.clone()),
        (Field::Created, Value::Date(Millis(1_000))),
        (Field::Modified, Value::Date(Millis(2_000))),
        (Field::Expires, Value::Date(Millis::MAX)),
        (Field::Version, Value::Int(3)),
    ];
    for (of, value) in equal {
        assert!(field(of, Operator::Equal, value.clone()).fits(&record), "{of:?}");
        assert!(!field(of, Operator::NotEqual, value).fits(&record), "{of:?}");
    }
    assert!(field(Field::Created, Operator::Less, Value::Date(Millis(1_001))).fits(&record));
    assert!(!field(Field::Created, Operator::Less, Value::Int(1_001)).fits(&record), "no number");
    let far = Value::Date(Millis(9_007_199_254_740_991));
    assert!(field(Field::Expires, Operator::Greater, far).fits(&record), "never is latest");
    record.header.modifier = None;
    assert!(!field(Field::Modifier, Operator::NotEqual, modifier).fits(&record), "nobody has");
    assert!(field(Field::Author, Operator::Equal, creator.clone()).fits(&record));
    record.body = None;
    assert!(field(Field::Creator, Operator::Equal, creator).fits(&record), "though it is locked");
    assert!(!is("a", Operator::NotEqual, Value::Int(1)).fits(&record));
}

#[test]
fn patterns_are_for_whole_texts() {
    for (found, pattern) in [
        ("", ""),
        ("", "*"),
        ("", "**"),
        ("bonjour", "bonjour"),
        ("bonjour", "bon*"),
        ("bonjour", "*jour"),
        ("bonjour", "*o*o*"),
        ("bonjour", "b?njo?r"),
        ("bonjour", "*?"),
        ("bonjour", "???????"),
        ("bonjour", "***b*onjour***"),
        ("abcabd", "*abd"),
        ("aab", "*ab"),
        ("\u{1f600}\u{e9}", "??"),
        ("a*b?c\\", "a\\*b\\?c\\\\"),
        ("a\\", "a\\"),
        ("*", "\\*"),
    ] {
        assert!(like(found, pattern), "{found:?} is like {pattern:?}");
    }
    for (found, pattern) in [
        ("", "?"),
        ("bonjour", ""),
        ("bonjour", "bon"),
        ("bonjour", "jour"),
        ("bonjour", "Bon*"),
        ("bonjour", "????????"),
        ("bonjour", "*jou"),
        ("bonjour", "*o*o*o*"),
        ("bonjour", "bonjour?"),
        ("\u{e9}", "??"),
        ("ab", "\\*"),
        ("a", "\\?"),
    ] {
        assert!(!like(found, pattern), "{found:?} is not like {pattern:?}");
    }
}

#[test]
fn the_worst_of_patterns_take_no_time() {
    let found = "a".repeat(1_024);
    let begun = std::time::Instant::now();
    for _ in 0..20 {
        assert!(!like(&found, &format!("{}b", "*a".repeat(511))));
        assert!(!like(&found, &format!("*{}b", "a".repeat(511))));
        assert!(!like(&found, &format!("{}b*", "*?".repeat(511))));
    }
    // Trying all that every `*` could take would take longer than the world is old.
    assert!(begun.elapsed().as_secs() < 30);
}

/// Patterns and texts of few letters, so that many of them fit.
fn few() -> impl Strategy<Value = String> {
    "[ab*?\\\\]{0,8}"
}

/// The plain way to say what a pattern means; takes exponential time.
fn is_like(found: &[char], pattern: &[char]) -> bool {
    match (pattern, found) {
        ([], found) => found.is_empty(),
        (['\\', wanted, pattern @ ..], _) => {
            found.split_first().is_some_and(|(it, rest)| it == wanted && is_like(rest, pattern))
        }
        (['*', pattern @ ..], _) => (0..=found.len()).any(|at| is_like(&found[at..], pattern)),
        ([wanted, pattern @ ..], [it, rest @ ..]) => {
            (*wanted == '?' || wanted == it) && is_like(rest, pattern)
        }
        (_, []) => false,
    }
}

proptest! {
    #[test]
    fn patterns_mean_what_the_plain_way_says(found in few(), pattern in few()) {
        let [of, by] = [&found, &pattern].map(|it| it.chars().collect::<Vec<_>>());
        prop_assert_eq!(like(&found, &pattern), is_like(&of, &by));
    }

    #[test]
    fn a_number_is_compared_as_rust_does(found in any::<i64>(), given in any::<i64>()) {
        let expected = [
            found == given,
            found != given,
            found < given,
            found <= given,
            found > given,
            found >= given,
        ];
        prop_assert_eq!(holding(&Value::Int(found), &Value::Int(given)), expected);
    }
}

#[test]
fn without_a_type_the_records_of_the_system_are_left_out() {
    let [note, system] = ["note", "lacis.member"].map(|kind| RecordType::new(kind).unwrap());
    let all = Search::default();
    assert!(all.fits_type(&note) && !all.fits_type(&system));
    let wanted = Search { kind: Some(system.clone()), filter: None };
    assert!(!wanted.fits_type(&note) && wanted.fits_type(&system));
}
