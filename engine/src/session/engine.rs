//! A loaded model on a device, and its steps.

use super::options::{DEFAULT_CONTEXT, EngineOptions, LoadEvent, MAX_BRANCHES};
use crate::adapter::{AdapterId, Adapters};
use crate::cache::{BranchId, KvCache};
use crate::formats::{Gguf, ReadAt};
use crate::gpu::{Buffers, Caps, Gpu, Readback, Recording, Replay, Tier, View};
use crate::kernels::attention_prefix::PrefixTile;
use crate::kernels::sample::Settings;
use crate::model::{self, Config, DECODE_ROWS, Forward, Head, Precision, Scratch, Shape, Weights};
use crate::model::{PrefixShape, Probes, StepBuffer, StepData, StepViews, Synthetic};
use crate::text::{ChatTemplate, Tokenizer};
use crate::{Error, Result};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// A model on a device, with its cache.
#[derive(Debug)]
pub struct Engine {
    /// The device.
    pub gpu: Arc<Gpu>,
    /// The model's dimensions.
    pub config: Config,
    pub(super) tokenizer: Option<Tokenizer>,
    pub(super) template: Option<ChatTemplate>,
    pub(super) cache: KvCache,
    pub(super) buffers: Buffers,
    pub(super) scratch: Scratch,
    pub(super) adapters: Adapters,
    pub(super) probes: Probes,
    /// The adapter of each branch's next rows.
    pub(super) branch_adapters: Vec<Option<AdapterId>>,
    /// Rows of a decoding step read the pages that they have in common together where that spares at least so many
    /// positions; `None` = never.
    pub shared_prefix: Option<u32>,
    weights: Weights,
    step: StepBuffer,
    pub(super) replays: HashMap<Shape, Replay>,
    chunk: u32,
    precision: Precision,
}

impl Engine {
    /// Loads a GGUF file. `progress` returns `false` to cancel.
    pub fn load(
        gpu: Arc<Gpu>,
        path: &Path,
        options: &EngineOptions,
        progress: &mut dyn FnMut(LoadEvent) -> bool,
    ) -> Result<Self> {
        let gguf = Gguf::open(path)?;
        pollster::block_on(Self::load_from(gpu, &gguf, &gguf, options, progress))
    }

    /// Loads a model whose headers are here and whose tensors come from `source`: it is ready when the weights are on the
    /// device. `progress` returns `false` to cancel.
    pub async fn load_from(
        gpu: Arc<Gpu>,
        gguf: &Gguf,
        source: &impl ReadAt,
        options: &EngineOptions,
        progress: &mut dyn FnMut(LoadEvent) -> bool,
    ) -> Result<Self> {
        let config = Config::from_gguf(gguf)?;
        let tokenizer = Tokenizer::from_gguf(gguf)?;
        if tokenizer.len() > config.vocab as usize {
            return Err(Error::file(
                gguf.file(),
                format!("its tokenizer has {} tokens, its embedding {}", tokenizer.len(), config.vocab),
                "The file is damaged or was converted wrongly",
            ));
        }
        let template = ChatTemplate::from_gguf(gguf)?;
        let mut buffers = Buffers::default();
        let weights = model::load(&gpu, gguf, source, &config, &mut buffers, &mut |done, total| {
            progress(LoadEvent::Weights { done, total })
        })
        .await?;
        let mut engine = Self::assemble(gpu, config, weights, buffers, options)?;
        engine.tokenizer = Some(tokenizer);
        engine.template = Some(template);
        engine.adapters.base_names = names(gguf)?;
        Ok(engine)
    }

    /// An engine with random weights of a known shape, to measure with.
    pub fn synthetic(
        gpu: Arc<Gpu>,
        synthetic: Synthetic,
        options: &EngineOptions,
        progress: &mut dyn FnMut(LoadEvent) -> bool,
    ) -> Result<Self> {
        let config = synthetic.config();
        let mut buffers = Buffers::default();
        let weights = synthetic
            .weights(&gpu, &config, &mut buffers, &mut |done, total| progress(LoadEvent::Weights { done, total }))?;
        Self::assemble(gpu, config, weights, buffers, options)
    }

