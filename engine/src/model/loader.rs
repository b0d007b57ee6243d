//! Weights from a GGUF file to the GPU, tensor by tensor: the file is mapped, a few megabytes at a time are repacked,
//! and pages that were sent are given back to the system.

use super::{Config, Layer, Matrix, Slice, Weights};
use crate::formats::blocks::{self, Encoding, RowOrder, Run};
use crate::formats::gguf::{Gguf, TensorInfo};
use crate::formats::{Dtype, ReadAt};
use crate::gpu::{Buffers, Gpu, View};
use crate::kernels::{WeightStore, rope_kv};
use crate::{Error, Result};

/// Called as weights arrive: (bytes of the file done, bytes in all). `false` cancels.
pub type LoadProgress<'a> = &'a mut dyn FnMut(u64, u64) -> bool;

/// Bytes repacked at a time.
const CHUNK: usize = 4 << 20;
/// Bytes sent before the staging memory is waited for.
const IN_FLIGHT: u64 = 64 << 20;

/// Loads all weights of `gguf`, whose tensors come from `source`.
pub async fn load(
    gpu: &Gpu,
    gguf: &Gguf,
    source: &impl ReadAt,
    config: &Config,
    buffers: &mut Buffers,
    progress: LoadProgress<'_>,
) -> Result<Weights> {
    let total = gguf.tensors().iter().map(|t| t.size() as u64).sum();
    let mut loader = Loader { gpu, gguf, source, config, buffers, progress, done: 0, total, unwaited: 0 };
    let weights = loader.weights().await?;
    gpu.settled().await?;
    Ok(weights)
}

/// A part of a matrix: one tensor, whose rows follow those of the part before.
struct Part {
    tensor: String,
    outputs: u32,
    order: RowOrder,
    bias: Option<String>,
}

impl Part {
    fn new(tensor: String, outputs: u32) -> Self {
        Self { tensor, outputs, order: RowOrder::AsStored, bias: None }
    }
}

struct Loader<'a, S> {
    gpu: &'a Gpu,
    gguf: &'a Gguf,
    source: &'a S,
    config: &'a Config,
    buffers: &'a mut Buffers,
    progress: LoadProgress<'a>,
    done: u64,
    total: u64,
    unwaited: u64,
}

