//! The two learned heads of a bundle: the switcher's, a small network, and the verifier's, one row.

use std::path::Path;

use safetensors::{Dtype, SafeTensors};

use crate::formats::Files;
use crate::formats::safetensors::{self as file_of_tensors, DAMAGED};
use crate::{Error, Result};

/// Most numbers between the switcher's two layers.
const MAX_WIDTH: usize = 1024;

/// The heads of a bundle. All numbers are finite.
#[derive(Debug, Clone, PartialEq)]
pub struct Heads {
    /// Says whether to reason.
    pub switcher: SwitcherHead,
    /// Says whether a branch's answer is right.
    pub verifier: VerifierHead,
}

/// `sigmoid(w2 . relu(w1 s + b1) + b2)` of a pooled hidden state s.
#[derive(Debug, Clone, PartialEq)]
pub struct SwitcherHead {
    /// `[width, hidden]`, rows contiguous.
    pub w1: Vec<f32>,
    /// `[width]`
    pub b1: Vec<f32>,
    /// `[width]`
    pub w2: Vec<f32>,
    /// One number.
    pub b2: f32,
}

/// `sigmoid(w . h + b)` of a hidden state h.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifierHead {
    /// `[hidden]`
    pub w: Vec<f32>,
    /// One number.
    pub b: f32,
}

impl Heads {
    /// Reads the heads for hidden states of `hidden` numbers. Tensors that are not known are ignored.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be read or is damaged, [`Error::Tensor`] if a tensor is missing, has another
    /// shape or type, or holds what is not finite.
    pub fn open(files: &Files, file: &Path, hidden: usize) -> Result<Self> {
        let map = files.map(file)?;
        let tensors = Tensors { file, tensors: &file_of_tensors::read(file, &map)? };
        let width = tensors.shape("switcher.w1")?.first().copied().unwrap_or(0);
        if !(1..=MAX_WIDTH).contains(&width) {
            return Err(tensors.wrong_shape("switcher.w1", &format!("[1 to {MAX_WIDTH}, {hidden}]"))?);
        }
        Ok(Self {
            switcher: SwitcherHead {
                w1: tensors.numbers("switcher.w1", &[width, hidden])?,
                b1: tensors.numbers("switcher.b1", &[width])?,
                w2: tensors.numbers("switcher.w2", &[width])?,
                b2: tensors.number("switcher.b2")?,
            },
            verifier: VerifierHead { w: tensors.numbers("verifier.w", &[hidden])?, b: tensors.number("verifier.b")? },
        })
    }
}

struct Tensors<'a> {
    file: &'a Path,
    tensors: &'a SafeTensors<'a>,
}

impl Tensors<'_> {
    fn view(&self, name: &str) -> Result<safetensors::tensor::TensorView<'_>> {
        let missing = |_| Error::tensor(self.file, name, "it is missing", "Export the bundle's heads again");
        self.tensors.tensor(name).map_err(missing)
    }

    fn shape(&self, name: &str) -> Result<Vec<usize>> {
        Ok(self.view(name)?.shape().to_vec())
    }

    fn wrong_shape(&self, name: &str, wanted: &str) -> Result<Error> {
        let problem = format!("its shape is {:?}, the bundle's base asks for {wanted}", self.shape(name)?);
        Ok(Error::tensor(self.file, name, problem, "Export the heads of the bundle's own base"))
    }

    fn numbers(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let view = self.view(name)?;
        if view.shape() != shape {
            return Err(self.wrong_shape(name, &format!("{shape:?}"))?);
        }
        if view.dtype() != Dtype::F32 {
            let problem = format!("its type is {:?}", view.dtype());
            return Err(Error::tensor(self.file, name, problem, "Save the heads as F32"));
        }
        let numbers: Vec<f32> = bytemuck::pod_collect_to_vec(view.data());
        match numbers.iter().position(|number| !number.is_finite()) {
            None if numbers.len() == shape.iter().product::<usize>() => Ok(numbers),
            None => Err(Error::tensor(self.file, name, "it is shorter than its shape", DAMAGED)),
            Some(at) => {
                let problem = format!("number {at} is {}", numbers[at]);
                Err(Error::tensor(self.file, name, problem, "Train or export the heads again"))
            }
        }
    }

    fn number(&self, name: &str) -> Result<f32> {
        Ok(self.numbers(name, &[1])?[0])
    }
}
