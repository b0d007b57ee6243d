//! Sampling as a part of a step: its buffers, and its dispatches in order.

use super::sample::{Histogram, Sample};
use crate::gpu::{Buffers, Caps, Recording, View};

/// The buffers that sampling works with.
#[derive(Debug, Clone, Copy)]
pub struct SampleViews {
    /// [`super::sample::Settings`] of each row, written by the CPU before a step.
    pub settings: View,
    /// `[slots]` u32: the tokens, which the next step's embedding reads.
    pub sampled: View,
    /// `[slots]` f32: the chosen tokens' log-probabilities at temperature 1, unfiltered.
    pub chosen_logprob: View,
    /// `[ring, slots]` (token u32, log-probability f32).
    pub history: View,
    partials: View,
    histograms: View,
    kept: View,
}

impl Sample {
    /// Reserves what sampling needs besides the logits, the settings and the history of [`Self::history_bytes`].
    pub fn reserve(&self, buffers: &mut Buffers, caps: &Caps, settings: View, history: View) -> SampleViews {
        SampleViews {
            settings,
            sampled: buffers.reserve("sampled tokens", u64::from(self.slots) * 4),
            chosen_logprob: buffers.reserve("chosen log-probabilities", u64::from(self.slots) * 4),
            history,
            partials: buffers.reserve("sampling partials", self.partials_bytes(caps)),
            histograms: buffers.reserve("sampling histograms", self.histograms_bytes()),
            kept: buffers.reserve("sampling kept weights", self.kept_bytes(caps)),
        }
    }

    /// Adds the dispatches that pick a token for each row. With `greedy` no row may have a temperature: two
    /// dispatches; else six, for any mix of rows.
    pub fn record(&self, recording: &mut Recording, caps: &Caps, logits: View, views: &SampleViews, greedy: bool) {
        let SampleViews { settings, sampled, chosen_logprob, history, partials, histograms, kept } = *views;
        recording.push("sample top", self.top(caps), &[settings, logits, partials, histograms]);
        let outputs = [settings, partials, sampled, chosen_logprob, history];
        if greedy {
            recording.push("sample draw", self.draw_greedy(caps), &outputs);
            return;
        }
        for which in [Histogram::Coarse, Histogram::CutK, Histogram::CutP] {
            let views = [settings, logits, partials, histograms];
            recording.push(format!("sample histogram {which:?}"), self.histogram(caps, which), &views);
        }
        recording.push("sample weight", self.weight(caps), &[settings, logits, partials, histograms, kept]);
        let [settings, partials, sampled, chosen_logprob, history] = outputs;
        let views = [settings, partials, sampled, chosen_logprob, history, logits, kept];
        recording.push("sample draw", self.draw(caps), &views);
    }
}
