//! Keys and values of every layer in pages, and the branches that read them.

use super::pages::{PageId, PagePool};
use crate::gpu::{Buffers, Gpu, View};
use crate::kernels::kv::KvShape;
use crate::model::Config;
use crate::{Error, Result};

/// A branch: a sequence of tokens whose keys and values are in the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BranchId(pub u32);

/// What kernels bind.
#[derive(Debug, Clone)]
pub struct KvViews {
    /// The shape of a layer's keys or values.
    pub shape: KvShape,
    /// Keys and values of each layer, f16 `[pages, kv_heads, page, head_dim]`.
    pub layers: Vec<(View, View)>,
    /// Physical page of each logical one, u32 `[branches, table_stride]`.
    pub page_table: View,
}

#[derive(Debug, Default, Clone)]
struct Branch {
    pages: Vec<PageId>,
    length: u32,
}

/// The cache: allocated once, never grown.
#[derive(Debug)]
pub struct KvCache {
    views: KvViews,
    pool: PagePool,
    branches: Vec<Option<Branch>>,
    /// The page table as the GPU has it, or will after the next [`KvCache::flush`].
    table: Vec<u32>,
    changed: bool,
    context: u32,
    trained_context: u32,
}

impl KvCache {
    /// Reserves pages of `page` positions for `positions` positions in all, shared by up to `branches` branches of up
    /// to `context` positions each.
    pub fn reserve(
        buffers: &mut Buffers,
        config: &Config,
        page: u32,
        context: u32,
        positions: u32,
        branches: u32,
    ) -> Result<Self> {
        if !page.is_power_of_two() || !(16..=128).contains(&page) {
            return Err(Error::Invalid(format!("a page of {page} positions: use 16, 32, 64 or 128")));
        }
        let pages = positions.div_ceil(page);
        let table_stride = context.div_ceil(page);
        let shape = KvShape { kv_heads: config.kv_heads, head_dim: config.head_dim, page, table_stride };
        let bytes = u64::from(pages) * u64::from(page) * u64::from(config.kv_width()) * 2;
        let layers = (0..config.layers)
            .map(|i| (buffers.reserve(format!("layer {i} keys"), bytes), buffers.reserve(format!("layer {i} values"), bytes)))
            .collect();
        let entries = branches * table_stride;
        let page_table = buffers.reserve("page table", u64::from(entries) * 4);
        Ok(Self {
            views: KvViews { shape, layers, page_table },
            pool: PagePool::new(pages),
            branches: vec![None; branches as usize],
            table: vec![0; entries as usize],
            changed: true,
            context,
            trained_context: config.context,
        })
    }

    /// What kernels bind.
    pub fn views(&self) -> &KvViews {
        &self.views
    }

    /// Positions a branch can have.
    pub fn context(&self) -> u32 {
        self.context
    }

    /// Bytes of keys and values.
    pub fn bytes(&self) -> u64 {
        self.views.layers.iter().map(|(k, v)| k.size + v.size).sum()
    }

    /// Pages that hold nothing.
    pub fn free_pages(&self) -> usize {
        self.pool.free_pages()
    }

    /// Opens an empty branch.
    pub fn open(&mut self) -> Result<BranchId> {
        let most = self.branches.len();
        let slot = self.branches.iter_mut().enumerate().find(|(_, branch)| branch.is_none());
        let (index, branch) = slot.ok_or_else(|| Error::Invalid(format!("all {most} branches are in use")))?;
        *branch = Some(Branch::default());
        Ok(BranchId(index as u32))
    }

    /// Positions that a branch has.
    pub fn length(&self, id: BranchId) -> Result<u32> {
        self.branch(id).map(|b| b.length)
    }

    /// Adds `count` positions to a branch, taking pages as needed. On an error nothing has changed.
    pub fn extend(&mut self, id: BranchId, count: u32) -> Result<()> {
        let length = self.branch(id)?.length as usize + count as usize;
        let full = |needed| Error::ContextFull {
            needed,
            context: self.context as usize,
            limit: self.trained_context as usize,
        };
        if length > self.context as usize {
            return Err(full(length));
        }
        let page = self.views.shape.page as usize;
        let missing = length.div_ceil(page).saturating_sub(self.branch(id)?.pages.len());
        if missing > self.pool.free_pages() {
            return Err(full(length));
        }
        let stride = self.views.shape.table_stride as usize;
        let branch = self.branches[id.0 as usize].get_or_insert_default();
        for taken in (0..missing).map_while(|_| self.pool.take()) {
            self.table[id.0 as usize * stride + branch.pages.len()] = taken;
            branch.pages.push(taken);
            self.changed = true;
        }
        branch.length = length as u32;
        Ok(())
    }

    /// Forgets positions from `length` on and frees the pages that only they used.
    pub fn truncate(&mut self, id: BranchId, length: u32) -> Result<()> {
        let page = self.views.shape.page;
        let Some(branch) = self.branches.get_mut(id.0 as usize).and_then(Option::as_mut) else {
            return Err(unknown(id));
        };
        branch.length = branch.length.min(length);
        for unused in branch.pages.drain(branch.length.div_ceil(page) as usize..) {
            self.pool.release(unused);
        }
        Ok(())
    }

    /// Closes a branch and frees its pages.
    pub fn close(&mut self, id: BranchId) -> Result<()> {
        self.truncate(id, 0)?;
        self.branches[id.0 as usize] = None;
        Ok(())
    }

    /// Sends the page table to the GPU if it changed; call before submitting a step.
    pub fn flush(&mut self, gpu: &Gpu, buffers: &Buffers) -> Result<()> {
        if std::mem::take(&mut self.changed) {
            let buffer = buffers.get(self.views.page_table.buffer)?;
            gpu.queue.write_buffer(buffer, 0, bytemuck::cast_slice(&self.table));
        }
        Ok(())
    }

    fn branch(&self, id: BranchId) -> Result<&Branch> {
        self.branches.get(id.0 as usize).and_then(Option::as_ref).ok_or_else(|| unknown(id))
    }
}

fn unknown(id: BranchId) -> Error {
    Error::Invalid(format!("branch {} is not open", id.0))
}
