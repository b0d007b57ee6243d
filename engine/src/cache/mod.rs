//! The KV cache: pages allocated once, shared by reference, found through a page table a branch.

mod kv;
mod pages;

pub use kv::{BranchId, KvCache, KvViews};
pub use pages::{PageId, PagePool};
