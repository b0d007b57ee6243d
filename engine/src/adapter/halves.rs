//! Putting factors together: every tensor of an adapter is half of a pair, checked as it arrives.

use std::collections::BTreeMap;
use std::path::Path;

use half::bf16;

use super::{Factors, Module};
use crate::formats::{Dtype, blocks};
use crate::kernels::lora::MAX_RANK;
use crate::model::Config;
use crate::{Error, Result};

/// Which matrix of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// `[rank, width]`
    A,
    /// `[outputs, rank]`
    B,
}

/// One tensor as it was found in a file.
pub(super) struct Found<'a> {
    /// Its name in the file.
    pub name: &'a str,
    pub layer: u32,
    pub module: Module,
    pub side: Side,
    pub rows: usize,
    /// Numbers in a row.
    pub cols: usize,
    pub dtype: Dtype,
    pub bytes: &'a [u8],
}

/// One matrix, read.
struct Half {
    name: String,
    rank: u32,
    values: Vec<f32>,
}

#[derive(Default)]
struct Pair {
    a: Option<Half>,
    b: Option<Half>,
}

/// The pairs found so far.
pub(super) struct Halves<'a> {
    file: &'a Path,
    config: &'a Config,
    /// The base model that the adapter names, for messages.
    base: Option<&'a str>,
    pairs: BTreeMap<(u32, Module), Pair>,
}

impl<'a> Halves<'a> {
    pub fn new(file: &'a Path, config: &'a Config, base: Option<&'a str>) -> Self {
        Self { file, config, base, pairs: BTreeMap::new() }
    }

    /// Checks and reads one tensor.
    pub fn add(&mut self, found: &Found) -> Result<()> {
        let rank = self.rank(found)?;
        let values = self.values(found)?;
        let pair = self.pairs.entry((found.layer, found.module)).or_default();
        let place = match found.side {
            Side::A => &mut pair.a,
            Side::B => &mut pair.b,
        };
        if let Some(first) = place {
            let problem = format!("it says again what {} says", first.name);
            return Err(Error::tensor(self.file, found.name, problem, "Save the adapter again, with each tensor once"));
        }
        *place = Some(Half { name: found.name.to_owned(), rank, values });
        Ok(())
    }

    /// The rank that a tensor's shape states, after its layer and shape were checked against the model.
    fn rank(&self, found: &Found) -> Result<u32> {
        if found.layer >= self.config.layers {
            let problem = format!("it belongs to layer {} but the model has {}", found.layer, self.config.layers);
            return Err(self.wrong_base(found.name, problem));
        }
        let (width, outputs) = found.module.shape(self.config);
        let (rank, size, asked) = match found.side {
            Side::A => (found.rows, found.cols, width),
            Side::B => (found.cols, found.rows, outputs),
        };
        if size != asked as usize {
            let shape = [found.rows, found.cols];
            let expected = match found.side {
                Side::A => format!("[rank, {asked}]"),
                Side::B => format!("[{asked}, rank]"),
            };
            return Err(self.wrong_base(found.name, format!("its shape is {shape:?}, the model asks for {expected}")));
        }
        let valid = u32::try_from(rank).ok().filter(|rank| (1..=MAX_RANK).contains(rank));
        valid.ok_or_else(|| {
            let remedy = format!("Supported are ranks 1 to {MAX_RANK}: train with a smaller rank");
            Error::tensor(self.file, found.name, format!("its rank is {rank}"), remedy)
        })
    }

    fn values(&self, found: &Found) -> Result<Vec<f32>> {
        let mut values = vec![0f32; found.rows * found.cols];
        if found.dtype == Dtype::Bf16 && found.bytes.len() == 2 * values.len() {
            for (bytes, value) in found.bytes.chunks_exact(2).zip(&mut values) {
                *value = bf16::from_le_bytes([bytes[0], bytes[1]]).to_f32();
            }
        } else {
            blocks::dequantize(found.dtype, found.bytes, &mut values).map_err(|error| {
                let remedy = format!("Convert the adapter to one of BF16, {}", Dtype::supported());
                Error::tensor(self.file, found.name, error.to_string(), remedy)
            })?;
        }
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(values),
            Some(at) => {
                let problem = format!("number {at} of {} is {}", values.len(), values[at]);
                let remedy = "The file is damaged or training diverged: use an earlier checkpoint";
                Err(Error::tensor(self.file, found.name, problem, remedy))
            }
        }
    }

    fn wrong_base(&self, tensor: &str, problem: String) -> Error {
        let remedy = match self.base {
            Some(base) => format!("The adapter was made for {base:?}: load it with that base"),
            None => "The adapter was made for another base, which it does not name: load it with that one".to_owned(),
        };
        Error::tensor(self.file, tensor, problem, remedy)
    }

    /// Joins the pairs. `scale` gets the name of a pair's A tensor and the pair's rank.
    pub fn finish(self, scale: impl Fn(&str, u32) -> Result<f32>) -> Result<BTreeMap<(u32, Module), Factors>> {
        let file = self.file;
        if self.pairs.is_empty() {
            return Err(Error::file(file, "it holds no LoRA tensors", "Train and save the adapter again"));
        }
        let join = |(key, pair): ((u32, Module), Pair)| {
            let (a, b) = match (pair.a, pair.b) {
                (Some(a), Some(b)) => (a, b),
                (Some(lone), None) | (None, Some(lone)) => {
                    let problem = "the other matrix of its pair (A and B) is missing";
                    let remedy = "The file is incomplete: save or download it again";
                    return Err(Error::tensor(file, &lone.name, problem, remedy));
                }
                (None, None) => return Err(Error::Invalid("a pair without matrices".into())),
            };
            if a.rank != b.rank {
                let problem = format!("its rank is {} but {} has {}", b.rank, a.name, a.rank);
                return Err(Error::tensor(file, &b.name, problem, "The file is damaged: save or download it again"));
            }
            let scale = scale(&a.name, a.rank)?;
            Ok((key, Factors { rank: a.rank, scale, a: a.values, b: b.values }))
        };
        self.pairs.into_iter().map(join).collect()
    }
}

/// A layer's number as files write it: no sign and no leading zeros.
pub(super) fn layer_number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|number: &u32| number.to_string() == text)
}

/// Checks an aLoRA's invocation tokens; an empty list is none.
pub(super) fn invocation_tokens(file: &Path, config: &Config, tokens: Option<Vec<u32>>) -> Result<Option<Vec<u32>>> {
    let tokens = tokens.filter(|tokens| !tokens.is_empty());
    match tokens.iter().flatten().find(|&&token| token >= config.vocab) {
        None => Ok(tokens),
        Some(token) => Err(Error::file(
            file,
            format!("its invocation token {token} is not among the model's {}", config.vocab),
            "Load the adapter with the base that it was made for",
        )),
    }
}
