//! One table for tests, self-test and benchmarks: a case is a dispatch, its data, and what its CPU twin says.

use super::activation::{Activation, Quantized, int_bytes};
use crate::gpu::{Buffers, Gpu, Plan, Recording, Replay, StepTimer, View};
use crate::{Error, Result};
use half::f16;

/// Which rows of the tables to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sizes {
    /// Small and awkward: odd sizes, one row, page boundaries. Checked against twins.
    Check,
    /// The shapes of a 7B model (28 layers, hidden 3584), timed.
    Bench,
}

/// A dispatch with its data.
#[derive(Debug, Clone)]
pub struct Case {
    /// The kernel's name.
    pub kernel: &'static str,
    /// Its shape, for people.
    pub label: String,
    /// The dispatch.
    pub plan: Plan,
    /// The storage buffers in binding order.
    pub buffers: Vec<CaseBuffer>,
    /// Bytes that must move at least, for GB/s.
    pub bytes: u64,
    /// Multiplications and additions, for FLOP/s.
    pub flops: u64,
}

/// A buffer of a case.
#[derive(Debug, Clone)]
pub struct CaseBuffer {
    /// What it holds before the dispatch.
    pub bytes: Vec<u8>,
    /// It is a texture of four words a texel.
    pub is_texture: bool,
    /// What it must hold after, if the kernel writes it.
    pub expect: Option<Expect>,
}

impl CaseBuffer {
    /// A buffer the kernel reads.
    pub fn input<T: bytemuck::NoUninit>(data: &[T]) -> Self {
        Self { bytes: bytemuck::cast_slice(data).to_vec(), is_texture: false, expect: None }
    }

    /// A texture the kernel reads.
    pub fn texture(words: &[u32]) -> Self {
        Self { is_texture: true, ..Self::input(words) }
    }

    /// A buffer the kernel fills. It starts as 0xCD bytes, so that what is not written shows.
    pub fn output(expect: Expect) -> Self {
        Self { bytes: vec![0xCD; expect.byte_len()], is_texture: false, expect: Some(expect) }
    }

    /// A buffer the kernel changes.
    pub fn in_out<T: bytemuck::NoUninit>(data: &[T], expect: Expect) -> Self {
        Self { bytes: bytemuck::cast_slice(data).to_vec(), is_texture: false, expect: Some(expect) }
    }
}

/// A twin's answer and how closely a kernel must meet it: the one place for tolerances.
#[derive(Debug, Clone)]
pub enum Expect {
    /// f32; error relative to the largest magnitude, at most 2e-5: sums are taken in another order.
    F32(Vec<f32>),
    /// Halves; at most 1e-3, one rounding to 11 bits on values that differ in the last place.
    F16(Vec<f32>),
    /// f32 computed from halves, through f16 cooperative matrices or from short sums in halves: at most 2e-3.
    F32FromF16(Vec<f32>),
    /// int8; off by one where the quotient lies on a rounding edge.
    Int8(Vec<i32>),
    /// 16-bit integers; off by one likewise, and by as many steps as the f32 value is uncertain: 2e-5 of 32512.
    Int16(Vec<i32>),
    /// (d, d * sum(q)): d to 2e-5, the sum off by as many steps as quants may be, at most 4 a group.
    GroupScales(Vec<[f32; 2]>),
    /// Pairs (maximum, sum of 2^(score - maximum)): the maximum relative to the largest, at least 1, and the sum to
    /// 2e-5 each; empty ones, below -1e38, must be empty.
    SoftmaxTotals(Vec<[f32; 2]>),
    /// The same computed from halves: to 2e-3 each.
    SoftmaxTotalsFromF16(Vec<[f32; 2]>),
    /// Words that must be equal.
    Words(Vec<u32>),
    /// Words of several kinds in one buffer: records that hold a token and its log-probability.
    Mixed(Vec<Word>),
}

/// A word of [`Expect::Mixed`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Word {
    /// Must be equal.
    Bits(u32),
    /// f32, as [`Expect::F32`] among the buffer's floats.
    F32(f32),
    /// A sum of integers that were rounded from floats: as [`Expect::F32`] among the buffer's.
    Near(u32),
}

