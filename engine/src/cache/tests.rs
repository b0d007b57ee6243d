//! The page table against a model in which every branch is a list of tokens and memory is a list a page; the rules.

use super::{BranchId, Branches, Limits, PageCopy, Reader, Run, Sharing, Writer};
use crate::Error;
use proptest::prelude::*;
use std::collections::HashMap;

const LIMITS: Limits = Limits { page: 4, pages: 10, branches: 5, context: 18, trained_context: 64 };
const WRITERS: [Writer; 3] = [Writer::Base, Writer::Adapter(1), Writer::Adapter(2)];

/// A position as it was written: a token that no other position has, and its writer.
type Cell = (u32, Writer);

#[derive(Debug, Clone)]
enum Operation {
    Open,
    Fork(usize, Option<u32>),
    /// Extends some branches by one writer, submits the step; all or none.
    Step(Vec<(usize, u32)>, usize),
    Truncate(usize, u32),
    Close(usize),
    AllowMixed(usize),
    /// A step without rows: pending copies are made.
    Flush,
}

fn operation() -> impl Strategy<Value = Operation> {
    let slot = 0usize..5;
    prop_oneof![
        2 => Just(Operation::Open),
        4 => (slot.clone(), prop::option::of(0u32..18)).prop_map(|(slot, at)| Operation::Fork(slot, at)),
        6 => (prop::collection::vec((slot.clone(), 0u32..7), 1..4), 0usize..3)
            .prop_map(|(rows, writer)| Operation::Step(rows, writer)),
        3 => (slot.clone(), 0u32..18).prop_map(|(slot, length)| Operation::Truncate(slot, length)),
        2 => slot.clone().prop_map(Operation::Close),
        1 => slot.prop_map(Operation::AllowMixed),
        1 => Just(Operation::Flush),
    ]
}

struct Expected {
    id: BranchId,
    cells: Vec<Cell>,
    mixed_from: Option<usize>,
}

struct Model {
    branches: Branches,
    expected: Vec<Expected>,
    memory: Vec<[Option<Cell>; 4]>,
    next_token: u32,
}

impl Model {
    fn new() -> Self {
        let memory = vec![[None; 4]; LIMITS.pages as usize];
        Self { branches: Branches::new(LIMITS), expected: Vec::new(), memory, next_token: 0 }
    }

    /// A branch if there is any.
    fn pick(&self, index: usize) -> Option<usize> {
        (!self.expected.is_empty()).then(|| index % self.expected.len())
    }

    fn apply(&mut self, operation: &Operation) {
        let free = self.branches.free_pages();
        match *operation {
            Operation::Open => match self.branches.open() {
                Ok(id) => self.expected.push(Expected { id, cells: Vec::new(), mixed_from: None }),
                Err(_) => assert_eq!(self.expected.len(), LIMITS.branches as usize),
            },
            Operation::Fork(index, at) => {
                let Some(index) = self.pick(index) else { return };
                let Expected { id, ref cells, mixed_from } = self.expected[index];
                let length = at.map_or(cells.len(), |at| at as usize);
                let copies = self.branches.copies().len();
                match self.branches.fork(id, at) {
                    Ok(id) => {
                        let cells = cells[..length].to_vec();
                        assert_eq!(self.branches.copies().len() - copies, usize::from(length % 4 != 0));
                        let mixed_from = mixed_from.filter(|&from| from <= length);
                        self.expected.push(Expected { id, cells, mixed_from });
                    }
                    Err(Error::PagesFull { needed: 1, .. }) => assert!(free == 0 && length % 4 != 0),
                    Err(_) => assert!(length > cells.len() || self.expected.len() == LIMITS.branches as usize),
                }
            }
            Operation::Step(ref rows, writer) => self.step(rows, WRITERS[writer]),
            Operation::Truncate(index, length) => {
                let Some(index) = self.pick(index) else { return };
                let expected = &mut self.expected[index];
                self.branches.truncate(expected.id, length).unwrap();
                expected.cells.truncate(length as usize);
                expected.mixed_from = expected.mixed_from.filter(|&from| from < expected.cells.len());
            }
            Operation::Close(index) => {
                let Some(index) = self.pick(index) else { return };
                self.branches.close(self.expected.swap_remove(index).id).unwrap();
            }
            Operation::AllowMixed(index) => {
                let Some(index) = self.pick(index) else { return };
                self.branches.allow_mixed(self.expected[index].id).unwrap();
                let expected = &mut self.expected[index];
                expected.mixed_from.get_or_insert(expected.cells.len());
            }
            Operation::Flush => self.flush(),
        }
    }

