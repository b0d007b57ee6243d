//! Keys and values of every layer in pages.

use super::branches::{Branches, Limits};
use crate::gpu::{Buffers, Gpu, View};
use crate::kernels::kv::KvShape;
use crate::model::Config;
use crate::{Error, Result};

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

/// The cache: allocated once, never grown.
#[derive(Debug)]
pub struct KvCache {
    /// Which page holds what; the GPU follows at the next [`KvCache::flush`].
    pub branches: Branches,
    views: KvViews,
    /// One page of one layer: a buffer cannot be copied within itself.
    scratch: View,
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
        let limits =
            Limits { page, pages: positions.div_ceil(page), branches, context, trained_context: config.context };
        let table_stride = limits.table_stride();
        let shape = KvShape { kv_heads: config.kv_heads, head_dim: config.head_dim, page, table_stride };
        let bytes = u64::from(limits.pages) * page_bytes(&shape);
        let layers = (0..config.layers)
            .map(|i| {
                (buffers.reserve(format!("layer {i} keys"), bytes), buffers.reserve(format!("layer {i} values"), bytes))
            })
            .collect();
        let branches = Branches::new(limits);
        let page_table = buffers.reserve("page table", branches.table().len() as u64 * 4);
        let scratch = buffers.reserve("page copy", page_bytes(&shape));
        Ok(Self { branches, views: KvViews { shape, layers, page_table }, scratch })
    }

    /// What kernels bind.
    pub fn views(&self) -> &KvViews {
        &self.views
    }

    /// Positions a branch can have.
    pub fn context(&self) -> u32 {
        self.branches.limits().context
    }

    /// Bytes of keys and values.
    pub fn bytes(&self) -> u64 {
        self.views.layers.iter().map(|(k, v)| k.size + v.size).sum()
    }

    /// Sends the page table to the GPU if it changed, and submits the page copies that are due; call before submitting
    /// a step.
    pub fn flush(&mut self, gpu: &Gpu, buffers: &Buffers) -> Result<()> {
        let table = buffers.get(self.views.page_table.buffer)?;
        if !self.branches.copies().is_empty() {
            let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
            self.encode_copies(&mut encoder, buffers)?;
            gpu.queue.submit([encoder.finish()]);
        }
        if self.branches.is_table_changed() {
            gpu.queue.write_buffer(table, 0, bytemuck::cast_slice(self.branches.table()));
        }
        self.branches.flushed();
        Ok(())
    }

    fn encode_copies(&self, encoder: &mut wgpu::CommandEncoder, buffers: &Buffers) -> Result<()> {
        let bytes = page_bytes(&self.views.shape);
        let scratch = buffers.get(self.scratch.buffer)?;
        for view in self.views.layers.iter().flat_map(|&(keys, values)| [keys, values]) {
            let pages = buffers.get(view.buffer)?;
            let at = |page: u32| view.offset + u64::from(page) * bytes;
            // Several forks of one branch read its last page once.
            for group in self.branches.copies().chunk_by(|a, b| a.from == b.from) {
                encoder.copy_buffer_to_buffer(pages, at(group[0].from), scratch, self.scratch.offset, bytes);
                for copy in group {
                    encoder.copy_buffer_to_buffer(scratch, self.scratch.offset, pages, at(copy.to), bytes);
                }
            }
        }
        Ok(())
    }
}

/// Bytes of a page of one layer's keys or values.
fn page_bytes(shape: &KvShape) -> u64 {
    u64::from(shape.kv_heads) * u64::from(shape.page) * u64::from(shape.head_dim) * 2
}

#[cfg(test)]
mod tests {
    use super::{KvCache, page_bytes};
    use crate::cache::Writer;
    use crate::gpu::{Buffers, Gpu, GpuOptions};
    use crate::model::{Config, Family};

    /// Forks of a partly filled page have its halves in every layer's keys and values; other pages keep theirs.
    #[test]
    fn forks_get_their_page_on_the_gpu() {
        let config = Config {
            family: Family::Llama,
            layers: 2,
            hidden: 64,
            ffn: 64,
            heads: 2,
            kv_heads: 2,
            head_dim: 32,
            vocab: 8,
            context: 128,
            rms_eps: 1e-5,
            inverse_freq: Vec::new(),
        };
        let gpu = pollster::block_on(Gpu::open(&GpuOptions::default())).unwrap();
        let mut buffers = Buffers::default();
        let mut cache = KvCache::reserve(&mut buffers, &config, 16, 128, 96, 4).unwrap();
        buffers.create_all(&gpu).unwrap();
        let views: Vec<_> = cache.views().layers.iter().flat_map(|&(keys, values)| [keys, values]).collect();
        let page = page_bytes(&cache.views().shape) as usize;
        for (i, view) in views.iter().enumerate() {
            let bytes: Vec<u8> = (0..6 * page).map(|at| (at / page * 31 + at * 7 + i * 3) as u8).collect();
            gpu.queue.write_buffer(buffers.get(view.buffer).unwrap(), 0, &bytes);
        }
        let read = |view: crate::gpu::View| {
            let buffer = buffers.get(view.buffer).unwrap();
            pollster::block_on(gpu.read(buffer, 0, 6 * page as u64)).unwrap()
        };
        let before: Vec<_> = views.iter().map(|&view| read(view)).collect();
        let parent = cache.branches.open().unwrap();
        cache.branches.extend(parent, 20, Writer::Base).unwrap();
        cache.branches.fork(parent, None).unwrap();
        cache.branches.fork(parent, Some(18)).unwrap();
        cache.branches.fork(parent, Some(5)).unwrap();
        cache.flush(&gpu, &buffers).unwrap();
        assert!(cache.branches.copies().is_empty() && !cache.branches.is_table_changed());
        for (view, before) in views.into_iter().zip(before) {
            let after = read(view);
            for (to, from) in [0, 1, 1, 1, 0, 5].into_iter().enumerate() {
                assert!(after[to * page..][..page] == before[from * page..][..page], "page {to}");
            }
        }
    }
}
