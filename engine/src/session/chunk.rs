//! Steps with prompt chunks: parts of any branches, decoding rows among them.

use super::engine::{Engine, ResultCopy};
use crate::Result;
use crate::cache::BranchId;
use crate::kernels::attention_prefill::AttentionPrefill;
use crate::kernels::pool::Read;
use crate::kernels::sample::Settings;
use crate::model::{Head, Shape, StepData};
use bytemuck::Zeroable;

/// What a step appends to a branch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'a> {
    /// The branch; no other part has it.
    pub branch: BranchId,
    /// Ids; `TOKEN_SAMPLED | slot` stands for what was sampled there.
    pub tokens: &'a [u32],
    /// How the token after the last of these is picked, if it is.
    pub sampling: Option<Settings>,
    /// What a probe reads of these, and its slot; rows count from the part's first.
    pub read: Option<(u32, Read)>,
}

impl<'a> Part<'a> {
    /// Tokens that fill the cache or are scored.
    pub fn of(branch: BranchId, tokens: &'a [u32]) -> Self {
        Self { branch, tokens, sampling: None, read: None }
    }
}

impl Engine {
    /// Appends parts of up to 16 branches, of up to a chunk's rows in all, and submits the step, with a copy of results
    /// after it. What is sampled is so in `least` rows or more. With `targets`, each row is scored against its own
    /// instead of sampling. On an error nothing has changed.
    pub(super) fn submit_chunk(
        &mut self,
        parts: &[Part<'_>],
        least: u32,
        targets: Option<&[u32]>,
        copy: Option<ResultCopy<'_>>,
    ) -> Result<wgpu::SubmissionIndex> {
        let mut data = StepData { targets: targets.unwrap_or_default().to_vec(), ..StepData::default() };
        for &Part { branch, tokens, sampling, read } in parts {
            let (first, count) = (data.rows.len() as u32, tokens.len() as u32);
            let (position, adapter) = (self.branch_length(branch)?, self.adapter_slot(branch));
            self.cache.branches.check_read(branch, self.reader(branch)?)?;
            data.rows.extend(tokens.iter().zip(position..).map(|(&token, at)| [token, at, branch.0, adapter]));
            data.tiles.extend(AttentionPrefill::tiles(first, count, branch.0, position));
            if let Some(settings) = sampling {
                data.wanted.push(first + count - 1);
                data.settings.push(settings);
            }
            if let Some((slot, read)) = read {
                data.reads.resize(data.reads.len().max(slot as usize + 1), Read::zeroed());
                data.reads[slot as usize] = Read { first: read.first + first, ..read };
            }
        }
        let (wanted, head) = match (targets, data.wanted.len() as u32) {
            (Some(_), _) => (0, Head::Score),
            (None, 0) => (0, Head::None),
            (None, wanted) => {
                let greedy = data.settings.iter().all(|settings| settings.temperature == 0.0);
                (wanted.max(least).next_power_of_two(), Head::Sample { greedy })
            }
        };
        let adapted = data.rows.iter().any(|row| row[3] > 0);
        let rows = self.chunk_rows(data.rows.len() as u32);
        let shape = Shape { wanted, adapted, probed: !data.reads.is_empty(), ..Shape::chunk(rows, head) };
        self.prepare(shape, &|_| {})?;
        let added = |part: &Part<'_>| Ok((part.branch, part.tokens.len() as u32, self.reader(part.branch)?.writer));
        let added = parts.iter().map(added).collect::<Result<Vec<_>>>()?;
        self.cache.branches.extend_all(&added)?;
        self.submit(shape, data, copy)
    }
}
