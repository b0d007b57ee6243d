//! The open device: creation, errors, submission.

use super::adapter;
use super::failed::Failed;
use super::pipeline::PipelineCache;
use super::quirks::{self, Quirk};
use super::tier::{self, Caps, Tier};
use crate::{Error, Result};
use futures_channel::oneshot;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// How long a device that failed has to say that it is lost.
const LAST_WORD: Duration = Duration::from_secs(2);

/// How to open a device.
#[derive(Debug, Clone, Default)]
pub struct GpuOptions {
    /// Index in [`super::list_adapters`] or part of a name; `None` takes the best.
    pub adapter: Option<String>,
    /// Force a tier; `None` reads `RUMINATE_TIER`, then takes the highest.
    pub tier: Option<Tier>,
    /// Never use bindings larger than this many bytes (tests of small devices); `None` takes the device's limit.
    pub max_binding: Option<u64>,
    /// In browsers, of whose subgroups wgpu does not know: the page sees to it that devices come with them.
    pub browser_subgroups: bool,
    /// Whether kernels may compute with halves where the device does; `None` reads `RUMINATE_F16`, `0` or `1`, then allows
    /// it unless the portable tier is forced.
    pub f16: Option<bool>,
}

/// An open device.
#[derive(Debug)]
pub struct Gpu {
    /// wgpu's device.
    pub device: wgpu::Device,
    /// wgpu's queue.
    pub queue: wgpu::Queue,
    /// What the driver says about itself.
    pub info: wgpu::AdapterInfo,
    /// What kernels may use.
    pub caps: Caps,
    pub(super) pipelines: PipelineCache,
    pub(super) failed: Failed,
    lost: Arc<OnceLock<String>>,
}

impl Gpu {
    /// Opens an adapter.
    pub async fn open(options: &GpuOptions) -> Result<Arc<Self>> {
        let forced = match (options.tier, std::env::var("RUMINATE_TIER")) {
            (Some(tier), _) => Some(tier),
            (None, Ok(text)) if !text.is_empty() => Some(text.parse()?),
            _ => None,
        };
        let adapter = adapter::pick(options.adapter.as_deref()).await?;
        let info = adapter.get_info();
        let wish = tier::Wish {
            tier: forced,
            has_subgroups: options.browser_subgroups,
            f16: options.f16.map_or_else(f16_of_environment, |f16| Ok(Some(f16)))?,
        };
        let mut choice = tier::choose(&adapter, &wish)?;
        if let Some(limit) = options.max_binding {
            choice.caps.max_binding = choice.caps.max_binding.min(limit);
        }
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("ruminate"),
            required_features: choice.features,
            required_limits: choice.limits,
            // SAFETY: asks for cooperative matrices alone, whose kernels are tested against their twins.
            experimental_features: unsafe { wgpu::ExperimentalFeatures::enabled() },
            memory_hints: wgpu::MemoryHints::Performance,
            trace: wgpu::Trace::Off,
        };
        let (device, queue) = adapter.request_device(&descriptor).await.map_err(|e| Error::Adapter {
            problem: format!("{} refused to open: {e}", info.name),
            remedy: "Update the driver, close other GPU programs, or pick another adapter with --gpu".into(),
        })?;
        let failed = Failed::default();
        let first = failed.clone();
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            first.set(Error::Kernel { kernel: "submission".into(), problem: error.to_string() });
        }));
        let lost = Arc::new(OnceLock::new());
        let reason = lost.clone();
        device.set_device_lost_callback(move |_, text| {
            let _ = reason.set(text);
        });
        tracing::info!(adapter = info.name, tier = %choice.caps.tier, "opened");
        Ok(Arc::new(Self { device, queue, info, caps: choice.caps, pipelines: PipelineCache::default(), failed, lost }))
    }

    /// The exception that holds for this device, if there is one.
    pub fn quirk(&self) -> Option<&'static Quirk> {
        quirks::find(&self.info)
    }

    /// The first error since the last call that was not given where it arose, or the device's loss.
    pub fn check(&self) -> Result<()> {
        let failed = self.failed.take();
        if failed.is_some() {
            // A lost device's buffers are invalid at once, but it says that it is lost when nothing runs any more.
            let _ = self.device.poll(wgpu::PollType::Wait { submission_index: None, timeout: Some(LAST_WORD) });
        }
        match self.lost.get() {
            Some(reason) => Err(Error::DeviceLost(reason.clone())),
            None => failed.map_or(Ok(()), Err),
        }
    }

    /// Creates a buffer; [`Error::OutOfMemory`] names it when there is no room.
    pub fn create_buffer(&self, name: &str, size: u64, usage: wgpu::BufferUsages) -> Result<wgpu::Buffer> {
        let out_of_memory = Error::OutOfMemory {
            what: name.to_owned(),
            bytes: size,
            remedy: "Close other GPU programs, lower --ctx, or take a smaller model or another adapter (--gpu)".into(),
        };
        if size > self.caps.max_buffer {
            return Err(out_of_memory);
        }
        let descriptor = wgpu::BufferDescriptor { label: Some(name), size, usage, mapped_at_creation: false };
        let create = || self.device.create_buffer(&descriptor);
        self.catching(wgpu::ErrorFilter::OutOfMemory, |_| out_of_memory, create)
    }

    /// Waits until a submission has run. In browsers, which drive their queues by themselves, returns at once.
    pub fn wait_for(&self, submission: wgpu::SubmissionIndex) -> Result<()> {
        self.device
            .poll(wgpu::PollType::Wait { submission_index: Some(submission), timeout: None })
            .map_err(|e| Error::DeviceLost(e.to_string()))?;
        self.check()
    }

    /// Waits until everything submitted has run, also in browsers.
    pub async fn settled(&self) -> Result<()> {
        if !cfg!(target_family = "wasm") {
            return self.wait();
        }
        let (sender, done) = oneshot::channel();
        self.queue.on_submitted_work_done(move || {
            let _ = sender.send(());
        });
        // A lost device says so in the check.
        let _ = done.await;
        self.check()
    }

    /// Waits until everything submitted has run. In browsers, returns at once: see [`Self::settled`].
    pub fn wait(&self) -> Result<()> {
        self.device.poll(wgpu::PollType::wait_indefinitely()).map_err(|e| Error::DeviceLost(e.to_string()))?;
        self.check()
    }
}

/// What `RUMINATE_F16` says.
fn f16_of_environment() -> Result<Option<bool>> {
    match std::env::var("RUMINATE_F16").as_deref() {
        Err(_) | Ok("") => Ok(None),
        Ok("0") => Ok(Some(false)),
        Ok("1") => Ok(Some(true)),
        Ok(text) => Err(Error::Invalid(format!("RUMINATE_F16 is {text:?}: it may be 0 or 1"))),
    }
}
