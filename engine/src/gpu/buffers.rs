//! Buffers by handle: reserved first (so that recordings can be made and tested without a GPU), created once. On
//! software drivers some are textures, in which those drivers read faster.

use super::texture::Texture;
use super::{Gpu, tier::Caps};
use crate::{Error, Result};
use ruminate_shaders::Access;
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
    is_texture: bool,
    resource: Option<Resource>,
}

#[derive(Debug)]
enum Resource {
    Buffer(wgpu::Buffer),
    Texture(Texture),
}

/// A table of buffers.
#[derive(Debug, Default)]
pub struct Buffers {
    entries: Vec<Entry>,
}

impl Buffers {
    /// Names a buffer of `size` bytes (rounded up to 16) without creating it.
    pub fn reserve(&mut self, name: impl Into<String>, size: u64) -> View {
        self.reserve_as(name.into(), size, false)
    }

    /// Names a texture of `texels` texels of four words without creating it.
    pub fn reserve_texture(&mut self, name: impl Into<String>, texels: u64) -> View {
        self.reserve_as(name.into(), texels * 16, true)
    }

    fn reserve_as(&mut self, name: String, size: u64, is_texture: bool) -> View {
        let size = size.max(16).next_multiple_of(16);
        self.entries.push(Entry { name, size, is_texture, resource: None });
        View { buffer: BufferId(self.entries.len() as u32 - 1), offset: 0, size }
    }

    /// Creates the buffer behind `id` if it is not there yet, zeroed.
    pub fn create(&mut self, gpu: &Gpu, id: BufferId) -> Result<&wgpu::Buffer> {
        self.make(gpu, id)?;
        self.get(id)
    }

    /// Creates the buffer or texture behind `id` if it is not there yet.
    pub fn make(&mut self, gpu: &Gpu, id: BufferId) -> Result<()> {
        let entry = &mut self.entries[id.0 as usize];
        if entry.resource.is_none() {
            entry.resource = Some(if entry.is_texture {
                Resource::Texture(Texture::new(gpu, &entry.name, entry.size / 16)?)
            } else {
                let usage = BufferUsages::STORAGE | BufferUsages::COPY_SRC | BufferUsages::COPY_DST;
                Resource::Buffer(gpu.create_buffer(&entry.name, entry.size, usage)?)
            });
        }
        Ok(())
    }

    /// Creates every buffer that is not there yet.
    pub fn create_all(&mut self, gpu: &Gpu) -> Result<()> {
        (0..self.entries.len() as u32).try_for_each(|i| self.make(gpu, BufferId(i)))
    }

    /// Reserves, creates and fills a buffer.
    pub fn upload<T: bytemuck::NoUninit>(&mut self, gpu: &Gpu, name: impl Into<String>, data: &[T]) -> Result<View> {
        let bytes: &[u8] = bytemuck::cast_slice(data);
        let view = self.reserve(name, bytes.len() as u64);
        let buffer = self.create(gpu, view.buffer)?;
        gpu.queue.write_buffer(buffer, 0, bytes);
        Ok(view)
    }

    /// Writes whole texels (four words each) into a created texture, from texel `first` on.
    pub fn write_texels(&self, gpu: &Gpu, id: BufferId, first: u64, words: &[u32]) -> Result<()> {
        let entry = &self.entries[id.0 as usize];
        match &entry.resource {
            Some(Resource::Texture(texture)) if first * 16 + words.len() as u64 * 4 <= entry.size => {
                texture.write(gpu, first, words);
                Ok(())
            }
            _ => Err(Error::Invalid(format!("{} takes no {} words from texel {first}", entry.name, words.len()))),
        }
    }

    /// A buffer of `size` bytes (rounded up to 16) that may [replace](Self::replace) the one behind `id`.
    pub fn sibling(&self, gpu: &Gpu, id: BufferId, size: u64) -> Result<wgpu::Buffer> {
        let usage = BufferUsages::STORAGE | BufferUsages::COPY_SRC | BufferUsages::COPY_DST;
        gpu.create_buffer(&self.entries[id.0 as usize].name, size.max(16).next_multiple_of(16), usage)
    }

    /// Puts another buffer behind `id`. Steps submitted before keep the old one; replays made before must be made anew.
    pub fn replace(&mut self, id: BufferId, buffer: wgpu::Buffer) -> View {
        let entry = &mut self.entries[id.0 as usize];
        entry.size = buffer.size();
        entry.resource = Some(Resource::Buffer(buffer));
        View { buffer: id, offset: 0, size: entry.size }
    }

    /// The created buffer.
    pub fn get(&self, id: BufferId) -> Result<&wgpu::Buffer> {
        let entry = &self.entries[id.0 as usize];
        match &entry.resource {
            Some(Resource::Buffer(buffer)) => Ok(buffer),
            Some(Resource::Texture(_)) => Err(Error::Invalid(format!("{} is a texture, not a buffer", entry.name))),
            None => Err(Error::Invalid(format!("buffer {} was reserved, not created", entry.name))),
        }
    }

    /// What a view binds where a kernel asks for `access`.
    pub(super) fn resource(&self, view: View, access: Access, caps: &Caps) -> Result<wgpu::BindingResource<'_>> {
        let entry = &self.entries[view.buffer.0 as usize];
        match &entry.resource {
            Some(Resource::Texture(texture)) if access == Access::Texture => Ok(texture.resource()),
            _ if access == Access::Texture => Err(Error::Invalid(format!("{} is no texture", entry.name))),
            _ => {
                self.check(view, caps)?;
                Ok(wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                    buffer: self.get(view.buffer)?,
                    offset: view.offset,
                    size: std::num::NonZeroU64::new(view.size),
                }))
            }
        }
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
    fn check(&self, view: View, caps: &Caps) -> Result<()> {
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
