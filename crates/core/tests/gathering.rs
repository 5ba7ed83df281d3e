//! What an application writes in one turn of its event loop is one write of the store.

use std::collections::BTreeMap;

use lacis_core::{
    Config, Content, Event, Input, Node, OpId, Output, RoomId, StoreChange, StoreReply,
    StoreRequest, StoreTable, Ticket, Timestamp,
};
use lacis_wire::record::RecordType;
use lacis_wire::system::GroupProperties;
use lacis_wire::{Code, Millis, limits};

/// Records that are written in one turn, each with a header and a body.
const RECORDS: u32 = 100;
const CHANGES: usize = 2 * RECORDS as usize;

struct Page {
    node: Node,
    group: RoomId,
    now: Timestamp,
    last_ticket: Ticket,
    /// Changes that came ahead of their write.
    parts: BTreeMap<OpId, Vec<StoreChange>>,
    /// Writes that are asked for and not answered.
    asked: Vec<(OpId, Vec<StoreChange>)>,
    settled: Vec<Result<(), Code>>,
}

impl Page {
    /// A page with a group of which all is stored.
    fn new() -> Self {
        let config = Config { store: true, wall: Millis(1_800_000_000_000), ..Config::default() };
        let now = Timestamp::ZERO;
        let mut node = Node::new(config, [7; 32], now).expect("it is fine");
        let properties = GroupProperties {
            name: "Board".into(),
            comment: String::new(),
            flags: 0,
            member_lifetime: u64::MAX,
            presence_lifetime: 86_400_000,
            budget_records: limits::BUDGET_RECORDS,
            budget_bytes: limits::BUDGET_BYTES,
        };
        let group = RoomId(1);
        node.create_group(now, 1, group, &properties, Vec::new()).expect("it is made");
        let (parts, asked, settled) = (BTreeMap::new(), Vec::new(), Vec::new());
        let mut page = Self { node, group, now, last_ticket: 1, parts, asked, settled };
        page.run();
        while !page.asked.is_empty() {
            page.answer(StoreReply::Written);
        }
        page.settled.clear();
        page
    }

    /// Does what the node wants, but answers no write.
    fn run(&mut self) {
        while let Some(output) = self.node.poll_output() {
            match output {
                Output::StorePart(op, changes) => {
                    self.parts.entry(op).or_default().extend(changes);
                }
                Output::Store(op, StoreRequest::Write(changes)) => {
                    let mut all = self.parts.remove(&op).unwrap_or_default();
                    all.extend(changes);
                    self.asked.push((op, all));
                }
                Output::Store(op, StoreRequest::Read { keys, .. }) => {
                    let values = keys.iter().map(|_| None).collect();
                    let reply = Input::Store(op, StoreReply::Values(values));
                    self.node.handle_input(self.now, reply);
                }
                Output::Event(Event::Completed { result, .. }) => {
                    self.settled.push(result.map(drop))
                }
                _ => {}
            }
        }
    }

    /// Answers the first write that is asked for.
    fn answer(&mut self, reply: StoreReply) -> Vec<StoreChange> {
        let (op, changes) = self.asked.remove(0);
        self.node.handle_input(self.now, Input::Store(op, reply));
        self.run();
        changes
    }

    fn write(&mut self, count: u32) {
        for _ in 0..count {
            self.last_ticket += 1;
            let kind = RecordType::new("note").expect("it is a type");
            let content = Content { data: b"bonjour".to_vec(), ..Content::default() };
            let ticket = self.last_ticket;
            let added = self.node.add_record(self.now, ticket, self.group, kind, content);
            added.expect("the founder may write");
            self.run();
        }
    }

    fn flush(&mut self) {
        self.node.flush(self.now);
        self.run();
    }

    /// How many changes of records each write has that is asked for.
    fn sizes(&self) -> Vec<usize> {
        self.asked.iter().map(|(_, changes)| records(changes)).collect()
    }
}

/// Changes of records, none of which comes twice.
fn records(changes: &[StoreChange]) -> usize {
    let is_record =
        |change: &&StoreChange| matches!(change.table, StoreTable::Heads | StoreTable::Bodies);
    let mut places: Vec<_> =
        changes.iter().filter(is_record).map(|change| (change.table, &change.key)).collect();
    let count = places.len();
    places.sort();
    places.dedup();
    assert_eq!(places.len(), count, "something is written twice");
    count
}

#[test]
fn what_is_gathered_is_one_write_that_the_store_gets_ahead() {
    let mut page = Page::new();
    page.node.gather();
    page.write(RECORDS);
    assert_eq!(page.sizes(), []);
    let ahead: usize = page.parts.values().map(|changes| records(changes)).sum();
    assert!(ahead > CHANGES / 2, "{ahead} changes came ahead");
    assert_eq!(page.settled, []);
    page.flush();
    assert_eq!(page.sizes(), [CHANGES]);
    page.answer(StoreReply::Written);
    assert_eq!(page.settled, [Ok(()); RECORDS as usize]);
    assert_eq!((page.sizes(), page.parts.len()), (vec![], 0));
    // What is not gathered is written at once.
    page.write(1);
    assert_eq!(page.sizes(), [2]);
}

#[test]
fn nothing_is_handed_over_while_another_write_is_under_way() {
    let mut page = Page::new();
    page.write(1);
    page.node.gather();
    page.write(RECORDS);
    page.flush();
    assert_eq!((page.sizes(), page.parts.len()), (vec![2], 0));
    page.answer(StoreReply::Written);
    assert_eq!(page.sizes(), [CHANGES]);
}

#[test]
fn what_the_store_refuses_is_written_again_whole() {
    let mut page = Page::new();
    page.node.gather();
    page.write(RECORDS);
    page.flush();
    page.answer(StoreReply::Failed(Code::StoreFailed));
    assert_eq!(page.settled, [Err(Code::StoreFailed); RECORDS as usize]);
    page.now = page.now + limits::REWRITE_MIN * 2;
    page.node.handle_timeout(page.now);
    page.run();
    assert_eq!(page.sizes(), [CHANGES]);
}

#[test]
fn a_page_that_goes_or_is_put_aside_leaves_nothing_behind() {
    let ends: [fn(&mut Node, Timestamp); 2] = [Node::suspend, Node::leave_now];
    for end in ends {
        let mut page = Page::new();
        page.node.gather();
        page.write(RECORDS);
        end(&mut page.node, page.now);
        page.run();
        assert_eq!(page.sizes(), [CHANGES]);
        // The end of the turn changes nothing any more.
        page.flush();
        assert_eq!(page.sizes(), [CHANGES]);
    }
}
