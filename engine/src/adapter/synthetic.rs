//! Adapters of random factors, to measure and test with.

use super::{AdapterFile, Factors, Module};
use crate::kernels::Data;
use crate::model::Config;
use std::collections::BTreeMap;
use std::path::PathBuf;

impl AdapterFile {
    /// Random factors of one rank for some modules of every layer, KV-shareable.
    pub fn synthetic(config: &Config, seed: u64, rank: u32, modules: &[Module]) -> Self {
        let mut data = Data::new(seed);
        let mut factors = BTreeMap::new();
        for layer in 0..config.layers {
            for &module in modules {
                let (width, outputs) = module.shape(config);
                let a = data.floats((rank * width) as usize, 0.5);
                let b = data.floats((outputs * rank) as usize, 0.1);
                factors.insert((layer, module), Factors { rank, scale: 2.0, a, b });
            }
        }
        let path = PathBuf::from(format!("synthetic-{seed}"));
        Self { path, base_model: None, rank, factors, kv_shareable: true, invocation_tokens: None }
    }
}
