//! A texture used as memory: software drivers read textures a vector at a time, storage buffers number by number.

use super::Gpu;
use crate::{Error, Result};

/// Four words a texel.
pub(super) const FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba32Uint;
/// Texels in a row of every texture; `texel` in `shared/weights_texture.wgsl` knows it.
const WIDTH: u64 = 4096;

#[derive(Debug)]
pub(super) struct Texture {
    texture: wgpu::Texture,
    view: wgpu::TextureView,
}

impl Texture {
    /// A texture of at least `texels` texels; [`Error::OutOfMemory`] names it when there is no room.
    pub fn new(gpu: &Gpu, name: &str, texels: u64) -> Result<Self> {
        let out_of_memory = Error::OutOfMemory {
            what: name.to_owned(),
            bytes: texels * 16,
            remedy: "Lower --ctx, take a smaller model, or set RUMINATE_TIER=portable".into(),
        };
        let height = texels.div_ceil(WIDTH);
        if height.max(WIDTH) > u64::from(gpu.device.limits().max_texture_dimension_2d) {
            return Err(out_of_memory);
        }
        let descriptor = wgpu::TextureDescriptor {
            label: Some(name),
            size: wgpu::Extent3d { width: WIDTH as u32, height: height as u32, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: FORMAT,
            usage: wgpu::TextureUsages::STORAGE_BINDING | wgpu::TextureUsages::COPY_DST,
            view_formats: &[],
        };
        let create = || gpu.device.create_texture(&descriptor);
        let texture = gpu.catching(wgpu::ErrorFilter::OutOfMemory, |_| out_of_memory, create)?;
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        Ok(Self { texture, view })
    }

    /// Writes `words` (four a texel) from texel `first` on: the rest of a row, whole rows, the start of a row.
    pub fn write(&self, gpu: &Gpu, first: u64, words: &[u32]) {
        let (mut at, mut words) = (first, words);
        while words.len() >= 4 {
            let (x, rest) = (at % WIDTH, words.len() as u64 / 4);
            let (width, height) =
                if x == 0 && rest >= WIDTH { (WIDTH, rest / WIDTH) } else { (rest.min(WIDTH - x), 1) };
            let (part, after) = words.split_at((width * height * 4) as usize);
            gpu.queue.write_texture(
                wgpu::TexelCopyTextureInfo {
                    origin: wgpu::Origin3d { x: x as u32, y: (at / WIDTH) as u32, z: 0 },
                    ..self.texture.as_image_copy()
                },
                bytemuck::cast_slice(part),
                wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(width as u32 * 16), rows_per_image: None },
                wgpu::Extent3d { width: width as u32, height: height as u32, depth_or_array_layers: 1 },
            );
            at += width * height;
            words = after;
        }
    }

    pub fn resource(&self) -> wgpu::BindingResource<'_> {
        wgpu::BindingResource::TextureView(&self.view)
    }
}
