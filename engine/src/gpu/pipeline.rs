//! Pipelines by (permutation, constants), each compiled once, many at a time.

use super::Gpu;
use super::plan::PipelineKey;
use crate::{Error, Result};
use ruminate_shaders::{Access, Binding, compose, is_listed};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What browsers want to be told of kernels with subgroups, and naga refuses. Kernels keep whole subgroups together by
/// conditions that a browser cannot see through.
const BROWSER_SUBGROUPS: &str = "enable subgroups;\ndiagnostic(off, subgroup_uniformity);\n";

/// A compiled kernel.
#[derive(Debug)]
pub(super) struct Pipeline {
    pub pipeline: wgpu::ComputePipeline,
    pub layout: wgpu::BindGroupLayout,
    /// The contract, in binding order.
    pub bindings: Vec<Binding>,
}

#[derive(Debug, Default)]
pub(super) struct PipelineCache(Mutex<HashMap<PipelineKey, Arc<Pipeline>>>);

impl Gpu {
    fn cached(&self, key: &PipelineKey) -> Option<Arc<Pipeline>> {
        self.pipelines.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// The pipeline of `key`, compiled now if it was not before.
    pub(super) fn pipeline(&self, key: &PipelineKey) -> Result<Arc<Pipeline>> {
        if let Some(pipeline) = self.cached(key) {
            return Ok(pipeline);
        }
        let pipeline = Arc::new(self.compile(key)?);
        self.pipelines.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), pipeline.clone());
        Ok(pipeline)
    }

    /// Compiles all of `keys` on all cores; `progress(done, total)` is called from any of them.
    pub(super) fn compile_all(&self, keys: &[PipelineKey], progress: &(dyn Fn(usize, usize) + Sync)) -> Result<()> {
        let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let failure = Mutex::new(None);
        let work = || {
            while let Some(key) = keys.get(next.fetch_add(1, Ordering::Relaxed)) {
                if let Err(error) = self.pipeline(key) {
                    failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                }
                progress(done.fetch_add(1, Ordering::Relaxed) + 1, keys.len());
            }
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(keys.len());
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(work);
            }
            work();
        });
        failure.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }

    fn compile(&self, key: &PipelineKey) -> Result<Pipeline> {
        let fail = |problem: String| Error::Kernel { kernel: key.shader.clone(), problem };
        if !is_listed(&key.shader) {
            return Err(fail("this permutation is not in permutations.txt".into()));
        }
        let shader = compose(&key.shader).map_err(|e| fail(e.to_string()))?;
        let kernel = key.shader.clone();
        let refused = move |error: wgpu::Error| Error::Kernel { kernel, problem: error.to_string() };
        let make = || self.make(key, &shader.wgsl, &shader.bindings);
        let made = self.catching(wgpu::ErrorFilter::Internal, refused.clone(), || {
            self.catching(wgpu::ErrorFilter::Validation, refused, make)
        });
        let (pipeline, layout) = made??;
        Ok(Pipeline { pipeline, layout, bindings: shader.bindings })
    }

    fn make(
        &self,
        key: &PipelineKey,
        wgsl: &str,
        bindings: &[Binding],
    ) -> (wgpu::ComputePipeline, wgpu::BindGroupLayout) {
        let layout = self.device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some(&key.shader),
            entries: &bindings.iter().map(layout_entry).collect::<Vec<_>>(),
        });
        let pipeline_layout = self.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(&key.shader),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let module = self.module(&key.shader, wgsl);
        let constants: Vec<(&str, f64)> = key.constants.iter().map(|&(n, v)| (n, f64::from_bits(v))).collect();
        let pipeline = self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(&key.shader),
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions {
                constants: &constants,
                // Every kernel writes its workgroup memory before reading it.
                zero_initialize_workgroup_memory: false,
            },
            cache: None,
        });
        (pipeline, layout)
    }

    /// Release builds drop naga's bounds checks and loop bounding, which cost up to half of a kernel's time; debug
    /// builds, and so the tests, keep them.
    fn module(&self, label: &str, wgsl: &str) -> wgpu::ShaderModule {
        let wgsl = if cfg!(target_family = "wasm") && self.caps.small_subgroup().is_some() {
            format!("{BROWSER_SUBGROUPS}{wgsl}").into()
        } else {
            wgsl.into()
        };
        let descriptor = wgpu::ShaderModuleDescriptor { label: Some(label), source: wgpu::ShaderSource::Wgsl(wgsl) };
        if cfg!(debug_assertions) {
            self.device.create_shader_module(descriptor)
        } else {
            // SAFETY: the text is the project's own; kernels guard their indices by the shapes in their parameters,
            // which the plans check, and tests run them with the checks on.
            unsafe { self.device.create_shader_module_trusted(descriptor, wgpu::ShaderRuntimeChecks::unchecked()) }
        }
    }
}

fn layout_entry(binding: &Binding) -> wgpu::BindGroupLayoutEntry {
    wgpu::BindGroupLayoutEntry {
        binding: binding.index,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: match binding.access {
            Access::Uniform => buffer(wgpu::BufferBindingType::Uniform),
            Access::Read => buffer(wgpu::BufferBindingType::Storage { read_only: true }),
            Access::ReadWrite => buffer(wgpu::BufferBindingType::Storage { read_only: false }),
            Access::Texture => wgpu::BindingType::StorageTexture {
                access: wgpu::StorageTextureAccess::ReadOnly,
                format: super::texture::FORMAT,
                view_dimension: wgpu::TextureViewDimension::D2,
            },
        },
        count: None,
    }
}

fn buffer(ty: wgpu::BufferBindingType) -> wgpu::BindingType {
    wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None }
}
