//! Buffers by handle: reserved first (so that recordings can be made and tested without a GPU), created once.

use super::{Gpu, tier::Caps};
use crate::{Error, Result};
use wgpu::BufferUsages;

/// A buffer's handle in a [`Buffers`] table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BufferId(pub(super) u32);

/// A range of a buffer: what a binding sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct View {
    /// The buffer.
    pub buffer: BufferId,
    /// First byte; a multiple of the device's storage alignment.
    pub offset: u64,
    /// Length in bytes.
    pub size: u64,
}

#[derive(Debug)]
struct Entry {
    name: String,
    size: u64,
    buffer: Option<wgpu::Buffer>,
}

/// A table of buffers.
#[derive(Debug, Default)]
pub struct Buffers {
    entries: Vec<Entry>,
}

impl Buffers {
    /// Names a buffer of `size` bytes (rounded up to 16) without creating it.
    pub fn reserve(&mut self, name: impl Into<String>, size: u64) -> View {
        let size = size.max(16).next_multiple_of(16);
        self.entries.push(Entry { name: name.into(), size, buffer: None });
        View { buffer: BufferId(self.entries.len() as u32 - 1), offset: 0, size }
    }

    /// Creates the buffer behind `id` if it is not there yet, zeroed.
    pub fn create(&mut self, gpu: &Gpu, id: BufferId) -> Result<&wgpu::Buffer> {
        let entry = &mut self.entries[id.0 as usize];
        if entry.buffer.is_none() {
            let usage = BufferUsages::STORAGE | BufferUsages::COPY_SRC | BufferUsages::COPY_DST;
            entry.buffer = Some(gpu.create_buffer(&entry.name, entry.size, usage)?);
        }
        self.get(id)
    }

    /// Creates every buffer that is not there yet.
    pub fn create_all(&mut self, gpu: &Gpu) -> Result<()> {
        (0..self.entries.len() as u32).try_for_each(|i| self.create(gpu, BufferId(i)).map(|_| ()))
    }

    /// Reserves, creates and fills a buffer.
    pub fn upload<T: bytemuck::NoUninit>(&mut self, gpu: &Gpu, name: impl Into<String>, data: &[T]) -> Result<View> {
        let bytes: &[u8] = bytemuck::cast_slice(data);
        let view = self.reserve(name, bytes.len() as u64);
        let buffer = self.create(gpu, view.buffer)?;
        gpu.queue.write_buffer(buffer, 0, bytes);
        Ok(view)
    }

    /// The created buffer.
    pub fn get(&self, id: BufferId) -> Result<&wgpu::Buffer> {
        let entry = &self.entries[id.0 as usize];
        entry.buffer.as_ref().ok_or_else(|| Error::Invalid(format!("buffer {} was reserved, not created", entry.name)))
    }

    /// The buffer's name.
    pub fn name(&self, id: BufferId) -> &str {
        &self.entries[id.0 as usize].name
    }

    /// Bytes of all buffers, created or reserved.
    pub fn total_bytes(&self) -> u64 {
        self.entries.iter().map(|e| e.size).sum()
    }

    /// Checks that a view fits its buffer and one binding of the device.
    pub(super) fn check(&self, view: View, caps: &Caps) -> Result<()> {
        let entry = &self.entries[view.buffer.0 as usize];
        let end = view.offset.checked_add(view.size);
        if end.is_none_or(|end| end > entry.size) || !view.offset.is_multiple_of(caps.storage_align) {
            return Err(Error::Invalid(format!("{}: view {view:?} does not fit {} bytes", entry.name, entry.size)));
        }
        if view.size > caps.max_binding {
            return Err(Error::Invalid(format!(
                "{}: {} bytes exceed this device's binding limit of {}",
                entry.name, view.size, caps.max_binding
            )));
        }
        Ok(())
    }
}
