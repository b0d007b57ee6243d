//! The KV cache: pages allocated once, shared by reference, found through a page table a branch.
//!
//! [`Branches`] decides which page holds what, who wrote it and who may read it, without a GPU; [`KvCache`] owns the
//! pages and carries the decisions out.

mod branches;
mod kv;
mod pages;
mod prefixes;
#[cfg(test)]
mod tests;
mod writers;

pub use branches::{BranchId, Branches, Limits, PageCopy};
pub use kv::{KvCache, KvViews};
pub use pages::{PageId, PagePool};
pub use writers::{Reader, Run, Runs, Sharing, Writer};
