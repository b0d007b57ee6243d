//! The adapters on the device: names for immutable generations, which rows in flight keep until they let go.
//!
//! The factors of all of them lie together, one pair of buffers a layer and site; each step says for each row where its
//! adapter's begin. Loading and unloading build those buffers anew and copy on the GPU what stays: steps already
//! submitted keep the old ones.

use super::{AdapterFile, Site, differs};
use crate::gpu::{Buffers, Gpu, View};
use crate::kernels::lora::{self, LoraFormat, PackedLora, RANK_STEP};
use crate::model::Config;
use crate::{Error, Result};
use half::f16;
use std::collections::HashMap;

/// Adapters that can be on a device at a time, besides the base.
const SLOTS: usize = 31;

/// How an adapter is loaded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdapterOptions {
    /// How its factors are held.
    pub format: LoraFormat,
    /// Multiplies what it adds, beside its own alpha and rank.
    pub scale: f32,
    /// Whether it may read KV that the base wrote; `None` believes its file.
    pub kv_shareable: Option<bool>,
}

impl Default for AdapterOptions {
    fn default() -> Self {
        Self { format: LoraFormat::Int8, scale: 1.0, kv_shareable: None }
    }
}

/// What may be on the device at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdapterLimits {
    /// Adapters, up to 31.
    pub count: usize,
    /// Bytes of factors.
    pub bytes: u64,
}

impl AdapterLimits {
    /// Eight adapters, 2 GiB.
    pub const DEFAULT: Self = Self { count: 8, bytes: 2 << 30 };
}

/// An adapter as it was loaded, never changed after: replacing a name makes a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AdapterId {
    /// What rows carry; 0 is the base.
    pub slot: u32,
    /// Counts loads.
    pub generation: u64,
}

/// What is known of an adapter on the device.
#[derive(Debug, Clone, PartialEq)]
pub struct AdapterInfo {
    /// Its identity.
    pub id: AdapterId,
    /// The name it was loaded under.
    pub alias: String,
    /// Its largest rank.
    pub rank: u32,
    /// Bytes of its factors on the device.
    pub bytes: u64,
    /// Whether it may read KV that the base wrote.
    pub kv_shareable: bool,
    /// How it was loaded.
    pub options: AdapterOptions,
    /// The base that its file names, where that is clearly not the name of the model: it may still fit.
    pub other_base: Option<String>,
    /// The tokens that switch an activated LoRA (aLoRA) on; never empty.
    pub invocation_tokens: Option<Vec<u32>>,
}

impl AdapterInfo {
    /// Where in a prompt an activated LoRA comes on: at the first token of its last invocation.
    pub fn invoked_at(&self, prompt: &[u32]) -> Option<usize> {
        let invocation = self.invocation_tokens.as_deref()?;
        prompt.windows(invocation.len()).rposition(|tokens| tokens == invocation)
    }
}

/// What recordings of adapted rows bind.
#[derive(Debug, Clone)]
pub struct LoraViews {
    /// (A, B) of each layer and site.
    pub layers: Vec<[(View, View); 4]>,
    /// The largest rank at each site, a multiple of 16; 0 where no adapter has factors.
    pub ranks: [u32; 4],
}

#[derive(Debug, Clone)]
struct Resident {
    info: AdapterInfo,
    /// Rank at each site, a multiple of 16, or 0.
    ranks: [u32; 4],
    /// Words of A and B at each site, the same in every layer.
    words: [(usize, usize); 4],
    /// Where they begin.
    at: [(usize, usize); 4],
    /// Branches that use it, and requests that are to.
    holders: u32,
    /// Its name is still its own.
    is_named: bool,
}

impl Resident {
    fn is_used(&self) -> bool {
        self.is_named || self.holders > 0
    }
}

/// The adapters on a device.
#[derive(Debug)]
pub struct Adapters {
    config: Config,
    /// What the model is called; none if that is not known.
    pub base_names: Vec<String>,
    limits: AdapterLimits,
    views: LoraViews,
    slots: Vec<Option<Resident>>,
    names: HashMap<String, AdapterId>,
    generations: u64,
}

