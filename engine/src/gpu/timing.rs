//! GPU time from timestamp queries.

use super::{Gpu, Replay};
use crate::{Error, Result};

/// Times whole compute passes.
#[derive(Debug)]
pub struct StepTimer {
    queries: wgpu::QuerySet,
    resolved: wgpu::Buffer,
    count: u32,
}

impl StepTimer {
    /// Room for `count` timestamps; [`Error::Invalid`] where the device has none.
    pub fn new(gpu: &Gpu, count: u32) -> Result<Self> {
        if !gpu.caps.timestamps {
            return Err(Error::Invalid(format!("{} has no timestamp queries", gpu.info.name)));
        }
        let queries = gpu.device.create_query_set(&wgpu::QuerySetDescriptor {
            label: Some("timestamps"),
            ty: wgpu::QueryType::Timestamp,
            count,
        });
        let usage = wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC;
        let resolved = gpu.create_buffer("timestamps", u64::from(count) * 8, usage)?;
        Ok(Self { queries, resolved, count })
    }

    /// The queries to write at a pass's beginning (0) and end (1).
    pub fn pass_writes(&self) -> wgpu::ComputePassTimestampWrites<'_> {
        wgpu::ComputePassTimestampWrites {
            query_set: &self.queries,
            beginning_of_pass_write_index: Some(0),
            end_of_pass_write_index: Some(1),
        }
    }

    /// Encodes the resolution of all timestamps, after the pass.
    pub fn resolve(&self, encoder: &mut wgpu::CommandEncoder) {
        encoder.resolve_query_set(&self.queries, 0..self.count, &self.resolved, 0);
    }

    /// All timestamps in seconds since the first.
    pub async fn seconds(&self, gpu: &Gpu) -> Result<Vec<f64>> {
        let bytes = gpu.read(&self.resolved, 0, u64::from(self.count) * 8).await?;
        let period = f64::from(gpu.queue.get_timestamp_period()) * 1e-9;
        let ticks: Vec<u64> = bytemuck::pod_collect_to_vec(&bytes);
        Ok(ticks.iter().map(|&t| t.wrapping_sub(ticks[0]) as f64 * period).collect())
    }

    /// Runs `replay` `times` times in one pass and gives the seconds of one.
    pub async fn time(&self, gpu: &Gpu, replay: &Replay, times: u32) -> Result<f64> {
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
                label: None,
                timestamp_writes: Some(self.pass_writes()),
            });
            (0..times).for_each(|_| replay.encode(&mut pass));
        }
        self.resolve(&mut encoder);
        gpu.queue.submit([encoder.finish()]);
        Ok(self.seconds(gpu).await?[1] / f64::from(times))
    }
}

/// Seconds of each dispatch of one replay, by a timestamp after each. They run one after another, as in a step.
pub async fn kernel_times(gpu: &Gpu, replay: &Replay) -> Result<Vec<f64>> {
    if !gpu.caps.timestamps_inside {
        return Err(Error::Invalid(format!("{} cannot time single dispatches", gpu.info.name)));
    }
    let timer = StepTimer::new(gpu, replay.len() as u32 + 1)?;
    let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    {
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        pass.write_timestamp(&timer.queries, 0);
        for index in 0..replay.len() {
            replay.encode_one(&mut pass, index);
            pass.write_timestamp(&timer.queries, index as u32 + 1);
        }
    }
    timer.resolve(&mut encoder);
    gpu.queue.submit([encoder.finish()]);
    let seconds = timer.seconds(gpu).await?;
    Ok(seconds.windows(2).map(|pair| pair[1] - pair[0]).collect())
}
