//! Sampling as a whole, its dispatches recorded together: against the twin, against probabilities, and the promise
//! that a seed's choice depends on nothing else.

#![allow(clippy::unwrap_used, reason = "clippy.toml allows it in tests, but not in their helpers")]

use ruminate::gpu::{Buffers, Gpu, GpuOptions, Recording, Replay, Tier};
use ruminate::kernels::sample::{SLOT_UNUSED, Sample, Settings};
use ruminate::kernels::{Data, sample_twin};
use std::sync::Arc;

const RING: u32 = 2;

fn open(tier: Tier) -> Arc<Gpu> {
    pollster::block_on(Gpu::open(&GpuOptions { tier: Some(tier), ..Default::default() })).unwrap()
}

fn base() -> Settings {
    Settings { temperature: 1.0, top_p: 1.0, min_p: 0.0, top_k: 0, seed: [11, 22], step: 0, slot: 0 }
}

/// One step: (token, log-probability) of every row's slot, from the history, checked against the other outputs.
fn step(gpu: &Gpu, rows: &[Settings], logits: &[f32], greedy: bool) -> Vec<(u32, f32)> {
    let count = rows.len() as u32;
    let sample = Sample { rows: count, vocab: logits.len() as u32 / count, slots: count, ring: RING };
    let mut buffers = Buffers::default();
    let logits = buffers.upload(gpu, "logits", logits).unwrap();
    let settings = buffers.reserve("settings", u64::from(count) * 32);
    let history = buffers.reserve("history", sample.history_bytes());
    let views = sample.reserve(&mut buffers, &gpu.caps, settings, history);
    buffers.create_all(gpu).unwrap();
    gpu.queue.write_buffer(buffers.get(views.settings.buffer).unwrap(), 0, bytemuck::cast_slice(rows));
    let mut recording = Recording::default();
    sample.record(&mut recording, &gpu.caps, logits, &views, greedy);
    let replay = Replay::new(gpu, &recording, &buffers, &|_, _| {}).unwrap();
    let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    {
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        // Twice: what the first leaves in the buffers must not disturb the second.
        for _ in 0..if count < 100 { 2 } else { 1 } {
            replay.encode(&mut pass);
        }
    }
    gpu.queue.submit([encoder.finish()]);
    let read = |view: ruminate::gpu::View| -> Vec<u32> {
        let buffer = buffers.get(view.buffer).unwrap();
        bytemuck::pod_collect_to_vec(&pollster::block_on(gpu.read(buffer, 0, view.size)).unwrap())
    };
    let (sampled, logprobs, history) = (read(views.sampled), read(views.chosen_logprob), read(views.history));
    let row = |row: &Settings| {
        if row.slot == SLOT_UNUSED {
            return (u32::MAX, 0.0);
        }
        let slot = row.slot as usize;
        let at = ((row.step % RING * count + row.slot) * 2) as usize;
        assert_eq!((history[at], history[at + 1]), (sampled[slot], logprobs[slot]));
        (sampled[slot], f32::from_bits(logprobs[slot]))
    };
    rows.iter().map(row).collect()
}

fn agrees(gpu: &Gpu, what: &str, logits: &[f32], mut row: Settings) {
    // No edge of a decision may lie within a GPU's rounding of the exponentials, unless weights are exact.
    let is_flat = logits.iter().all(|&l| l == logits[0] || l == f32::NEG_INFINITY);
    let mut choice = sample_twin::choose(logits, &row);
    for _ in 0..64 {
        if is_flat || choice.margin > 2e-5 {
            break;
        }
        row.step += 1;
        row.top_p = if row.top_p < 1.0 { row.top_p * 0.999 } else { row.top_p };
        choice = sample_twin::choose(logits, &row);
    }
    let (token, logprob) = step(gpu, &[row], logits, false)[0];
    assert_eq!(token, choice.token, "{what} {row:?}");
    assert!((logprob - choice.logprob).abs() <= 2e-5 * choice.logprob.abs().max(1.0), "{what}: {logprob} {choice:?}");
}

fn edge_cases(tier: Tier) {
    let gpu = open(tier);
    let mut data = Data::new(3);
    let peaked: Vec<f32> = data.floats(5003, 1.0).iter().map(|v| 14.0 * v * v * v).collect();
    let mut masked = vec![f32::NEG_INFINITY; 4100];
    masked[4097] = -3.0;
    let mut two = masked.clone();
    two[17] = -3.0;
    let huge: Vec<f32> = (0..300).map(|i| if i % 2 == 0 { f32::MAX } else { -f32::MAX }).collect();
    let mut infinite = peaked.clone();
    infinite[40] = f32::INFINITY;
    infinite[41] = f32::NAN;
    let inputs: [(&str, &[f32]); 8] = [
        ("peaked", &peaked),
        ("equal", &[1.25; 4999]),
        ("masked but one", &masked),
        ("masked but two", &two),
        ("all masked", &[f32::NEG_INFINITY; 70]),
        ("all NaN", &[f32::NAN; 70]),
        ("huge", &huge),
        ("infinite", &infinite),
    ];
    for (what, logits) in inputs {
        for (temperature, top_k, top_p, min_p) in [
            (0.0, 0, 1.0, 0.0),
            (1.0, 0, 1.0, 0.0),
            (0.6, 0, 0.95, 0.0),
            (0.8, 40, 0.9, 0.05),
            (1.5, 1, 1.0, 0.0),
            (1.5, 0, 1e-6, 0.0),
            (3.0, 100_000, 0.7, 0.0),
            (1.0, 7, 1.0, 0.2),
            (1.0, 0, 1.0, 1.0),
            (1e-4, 0, 0.0, 0.0),
        ] {
            agrees(&gpu, what, logits, Settings { temperature, top_k, top_p, min_p, ..base() });
        }
    }
}