impl Adapters {
    /// Names the buffers; factors come with adapters.
    pub fn reserve(buffers: &mut Buffers, config: &Config, limits: AdapterLimits) -> Self {
        let mut pair = |layer: u32, site: Site| {
            let a = buffers.reserve(format!("layer {layer} {site:?} lora a"), 16);
            (a, buffers.reserve(format!("layer {layer} {site:?} lora b"), 16))
        };
        let layers = (0..config.layers).map(|layer| Site::ALL.map(|site| pair(layer, site))).collect();
        let slots = std::iter::repeat_with(|| None).take(SLOTS).collect();
        let limits = AdapterLimits { count: limits.count.min(SLOTS), ..limits };
        let views = LoraViews { layers, ranks: [0; 4] };
        let (base_names, names) = (Vec::new(), HashMap::new());
        Self { config: config.clone(), base_names, limits, views, slots, names, generations: 0 }
    }

    /// What kernels bind.
    pub fn views(&self) -> &LoraViews {
        &self.views
    }

    /// The adapters that have a name, by slot.
    pub fn list(&self) -> impl Iterator<Item = &AdapterInfo> {
        self.slots.iter().flatten().filter(|r| r.is_named).map(|r| &r.info)
    }

    /// The adapter that a name stands for now.
    pub fn find(&self, alias: &str) -> Result<&AdapterInfo> {
        let id = self.names.get(alias).ok_or_else(|| {
            let names: Vec<&str> = self.names.keys().map(String::as_str).collect();
            Error::Invalid(format!(
                "no adapter is named {alias:?}; loaded: {}. Load it first",
                if names.is_empty() { "none".into() } else { names.join(", ") }
            ))
        })?;
        self.info(*id)
    }

    /// What is known of a generation that is still on the device.
    pub fn info(&self, id: AdapterId) -> Result<&AdapterInfo> {
        self.resident(id).map(|r| &r.info)
    }

    /// What a step says of a row whose adapter is in `slot`: see [`lora::entry`]. Zeros for the base.
    pub fn entries(&self, slot: u32) -> [[u32; 4]; 4] {
        let resident = (slot as usize).checked_sub(1).and_then(|i| self.slots.get(i)).and_then(Option::as_ref);
        resident.map_or([[0; 4]; 4], |r| {
            let options = r.info.options;
            [0, 1, 2, 3].map(|i| lora::entry(options.format, r.ranks[i], r.at[i].0, r.at[i].1, options.scale))
        })
    }

    /// Bytes of all factors on the device.
    pub fn bytes(&self) -> u64 {
        self.slots.iter().flatten().map(|r| r.info.bytes).sum()
    }

    /// Puts an adapter on the device under a name. If another has that name, branches that use it keep it until they
    /// let go; the name stands for the new one from now on. On an error nothing has changed.
    pub fn load(
        &mut self,
        gpu: &Gpu,
        buffers: &mut Buffers,
        alias: &str,
        file: &AdapterFile,
        options: AdapterOptions,
    ) -> Result<AdapterInfo> {
        if alias.is_empty() || alias == "base" {
            return Err(Error::Invalid(format!("{alias:?} cannot name an adapter. Choose another name")));
        }
        if !options.scale.is_finite() {
            return Err(Error::Invalid(format!("adapter {alias}: scale {}. Give a finite number", options.scale)));
        }
        let ranks = Site::ALL.map(|site| site_rank(file, site));
        let words = [0, 1, 2, 3].map(|i| site_words(&self.config, Site::ALL[i], options.format, ranks[i]));
        let words_a_layer: usize = words.iter().map(|(a, b)| a + b).sum();
        let bytes = words_a_layer as u64 * 4 * u64::from(self.config.layers);
        let mut slots = self.slots.clone();
        if let Some(old) = self.names.get(alias).and_then(|id| slots[id.slot as usize - 1].as_mut()) {
            old.is_named = false;
        }
        slots.iter_mut().for_each(|slot| *slot = slot.take().filter(Resident::is_used));
        let kept = slots.iter().flatten();
        let (count, held) = kept.fold((0, 0), |(count, bytes), r| (count + 1, bytes + r.info.bytes));
        let full = |what: String| Error::AdaptersFull { adapter: alias.to_owned(), what };
        if count + 1 > self.limits.count {
            return Err(full(format!("{count} of {} are loaded", self.limits.count)));
        }
        if held + bytes > self.limits.bytes {
            return Err(full(format!("{held} of {} bytes are in use, it needs {bytes}", self.limits.bytes)));
        }
        let slot = slots.iter().position(Option::is_none).ok_or_else(|| full("every slot is in use".into()))?;
        let id = AdapterId { slot: slot as u32 + 1, generation: self.generations + 1 };
        let kv_shareable = options.kv_shareable.unwrap_or(file.kv_shareable);
        let info = AdapterInfo {
            id,
            alias: alias.to_owned(),
            rank: file.rank,
            bytes,
            kv_shareable,
            options,
            other_base: file.base_model.clone().filter(|base| differs(base, &self.base_names)),
            // Files that have none are refused; a caller's own may have.
            invocation_tokens: file.invocation_tokens.clone().filter(|tokens| !tokens.is_empty()),
        };
        let at = [(0, 0); 4];
        slots[slot] = Some(Resident { info: info.clone(), ranks, words, at, holders: 0, is_named: true });
        self.rebuild(gpu, buffers, slots, Some((id, file)))?;
        self.generations += 1;
        self.names.insert(alias.to_owned(), id);
        Ok(info)
    }