    /// An engine around weights that are on the GPU already.
    fn assemble(
        gpu: Arc<Gpu>,
        config: Config,
        weights: Weights,
        mut buffers: Buffers,
        options: &EngineOptions,
    ) -> Result<Self> {
        let context = options.context.unwrap_or_else(|| config.context.min(DEFAULT_CONTEXT));
        if context == 0 || context > config.context {
            return Err(Error::Invalid(format!(
                "a context of {context} positions: the model allows 1 to {}",
                config.context
            )));
        }
        if !(1..=MAX_BRANCHES).contains(&options.branches) {
            return Err(Error::Invalid(format!("{} branches: use 1 to {MAX_BRANCHES}", options.branches)));
        }
        let chunk = options.chunk.unwrap_or_else(|| default_chunk(&gpu.caps)).clamp(1, 512);
        let chunk = chunk.next_multiple_of(granularity(&gpu.caps));
        let positions = options.positions.unwrap_or(context).max(1);
        let cache = KvCache::reserve(&mut buffers, &config, options.page, context, positions, options.branches)?;
        let step = StepViews::reserve(&mut buffers, chunk.max(DECODE_ROWS));
        let rows = chunk.max(DECODE_ROWS);
        let scratch = Scratch::reserve(&mut buffers, &config, &gpu.caps, cache.views(), &step, rows);
        let adapters = Adapters::reserve(&mut buffers, &config, options.adapters);
        let probes = Probes::reserve(&mut buffers);
        buffers.create_all(&gpu)?;
        let precision = options.precision.unwrap_or(Precision::Int16);
        let shared_prefix = default_shared_prefix(&gpu.caps);
        Ok(Self {
            gpu,
            config,
            tokenizer: None,
            template: None,
            cache,
            buffers,
            scratch,
            adapters,
            probes,
            branch_adapters: vec![None; options.branches as usize],
            shared_prefix: Some(shared_prefix),
            weights,
            step: StepBuffer::new(step),
            replays: HashMap::new(),
            chunk,
            precision,
        })
    }

    /// The tokenizer; [`Error::Invalid`] for synthetic models.
    pub fn tokenizer(&self) -> Result<&Tokenizer> {
        self.tokenizer.as_ref().ok_or_else(|| Error::Invalid("a synthetic model has no tokenizer".into()))
    }

    /// The chat template; [`Error::Invalid`] for synthetic models.
    pub fn template(&self) -> Result<&ChatTemplate> {
        self.template.as_ref().ok_or_else(|| Error::Invalid("a synthetic model has no chat template".into()))
    }

    /// Positions a branch can have.
    pub fn context(&self) -> u32 {
        self.cache.context()
    }

    /// Most rows of a prompt chunk.
    pub fn chunk(&self) -> u32 {
        self.chunk
    }

    /// Rows of the step that runs a prompt chunk of `tokens`.
    pub fn chunk_rows(&self, tokens: u32) -> u32 {
        tokens.next_multiple_of(granularity(&self.gpu.caps)).min(self.chunk)
    }

    /// (weights, bytes on the GPU) of the model.
    pub fn model_size(&self) -> (u64, u64) {
        self.weights.size()
    }

    /// Bytes on the GPU: (all, of which KV).
    pub fn gpu_bytes(&self) -> (u64, u64) {
        (self.buffers.total_bytes(), self.cache.bytes())
    }

    /// Compiles the kernels of ordinary use: a full chunk, and decoding up to `branches` rows; once adapters are loaded,
    /// with them too.
    pub fn warm_up(&mut self, branches: u32, greedy: bool, progress: &(dyn Fn(LoadEvent) + Sync)) -> Result<()> {
        let head = Head::Sample { greedy };
        let most = branches.clamp(1, DECODE_ROWS);
        let chunk = Shape { wanted: 1, ..Shape::chunk(self.chunk, head) };
        let decoding = |class: u32| Shape::decoding(1 << class, head);
        let classes = 0..=most.next_power_of_two().ilog2();
        let of_base: Vec<Shape> = std::iter::once(chunk).chain(classes.map(decoding)).collect();
        let has_adapters = self.adapters.list().next().is_some();
        let adapted =
            of_base.clone().into_iter().filter(|_| has_adapters).map(|shape| Shape { adapted: true, ..shape });
        of_base.into_iter().chain(adapted).try_for_each(|shape| self.prepare(shape, progress))
    }