impl Expect {
    fn byte_len(&self) -> usize {
        match self {
            Self::F32(v) | Self::F32FromF16(v) => v.len() * 4,
            Self::F16(v) => v.len() * 2,
            Self::Int8(v) => int_bytes(v.len(), 1),
            Self::Int16(v) => int_bytes(v.len(), 2),
            Self::GroupScales(v) | Self::SoftmaxTotals(v) | Self::SoftmaxTotalsFromF16(v) => v.len() * 8,
            Self::Words(v) => v.len() * 4,
            Self::Mixed(v) => v.len() * 4,
        }
    }

    /// (error, tolerance) of what a kernel left.
    fn compare(&self, bytes: &[u8]) -> (f32, f32) {
        match self {
            Self::F32(want) => (relative(&bytemuck::pod_collect_to_vec::<_, f32>(bytes), want), 2e-5),
            Self::F32FromF16(want) => (relative(&bytemuck::pod_collect_to_vec::<_, f32>(bytes), want), 2e-3),
            Self::F16(want) => {
                let got: Vec<f32> =
                    bytemuck::pod_collect_to_vec::<_, u16>(bytes).iter().map(|&b| f16::from_bits(b).to_f32()).collect();
                (relative(&got, want), 1e-3)
            }
            Self::Int8(want) => {
                let got = Quantized::read(bytes, want.len(), Activation::I8);
                (steps_apart(&got, want), 1.0)
            }
            Self::Int16(want) => {
                let got = Quantized::read(bytes, want.len(), Activation::I16);
                (steps_apart(&got, want), 2.0)
            }
            Self::GroupScales(want) => {
                let got: Vec<[f32; 2]> = bytemuck::pod_collect_to_vec(bytes);
                let scales = |v: &[[f32; 2]]| v.iter().map(|s| s[0]).collect::<Vec<_>>();
                let error = relative(&scales(&got), &scales(want));
                let steps = got.iter().zip(want).map(|(a, b)| (a[1] - b[1]).abs() / b[0].max(1e-30));
                // Steps count in units of the tolerance.
                (error.max(steps.fold(0.0, f32::max) / 4.0 * 2e-5), 2e-5)
            }
            Self::SoftmaxTotals(want) => (totals_apart(&bytemuck::pod_collect_to_vec(bytes), want), 2e-5),
            Self::SoftmaxTotalsFromF16(want) => (totals_apart(&bytemuck::pod_collect_to_vec(bytes), want), 2e-3),
            Self::Words(want) => {
                let got: Vec<u32> = bytemuck::pod_collect_to_vec(bytes);
                (got.iter().zip(want).filter(|(a, b)| a != b).count() as f32, 0.0)
            }
            Self::Mixed(want) => {
                let (mut floats, mut nears) = ((Vec::new(), Vec::new()), (Vec::new(), Vec::new()));
                let mut is_equal = true;
                for (got, want) in bytemuck::pod_collect_to_vec::<_, u32>(bytes).into_iter().zip(want) {
                    match *want {
                        Word::Bits(bits) => is_equal &= got == bits,
                        Word::F32(value) => {
                            floats.0.push(f32::from_bits(got));
                            floats.1.push(value);
                        }
                        Word::Near(value) => {
                            nears.0.push(got as f32);
                            nears.1.push(value as f32);
                        }
                    }
                }
                let error = relative(&floats.0, &floats.1).max(relative(&nears.0, &nears.1));
                (if is_equal { error } else { f32::INFINITY }, 2e-5)
            }
        }
    }
}

/// The largest difference between totals of a softmax, of each kind relative to the largest; infinite where one is empty
/// and the other is not.
fn totals_apart(got: &[[f32; 2]], want: &[[f32; 2]]) -> f32 {
    let is_empty = |t: &[f32; 2]| t[0] < -1e38 && t[1] == 0.0;
    let same = got.iter().zip(want).all(|(a, b)| is_empty(a) == is_empty(b));
    let column = |v: &[[f32; 2]], i: usize| -> Vec<f32> {
        v.iter().filter(|t| !is_empty(t)).map(|t| t[i]).chain([1.0]).collect()
    };
    let error = |i| if same { relative(&column(got, i), &column(want, i)) } else { f32::INFINITY };
    error(0).max(error(1))
}

/// The largest difference between integers.
fn steps_apart(got: &[i32], want: &[i32]) -> f32 {
    got.iter().zip(want).map(|(a, b)| (a - b).abs()).max().unwrap_or(0) as f32
}