#[test]
fn edge_cases_portable() {
    edge_cases(Tier::Portable);
}

#[test]
fn edge_cases_software() {
    edge_cases(Tier::Software);
}

#[test]
fn edge_cases_subgroup() {
    edge_cases(Tier::Subgroup);
}

/// Chi-square of 4096 draws against what a plain sort says the probabilities are.
fn fits(gpu: &Gpu, logits: &[f32], settings: Settings) {
    const DRAWS: usize = 4096;
    let mut order: Vec<usize> = (0..logits.len()).collect();
    order.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
    let weight = |i: usize| f64::from(logits[i] / settings.temperature).exp();
    if settings.top_k > 0 {
        order.truncate(settings.top_k as usize);
    }
    let sum: f64 = order.iter().map(|&i| weight(i)).sum();
    let mut running = 0.0;
    let mut kept = Vec::new();
    for &i in &order {
        if running < f64::from(settings.top_p) * sum && weight(i) >= f64::from(settings.min_p) * weight(order[0]) {
            kept.push(i);
        }
        running += weight(i);
    }
    let total: f64 = kept.iter().map(|&i| weight(i)).sum();
    let rows: Vec<Settings> =
        (0..DRAWS as u32).map(|i| Settings { step: i % 64, seed: [i / 64, 5], slot: i, ..settings }).collect();
    let mut counts = vec![0f64; logits.len()];
    for (token, _) in step(gpu, &rows, &logits.repeat(DRAWS), false) {
        counts[token as usize] += 1.0;
    }
    let outside: f64 = (0..logits.len()).filter(|i| !kept.contains(i)).map(|i| counts[i]).sum();
    assert_eq!(outside, 0.0, "{settings:?}: filtered tokens were drawn");
    let chi: f64 = kept
        .iter()
        .map(|&i| {
            let want = weight(i) / total * DRAWS as f64;
            (counts[i] - want).powi(2) / want
        })
        .sum();
    // Mean n, variance 2n: five deviations above the mean.
    let n = (kept.len() - 1).max(1) as f64;
    assert!(chi < n + 5.0 * (2.0 * n).sqrt(), "{settings:?}: chi-square {chi} of {n}");
}

#[test]
fn draws_follow_the_probabilities() {
    let gpu = open(Tier::Software);
    let logits: Vec<f32> = Data::new(8).floats(23, 2.0);
    fits(&gpu, &logits, base());
    fits(&gpu, &logits, Settings { temperature: 0.7, top_p: 0.8, ..base() });
    fits(&gpu, &logits, Settings { top_k: 9, top_p: 0.9, ..base() });
    fits(&gpu, &logits, Settings { temperature: 1.3, min_p: 0.3, ..base() });
}

#[test]
fn a_seed_and_step_decide_alone() {
    for tier in [Tier::Software, Tier::Portable] {
        let gpu = open(tier);
        let vocab = 4501;
        let one = Data::new(4).floats(vocab, 6.0);
        let mine = Settings { top_p: 0.9, top_k: 300, step: 9, ..base() };
        let alone = step(&gpu, &[mine], &one, false)[0];
        for (rows, at) in [(2usize, 1usize), (5, 3), (16, 0)] {
            let mut logits = Data::new(rows as u64).floats(rows * vocab, 9.0);
            logits[at * vocab..(at + 1) * vocab].copy_from_slice(&one);
            let others = |row: u32| match row % 3 {
                0 => Settings { temperature: 0.0, slot: row, ..base() },
                1 => Settings { temperature: 0.4, seed: [row, 1], slot: row, ..base() },
                _ => Settings { slot: SLOT_UNUSED, ..base() },
            };
            let mut settings: Vec<Settings> = (0..rows as u32).map(others).collect();
            settings[at] = Settings { slot: at as u32, ..mine };
            assert_eq!(step(&gpu, &settings, &logits, false)[at], alone, "{rows} rows, row {at}");
        }
    }
}

#[test]
fn greedy_takes_the_lowest_of_tied_tops() {
    let gpu = open(Tier::Software);
    let mut logits = Data::new(1).floats(2 * 9001, 5.0);
    for at in [700, 8200, 9001 + 4096, 9001 + 9000] {
        logits[at] = 6.0;
    }
    logits[3] = f32::NAN;
    let rows = [0, 1].map(|slot| Settings { temperature: 0.0, slot, ..base() });
    for greedy in [true, false] {
        let tokens: Vec<u32> = step(&gpu, &rows, &logits, greedy).iter().map(|r| r.0).collect();
        assert_eq!(tokens, [700, 4096]);
    }
}
