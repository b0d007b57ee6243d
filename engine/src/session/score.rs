//! Log-probabilities of given tokens: what evaluation harnesses ask for.

use super::chunk::Part;
use super::engine::{Engine, ResultCopy, Steadiness};
use crate::cache::BranchId;
use crate::gpu::Readback;
use crate::kernels::sample::SLOT_UNUSED;
use crate::kernels::sample_twin::NO_PROBABILITY;
use crate::model::SCORE_ROWS;
use crate::sample::Sampling;
use crate::{Error, Result};

impl Engine {
    /// log p(ids[i] | ids[..i]) for i from 1 on: one number less than ids. Natural logarithms. `progress` gets
    /// (tokens done, tokens in all) and returns `false` to cancel.
    ///
    /// `adapter` is (name, position): positions before that are the base's, those from it on have the adapter, on the
    /// same KV. [`Error::KvNotShareable`] where the adapter must not read the base's.
    pub async fn score(
        &mut self,
        ids: &[u32],
        adapter: Option<(&str, usize)>,
        progress: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Vec<f32>> {
        self.check_ids(ids)?;
        if let Some((alias, from)) = adapter
            && from > 0
            && !self.adapters.find(alias)?.kv_shareable
        {
            return Err(Error::KvNotShareable { adapter: alias.to_owned() });
        }
        let branch = self.open_branch()?;
        let scored = self.score_on(branch, ids, adapter, progress).await;
        self.close_branch(branch)?;
        scored
    }

    async fn score_on(
        &mut self,
        branch: BranchId,
        ids: &[u32],
        adapter: Option<(&str, usize)>,
        progress: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Vec<f32>> {
        let mut logprobs = Vec::with_capacity(ids.len().saturating_sub(1));
        let inputs = ids.get(..ids.len().saturating_sub(1)).unwrap_or_default();
        let mut readback = Readback::new(&self.gpu, u64::from(self.chunk()) * 16)?;
        let (base, adapted) = inputs.split_at(adapter.map_or(inputs.len(), |(_, from)| from.min(inputs.len())));
        let size = self.chunk() as usize;
        for chunk in base.chunks(size).chain(adapted.chunks(size)) {
            let start = logprobs.len();
            if let Some((alias, _)) = adapter.filter(|_| start == base.len()) {
                self.set_adapter(branch, Some(alias))?;
            }
            let targets = &ids[start + 1..=start + chunk.len()];
            let copy =
                ResultCopy { view: self.scratch.scores, offset: 0, size: chunk.len() as u64 * 16, into: &readback };
            let submission = self.submit_chunk(&[Part::of(branch, chunk)], 1, Some(targets), Some(copy))?;
            readback.request(submission);
            let rows: Vec<[f32; 4]> = bytemuck::pod_collect_to_vec(&readback.bytes(&self.gpu).await?);
            logprobs.extend(rows[..chunk.len()].iter().map(|row| row[0]));
            if let Some(at) = logprobs[start..].iter().position(|&logprob| logprob >= NO_PROBABILITY) {
                return Err(Error::Overflow { position: start + at + 1 });
            }
            if !progress(logprobs.len(), inputs.len()) {
                return Err(Error::Cancelled);
            }
        }
        Ok(logprobs)
    }

    /// Appends tokens to a branch as prompt chunks and gives the logits after each, `[tokens, vocab]`.
    pub async fn logits(&mut self, branch: BranchId, tokens: &[u32]) -> Result<Vec<f32>> {
        self.check_ids(tokens)?;
        let mut logits = Vec::new();
        let row = u64::from(self.config.vocab) * 4;
        for chunk in tokens.chunks(SCORE_ROWS.min(self.chunk()) as usize) {
            self.submit_chunk(&[Part::of(branch, chunk)], 1, Some(&[]), None)?;
            logits.extend(self.read_logits(chunk.len() as u64 * row).await?);
        }
        Ok(logits)
    }

    /// Appends one token to each branch as a decoding step and gives the logits, `[rows, vocab]`.
    pub async fn decode_logits(&mut self, rows: &[(BranchId, u32)]) -> Result<Vec<f32>> {
        let settings = Sampling::greedy().settings(0, SLOT_UNUSED)?;
        let steps: Vec<_> = rows.iter().map(|&(branch, token)| (branch, token, settings)).collect();
        self.submit_decode(&steps, Steadiness::NONE, None)?;
        self.read_logits(rows.len() as u64 * u64::from(self.config.vocab) * 4).await
    }

    async fn read_logits(&self, bytes: u64) -> Result<Vec<f32>> {
        let buffer = self.buffers.get(self.scratch.logits.buffer)?;
        Ok(bytemuck::pod_collect_to_vec(&self.gpu.read(buffer, 0, bytes).await?))
    }

    /// Refuses ids outside of the vocabulary and more of them than the context holds.
    pub(super) fn check_ids(&self, ids: &[u32]) -> Result<()> {
        if let Some(id) = ids.iter().find(|&&id| id >= self.config.vocab) {
            return Err(Error::Invalid(format!("token {id} is outside of the vocabulary of {}", self.config.vocab)));
        }
        self.check_room(ids.len())
    }

    /// Refuses more positions than a branch can ever have.
    pub(crate) fn check_room(&self, positions: usize) -> Result<()> {
        let limits = self.cache.branches.limits();
        let (context, limit) = (limits.context as usize, limits.trained_context as usize);
        if positions > context {
            return Err(Error::ContextFull { needed: positions, context, limit });
        }
        let (needed, pages) = (positions.div_ceil(limits.page as usize), limits.pages as usize);
        if needed > pages { Err(Error::PagesTooFew { needed, pages }) } else { Ok(()) }
    }
}
