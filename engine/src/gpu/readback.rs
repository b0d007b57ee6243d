//! Bytes back from the GPU, without holding up what runs after.

use super::Gpu;
use crate::{Error, Result};
use futures_channel::oneshot;

/// A staging buffer that GPU data is copied into and read from; used again and again.
#[derive(Debug)]
pub struct Readback {
    buffer: wgpu::Buffer,
    mapped: Option<Mapping>,
}

#[derive(Debug)]
struct Mapping {
    done: oneshot::Receiver<Result<(), wgpu::BufferAsyncError>>,
    submission: wgpu::SubmissionIndex,
}

impl Readback {
    /// A staging buffer of `size` bytes.
    pub fn new(gpu: &Gpu, size: u64) -> Result<Self> {
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        Ok(Self { buffer: gpu.create_buffer("readback", size.next_multiple_of(16), usage)?, mapped: None })
    }

    /// Encodes the copy of `size` bytes of `source` from `offset`.
    pub fn copy(&self, encoder: &mut wgpu::CommandEncoder, source: &wgpu::Buffer, offset: u64, size: u64) {
        encoder.copy_buffer_to_buffer(source, offset, &self.buffer, 0, size);
    }

    /// Asks for the bytes that `submission` copies.
    pub fn request(&mut self, submission: wgpu::SubmissionIndex) {
        let (sender, done) = oneshot::channel();
        self.buffer.map_async(wgpu::MapMode::Read, .., move |result| {
            let _ = sender.send(result);
        });
        self.mapped = Some(Mapping { done, submission });
    }

    /// Waits for the bytes that were asked for, and not for what was submitted after them. If the future is dropped, the
    /// next one waits for the same bytes.
    pub async fn bytes(&mut self, gpu: &Gpu) -> Result<Vec<u8>> {
        let mapping = self.mapped.as_mut().ok_or_else(|| Error::Invalid("readback was not requested".into()))?;
        gpu.wait_for(mapping.submission.clone())?;
        let done = (&mut mapping.done).await;
        self.mapped = None;
        match done {
            Ok(Ok(())) => {}
            Ok(Err(e)) => {
                gpu.check()?;
                return Err(Error::DeviceLost(e.to_string()));
            }
            Err(_) => return Err(Error::DeviceLost("the device went away during a readback".into())),
        }
        let bytes = match self.buffer.get_mapped_range(..) {
            Ok(range) => range.to_vec(),
            Err(e) => return Err(Error::DeviceLost(e.to_string())),
        };
        self.buffer.unmap();
        gpu.check()?;
        Ok(bytes)
    }
}

impl Gpu {
    /// Copies `size` bytes of `buffer` from `offset` back, after everything submitted so far.
    pub async fn read(&self, buffer: &wgpu::Buffer, offset: u64, size: u64) -> Result<Vec<u8>> {
        let mut readback = Readback::new(self, size)?;
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        readback.copy(&mut encoder, buffer, offset, size);
        readback.request(self.queue.submit([encoder.finish()]));
        let mut bytes = readback.bytes(self).await?;
        bytes.truncate(size as usize);
        Ok(bytes)
    }
}