impl<S: ReadAt> Loader<'_, S> {
    async fn weights(&mut self) -> Result<Weights> {
        let (hidden, vocab) = (self.config.hidden, self.config.vocab);
        let embedding = self.matrix("embedding", hidden, &[Part::new("token_embd.weight".into(), vocab)]).await?;
        let head = match self.gguf.find_tensor("output.weight") {
            Some(_) => self.matrix("head", hidden, &[Part::new("output.weight".into(), vocab)]).await?,
            None => embedding.clone(),
        };
        let mut layers = Vec::with_capacity(self.config.layers as usize);
        for index in 0..self.config.layers {
            layers.push(self.layer(index).await?);
        }
        let final_norm = self.vector("output_norm.weight", hidden).await?;
        let rope_turns = self.buffers.upload(self.gpu, "rope turns", &rope_kv::turns(&self.config.inverse_freq))?;
        Ok(Weights { embedding, layers, final_norm, head, rope_turns })
    }

    async fn layer(&mut self, index: u32) -> Result<Layer> {
        let config = self.config;
        let (hidden, ffn) = (config.hidden, config.ffn);
        let name = |part: &str| format!("blk.{index}.{part}.weight");
        let projection = |part: &str, outputs, order| {
            let bias = format!("blk.{index}.{part}.bias");
            let bias = self.gguf.find_tensor(&bias).map(|_| bias);
            Part { tensor: name(part), outputs, order, bias }
        };
        let rotated = config.family.query_key_order(config);
        let qkv = [
            projection("attn_q", config.query_width(), rotated),
            projection("attn_k", config.kv_width(), rotated),
            projection("attn_v", config.kv_width(), RowOrder::AsStored),
        ];
        let output = [Part::new(name("attn_output"), hidden)];
        let gate_up = [Part::new(name("ffn_gate"), ffn), Part::new(name("ffn_up"), ffn)];
        let down = [Part::new(name("ffn_down"), hidden)];
        Ok(Layer {
            attention_norm: self.vector(&name("attn_norm"), hidden).await?,
            qkv: self.matrix(&format!("layer {index} qkv"), hidden, &qkv).await?,
            output: self.matrix(&format!("layer {index} output"), config.query_width(), &output).await?,
            ffn_norm: self.vector(&name("ffn_norm"), hidden).await?,
            gate_up: self.matrix(&format!("layer {index} gate_up"), hidden, &gate_up).await?,
            down: self.matrix(&format!("layer {index} down"), ffn, &down).await?,
        })
    }

    /// A vector of f32, whatever float type the file has.
    async fn vector(&mut self, name: &str, length: u32) -> Result<View> {
        let values = self.floats(name, length).await?;
        self.advance(self.gguf.tensor(name)?.size() as u64).await?;
        self.buffers.upload(self.gpu, name, &values)
    }

    async fn floats(&mut self, name: &str, length: u32) -> Result<Vec<f32>> {
        let info = self.gguf.tensor(name)?;
        floats(self.gguf, info, &self.source.read(info.place(0..info.rows)).await?, length as usize)
    }

    /// Several tensors as one matrix. Parts of one encoding share buffers while a binding holds them.
    async fn matrix(&mut self, name: &str, width: u32, parts: &[Part]) -> Result<Matrix> {
        let mut matrix = Matrix { width, outputs: 0, slices: Vec::new() };
        let has_bias = parts.iter().any(|p| p.bias.is_some());
        let mut start = 0;
        while start < parts.len() {
            let (encoding, even) = self.check(&parts[start], width)?;
            let mut end = start + 1;
            let mut outputs = parts[start].outputs;
            let mut joined_evenly = even;
            // Scales of two groups share a word, so a part that ends inside one cannot be followed.
            while end < parts.len() && joined_evenly {
                let (next, next_even) = self.check(&parts[end], width)?;
                if next != encoding || self.rows_per_slice(encoding, width) < outputs + parts[end].outputs {
                    break;
                }
                outputs += parts[end].outputs;
                joined_evenly = next_even;
                end += 1;
            }
            self.slices(&mut matrix, name, encoding, &parts[start..end], has_bias).await?;
            start = end;
        }
        Ok(matrix)
    }

    /// A part's encoding, and whether it ends on a whole word of scales.
    fn check(&self, part: &Part, width: u32) -> Result<(Encoding, bool)> {
        let info = self.gguf.tensor(&part.tensor)?;
        expect_shape(self.gguf, info, &[u64::from(width), u64::from(part.outputs)])?;
        let groups = u64::from(part.outputs) * u64::from(width / 32);
        Ok((self.gguf.encoding(info)?, groups.is_multiple_of(2)))
    }

    /// The most rows whose quants fit one binding; even, so that slices end on whole words of scales.
    fn rows_per_slice(&self, encoding: Encoding, width: u32) -> u32 {
        let row = u64::from(width / 32) * encoding.group_words() as u64 * 4;
        let rows = (self.gpu.caps.max_binding / row).min(u64::from(u32::MAX / 2));
        (rows as u32 / 2 * 2).max(2)
    }

    /// Uploads `parts`, all of one encoding, as one slice, or one part as several.
    async fn slices(
        &mut self,
        matrix: &mut Matrix,
        name: &str,
        encoding: Encoding,
        parts: &[Part],
        has_bias: bool,
    ) -> Result<()> {
        let most = self.rows_per_slice(encoding, matrix.width);
        let outputs: u32 = parts.iter().map(|p| p.outputs).sum();
        let mut first = 0;
        while first < outputs {
            let rows = (outputs - first).min(most);
            let label = format!("{name} {first}");
            let mut store = WeightStore::new(self.gpu, self.buffers, &label, encoding, (rows, matrix.width))?;
            let mut bias_values = Vec::new();
            for part in parts {
                let wanted = if parts.len() == 1 { first..first + rows } else { 0..part.outputs };
                self.part(part, matrix.width, wanted.start as usize..wanted.end as usize, &mut store).await?;
                match &part.bias {
                    Some(bias) => {
                        // Biases follow their rows' order.
                        let values = self.floats(bias, part.outputs).await?;
                        bias_values.extend(wanted.map(|row| values[part.order.source(row as usize)]));
                    }
                    None => bias_values.extend(wanted.map(|_| 0.0f32)),
                }
            }
            let (quants, scales) = store.finish(self.gpu, self.buffers)?;
            let bias = match has_bias {
                true => Some(self.buffers.upload(self.gpu, format!("{label} bias"), &bias_values)?),
                false => None,
            };
            matrix.slices.push(Slice { encoding, first: matrix.outputs, outputs: rows, quants, scales, bias });
            matrix.outputs += rows;
            first += rows;
        }
        Ok(())
    }

    /// Sends rows of one tensor behind what the store already holds.
    async fn part(
        &mut self,
        part: &Part,
        width: u32,
        rows: std::ops::Range<usize>,
        store: &mut WeightStore,
    ) -> Result<()> {
        let info = self.gguf.tensor(&part.tensor)?;
        let run = Run { dtype: info.dtype, cols: width as usize, rows, order: part.order };
        for run in run.split(CHUNK) {
            let (quant_words, scale_words) = run.words()?;
            let (mut quant_data, mut scale_data) = (vec![0u32; quant_words], vec![0u32; scale_words]);
            let (count, span) = (run.rows.len(), run.order.span(run.rows.clone()));
            let rows = run.rows.start - span.start..run.rows.end - span.start;
            let bytes = self.source.read(info.place(span)).await?;
            blocks::pack_rows(&Run { rows, ..run }, &bytes, &mut quant_data, &mut scale_data)?;
            store.push(self.gpu, self.buffers, &quant_data, &scale_data)?;
            self.advance((count * info.row_size()) as u64).await?;
        }
        self.gguf.release(info);
        Ok(())
    }

    /// Counts bytes of the file, reports, and now and then waits so that staging memory stays small.
    async fn advance(&mut self, bytes: u64) -> Result<()> {
        self.done += bytes;
        self.unwaited += bytes;
        if self.unwaited > IN_FLIGHT {
            self.unwaited = 0;
            self.gpu.queue.submit([]);
            self.gpu.settled().await?;
        }
        if (self.progress)(self.done.min(self.total), self.total) { Ok(()) } else { Err(Error::Cancelled) }
    }
}

/// A tensor of `length` floats as f32, from its bytes.
pub(super) fn floats(gguf: &Gguf, info: &TensorInfo, bytes: &[u8], length: usize) -> Result<Vec<f32>> {
    expect_shape(gguf, info, &[length as u64])?;
    if !matches!(info.dtype, Dtype::F32 | Dtype::F16) {
        let remedy = "Norms and biases are F32 or F16 in every known converter's files";
        return Err(Error::tensor(gguf.file(), &info.name, format!("its type is {}", info.dtype), remedy));
    }
    let mut values = vec![0f32; length];
    blocks::dequantize(info.dtype, bytes, &mut values)?;
    if values.iter().any(|v| !v.is_finite()) {
        return Err(Error::tensor(gguf.file(), &info.name, "it holds infinities or NaNs", "The file is damaged"));
    }
    Ok(values)
}

fn expect_shape(gguf: &Gguf, info: &TensorInfo, shape: &[u64]) -> Result<()> {
    if info.shape == shape {
        return Ok(());
    }
    let problem = format!("its shape is {:?}, the metadata asks for {shape:?}", info.shape);
    Err(Error::tensor(gguf.file(), &info.name, problem, "The file is damaged or was converted wrongly"))
}