    /// The recording of a shape, for people and tests.
    pub fn recording(&self, shape: Shape) -> Result<Recording> {
        Forward {
            config: &self.config,
            weights: &self.weights,
            caps: &self.gpu.caps,
            kv: self.cache.views(),
            lora: self.adapters.views(),
            probes: &self.probes,
            scratch: &self.scratch,
            step: self.step.views(),
            precision: self.precision,
        }
        .record(shape)
    }

    /// A recording's dispatches, a line each.
    pub fn describe(&self, shape: Shape) -> Result<String> {
        Ok(self.recording(shape)?.describe(&self.buffers))
    }

    pub(crate) fn prepare(&mut self, shape: Shape, progress: &(dyn Fn(LoadEvent) + Sync)) -> Result<()> {
        if !self.replays.contains_key(&shape) {
            let recording = self.recording(shape)?;
            let warm_up = |done, total| progress(LoadEvent::Pipelines { done, total });
            let replay = Replay::new(&self.gpu, &recording, &self.buffers, &warm_up)?;
            self.replays.insert(shape, replay);
        }
        Ok(())
    }

    /// The replay of a shape, made at first use.
    pub fn replay(&mut self, shape: Shape) -> Result<&Replay> {
        self.prepare(shape, &|_| {})?;
        self.replays.get(&shape).ok_or_else(|| Error::Invalid("a replay vanished".into()))
    }

    /// Opens an empty branch.
    pub fn open_branch(&mut self) -> Result<BranchId> {
        self.cache.branches.open()
    }

    /// Positions a branch has.
    pub fn branch_length(&self, branch: BranchId) -> Result<u32> {
        self.cache.branches.length(branch)
    }

    /// Pages of the cache: (free, all).
    pub fn pages(&self) -> (usize, usize) {
        (self.cache.branches.free_pages(), self.cache.branches.limits().pages as usize)
    }

    /// Forgets a branch's positions from `length` on.
    pub fn truncate_branch(&mut self, branch: BranchId, length: u32) -> Result<()> {
        self.cache.branches.truncate(branch, length)
    }

    /// Closes a branch and frees its pages.
    pub fn close_branch(&mut self, branch: BranchId) -> Result<()> {
        self.cache.branches.close(branch)?;
        let adapter = self.branch_adapters[branch.0 as usize].take();
        self.release_adapter(adapter);
        Ok(())
    }

    /// Appends one position to each branch and submits the step: `rows` are (branch, token, settings).
    pub(super) fn submit_decode(
        &mut self,
        rows: &[(BranchId, u32, Settings)],
        Steadiness { least_rows, shares }: Steadiness,
        copy: Option<ResultCopy<'_>>,
    ) -> Result<wgpu::SubmissionIndex> {
        let mut data = StepData::default();
        for &(branch, token, settings) in rows {
            self.cache.branches.check_read(branch, self.reader(branch)?)?;
            data.rows.push([token, self.cache.branches.length(branch)?, branch.0, self.adapter_slot(branch)]);
            data.settings.push(settings);
        }
        let branches: Vec<BranchId> = rows.iter().map(|row| row.0).collect();
        let greedy = rows.iter().all(|(_, _, settings)| settings.temperature == 0.0);
        let mut shape;
        (shape, data.prefixes) = self.decode_shape_with(&branches, greedy, self.shared_prefix.filter(|_| shares))?;
        shape.rows = shape.rows.max(least_rows.next_power_of_two());
        self.prepare(shape, &|_| {})?;
        let parts = branches.iter().map(|&branch| Ok((branch, 1, self.reader(branch)?.writer)));
        let parts = parts.collect::<Result<Vec<_>>>()?;
        self.cache.branches.extend_all(&parts)?;
        self.submit(shape, data, copy)
    }

    /// The step that decodes a row of each branch, and which of them read positions together.
    pub fn decode_shape(&self, branches: &[BranchId], greedy: bool) -> Result<(Shape, Vec<PrefixTile>)> {
        self.decode_shape_with(branches, greedy, self.shared_prefix)
    }

