//! One dispatch, as plain data.

use super::tier::Caps;

/// Which shader runs, with which numbers, over which grid. Made by a kernel's `plan`, without a GPU.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The permutation's name: kernel and defines joined by `+`.
    pub shader: String,
    /// Values of `override` constants.
    pub constants: Vec<(&'static str, f64)>,
    /// The uniform parameters (binding 0), in the layout of the kernel's `Params`.
    pub params: Vec<u8>,
    /// Workgroups in x, y, z.
    pub grid: [u32; 3],
}

impl Plan {
    /// A plan of the permutation `kernel` + `defines`; empty defines are left out.
    pub fn new(kernel: &str, defines: &[&str]) -> Self {
        let mut shader = kernel.to_owned();
        for define in defines.iter().filter(|d| !d.is_empty()) {
            shader.push('+');
            shader.push_str(define);
        }
        Self { shader, constants: Vec::new(), params: Vec::new(), grid: [1, 1, 1] }
    }

    /// Sets an `override` constant.
    pub fn constant(mut self, name: &'static str, value: u32) -> Self {
        self.constants.push((name, f64::from(value)));
        self
    }

    /// Sets `SG`, the subgroup size, where the tier has subgroups.
    pub fn subgroup(self, caps: &Caps) -> Self {
        match caps.subgroup {
            Some(size) => self.constant("SG", size),
            None => self,
        }
    }

    /// Sets the parameters.
    pub fn params<T: bytemuck::Pod>(mut self, params: T) -> Self {
        self.params = bytemuck::bytes_of(&params).to_vec();
        self
    }

    /// Sets the grid.
    pub fn grid(mut self, x: u32, y: u32, z: u32) -> Self {
        self.grid = [x, y, z];
        self
    }

    /// What the pipeline depends on.
    pub(super) fn pipeline_key(&self) -> PipelineKey {
        PipelineKey {
            shader: self.shader.clone(),
            constants: self.constants.iter().map(|&(name, value)| (name, value.to_bits())).collect(),
        }
    }
}

/// A pipeline's identity: permutation and constants.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct PipelineKey {
    pub shader: String,
    pub constants: Vec<(&'static str, u64)>,
}
