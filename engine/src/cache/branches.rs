//! Branches and the pages they hold: the page table, forks, writers, admission. Plain bookkeeping: the GPU is not
//! involved.

use super::pages::{PageId, PagePool};
use super::writers::{Reader, Run, Runs, Sharing, Writer};
use crate::{Error, Result};

/// A branch: a sequence of tokens whose keys and values are in the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BranchId(pub u32);

/// How much there is of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Positions a page.
    pub page: u32,
    /// Pages that all branches share.
    pub pages: u32,
    /// Branches at a time.
    pub branches: u32,
    /// Positions a branch.
    pub context: u32,
    /// Positions that the model was trained for; only errors tell it.
    pub trained_context: u32,
}

impl Limits {
    /// Logical pages of a branch: the page table is `[branches, table_stride]`.
    pub fn table_stride(&self) -> u32 {
        self.context.div_ceil(self.page)
    }
}

/// A page whose contents go to another one, in every layer's keys and values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageCopy {
    /// The page that is read.
    pub from: PageId,
    /// The page that is written.
    pub to: PageId,
}

#[derive(Debug, Clone, Default)]
struct Branch {
    /// As many as `length` positions need.
    pages: Vec<PageId>,
    length: u32,
    runs: Runs,
    /// Positions before this were written by the rules; from it on anyone may have written and read. `None` = all were.
    mixed_from: Option<u32>,
}

/// All branches, their pages and writers, and what the GPU has yet to be told.
///
/// A page that more than one branch holds is never written: a fork copies a partly filled last page, and so does
/// [`Branches::extend`] where truncating left a branch with a share in one.
#[derive(Debug, Clone)]
pub struct Branches {
    limits: Limits,
    pool: PagePool,
    slots: Vec<Option<Branch>>,
    table: Vec<u32>,
    is_table_changed: bool,
    copies: Vec<PageCopy>,
}

