//! A model's dimensions, from a file's metadata, checked.

use super::Family;
use crate::formats::gguf::{Gguf, ROPE_FREQS};
use crate::{Error, Result};

/// The dimensions of a decoder-only transformer.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The architecture family.
    pub family: Family,
    /// Layers.
    pub layers: u32,
    /// Numbers a row between layers.
    pub hidden: u32,
    /// Numbers a row inside the feed-forward block.
    pub ffn: u32,
    /// Query heads.
    pub heads: u32,
    /// Key and value heads; divides `heads`.
    pub kv_heads: u32,
    /// Numbers a head.
    pub head_dim: u32,
    /// Tokens in the vocabulary.
    pub vocab: u32,
    /// Positions the model was trained for.
    pub context: u32,
    /// Added to the mean square in normalisation.
    pub rms_eps: f32,
    /// Radians a position for each rotated pair, `[head_dim / 2]`.
    pub inverse_freq: Vec<f64>,
}

impl Config {
    /// Reads and checks a file's configuration.
    pub fn from_gguf(gguf: &Gguf) -> Result<Self> {
        let family = Family::of(gguf)?;
        let key = |name: &str| format!("{}.{name}", family.prefix());
        let heads = gguf.u32(&key("attention.head_count"))?;
        let hidden = gguf.u32(&key("embedding_length"))?;
        let fail = |problem: String| {
            Error::file(gguf.file(), problem, "The file is damaged or of an architecture that is not supported")
        };
        if heads == 0 {
            return Err(fail("it states no attention heads".into()));
        }
        let head_dim = match gguf.find::<u32>(&key("attention.key_length"))? {
            Some(length) => length,
            None => hidden / heads,
        };
        let rotated = gguf.find::<u32>(&key("rope.dimension_count"))?.unwrap_or(head_dim);
        if rotated != head_dim {
            return Err(fail(format!("it rotates {rotated} of {head_dim} numbers a head, which is not supported")));
        }
        let embedding = gguf.tensor("token_embd.weight")?;
        let config = Self {
            family,
            layers: gguf.u32(&key("block_count"))?,
            hidden,
            ffn: gguf.u32(&key("feed_forward_length"))?,
            heads,
            kv_heads: gguf.find::<u32>(&key("attention.head_count_kv"))?.unwrap_or(heads),
            head_dim,
            vocab: u32::try_from(embedding.rows).map_err(|_| fail("its vocabulary is too large".into()))?,
            context: gguf.u32(&key("context_length"))?,
            rms_eps: gguf.f32(&key("attention.layer_norm_rms_epsilon"))?,
            inverse_freq: inverse_freq(gguf, family, head_dim)?,
        };
        config.check().map_err(|e| fail(e.to_string()))?;
        Ok(config)
    }

    /// Refuses dimensions that the kernels do not take.
    pub fn check(&self) -> Result<()> {
        let fail = |problem: String| Err(Error::Invalid(problem));
        let limits = [
            ("layers", self.layers, 1, 1024),
            ("hidden size", self.hidden, 32, 1 << 16),
            ("feed-forward size", self.ffn, 32, 1 << 18),
            ("attention heads", self.heads, 1, 1024),
            ("key and value heads", self.kv_heads, 1, self.heads),
            ("head size", self.head_dim, 32, 256),
            ("vocabulary", self.vocab, 1, 1 << 20),
            ("context", self.context, 1, 1 << 24),
        ];
        for (name, value, least, most) in limits {
            if !(least..=most).contains(&value) {
                return fail(format!("{name} of {value} is out of range ({least} to {most})"));
            }
        }
        for (name, value) in
            [("hidden size", self.hidden), ("feed-forward size", self.ffn), ("head size", self.head_dim)]
        {
            if !value.is_multiple_of(32) {
                return fail(format!("{name} of {value} is no multiple of 32, which is not supported"));
            }
        }
        if !self.heads.is_multiple_of(self.kv_heads) || self.heads / self.kv_heads > 8 {
            return fail(format!(
                "{} heads over {} key and value heads is not supported (at most 8 share one)",
                self.heads, self.kv_heads
            ));
        }
        if !(self.rms_eps.is_finite() && self.rms_eps >= 0.0) {
            return fail(format!("an RMS epsilon of {} makes no sense", self.rms_eps));
        }
        Ok(())
    }

    /// Numbers a row of all query heads.
    pub fn query_width(&self) -> u32 {
        self.heads * self.head_dim
    }

    /// Numbers a row of all key heads, or of all value heads.
    pub fn kv_width(&self) -> u32 {
        self.kv_heads * self.head_dim
    }

    /// Numbers a row of queries, keys and values together.
    pub fn qkv_width(&self) -> u32 {
        self.query_width() + 2 * self.kv_width()
    }
}

/// theta^(-2i / head_dim), with the file's scaling: a linear factor, or a factor for each pair (`rope_freqs.weight`).
fn inverse_freq(gguf: &Gguf, family: Family, head_dim: u32) -> Result<Vec<f64>> {
    let key = |name: &str| format!("{}.rope.{name}", family.prefix());
    let theta = f64::from(gguf.find::<f32>(&key("freq_base"))?.unwrap_or(10_000.0));
    let linear = match gguf.find::<&str>(&key("scaling.type"))? {
        None | Some("none") => 1.0,
        Some("linear") => f64::from(gguf.find::<f32>(&key("scaling.factor"))?.unwrap_or(1.0)),
        Some(other) => {
            return Err(Error::file(
                gguf.file(),
                format!("rope scaling {other:?} is not supported"),
                "Supported are none, linear and per-pair factors (llama3)",
            ));
        }
    };
    if !(theta.is_finite() && theta > 0.0 && linear.is_finite() && linear > 0.0) {
        return Err(Error::file(gguf.file(), "its rope base or factor is not positive", "The file is damaged"));
    }
    let pairs = head_dim as usize / 2;
    let factors = match gguf.find_tensor(ROPE_FREQS) {
        None => vec![1.0; pairs],
        Some(info) => super::loader::floats(gguf, info, gguf.bytes(info), pairs)?,
    };
    let angle =
        |(i, &factor): (usize, &f32)| theta.powf(-2.0 * i as f64 / f64::from(head_dim)) / linear / f64::from(factor);
    Ok(factors.iter().enumerate().map(angle).collect())
}