    /// As the engine does it: extend all rows or none, make the copies, write the positions through the table.
    fn step(&mut self, rows: &[(usize, u32)], writer: Writer) {
        let picked = rows.iter().filter_map(|&(index, count)| Some((self.pick(index)?, count)));
        let parts: Vec<_> = picked.map(|(index, count)| (self.expected[index].id, count, writer)).collect();
        let (mut lengths, mut writes) = (HashMap::new(), Vec::new());
        for &(id, count, _) in &parts {
            let length = lengths.entry(id).or_insert(self.branches.length(id).unwrap());
            writes.push((id, *length, count));
            *length += count;
        }
        let needed = parts.iter().map(|&(id, count, _)| self.branches.pages_needed(id, count)).next();
        let free = self.branches.free_pages();
        if let Err(error) = self.branches.extend_all(&parts) {
            match error {
                Error::ContextFull { .. } => assert!(lengths.values().any(|&length| length > LIMITS.context)),
                Error::PagesFull { needed, free: told, .. } => assert!(told <= free && needed > told),
                error => panic!("{error}"),
            }
            return;
        }
        if let (1, Some(needed)) = (parts.len(), needed) {
            assert_eq!(free - self.branches.free_pages(), needed.unwrap());
        }
        self.flush();
        for (id, length, count) in writes {
            for position in length..length + count {
                let page = self.physical(id, position);
                assert_eq!(self.branches.holders(page), 1, "a shared page was written");
                let cell = (self.next_token, writer);
                self.next_token += 1;
                self.memory[page as usize][position as usize % 4] = Some(cell);
                self.expected.iter_mut().find(|e| e.id == id).unwrap().cells.push(cell);
            }
        }
    }

    fn flush(&mut self) {
        self.memory = self.copied();
        self.branches.flushed();
    }

    /// Memory after the pending copies.
    fn copied(&self) -> Vec<[Option<Cell>; 4]> {
        let mut memory = self.memory.clone();
        for &PageCopy { from, to } in self.branches.copies() {
            memory[to as usize] = memory[from as usize];
        }
        memory
    }

    /// The page of a position, as the GPU finds it.
    fn physical(&self, id: BranchId, position: u32) -> u32 {
        self.branches.table()[(id.0 * LIMITS.table_stride() + position / 4) as usize]
    }

    fn check(&self) {
        let memory = self.copied();
        let mut holders = vec![0; LIMITS.pages as usize];
        let writers_of = self.branches.page_writers();
        for &Expected { id, ref cells, mixed_from } in &self.expected {
            assert_eq!(self.branches.length(id).unwrap() as usize, cells.len());
            let pages = self.branches.pages(id).unwrap();
            assert_eq!(pages.len(), cells.len().div_ceil(4));
            pages.iter().for_each(|&page| holders[page as usize] += 1);
            let read = (0..cells.len() as u32).map(|at| memory[self.physical(id, at) as usize][at as usize % 4]);
            assert!(read.eq(cells.iter().copied().map(Some)), "a branch lost its history");
            for (logical, written) in cells.chunks(4).enumerate() {
                let of_page = &writers_of[pages[logical] as usize];
                let mut writers: Vec<Writer> = written.iter().map(|cell| cell.1).collect();
                writers.dedup();
                assert!(of_page.starts_with(&writers), "{of_page:?} {writers:?}");
            }
            self.check_rules(id, cells, mixed_from);
        }
        assert!(holders.iter().enumerate().all(|(page, &count)| self.branches.holders(page as u32) == count));
        assert_eq!(self.branches.free_pages(), holders.iter().filter(|&&count| count == 0).count());
        for a in &self.expected {
            for b in &self.expected {
                self.check_common(a, b);
            }
        }
        for positions in 0..=LIMITS.context + 1 {
            let mut trial = self.branches.clone();
            let is_admitted = trial.open().is_ok_and(|id| trial.extend(id, positions, Writer::Base).is_ok());
            assert_eq!(self.branches.can_admit(positions), is_admitted);
        }
    }

