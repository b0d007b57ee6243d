//! Where a run of a matrix's rows lies on the device: in buffers, or in a texture on software drivers.

use crate::Result;
use crate::formats::blocks::{Encoding, Packed};
use crate::gpu::{Buffers, Caps, Gpu, View};

/// How kernels bind a matrix of weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// Quants in one storage buffer, scales (if the encoding has any) in another: `shared/weights.wgsl`.
    Buffers,
    /// Scales and quants in one texture: `shared/weights_texture.wgsl`.
    Texture,
}

impl Storage {
    /// The storage of weights of an encoding on a device.
    pub fn of(caps: &Caps, encoding: Encoding) -> Self {
        let is_quantized = !matches!(encoding, Encoding::F32 | Encoding::F16);
        if caps.texture_lanes.is_some() && is_quantized { Self::Texture } else { Self::Buffers }
    }
}

/// Rows on their way to the device, pushed in order.
#[derive(Debug)]
pub struct WeightStore {
    quants: View,
    scales: Option<View>,
    to: Destination,
}

#[derive(Debug)]
enum Destination {
    /// Words of quants and of scales already written.
    Buffers(u64, u64),
    /// Rows in tiles, and texels already written.
    Texture(Tiles, u64),
}

impl WeightStore {
    /// Makes room for `rows` rows of `cols` weights, a multiple of 32.
    pub fn new(
        gpu: &Gpu,
        buffers: &mut Buffers,
        name: &str,
        encoding: Encoding,
        (rows, cols): (u32, u32),
    ) -> Result<Self> {
        let groups = rows as usize * (cols / 32) as usize;
        let store = match Storage::of(&gpu.caps, encoding) {
            Storage::Buffers => {
                let quants = buffers.reserve(name, (groups * encoding.group_words() * 4) as u64);
                let scale_bytes = (encoding.scale_words(groups) * 4) as u64;
                let scales = (scale_bytes > 0).then(|| buffers.reserve(format!("{name} scales"), scale_bytes));
                Self { quants, scales, to: Destination::Buffers(0, 0) }
            }
            Storage::Texture => {
                let tiles = Tiles::new(encoding, cols as usize);
                let texels = (rows as usize).next_multiple_of(TILE) * tiles.row_texels();
                let quants = buffers.reserve_texture(name, texels as u64);
                Self { quants, scales: None, to: Destination::Texture(tiles, 0) }
            }
        };
        buffers.make(gpu, store.quants.buffer)?;
        if let Some(scales) = store.scales {
            buffers.make(gpu, scales.buffer)?;
        }
        Ok(store)
    }

    /// Appends rows as `formats::pack_rows` packs them: whole rows that begin on a whole word of scales.
    pub fn push(&mut self, gpu: &Gpu, buffers: &Buffers, quants: &[u32], scales: &[u32]) -> Result<()> {
        match &mut self.to {
            Destination::Buffers(quants_at, scales_at) => {
                gpu.queue.write_buffer(buffers.get(self.quants.buffer)?, *quants_at * 4, bytemuck::cast_slice(quants));
                *quants_at += quants.len() as u64;
                if let Some(view) = self.scales {
                    gpu.queue.write_buffer(buffers.get(view.buffer)?, *scales_at * 4, bytemuck::cast_slice(scales));
                    *scales_at += scales.len() as u64;
                }
                Ok(())
            }
            Destination::Texture(tiles, at) => {
                let words = tiles.push(quants, scales);
                buffers.write_texels(gpu, self.quants.buffer, *at, &words)?;
                *at += words.len() as u64 / 4;
                Ok(())
            }
        }
    }

    /// Sends what is left; gives the views that kernels bind: quants (and scales).
    pub fn finish(self, gpu: &Gpu, buffers: &Buffers) -> Result<(View, Option<View>)> {
        if let Destination::Texture(tiles, at) = self.to {
            buffers.write_texels(gpu, self.quants.buffer, at, &tiles.finish())?;
        }
        Ok((self.quants, self.scales))
    }
}

/// Rows of which texels alternate.
const TILE: usize = 8;

/// Rearranges rows into the order of `shared/weights_texture.wgsl`.
#[derive(Debug)]
struct Tiles {
    encoding: Encoding,
    groups: usize,
    /// Rows so far.
    rows: usize,
    /// The tile that is not full yet.
    tile: Vec<u32>,
}

impl Tiles {
    fn new(encoding: Encoding, cols: usize) -> Self {
        let mut tiles = Self { encoding, groups: cols / 32, rows: 0, tile: Vec::new() };
        tiles.tile = vec![0; tiles.row_texels() * TILE * 4];
        tiles
    }

    fn scale_texels(&self) -> usize {
        self.groups.div_ceil(4)
    }

    fn row_texels(&self) -> usize {
        self.scale_texels() + self.groups * self.encoding.group_words() / 4
    }

    /// The words of the tiles that `quants` and `scales` fill.
    fn push(&mut self, quants: &[u32], scales: &[u32]) -> Vec<u32> {
        let row_words = self.groups * self.encoding.group_words();
        let mut full = Vec::with_capacity(quants.len() + quants.len() / 4 + self.tile.len());
        for (row, quants) in quants.chunks_exact(row_words).enumerate() {
            let lane = self.rows % TILE * 4;
            for group in 0..self.groups {
                let scale = self.scale(scales, row * self.groups + group);
                self.tile[group / 4 * TILE * 4 + lane + group % 4] = scale;
            }
            let start = self.scale_texels() * TILE * 4 + lane;
            for (texel, words) in quants.chunks_exact(4).enumerate() {
                self.tile[start + texel * TILE * 4..][..4].copy_from_slice(words);
            }
            self.rows += 1;
            if self.rows.is_multiple_of(TILE) {
                full.extend_from_slice(&self.tile);
            }
        }
        full
    }

    /// The last tile's words, if it is not full; its other rows are stale and never read.
    fn finish(self) -> Vec<u32> {
        if self.rows.is_multiple_of(TILE) { Vec::new() } else { self.tile }
    }

    /// Halves d and m of a group, weight = d * q + m, as one word.
    fn scale(&self, scales: &[u32], group: usize) -> u32 {
        let half = || scales[group / 2] >> (16 * (group % 2)) & 0xffff;
        match self.encoding {
            Encoding::W4 { min: true } => scales[group],
            // d * (q - 8): m is -8 * d, exactly.
            Encoding::W4 { min: false } => {
                let d = half();
                let m = half::f16::from_f32(half::f16::from_bits(d as u16).to_f32() * -8.0);
                d | u32::from(m.to_bits()) << 16
            }
            _ => half(),
        }
    }
}

/// A whole matrix in the order of `shared/weights_texture.wgsl`.
pub(super) fn texture_words(weights: &Packed) -> Vec<u32> {
    let mut tiles = Tiles::new(weights.encoding, weights.cols);
    let mut words = tiles.push(&weights.quants, &weights.scales);
    words.extend(tiles.finish());
    words
}