impl Branches {
    /// No branch, and every page free.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            pool: PagePool::new(limits.pages),
            slots: (0..limits.branches).map(|_| None).collect(),
            table: vec![0; limits.branches as usize * limits.table_stride() as usize],
            is_table_changed: true,
            copies: Vec::new(),
        }
    }

    /// How much there is of everything.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Opens an empty branch, [`Sharing::Strict`].
    pub fn open(&mut self) -> Result<BranchId> {
        let slot = self.free_slot()?;
        self.slots[slot] = Some(Branch::default());
        Ok(BranchId(slot as u32))
    }

    /// Opens a branch with the first `at` positions of `parent` (`None` = all), their writers and its sharing, unless the
    /// parent is mixed only after `at`. Whole pages are shared; a partly filled last one is to be copied, which
    /// [`Branches::copies`] tells. On an error nothing has changed.
    pub fn fork(&mut self, parent: BranchId, at: Option<u32>) -> Result<BranchId> {
        let length = self.length(parent)?;
        let at = at.unwrap_or(length);
        if at > length {
            return Err(Error::Invalid(format!(
                "a fork of branch {} at {at}: it has {length} positions. Fork at one of them",
                parent.0
            )));
        }
        let slot = self.free_slot()?;
        let fresh = self.take(usize::from(!at.is_multiple_of(self.limits.page)))?;
        let parent = self.slots[parent.0 as usize].as_ref().ok_or_else(|| unknown(parent))?;
        let (whole, rest) = parent.pages.split_at((at / self.limits.page) as usize);
        self.copies.extend(rest.iter().zip(&fresh).map(|(&from, &to)| PageCopy { from, to }));
        for &page in whole {
            self.pool.share(page);
        }
        let mixed_from = parent.mixed_from.filter(|&from| from <= at);
        let mut branch = Branch { pages: whole.to_vec(), length: at, runs: parent.runs.clone(), mixed_from };
        branch.runs.truncate(at);
        branch.pages.extend(fresh);
        self.slots[slot] = Some(branch);
        self.write_table(slot);
        Ok(BranchId(slot as u32))
    }

    /// Adds `count` positions written by `writer` to a branch, taking pages as needed. On an error nothing has changed.
    ///
    /// Whoever writes also reads what is there: ask [`Branches::check_read`] first. The next step is to write them:
    /// fork afterwards, since page copies run before it.
    pub fn extend(&mut self, id: BranchId, count: u32, writer: Writer) -> Result<()> {
        let needed = self.pages_needed(id, count)?;
        if count == 0 {
            return Ok(());
        }
        let is_shared = self.is_tail_shared(self.branch(id)?);
        let taken = self.take(needed)?;
        let Some(branch) = self.slots.get_mut(id.0 as usize).and_then(Option::as_mut) else {
            return Err(unknown(id));
        };
        let (own, fresh) = taken.split_at(usize::from(is_shared));
        for (page, &to) in branch.pages.iter_mut().rev().zip(own) {
            let from = std::mem::replace(page, to);
            self.pool.release(from);
            self.copies.push(PageCopy { from, to });
        }
        branch.pages.extend(fresh);
        branch.runs.append(branch.length, writer);
        branch.length += count;
        if needed > 0 {
            self.write_table(id.0 as usize);
        }
        Ok(())
    }

    /// [`Branches::extend`] of several branches, or of none where one cannot be: (branch, positions, who writes them).
    pub fn extend_all(&mut self, parts: &[(BranchId, u32, Writer)]) -> Result<()> {
        for (done, &(id, count, writer)) in parts.iter().enumerate() {
            if let Err(error) = self.extend(id, count, writer) {
                for &(id, count, _) in &parts[..done] {
                    // Mixed branches stay so: this only undoes.
                    self.cut(id, self.length(id)? - count)?;
                }
                return Err(error);
            }
        }
        Ok(())
    }

    /// Forgets positions from `length` on and frees the pages that only they used. A branch that loses all its mixed
    /// positions is strict again.
    pub fn truncate(&mut self, id: BranchId, length: u32) -> Result<()> {
        self.cut(id, length)?;
        if let Some(branch) = self.slots.get_mut(id.0 as usize).and_then(Option::as_mut) {
            branch.mixed_from = branch.mixed_from.filter(|&from| from < branch.length);
        }
        Ok(())
    }

    /// [`Branches::truncate`] of a branch that stays mixed if it is.
    fn cut(&mut self, id: BranchId, length: u32) -> Result<()> {
        let branch = self.slots.get_mut(id.0 as usize).and_then(Option::as_mut).ok_or_else(|| unknown(id))?;
        branch.length = branch.length.min(length);
        branch.runs.truncate(branch.length);
        for unused in branch.pages.drain(branch.length.div_ceil(self.limits.page) as usize..) {
            self.pool.release(unused);
        }
        Ok(())
    }

    /// Closes a branch; pages that no other branch holds are free at once.
    pub fn close(&mut self, id: BranchId) -> Result<()> {
        self.truncate(id, 0)?;
        self.slots[id.0 as usize] = None;
        Ok(())
    }

    /// Positions that a branch has.
    pub fn length(&self, id: BranchId) -> Result<u32> {
        self.branch(id).map(|b| b.length)
    }

    /// The pages of a branch, in order.
    pub fn pages(&self, id: BranchId) -> Result<&[PageId]> {
        self.branch(id).map(|b| b.pages.as_slice())
    }

    /// How many leading positions all of `branches` have in the same pages, counting whole pages; 0 for no branch.
    pub fn common_prefix(&self, branches: &[BranchId]) -> Result<u32> {
        let Some((&first, rest)) = branches.split_first() else { return Ok(0) };
        let whole = |id| -> Result<&[PageId]> {
            let branch = self.branch(id)?;
            Ok(&branch.pages[..(branch.length / self.limits.page) as usize])
        };
        let first = whole(first)?;
        let mut common = first.len();
        for &id in rest {
            common = first[..common].iter().zip(whole(id)?).take_while(|(a, b)| a == b).count();
        }
        Ok(common as u32 * self.limits.page)
    }

    /// Who wrote a branch's positions.
    pub fn writers(&self, id: BranchId) -> Result<&[Run]> {
        self.branch(id).map(|b| b.runs.as_slice())
    }

    /// Who wrote each page's positions, in order; nobody if it is free. Holders agree on the positions that they have in
    /// a page: the longest list has them all.
    pub fn page_writers(&self) -> Vec<Vec<Writer>> {
        let mut all: Vec<Vec<Writer>> = vec![Vec::new(); self.limits.pages as usize];
        for branch in self.slots.iter().flatten() {
            for (first, &page) in (0u32..).step_by(self.limits.page as usize).zip(&branch.pages) {
                let end = branch.length.min(first + self.limits.page);
                let writers = &mut all[page as usize];
                if branch.runs.between(first, end).count() > writers.len() {
                    *writers = branch.runs.between(first, end).collect();
                }
            }
        }
        all
    }

    /// From now on anyone may read this branch, and what is forked from it: for callers who were asked to switch
    /// adapters in mid-response on the same keys and values. What is written from here on depends on positions that its
    /// writer would not read otherwise: the way back is to truncate the branch to this position or below.
    pub fn allow_mixed(&mut self, id: BranchId) -> Result<()> {
        let branch = self.slots.get_mut(id.0 as usize).and_then(Option::as_mut).ok_or_else(|| unknown(id))?;
        branch.mixed_from.get_or_insert(branch.length);
        Ok(())
    }

    /// Whether a branch's positions are read by the rules.
    pub fn sharing(&self, id: BranchId) -> Result<Sharing> {
        self.branch(id).map(|b| if b.mixed_from.is_some() { Sharing::Mixed } else { Sharing::Strict })
    }

    /// [`Error::KvMismatch`] if a branch has positions that `reader` may not read.
    pub fn check_read(&self, id: BranchId, reader: Reader) -> Result<()> {
        let branch = self.branch(id)?;
        let refused = branch.runs.first_refused(reader).filter(|_| branch.mixed_from.is_none());
        refused.map_or(Ok(()), |run| {
            Err(Error::KvMismatch { branch: id.0, position: run.start, writer: run.writer, reader })
        })
    }

    /// How many leading positions of a branch `reader` may keep by the rules: where re-encoding starts. Mixed positions
    /// serve the response that they were mixed for, and no one after.
    pub fn reusable(&self, id: BranchId, reader: Reader) -> Result<u32> {
        let branch = self.branch(id)?;
        let readable = branch.runs.first_refused(reader).map_or(branch.length, |run| run.start);
        Ok(branch.mixed_from.map_or(readable, |from| from.min(readable)))
    }

    /// Pages that no branch holds.
    pub fn free_pages(&self) -> usize {
        self.pool.free_pages()
    }

    /// Branches that hold a page; 0 = free.
    pub fn holders(&self, page: PageId) -> u32 {
        self.pool.holders(page)
    }

    /// Branches that are open.
    pub fn open_branches(&self) -> usize {
        self.slots.iter().flatten().count()
    }

    /// Whether a new branch of `positions` positions would find room now.
    pub fn can_admit(&self, positions: u32) -> bool {
        positions <= self.limits.context
            && positions.div_ceil(self.limits.page) as usize <= self.free_pages()
            && self.slots.iter().any(Option::is_none)
    }

    /// Pages that [`Branches::extend`] would take, the copy of a shared last page among them; [`Error::ContextFull`]
    /// where the branch would grow past the context.
    pub fn pages_needed(&self, id: BranchId, count: u32) -> Result<usize> {
        let branch = self.branch(id)?;
        let length = branch.length as usize + count as usize;
        if length > self.limits.context as usize {
            return Err(Error::ContextFull {
                needed: length,
                context: self.limits.context as usize,
                limit: self.limits.trained_context as usize,
            });
        }
        let fresh = length.div_ceil(self.limits.page as usize) - branch.pages.len();
        Ok(fresh + usize::from(count > 0 && self.is_tail_shared(branch)))
    }

    /// Physical page of each logical one, `[branches, table_stride]`; entries past a branch's pages mean nothing.
    pub fn table(&self) -> &[u32] {
        &self.table
    }

    /// Whether the table changed since [`Branches::flushed`].
    pub fn is_table_changed(&self) -> bool {
        self.is_table_changed
    }

    /// Copies to make, in this order, before any position is written that was added since [`Branches::flushed`]. Pages
    /// of branches that closed meanwhile may be among them.
    pub fn copies(&self) -> &[PageCopy] {
        &self.copies
    }

    /// The GPU has the table and will have made the copies before it runs the next step.
    pub fn flushed(&mut self) {
        self.is_table_changed = false;
        self.copies.clear();
    }

    fn branch(&self, id: BranchId) -> Result<&Branch> {
        self.slots.get(id.0 as usize).and_then(Option::as_ref).ok_or_else(|| unknown(id))
    }

    fn free_slot(&self) -> Result<usize> {
        self.slots.iter().position(Option::is_none).ok_or_else(|| {
            Error::Invalid(format!("all {} branches are in use. Close one or reserve more", self.slots.len()))
        })
    }

    /// Takes `count` pages or none.
    fn take(&mut self, count: usize) -> Result<Vec<PageId>> {
        let free = self.pool.free_pages();
        if count > free {
            return Err(Error::PagesFull { needed: count, free, pages: self.pool.pages() });
        }
        Ok((0..count).map_while(|_| self.pool.take()).collect())
    }

    /// Whether the next position would go to a page that other branches hold.
    fn is_tail_shared(&self, branch: &Branch) -> bool {
        !branch.length.is_multiple_of(self.limits.page)
            && branch.pages.last().is_some_and(|&page| self.pool.holders(page) > 1)
    }

    fn write_table(&mut self, slot: usize) {
        if let Some(branch) = &self.slots[slot] {
            let row = slot * self.limits.table_stride() as usize;
            self.table[row..][..branch.pages.len()].copy_from_slice(&branch.pages);
            self.is_table_changed = true;
        }
    }
}

fn unknown(id: BranchId) -> Error {
    Error::Invalid(format!("branch {} is not open", id.0))
}
