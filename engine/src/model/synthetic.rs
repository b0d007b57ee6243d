//! Random weights of known shapes, made for measuring: nothing to download, and the same work as the real model.

use super::{Config, Family, Layer, Matrix, Slice, Weights};
use crate::formats::blocks::Encoding;
use crate::gpu::{Buffers, Gpu, View};
use crate::kernels::{Data, WeightStore, rope_kv};
use crate::{Error, Result};
use half::f16;

/// A shape to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Synthetic {
    /// Qwen2.5-7B: 28 layers, hidden 3584, untied.
    Qwen7B,
    /// Qwen2.5-1.5B: 28 layers, hidden 1536, tied.
    Qwen1_5B,
    /// Qwen2.5-0.5B: 24 layers, hidden 896, tied.
    Qwen0_5B,
}

/// What synthetic weights are quantized to: 4.5 bits a weight, embedding and head too.
const ENCODING: Encoding = Encoding::W4 { min: false };

impl Synthetic {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Qwen7B, Self::Qwen1_5B, Self::Qwen0_5B];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Qwen7B => "qwen2.5-7b",
            Self::Qwen1_5B => "qwen2.5-1.5b",
            Self::Qwen0_5B => "qwen2.5-0.5b",
        }
    }

    /// The shape of that name.
    pub fn from_name(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            Error::Invalid(format!("no synthetic model is named {name:?}. There are {names}"))
        })
    }

    /// Whether the head is the embedding table.
    fn is_tied(self) -> bool {
        self != Self::Qwen7B
    }

    /// Its dimensions.
    pub fn config(self) -> Config {
        let (layers, hidden, ffn, heads, kv_heads, head_dim, vocab) = match self {
            Self::Qwen7B => (28, 3584, 18944, 28, 4, 128, 152_064),
            Self::Qwen1_5B => (28, 1536, 8960, 12, 2, 128, 151_936),
            Self::Qwen0_5B => (24, 896, 4864, 14, 2, 64, 151_936),
        };
        Config {
            family: Family::Qwen2,
            layers,
            hidden,
            ffn,
            heads,
            kv_heads,
            head_dim,
            vocab,
            context: 32_768,
            rms_eps: 1e-6,
            inverse_freq: rope_kv::inverse_freq(1e6, head_dim),
        }
    }

    /// Makes the weights on the device. `progress` gets (layers done, layers in all) and returns `false` to cancel.
    pub fn weights(
        self,
        gpu: &Gpu,
        config: &Config,
        buffers: &mut Buffers,
        progress: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<Weights> {
        let mut maker = Maker::new(gpu, buffers);
        let hidden = config.hidden;
        let embedding = maker.matrix("embedding", hidden, config.vocab, false)?;
        let head =
            if self.is_tied() { embedding.clone() } else { maker.matrix("head", hidden, config.vocab, false)? };
        let mut layers = Vec::new();
        for index in 0..config.layers {
            let name = |part: &str| format!("layer {index} {part}");
            layers.push(Layer {
                attention_norm: maker.ones(&name("attention norm"), hidden)?,
                qkv: maker.matrix(&name("qkv"), hidden, config.qkv_width(), true)?,
                output: maker.matrix(&name("output"), config.query_width(), hidden, false)?,
                ffn_norm: maker.ones(&name("ffn norm"), hidden)?,
                gate_up: maker.matrix(&name("gate_up"), hidden, 2 * config.ffn, false)?,
                down: maker.matrix(&name("down"), config.ffn, hidden, false)?,
            });
            gpu.queue.submit([]);
            gpu.wait()?;
            if !progress(u64::from(index) + 1, u64::from(config.layers)) {
                return Err(Error::Cancelled);
            }
        }
        let final_norm = maker.ones("final norm", hidden)?;
        let rope_turns = buffers.upload(gpu, "rope turns", &rope_kv::turns(&config.inverse_freq))?;
        Ok(Weights { embedding, layers, final_norm, head, rope_turns })
    }
}

struct Maker<'a> {
    gpu: &'a Gpu,
    buffers: &'a mut Buffers,
    /// Random words, written again and again: what they are does not change how long they take.
    noise: Vec<u32>,
}

impl<'a> Maker<'a> {
    fn new(gpu: &'a Gpu, buffers: &'a mut Buffers) -> Self {
        let mut data = Data::new(1);
        Self { gpu, buffers, noise: (0..1 << 20).map(|_| data.bits() as u32).collect() }
    }

    fn ones(&mut self, name: &str, width: u32) -> Result<View> {
        self.buffers.upload(self.gpu, name, &vec![1.0f32; width as usize])
    }

    fn matrix(&mut self, name: &str, width: u32, outputs: u32, bias: bool) -> Result<Matrix> {
        let mut matrix = Matrix { width, outputs, slices: Vec::new() };
        let row_bytes = u64::from(width / 32) * ENCODING.group_words() as u64 * 4;
        let most = (self.gpu.caps.max_binding / row_bytes / 2 * 2).min(u64::from(outputs)) as u32;
        // Products of unit-variance numbers keep about that variance: q - 8 has a deviation of 4.6.
        let scale = u32::from(f16::from_f32(0.2 / (width as f32).sqrt()).to_bits());
        let scales = vec![scale | scale << 16; 1 << 16];
        let noise = std::mem::take(&mut self.noise);
        let mut first = 0;
        while first < outputs {
            let rows = (outputs - first).min(most);
            let (quants, scales) = self.fill(name, (rows, width), &noise, &scales)?;
            matrix.slices.push(Slice {
                encoding: ENCODING,
                first,
                outputs: rows,
                quants,
                scales,
                bias: match bias {
                    true => Some(self.buffers.upload(self.gpu, name, &vec![0.01f32; rows as usize])?),
                    false => None,
                },
            });
            first += rows;
        }
        self.noise = noise;
        Ok(matrix)
    }

    /// Rows of random quants, all groups of one scale.
    fn fill(
        &mut self,
        name: &str,
        (rows, width): (u32, u32),
        noise: &[u32],
        scales: &[u32],
    ) -> Result<(View, Option<View>)> {
        let mut store = WeightStore::new(self.gpu, self.buffers, name, ENCODING, (rows, width))?;
        let groups = (width / 32) as usize;
        // Even, so that parts begin on whole words of scales.
        let part = (noise.len() / ENCODING.group_words()).min(scales.len() * 2) / groups / 2 * 2;
        let mut left = rows as usize;
        while left > 0 {
            let rows = left.min(part);
            let (quants, scales) =
                (&noise[..rows * groups * ENCODING.group_words()], &scales[..ENCODING.scale_words(rows * groups)]);
            store.push(self.gpu, self.buffers, quants, scales)?;
            left -= rows;
        }
        store.finish(self.gpu, self.buffers)
    }
}