    fn decode_shape_with(
        &self,
        branches: &[BranchId],
        greedy: bool,
        shared_prefix: Option<u32>,
    ) -> Result<(Shape, Vec<PrefixTile>)> {
        let least = shared_prefix.filter(|_| branches.len() > 1);
        let tiles = least.map_or(Ok(Vec::new()), |least| self.cache.branches.prefix_tiles(branches, least))?;
        let shape = Shape {
            adapted: branches.iter().any(|&branch| self.adapter_slot(branch) > 0),
            prefix: PrefixShape::of(&tiles),
            ..Shape::decoding((branches.len() as u32).next_power_of_two(), Head::Sample { greedy })
        };
        Ok((shape, tiles))
    }

    /// The copy of what the latest steps gave: see [`Scratch::results`].
    pub(super) fn results<'r>(&self, into: &'r Readback) -> ResultCopy<'r> {
        let view = self.scratch.results;
        ResultCopy { view, offset: 0, size: view.size, into }
    }

    pub(super) fn submit(
        &mut self,
        shape: Shape,
        mut data: StepData,
        copy: Option<ResultCopy<'_>>,
    ) -> Result<wgpu::SubmissionIndex> {
        self.gpu.check()?;
        if shape.adapted {
            data.adapters = data.rows.iter().map(|row| self.adapters.entries(row[3])).collect();
        }
        self.cache.flush(&self.gpu, &self.buffers)?;
        self.step.write(&self.gpu, &self.buffers, &data, shape.rows)?;
        let mut encoder = self.gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let replay = self.replays.get(&shape).ok_or_else(|| Error::Invalid("a step was not prepared".into()))?;
        replay.encode(&mut encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default()));
        if let Some(ResultCopy { view, offset, size, into }) = copy {
            into.copy(&mut encoder, self.buffers.get(view.buffer)?, offset, size);
        }
        Ok(self.gpu.queue.submit([encoder.finish()]))
    }
}

/// What keeps the bits of a row the same beside any others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Steadiness {
    /// Fewest rows of a step, unused ones among them.
    pub least_rows: u32,
    /// Rows may read the pages that they have in common together.
    pub shares: bool,
}

impl Steadiness {
    /// Rows may differ in their last bits, and take the least time.
    pub const NONE: Self = Self { least_rows: 1, shares: true };
}

/// Results copied out in the submission that makes them.
pub(super) struct ResultCopy<'r> {
    /// Where they are.
    pub view: View,
    /// First byte.
    pub offset: u64,
    /// Bytes.
    pub size: u64,
    /// Where they go.
    pub into: &'r Readback,
}

/// What a file calls its model, if it does: its own name among them, since converters fill in what they have.
fn names(gguf: &Gguf) -> Result<Vec<String>> {
    let Some(name) = gguf.find::<&str>("general.name")? else { return Ok(Vec::new()) };
    let basename = gguf.find::<&str>("general.basename")?;
    let file = gguf.file().file_stem().map(|stem| stem.to_string_lossy());
    Ok([Some(name), basename, file.as_deref()].into_iter().flatten().map(str::to_owned).collect())
}

/// Rows of a chunk come in multiples of this.
fn granularity(caps: &Caps) -> u32 {
    match caps.tier {
        Tier::Software => 8,
        Tier::Portable | Tier::Subgroup | Tier::Matrix => 32,
    }
}

fn default_chunk(caps: &Caps) -> u32 {
    match caps.tier {
        // Small, so that progress shows.
        Tier::Software => 64,
        Tier::Portable => 128,
        Tier::Subgroup | Tier::Matrix => 512,
    }
}

/// Positions that sharing a prefix must spare a step. It is a dispatch more a layer and more to merge, which pays on an
/// H100 from about 2,000 positions that 8 rows share; a CPU reads memory more slowly against that.
fn default_shared_prefix(caps: &Caps) -> u32 {
    match caps.tier {
        Tier::Software => 2048,
        Tier::Portable | Tier::Subgroup | Tier::Matrix => 12_288,
    }
}
