//! A recording made ready for a device: pipelines compiled, parameters uploaded, bind groups made once.
//!
//! wgpu's command buffers are single-use, so a replay encodes the list anew for each step (about 1 us a dispatch),
//! while the step before runs. Nothing is allocated by us on the way.

use super::pipeline::Pipeline;
use super::plan::PipelineKey;
use super::{Buffers, Gpu, Recording};
use crate::{Error, Result};
use ruminate_shaders::Access;
use std::collections::HashMap;
use std::sync::Arc;

/// Called as pipelines become ready: (done, total).
pub type WarmUp<'a> = &'a (dyn Fn(usize, usize) + Sync);

#[derive(Debug)]
struct Step {
    pipeline: Arc<Pipeline>,
    bind_group: wgpu::BindGroup,
    grid: [u32; 3],
}

/// A recording bound to a device.
#[derive(Debug)]
pub struct Replay {
    steps: Vec<Step>,
    labels: Vec<(String, String)>,
}

impl Replay {
    /// Compiles what is not compiled yet and binds the buffers, all of which must have been created.
    pub fn new(gpu: &Gpu, recording: &Recording, buffers: &Buffers, warm_up: WarmUp<'_>) -> Result<Self> {
        let mut keys: Vec<PipelineKey> = Vec::new();
        for command in &recording.commands {
            let key = command.plan.pipeline_key();
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        gpu.compile_all(&keys, warm_up)?;
        let params = Params::upload(gpu, recording)?;
        let mut steps = Vec::with_capacity(recording.commands.len());
        for command in &recording.commands {
            let fail = |problem: String| Error::Kernel {
                kernel: format!("{} ({})", command.plan.shader, command.label),
                problem,
            };
            let pipeline = gpu.pipeline(&command.plan.pipeline_key())?;
            let mut views = command.views.iter();
            let mut entries = Vec::with_capacity(pipeline.bindings.len());
            for binding in &pipeline.bindings {
                let resource = if binding.access == Access::Uniform {
                    params.resource(&command.plan.params).ok_or_else(|| fail("has no parameters".into()))?
                } else {
                    let view = *views.next().ok_or_else(|| fail(format!("nothing bound to {}", binding.name)))?;
                    buffers.resource(view, binding.access, &gpu.caps)?
                };
                entries.push(wgpu::BindGroupEntry { binding: binding.index, resource });
            }
            if views.next().is_some() {
                return Err(fail(format!("{} buffers given, more than it binds", command.views.len())));
            }
            let most = gpu.device.limits().max_compute_workgroups_per_dimension;
            if command.plan.grid.iter().any(|&n| n > most) {
                return Err(fail(format!("grid {:?} exceeds {most} workgroups a dimension", command.plan.grid)));
            }
            let bind_group = gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: Some(&command.label),
                layout: &pipeline.layout,
                entries: &entries,
            });
            steps.push(Step { pipeline, bind_group, grid: command.plan.grid });
        }
        let labels = recording.commands.iter().map(|c| (c.label.clone(), c.plan.shader.clone())).collect();
        gpu.check()?;
        Ok(Self { steps, labels })
    }

    /// Dispatches in a step.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// (label, permutation) of dispatch `index`.
    pub fn label(&self, index: usize) -> (&str, &str) {
        let (label, shader) = &self.labels[index];
        (label, shader)
    }

    /// Encodes every dispatch into `pass`.
    pub fn encode(&self, pass: &mut wgpu::ComputePass<'_>) {
        (0..self.steps.len()).for_each(|index| self.encode_one(pass, index));
    }

    /// Encodes dispatch `index` alone.
    pub fn encode_one(&self, pass: &mut wgpu::ComputePass<'_>, index: usize) {
        let step = &self.steps[index];
        pass.set_pipeline(&step.pipeline.pipeline);
        pass.set_bind_group(0, &step.bind_group, &[]);
        pass.dispatch_workgroups(step.grid[0], step.grid[1], step.grid[2]);
    }
}

/// Every distinct parameter block of a recording, in one uniform buffer.
struct Params {
    buffer: wgpu::Buffer,
    offsets: HashMap<Vec<u8>, u64>,
}

impl Params {
    fn upload(gpu: &Gpu, recording: &Recording) -> Result<Self> {
        let mut bytes: Vec<u8> = Vec::new();
        let mut offsets = HashMap::new();
        for command in &recording.commands {
            let block = &command.plan.params;
            if !block.is_empty() && !offsets.contains_key(block) {
                offsets.insert(block.clone(), bytes.len() as u64);
                bytes.extend_from_slice(block);
                bytes.resize(bytes.len().next_multiple_of(gpu.caps.uniform_align as usize), 0);
            }
        }
        bytes.resize(bytes.len().max(16), 0);
        let usage = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
        let buffer = gpu.create_buffer("kernel parameters", bytes.len() as u64, usage)?;
        gpu.queue.write_buffer(&buffer, 0, &bytes);
        Ok(Self { buffer, offsets })
    }

    fn resource(&self, block: &Vec<u8>) -> Option<wgpu::BindingResource<'_>> {
        Some(wgpu::BindingResource::Buffer(wgpu::BufferBinding {
            buffer: &self.buffer,
            offset: *self.offsets.get(block)?,
            size: std::num::NonZeroU64::new(block.len().next_multiple_of(16) as u64),
        }))
    }
}