/// The largest difference relative to the largest wanted magnitude; infinite when anything is not finite.
fn relative(got: &[f32], want: &[f32]) -> f32 {
    let scale = want.iter().fold(1e-30f32, |m, v| m.max(v.abs()));
    let mut worst = 0f32;
    for (a, b) in got.iter().zip(want) {
        let difference = (a - b).abs();
        worst = if difference.is_finite() { worst.max(difference) } else { f32::INFINITY };
    }
    worst / scale
}

/// How a kernel did on a case.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The output that was worst against its tolerance, by binding name.
    pub binding: String,
    /// The error, in the unit of its [`Expect`].
    pub error: f32,
    /// The most that is allowed.
    pub tolerance: f32,
}

impl Outcome {
    /// Whether the kernel agrees with its twin.
    pub fn passed(&self) -> bool {
        self.error <= self.tolerance
    }
}

struct Prepared {
    buffers: Buffers,
    views: Vec<View>,
    replay: Replay,
}

fn prepare(gpu: &Gpu, case: &Case) -> Result<Prepared> {
    let mut buffers = Buffers::default();
    let views = case
        .buffers
        .iter()
        .enumerate()
        .map(|(i, b)| {
            let name = format!("{} {i}", case.kernel);
            if !b.is_texture {
                return buffers.upload(gpu, name, &b.bytes);
            }
            let view = buffers.reserve_texture(name, b.bytes.len() as u64 / 16);
            buffers.make(gpu, view.buffer)?;
            buffers.write_texels(gpu, view.buffer, 0, &bytemuck::pod_collect_to_vec(&b.bytes))?;
            Ok(view)
        })
        .collect::<Result<Vec<View>>>()?;
    let mut recording = Recording::default();
    recording.push(&case.label, case.plan.clone(), &views);
    let replay = Replay::new(gpu, &recording, &buffers, &|_, _| {})?;
    Ok(Prepared { buffers, views, replay })
}

/// Runs a case once and compares every output with the twin's.
pub async fn check(gpu: &Gpu, case: &Case) -> Result<Outcome> {
    let prepared = prepare(gpu, case)?;
    let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    prepared.replay.encode(&mut encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default()));
    gpu.queue.submit([encoder.finish()]);
    let mut worst: Option<Outcome> = None;
    for (index, buffer) in case.buffers.iter().enumerate() {
        let Some(expect) = &buffer.expect else { continue };
        let handle = prepared.buffers.get(prepared.views[index].buffer)?;
        let mut bytes = gpu.read(handle, 0, buffer.bytes.len().next_multiple_of(4) as u64).await?;
        bytes.truncate(buffer.bytes.len());
        let (error, tolerance) = expect.compare(&bytes);
        let outcome = Outcome { binding: format!("output {index}"), error, tolerance };
        let is_worse = |w: &Outcome| !outcome.passed() && w.passed() || error > w.error;
        if worst.as_ref().is_none_or(is_worse) {
            worst = Some(outcome);
        }
    }
    worst.ok_or_else(|| Error::Invalid(format!("{} {}: the case checks nothing", case.kernel, case.label)))
}

/// A kernel's speed on a case.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// Median seconds of one dispatch, from timestamps around many.
    pub seconds: f64,
    /// Bytes that must move, a second.
    pub bytes_per_second: f64,
    /// Operations a second.
    pub flops_per_second: f64,
}

/// Times a case: the median of five passes of many dispatches each.
pub async fn bench(gpu: &Gpu, case: &Case) -> Result<Timing> {
    let prepared = prepare(gpu, case)?;
    let timer = StepTimer::new(gpu, 2)?;
    let mut times = 1;
    let mut busy = 0.0;
    // A GPU clocks down while the CPU makes the data of a case, by a factor of four on an H100, and takes its time to
    // come back.
    while busy < 0.3 {
        let once = timer.time(gpu, &prepared.replay, times).await?;
        busy += once * f64::from(times);
        times = (2e-3 / once.max(1e-6)).clamp(1.0, 200.0) as u32;
    }
    let mut seconds = Vec::new();
    for _ in 0..5 {
        seconds.push(timer.time(gpu, &prepared.replay, times).await?);
    }
    seconds.sort_by(f64::total_cmp);
    let seconds = seconds[2];
    Ok(Timing { seconds, bytes_per_second: case.bytes as f64 / seconds, flops_per_second: case.flops as f64 / seconds })
}