    /// Takes an adapter's name away; its memory is freed at once, or when the last branch that uses it lets go. Where
    /// that finds no room to move the others to, it is freed with the next that goes or comes.
    pub fn unload(&mut self, gpu: &Gpu, buffers: &mut Buffers, alias: &str) -> Result<()> {
        let id = self.find(alias)?.id;
        self.names.remove(alias);
        if let Some(resident) = &mut self.slots[id.slot as usize - 1] {
            resident.is_named = false;
        }
        self.sweep(gpu, buffers);
        Ok(())
    }

    /// A branch starts to use an adapter.
    pub fn hold(&mut self, id: AdapterId) -> Result<()> {
        self.resident(id)?;
        if let Some(resident) = &mut self.slots[id.slot as usize - 1] {
            resident.holders += 1;
        }
        Ok(())
    }

    /// A branch no longer uses an adapter. Says whether buffers may have changed.
    pub fn release(&mut self, gpu: &Gpu, buffers: &mut Buffers, id: AdapterId) -> bool {
        if let Some(resident) = self.slots.get_mut(id.slot as usize - 1).and_then(Option::as_mut) {
            resident.holders = resident.holders.saturating_sub(1);
        }
        self.sweep(gpu, buffers)
    }

    fn resident(&self, id: AdapterId) -> Result<&Resident> {
        let slot = (id.slot as usize).checked_sub(1).and_then(|i| self.slots.get(i)).and_then(Option::as_ref);
        slot.filter(|r| r.info.id == id).ok_or_else(|| {
            Error::Invalid(format!("adapter generation {} is no longer loaded. Load it again", id.generation))
        })
    }

    /// Frees adapters that have neither a name nor users. Says whether there were any. They stay, until this is called
    /// again, where the device has no memory to move the others to: who lets go is not to fail for it.
    fn sweep(&mut self, gpu: &Gpu, buffers: &mut Buffers) -> bool {
        if self.slots.iter().flatten().all(Resident::is_used) {
            return false;
        }
        let slots = self.slots.iter().map(|slot| slot.clone().filter(Resident::is_used)).collect();
        if let Err(error) = self.rebuild(gpu, buffers, slots, None) {
            tracing::warn!(%error, "the memory of an adapter that is not used any more stays taken");
        }
        true
    }

