//! Adapters of an engine: loading them, and which one a branch's next rows use.

use super::engine::Engine;
use crate::adapter::{AdapterFile, AdapterId, AdapterInfo, AdapterOptions};
use crate::cache::{BranchId, Reader, Sharing, Writer};
use crate::{Error, Result};
use std::path::Path;

impl Engine {
    /// Loads a PEFT folder or a GGUF LoRA file under a name. Branches that use another adapter of that name keep it;
    /// see [`crate::adapter::Adapters::load`].
    pub fn load_adapter(&mut self, alias: &str, path: &Path, options: AdapterOptions) -> Result<AdapterInfo> {
        let file = AdapterFile::open(path, &self.config)?;
        self.add_adapter(alias, &file, options)
    }

    /// [`Self::load_adapter`] of factors that are in memory already.
    pub fn add_adapter(&mut self, alias: &str, file: &AdapterFile, options: AdapterOptions) -> Result<AdapterInfo> {
        let loaded = self.adapters.load(&self.gpu, &mut self.buffers, alias, file, options);
        self.forget_adapted();
        if let Ok(AdapterInfo { other_base: Some(base), .. }) = &loaded {
            let model = self.adapters.base_names.first().map_or("", String::as_str);
            tracing::warn!("adapter {alias} was made for {base}, the model is {model}: its answers may make no sense");
        }
        loaded
    }

    /// Takes an adapter's name away. Branches that use it go on with it.
    pub fn unload_adapter(&mut self, alias: &str) -> Result<()> {
        let unloaded = self.adapters.unload(&self.gpu, &mut self.buffers, alias);
        self.forget_adapted();
        unloaded
    }

    /// The adapter that a name stands for.
    pub fn find_adapter(&self, alias: &str) -> Result<&AdapterInfo> {
        self.adapters.find(alias)
    }

    /// The adapters that have a name.
    pub fn adapters(&self) -> impl Iterator<Item = &AdapterInfo> {
        self.adapters.list()
    }

    /// Bytes of factors on the GPU, of adapters without a name too.
    pub fn adapter_bytes(&self) -> u64 {
        self.adapters.bytes()
    }

    /// The adapter of a branch's next rows; `None` is the base.
    pub fn adapter(&self, branch: BranchId) -> Result<Option<&AdapterInfo>> {
        let id = self.branch_adapters.get(branch.0 as usize).copied().flatten();
        id.map(|id| self.adapters.info(id)).transpose()
    }

    /// Gives a branch's next rows an adapter by its name, or the base. The branch keeps that generation until this is
    /// called again or it closes, whatever becomes of the name.
    pub fn set_adapter(&mut self, branch: BranchId, alias: Option<&str>) -> Result<()> {
        self.branch_length(branch)?;
        let mut adapter = self.hold_adapter(alias)?;
        self.swap_adapter(branch, &mut adapter);
        self.release_adapter(adapter);
        Ok(())
    }

    /// The adapter that a name stands for now. It stays on the device until [`Self::release_adapter`].
    pub(super) fn hold_adapter(&mut self, alias: Option<&str>) -> Result<Option<AdapterId>> {
        let id = alias.map(|alias| self.adapters.find(alias).map(|info| info.id)).transpose()?;
        id.map_or(Ok(()), |id| self.adapters.hold(id))?;
        Ok(id)
    }

    /// Lets go of an adapter that was held.
    pub(super) fn release_adapter(&mut self, id: Option<AdapterId>) {
        if id.is_some_and(|id| self.adapters.release(&self.gpu, &mut self.buffers, id)) {
            self.forget_adapted();
        }
    }

    /// Exchanges a branch's adapter with one that is held.
    pub(super) fn swap_adapter(&mut self, branch: BranchId, other: &mut Option<AdapterId>) {
        std::mem::swap(&mut self.branch_adapters[branch.0 as usize], other);
    }

    /// A new branch that has the first `length` positions of another (all of them with `None`), its adapter and its
    /// sharing. Whole pages are shared, a partly filled one is copied before the next step.
    pub fn fork_branch(&mut self, parent: BranchId, length: Option<u32>) -> Result<BranchId> {
        self.branch_length(parent)?;
        self.fork_with(parent, length, self.branch_adapters[parent.0 as usize])
    }

    /// [`Self::fork_branch`] with another adapter.
    pub(super) fn fork_with(
        &mut self,
        parent: BranchId,
        length: Option<u32>,
        adapter: Option<AdapterId>,
    ) -> Result<BranchId> {
        let branch = self.cache.branches.fork(parent, length)?;
        adapter.map_or(Ok(()), |id| self.adapters.hold(id))?;
        self.branch_adapters[branch.0 as usize] = adapter;
        Ok(branch)
    }

    /// Lets a branch's rows read whatever is before them, so that adapters can change in the middle of a response. The
    /// positions from here on serve that response only; once they are truncated, the rules hold again.
    pub fn allow_mixed(&mut self, branch: BranchId) -> Result<()> {
        self.cache.branches.allow_mixed(branch)
    }

    /// Leading positions of a branch that its adapter may read: those after must be computed again.
    pub fn reusable(&self, branch: BranchId) -> Result<u32> {
        self.cache.branches.reusable(branch, self.reader(branch)?)
    }

    /// Who a branch's next rows read and write for.
    pub(super) fn reader(&self, branch: BranchId) -> Result<Reader> {
        Ok(reader(self.adapter(branch)?))
    }

    /// Refuses an adapter, by its name, that may not read what a branch has: [`Error::KvMismatch`].
    pub(super) fn check_switch(&self, branch: BranchId, alias: Option<&str>) -> Result<()> {
        let info = alias.map(|alias| self.adapters.find(alias)).transpose()?;
        self.cache.branches.check_read(branch, reader(info))
    }

    /// Refuses an adapter, by its name, for the response to what a branch's own adapter writes:
    /// [`Error::KvNotShareable`], [`Error::KvMismatch`].
    pub(super) fn check_continues(&self, branch: BranchId, alias: Option<&str>) -> Result<()> {
        let info = alias.map(|alias| self.adapters.find(alias)).transpose()?;
        let (reader, writer) = (reader(info), self.reader(branch)?.writer);
        if reader.may_read(writer) || self.cache.branches.sharing(branch)? == Sharing::Mixed {
            return Ok(());
        }
        Err(match info {
            Some(info) if !info.kv_shareable => Error::KvNotShareable { adapter: info.alias.clone() },
            _ => Error::KvMismatch { branch: branch.0, position: self.branch_length(branch)?, writer, reader },
        })
    }

    /// What a branch's rows carry.
    pub(super) fn adapter_slot(&self, branch: BranchId) -> u32 {
        self.branch_adapters.get(branch.0 as usize).copied().flatten().map_or(0, |id| id.slot)
    }

    /// Recordings with adapters bind buffers that are no longer theirs, and cover ranks that may have changed.
    fn forget_adapted(&mut self) {
        self.replays.retain(|shape, _| !shape.adapted);
    }
}

fn reader(adapter: Option<&AdapterInfo>) -> Reader {
    adapter.map_or(Reader::BASE, |info| Reader {
        writer: Writer::Adapter(info.id.generation),
        kv_shareable: info.kv_shareable,
    })
}