    fn check_rules(&self, id: BranchId, cells: &[Cell], mixed_from: Option<usize>) {
        let mut runs: Vec<Run> = cells.iter().zip(0..).map(|(&(_, writer), start)| Run { start, writer }).collect();
        runs.dedup_by_key(|run| run.writer);
        assert_eq!(self.branches.writers(id).unwrap(), runs);
        for writer in WRITERS {
            for kv_shareable in [false, true] {
                let is_allowed = |by: Writer| match (writer, by) {
                    (Writer::Base, by) => by == Writer::Base,
                    (Writer::Adapter(_), Writer::Base) => kv_shareable,
                    (Writer::Adapter(own), Writer::Adapter(other)) => own == other,
                };
                let readable = cells.iter().take_while(|cell| is_allowed(cell.1)).count();
                let reusable = mixed_from.map_or(readable, |from| from.min(readable));
                let reader = Reader { writer, kv_shareable };
                assert_eq!(self.branches.reusable(id, reader).unwrap() as usize, reusable);
                match self.branches.check_read(id, reader) {
                    Ok(()) => assert!(mixed_from.is_some() || reusable == cells.len()),
                    Err(Error::KvMismatch { position, writer, .. }) => {
                        assert_eq!((position as usize, writer), (reusable, cells[reusable].1));
                        assert!(mixed_from.is_none());
                    }
                    Err(error) => panic!("{error}"),
                }
            }
        }
    }

