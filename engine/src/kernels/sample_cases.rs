//! The table of cases of the sampling kernels, each dispatch by itself. `tests/tests/sampling.rs` checks them together.

use super::case::{Case, CaseBuffer, Expect, Word};
use super::sample::{Histogram, SLOT_UNUSED, Sample, Settings};
use super::{Data, Sizes, sample_twin as twin};
use crate::gpu::{Caps, Plan};

const SLOTS: u32 = 20;
const RING: u32 = 3;

/// The table of cases.
pub fn cases(caps: &Caps, sizes: Sizes) -> Vec<Case> {
    let shapes: &[(u32, u32)] = match sizes {
        Sizes::Check => &[(1, 5), (3, 1000), (4, 5003), (2, 12_289)],
        Sizes::Bench => &[(1, 49152), (1, 152_064), (16, 152_064)],
    };
    let mut cases = Vec::new();
    for &(rows, vocab) in shapes {
        let sample = Sample { rows, vocab, slots: SLOTS, ring: RING };
        let greedy = Inputs::new(&sample, true);
        cases.push(greedy.top(&sample, caps, " greedy"));
        cases.push(greedy.draw(&sample, caps));
        let sampled = Inputs::new(&sample, false);
        cases.push(sampled.top(&sample, caps, " sampled"));
        for which in [Histogram::Coarse, Histogram::CutK, Histogram::CutP] {
            cases.push(sampled.histogram(&sample, caps, which));
        }
        cases.push(sampled.weight(&sample, caps));
        cases.push(sampled.draw(&sample, caps));
    }
    cases
}

/// What a step gives to sampling.
struct Inputs {
    settings: Vec<Settings>,
    logits: Vec<f32>,
    vocab: usize,
    greedy: bool,
}

impl Inputs {
    fn new(sample: &Sample, greedy: bool) -> Self {
        let vocab = sample.vocab as usize;
        let mut data = Data::new(u64::from(sample.vocab));
        let mut logits = data.floats(sample.rows as usize * vocab, 9.0);
        // The greedy winner is tied, the lower index in the middle; a NaN and a mask lie about.
        logits[vocab - 1] = 11.0;
        logits[vocab / 2] = 11.0;
        if vocab > 8 {
            (logits[1], logits[2]) = (f32::NAN, f32::NEG_INFINITY);
        }
        let settings = (0..sample.rows).zip(logits.chunks_exact(vocab)).map(|(row, logits)| {
            let mut settings = Settings {
                temperature: if greedy { 0.0 } else { 0.7 + row as f32 * 0.2 },
                top_p: 0.9,
                min_p: 0.01,
                top_k: 40 + row,
                seed: [row, 7],
                step: 5,
                // Row 1 of three or more is not sampled.
                slot: if row == 1 && sample.rows > 2 { SLOT_UNUSED } else { SLOTS - 1 - row },
            };
            while twin::choose(logits, &settings).margin < 1e-4 {
                settings.step += 1;
            }
            settings
        });
        Self { settings: settings.collect(), logits: logits.clone(), vocab, greedy }
    }

    fn rows(&self) -> impl Iterator<Item = (&Settings, &[f32])> {
        self.settings.iter().zip(self.logits.chunks_exact(self.vocab))
    }

    fn chunk_tops(&self, chunk: u32) -> Vec<Option<twin::Top>> {
        let chunks = |(row, logits): (&Settings, &[f32])| {
            let used = row.slot != SLOT_UNUSED;
            let temperature = row.temperature;
            let starts = (0..).step_by(chunk as usize).zip(logits.chunks(chunk as usize));
            starts.map(|(start, part)| used.then(|| twin::top(part, start, temperature))).collect::<Vec<_>>()
        };
        self.rows().flat_map(chunks).collect()
    }

    fn partials(&self, chunk: u32) -> Vec<[u32; 4]> {
        let pack = |t: Option<twin::Top>| {
            t.map_or([0; 4], |t| [t.key, t.index, (t.sum as f32).to_bits(), (t.sum_cooled as f32).to_bits()])
        };
        self.chunk_tops(chunk).into_iter().map(pack).collect()
    }

    /// A row's histogram: the coarse one, or the fine one of the bin that `last` lies in.
    fn bins(cells: &[(u32, u32)], fine_of: Option<u32>) -> Vec<[u32; 2]> {
        let mut bins = vec![[0u32; 2]; 1024];
        for &(cell, weight) in cells.iter().filter(|c| c.0 < 1 << 20) {
            let bin = match fine_of {
                None => cell / 1024,
                Some(last) if cell / 1024 == last / 1024 => cell % 1024,
                Some(_) => continue,
            };
            bins[bin as usize][0] += 1;
            bins[bin as usize][1] += weight;
        }
        bins
    }

    /// The three histograms of every row: coarse, top-k's, top-p's.
    fn histograms(&self) -> Vec<[Vec<[u32; 2]>; 3]> {
        let of_row = |(row, logits): (&Settings, &[f32])| {
            if row.slot == SLOT_UNUSED {
                return [vec![[0; 2]; 1024], vec![[0; 2]; 1024], vec![[0; 2]; 1024]];
            }
            let cells = twin::cells(logits, row.temperature);
            let k = twin::last_cell(&cells, &Settings { top_p: 1.0, min_p: 0.0, ..*row }).0;
            let p = twin::last_cell(&cells, &Settings { min_p: 0.0, ..*row }).0;
            // Where top-k keeps everything there is no bin to look into.
            let count = cells.iter().filter(|c| c.0 < 1 << 20).count();
            let k_bins = if (row.top_k as usize) <= count { Self::bins(&cells, Some(k)) } else { vec![[0; 2]; 1024] };
            [Self::bins(&cells, None), k_bins, Self::bins(&cells, Some(p))]
        };
        self.rows().map(of_row).collect()
    }

