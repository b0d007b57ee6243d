//! What branches take of the cache, and what there is for more.

use super::engine::Engine;
use crate::cache::{BranchId, Writer};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Bytes of keys and values that some branches hold together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct KvBytes {
    /// In pages that more than one of them holds, each counted once.
    pub shared: u64,
    /// In pages that one of them holds alone.
    pub own: u64,
    /// What they would hold if each had its pages for itself.
    pub unshared: u64,
}

/// A page of the cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageUse {
    /// Branches that hold it; 0 = it is free.
    pub holders: u32,
    /// Who wrote its positions, in order.
    pub writers: Vec<Writer>,
}

impl Engine {
    /// Bytes of keys and values that these branches hold.
    pub fn kv_bytes(&self, branches: &[BranchId]) -> Result<KvBytes> {
        let mut holders: HashMap<u32, u64> = HashMap::new();
        for &branch in branches {
            for &page in self.cache.branches.pages(branch)? {
                *holders.entry(page).or_default() += 1;
            }
        }
        let page = self.cache.bytes() / u64::from(self.cache.branches.limits().pages.max(1));
        let shared = holders.values().filter(|&&count| count > 1).count() as u64;
        let all = holders.len() as u64;
        Ok(KvBytes {
            shared: shared * page,
            own: (all - shared) * page,
            unshared: holders.values().sum::<u64>() * page,
        })
    }

    /// Every page of the cache.
    pub fn page_map(&self) -> Vec<PageUse> {
        let branches = &self.cache.branches;
        let page = |(page, writers)| PageUse { holders: branches.holders(page), writers };
        (0..).zip(branches.page_writers()).map(page).collect()
    }

    /// Positions a page, and bytes of one in all layers.
    pub fn page_size(&self) -> (u32, u64) {
        let limits = self.cache.branches.limits();
        (limits.page, self.cache.bytes() / u64::from(limits.pages.max(1)))
    }

    /// Who made a branch's keys and values, in the order of its positions, each run of one writer once.
    pub fn kv_writers(&self, branch: BranchId) -> Result<Vec<Writer>> {
        Ok(self.cache.branches.writers(branch)?.iter().map(|run| run.writer).collect())
    }

    /// Refuses `count` forks of a prompt of `length` positions that go on by up to `more` each, where `new` positions of
    /// the prompt are still to be computed: [`Error::ContextFull`], [`Error::PagesFull`], [`Error::PagesTooFew`], or
    /// [`Error::Invalid`] where fewer branches can be open.
    pub(crate) fn check_forks(&self, (length, new): (usize, usize), count: usize, more: usize) -> Result<()> {
        self.check_room(length + more)?;
        let (open, branches) = (self.cache.branches.open_branches(), self.cache.branches.limits().branches as usize);
        // The prompt's end is on a fork of its own, from which the others are made.
        if open + count + 1 > branches {
            return Err(Error::Invalid(format!(
                "{count} branches beside {open} that are open: the engine has {branches} in all, and one is for the prompt. \
                 Take fewer, or load it with more"
            )));
        }
        let page = self.cache.branches.limits().page as usize;
        // Each fork has a copy of the page that the prompt ends in.
        let each = (length + more).div_ceil(page) - length / page;
        let needed = new.div_ceil(page) + 2 + count * each;
        let (free, pages) = self.pages();
        match needed {
            _ if needed > pages => Err(Error::PagesTooFew { needed, pages }),
            _ if needed > free => Err(Error::PagesFull { needed, free, pages }),
            _ => Ok(()),
        }
    }
}