    fn check_common(&self, a: &Expected, b: &Expected) {
        let common = self.branches.common_prefix(&[a.id, b.id]).unwrap() as usize;
        let (pages_a, pages_b) = (self.branches.pages(a.id).unwrap(), self.branches.pages(b.id).unwrap());
        let whole = a.cells.len().min(b.cells.len()) / 4;
        let same = pages_a[..whole].iter().zip(&pages_b[..whole]).take_while(|(x, y)| x == y).count();
        assert_eq!(common, same * 4);
        assert_eq!(a.cells[..common], b.cells[..common]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// After any operation each branch reads its own history, no page is lost, and the rules agree.
    #[test]
    fn branches_keep_their_history(operations in prop::collection::vec(operation(), 0..60)) {
        let mut model = Model::new();
        for operation in &operations {
            model.apply(operation);
            model.check();
        }
        while !model.expected.is_empty() {
            model.apply(&Operation::Close(0));
        }
        prop_assert_eq!(model.branches.free_pages(), LIMITS.pages as usize);
    }
}

fn filled(runs: &[(u32, Writer)]) -> (Branches, BranchId) {
    let mut branches = Branches::new(LIMITS);
    let id = branches.open().unwrap();
    for &(count, writer) in runs {
        branches.extend(id, count, writer).unwrap();
    }
    (branches, id)
}

fn shareable(generation: u64) -> Reader {
    Reader { writer: Writer::Adapter(generation), kv_shareable: true }
}

#[test]
fn fork_copies_only_a_partly_filled_page() {
    let (mut branches, parent) = filled(&[(10, Writer::Base)]);
    let whole = branches.fork(parent, Some(8)).unwrap();
    assert_eq!((branches.copies(), branches.free_pages()), (&[][..], 7));
    let all = branches.fork(parent, None).unwrap();
    assert_eq!(branches.copies(), [PageCopy { from: 2, to: 3 }]);
    assert_eq!(branches.pages(all).unwrap(), [0, 1, 3]);
    assert_eq!(branches.common_prefix(&[parent, whole, all]).unwrap(), 8);
    branches.close(parent).unwrap();
    assert_eq!(branches.free_pages(), 7);
    assert!(matches!(branches.fork(all, Some(11)), Err(Error::Invalid(_))));
}

#[test]
fn a_shared_page_is_copied_before_it_is_written() {
    let (mut branches, parent) = filled(&[(8, Writer::Base)]);
    let child = branches.fork(parent, None).unwrap();
    branches.truncate(child, 6).unwrap();
    branches.extend(child, 0, Writer::Base).unwrap();
    assert!(branches.copies().is_empty());
    branches.extend(child, 1, Writer::Adapter(1)).unwrap();
    assert_eq!(branches.copies(), [PageCopy { from: 1, to: 2 }]);
    assert_eq!(branches.page_writers()[1], [Writer::Base]);
    assert_eq!(branches.page_writers()[2], [Writer::Base, Writer::Adapter(1)]);
    assert_eq!(branches.page_writers()[9], []);
    assert_eq!(branches.common_prefix(&[parent, child]).unwrap(), 4);
    assert_eq!(branches.common_prefix(&[]).unwrap(), 0);
}

#[test]
fn base_does_not_read_what_an_adapter_wrote() {
    let (branches, id) = filled(&[(3, Writer::Base), (2, Writer::Adapter(7))]);
    assert_eq!(branches.reusable(id, Reader::BASE).unwrap(), 3);
    assert_eq!(
        branches.check_read(id, Reader::BASE).unwrap_err().to_string(),
        "branch 0: the base may not read what adapter generation 7 wrote from position 3 on. Re-encode the branch from \
         there under the base, or allow mixed writers on the branch if it is to switch in mid-response"
    );
    branches.check_read(id, shareable(7)).unwrap();
    assert_eq!(branches.reusable(id, shareable(8)).unwrap(), 3, "a new generation is another adapter");
}

#[test]
fn a_stock_adapter_does_not_read_the_base() {
    let (branches, id) = filled(&[(5, Writer::Base)]);
    let stock = Reader { writer: Writer::Adapter(1), kv_shareable: false };
    assert_eq!(
        branches.check_read(id, stock).unwrap_err().to_string(),
        "branch 0: adapter generation 1 may not read what the base wrote from position 0 on. Re-encode the branch from \
         there under adapter generation 1, or mark the adapter KV-shareable if it was trained with the prompt un-adapted"
    );
    branches.check_read(id, shareable(1)).unwrap();
}

#[test]
fn mixed_positions_are_read_by_anyone_and_kept_by_no_one() {
    let (mut branches, id) = filled(&[(3, Writer::Base), (2, Writer::Adapter(1))]);
    let before = branches.fork(id, None).unwrap();
    branches.allow_mixed(id).unwrap();
    branches.extend(id, 4, Writer::Base).unwrap();
    // What was allowed first counts.
    branches.allow_mixed(id).unwrap();
    let forked = |at| {
        let mut branches = branches.clone();
        let fork = branches.fork(id, at).unwrap();
        branches.sharing(fork).unwrap()
    };
    assert_eq!((forked(None), forked(Some(5)), forked(Some(4))), (Sharing::Mixed, Sharing::Mixed, Sharing::Strict));
    let after = branches.fork(id, Some(7)).unwrap();
    branches.check_read(after, Reader::BASE).unwrap();
    assert!(branches.check_read(before, Reader::BASE).is_err());
    // The next turn keeps neither what the adapter wrote nor what was written on top of it.
    assert_eq!(branches.reusable(id, Reader::BASE).unwrap(), 3);
    assert_eq!(branches.reusable(id, shareable(1)).unwrap(), 5);
    for (branch, length, sharing) in [(id, 6, Sharing::Mixed), (id, 5, Sharing::Strict), (after, 2, Sharing::Strict)] {
        branches.truncate(branch, length).unwrap();
        assert_eq!(branches.sharing(branch).unwrap(), sharing, "{length}");
    }
    assert!(branches.check_read(id, Reader::BASE).is_err());
    branches.check_read(after, Reader::BASE).unwrap();
}

#[test]
fn full_pages_and_full_contexts_are_told_apart() {
    let (mut branches, id) = filled(&[(16, Writer::Base)]);
    let full = branches.extend(id, 3, Writer::Base);
    assert!(matches!(full, Err(Error::ContextFull { needed: 19, context: 18, limit: 64 })));
    let other = branches.open().unwrap();
    branches.extend(other, 18, Writer::Base).unwrap();
    assert!(branches.can_admit(4) && !branches.can_admit(5));
    let third = branches.open().unwrap();
    let error = branches.extend(third, 6, Writer::Base).unwrap_err();
    assert_eq!(
        error.to_string(),
        "2 more KV pages are needed and 1 of 10 are free. Close branches, or make room with --ctx"
    );
    assert_eq!((branches.length(third).unwrap(), branches.free_pages()), (0, 1));
    branches.close(other).unwrap();
    branches.extend(third, 6, Writer::Base).unwrap();
    assert!(matches!(branches.length(other), Err(Error::Invalid(_))));
}