    /// (kept weight, last cell) of every chunk.
    fn kept(&self, chunk: u32) -> Vec<[u32; 2]> {
        let of_row = |(row, logits): (&Settings, &[f32])| {
            let cells = twin::cells(logits, if row.slot == SLOT_UNUSED { 1.0 } else { row.temperature });
            let last = twin::last_cell(&cells, row).0;
            let sums = cells
                .chunks(chunk as usize)
                .map(move |part| [part.iter().filter(|c| c.0 <= last).map(|c| c.1).sum::<u32>(), last]);
            let unused = row.slot == SLOT_UNUSED;
            sums.map(|pair| if unused { [0; 2] } else { pair }).collect::<Vec<_>>()
        };
        self.rows().flat_map(of_row).collect()
    }

    fn case(&self, kernel: &'static str, label: String, plan: Plan, buffers: Vec<CaseBuffer>) -> Case {
        let count = self.logits.len() as u64;
        let label = format!("{}x{}{label}", self.settings.len(), self.vocab);
        Case { kernel, label, plan, buffers, bytes: count * 4, flops: count * 4 }
    }

    fn top(&self, sample: &Sample, caps: &Caps, label: &str) -> Case {
        let words = self.chunk_tops(sample.chunk(caps)).into_iter().flat_map(|top| match top {
            Some(t) => {
                let sums = [Word::F32(t.sum as f32), Word::F32(t.sum_cooled as f32)];
                [Word::Bits(t.key), Word::Bits(t.index), sums[0], sums[1]]
            }
            None => [Word::Bits(0xCDCD_CDCD); 4],
        });
        let histograms: Vec<u32> = self
            .rows()
            .flat_map(|(row, _)| {
                let cleared = row.slot != SLOT_UNUSED && !self.greedy;
                vec![if cleared { 0 } else { 0xCDCD_CDCD }; 3 * 2048]
            })
            .collect();
        let buffers = vec![
            CaseBuffer::input(&self.settings),
            CaseBuffer::input(&self.logits),
            CaseBuffer::output(Expect::Mixed(words.collect())),
            CaseBuffer::output(Expect::Words(histograms)),
        ];
        self.case("sample_top", label.to_owned(), sample.top(caps), buffers)
    }

    fn histogram(&self, sample: &Sample, caps: &Caps, which: Histogram) -> Case {
        let stage = which as usize;
        let mut before: Vec<u32> = Vec::new();
        let mut after = Vec::new();
        for sections in self.histograms() {
            for (index, bins) in sections.iter().enumerate() {
                let words: &[u32] = bins.as_flattened();
                before.extend(words.iter().map(|&w| if index < stage { w } else { 0 }));
                let at = |w: usize| if index > stage { 0 } else { words[w] };
                after.extend((0..words.len()).map(|w| if w % 2 == 0 { Word::Bits(at(w)) } else { Word::Near(at(w)) }));
            }
        }
        let buffers = vec![
            CaseBuffer::input(&self.settings),
            CaseBuffer::input(&self.logits),
            CaseBuffer::input(&self.partials(sample.chunk(caps))),
            CaseBuffer::in_out(&before, Expect::Mixed(after)),
        ];
        self.case("sample_histogram", format!(" {which:?}"), sample.histogram(caps, which), buffers)
    }

    fn weight(&self, sample: &Sample, caps: &Caps) -> Case {
        let histograms: Vec<u32> =
            self.histograms().iter().flatten().flat_map(|bins| bins.as_flattened().to_vec()).collect();
        let kept = self.kept(sample.chunk(caps));
        let words = kept.iter().flat_map(|&[weight, last]| [Word::Near(weight), Word::Bits(last)]);
        let buffers = vec![
            CaseBuffer::input(&self.settings),
            CaseBuffer::input(&self.logits),
            CaseBuffer::input(&self.partials(sample.chunk(caps))),
            CaseBuffer::in_out(&histograms, Expect::Words(histograms.clone())),
            CaseBuffer::in_out(&vec![0u32; kept.len() * 2], Expect::Mixed(words.collect())),
        ];
        self.case("sample_weight", String::new(), sample.weight(caps), buffers)
    }

    fn draw(&self, sample: &Sample, caps: &Caps) -> Case {
        let mut tokens = vec![0xCDCD_CDCD; SLOTS as usize];
        let mut logprobs = vec![Word::Bits(0xCDCD_CDCD); SLOTS as usize];
        let mut history = vec![Word::Bits(0xCDCD_CDCD); (SLOTS * RING * 2) as usize];
        for (row, logits) in self.rows().filter(|(row, _)| row.slot != SLOT_UNUSED) {
            let choice = twin::choose(logits, row);
            tokens[row.slot as usize] = choice.token;
            logprobs[row.slot as usize] = Word::F32(choice.logprob);
            let at = ((row.step % RING * SLOTS + row.slot) * 2) as usize;
            history[at] = Word::Bits(choice.token);
            history[at + 1] = Word::F32(choice.logprob);
        }
        let mut buffers = vec![
            CaseBuffer::input(&self.settings),
            CaseBuffer::input(&self.partials(sample.chunk(caps))),
            CaseBuffer::output(Expect::Words(tokens)),
            CaseBuffer::output(Expect::Mixed(logprobs)),
            CaseBuffer::output(Expect::Mixed(history)),
        ];
        if self.greedy {
            return self.case("sample_draw", " greedy".into(), sample.draw_greedy(caps), buffers);
        }
        buffers.push(CaseBuffer::input(&self.logits));
        buffers.push(CaseBuffer::input(&self.kept(sample.chunk(caps))));
        self.case("sample_draw", String::new(), sample.draw(caps), buffers)
    }
}