    /// Makes the device hold `slots`: what is there already is copied, what is new is packed from its file. On an error
    /// nothing has changed.
    fn rebuild(
        &mut self,
        gpu: &Gpu,
        buffers: &mut Buffers,
        mut slots: Vec<Option<Resident>>,
        new: Option<(AdapterId, &AdapterFile)>,
    ) -> Result<()> {
        let mut ends = [(0, 0); 4];
        for resident in slots.iter_mut().flatten() {
            resident.at = ends;
            for (end, words) in ends.iter_mut().zip(resident.words) {
                *end = (end.0 + words.0, end.1 + words.1);
            }
        }
        // Kernels bind each buffer whole.
        let largest = ends.iter().map(|&(a, b)| a.max(b) as u64 * 4).max().unwrap_or(0);
        if largest > gpu.caps.max_binding {
            let adapter = slots.iter().flatten().find(|r| new.is_some_and(|(id, _)| r.info.id == id));
            return Err(Error::AdaptersFull {
                adapter: adapter.map_or_else(String::new, |r| r.info.alias.clone()),
                what: format!(
                    "a layer's factors would take {largest} bytes, a binding of this device holds {}",
                    gpu.caps.max_binding
                ),
            });
        }
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let mut fresh = Vec::new();
        for layer in 0..self.config.layers {
            for (i, site) in Site::ALL.into_iter().enumerate() {
                let (old_a, old_b) = self.views.layers[layer as usize][i];
                let a = buffers.sibling(gpu, old_a.buffer, ends[i].0 as u64 * 4)?;
                let b = buffers.sibling(gpu, old_b.buffer, ends[i].1 as u64 * 4)?;
                for (slot, resident) in slots.iter().enumerate().filter_map(|(i, r)| Some((i, r.as_ref()?))) {
                    let (to, words) = (resident.at[i], resident.words[i]);
                    match (new, self.slots[slot].as_ref().filter(|old| old.info.id == resident.info.id)) {
                        _ if words == (0, 0) => {}
                        (_, Some(old)) => {
                            let (from, bytes) = (old.at[i], |words: usize| words as u64 * 4);
                            let old_a = buffers.get(old_a.buffer)?;
                            encoder.copy_buffer_to_buffer(old_a, bytes(from.0), &a, bytes(to.0), bytes(words.0));
                            let old_b = buffers.get(old_b.buffer)?;
                            encoder.copy_buffer_to_buffer(old_b, bytes(from.1), &b, bytes(to.1), bytes(words.1));
                        }
                        (Some((id, file)), None) if id == resident.info.id => {
                            let packed = pack(&self.config, file, layer, site, resident.info.options)?;
                            gpu.queue.write_buffer(&a, to.0 as u64 * 4, bytemuck::cast_slice(&packed.a));
                            gpu.queue.write_buffer(&b, to.1 as u64 * 4, bytemuck::cast_slice(&packed.b));
                        }
                        _ => return Err(Error::Invalid(format!("adapter {} has no file", resident.info.alias))),
                    }
                }
                fresh.push((layer as usize, i, a, b));
            }
        }
        gpu.queue.submit([encoder.finish()]);
        for (layer, i, a, b) in fresh {
            let views = &mut self.views.layers[layer][i];
            *views = (buffers.replace(views.0.buffer, a), buffers.replace(views.1.buffer, b));
        }
        self.views.ranks = [0; 4];
        for resident in slots.iter().flatten() {
            for i in 0..4 {
                self.views.ranks[i] = self.views.ranks[i].max(resident.ranks[i]);
            }
        }
        self.slots = slots;
        gpu.check()
    }
}

/// The factors of a layer's site, with each module's own scale in B.
fn pack(config: &Config, file: &AdapterFile, layer: u32, site: Site, options: AdapterOptions) -> Result<PackedLora> {
    let (rank, width) = (site_rank(file, site) as usize, site.width(config) as usize);
    let shape = site.shape(config);
    let mut a = vec![0f32; site.modules().len() * rank * width];
    let mut b = vec![0f32; shape.outputs as usize * rank];
    let starts = [0, shape.second as usize, shape.third as usize];
    for (index, (module, start)) in site.modules().iter().zip(starts).enumerate() {
        let Some(factors) = file.factors.get(&(layer, *module)) else { continue };
        a[index * rank * width..][..factors.a.len()].copy_from_slice(&factors.a);
        for (row, from) in factors.b.chunks_exact(factors.rank as usize).enumerate() {
            let to = &mut b[(start + row) * rank..][..from.len()];
            to.iter_mut().zip(from).for_each(|(to, from)| *to = from * factors.scale);
        }
    }
    let fail = |problem: &str, remedy: &str| {
        Err(Error::tensor(&file.path, &format!("layer {layer} {site:?}"), problem, remedy))
    };
    // The caller's scale multiplies what these add.
    if b.iter().any(|v| !(v * options.scale).is_finite()) {
        return fail("a factor times its scale is too large for a number", "Give a smaller scale or alpha");
    }
    let is_too_large = |v: &f32| v.is_nan() || v.abs() > f32::from(f16::MAX);
    if options.format == LoraFormat::F16 && a.iter().chain(&b).any(is_too_large) {
        return fail("a factor is too large for f16", "Load the adapter with int8 factors");
    }
    Ok(PackedLora::new(options.format, rank as u32, width as u32, &a, &b))
}

fn site_rank(file: &AdapterFile, site: Site) -> u32 {
    let of_site = file.factors.iter().filter(|((_, module), _)| site.modules().contains(module));
    let rank = of_site.map(|(_, factors)| factors.rank).max().unwrap_or(0);
    rank.next_multiple_of(RANK_STEP)
}

fn site_words(config: &Config, site: Site, format: LoraFormat, rank: u32) -> (usize, usize) {
    let (a_rows, outputs) = (site.modules().len() as u32 * rank, site.shape(config).outputs);
    match rank {
        0 => (0, 0),
        _ => (lora::words(format, a_rows, site.width(config)), lora::words(format, outputs, rank)),
    }
}
