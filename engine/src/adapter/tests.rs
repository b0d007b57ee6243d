//! Well-formed PEFT folders read back, with every scale and key that they may have.

use std::collections::BTreeMap;
use std::path::Path;

use half::{bf16, f16};
use safetensors::Dtype as Kind;
use safetensors::tensor::TensorView;
use serde_json::{Value, json};

use super::*;
use crate::Result;
use crate::model::{Config, Family};

/// A model of the smallest sizes at which no two modules but those of equal roles share a shape.
pub(crate) fn config() -> Config {
    Config {
        family: Family::Llama,
        layers: 2,
        hidden: 32,
        ffn: 96,
        heads: 2,
        kv_heads: 1,
        head_dim: 8,
        vocab: 100,
        context: 64,
        rms_eps: 1e-5,
        inverse_freq: vec![1.0; 4],
    }
}

/// Numbers that every float type holds exactly and that differ between neighbours and between seeds.
pub(super) fn ramp(count: usize, seed: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 7 + seed * 13) % 101) as f32 - 50.0).collect()
}

/// A tensor's type, shape and bytes.
pub(super) type Draft = (Kind, Vec<usize>, Vec<u8>);

pub(super) fn f32s(shape: [usize; 2], values: &[f32]) -> Draft {
    (Kind::F32, shape.to_vec(), values.iter().flat_map(|v| v.to_le_bytes()).collect())
}

/// A PEFT folder to be written.
pub(super) struct Folder {
    pub config: Value,
    pub tensors: BTreeMap<String, Draft>,
}

pub(super) fn key(layer: u32, module: Module, matrix: &str) -> String {
    let (block, name) = (module.peft_block(), module.peft_name());
    format!("base_model.model.model.layers.{layer}.{block}.{name}.lora_{matrix}.weight")
}

impl Folder {
    /// Rank 4 and alpha 8 on these modules.
    pub fn of(modules: &[(u32, Module)]) -> Self {
        let config = json!({
            "peft_type": "LORA", "r": 4, "lora_alpha": 8, "base_model_name_or_path": "some/base", "bias": "none",
            "target_modules": ["q_proj", "down_proj"], "modules_to_save": null, "use_dora": false, "lora_bias": false,
            "init_lora_weights": true, "fan_in_fan_out": false, "rank_pattern": {}, "alpha_pattern": {},
            "megatron_config": null, "megatron_core": "megatron.core", "loftq_config": {}, "qalora_group_size": 16,
            "alora_invocation_tokens": null, "lora_dropout": 0.05, "task_type": "CAUSAL_LM",
        });
        let mut folder = Self { config, tensors: BTreeMap::new() };
        for &(layer, module) in modules {
            folder = folder.pair(layer, module, 4);
        }
        folder
    }

    /// A query and a down projection.
    pub fn sample() -> Self {
        Self::of(&[(0, Module::Query), (1, Module::Down)])
    }

    /// Adds or replaces a pair of a rank.
    pub fn pair(mut self, layer: u32, module: Module, rank: usize) -> Self {
        let (width, outputs) = module.shape(&config());
        let (width, outputs) = (width as usize, outputs as usize);
        self.tensors.insert(key(layer, module, "A"), f32s([rank, width], &ramp(rank * width, 1)));
        self.tensors.insert(key(layer, module, "B"), f32s([outputs, rank], &ramp(outputs * rank, 2)));
        self
    }

    pub fn set(mut self, name: &str, value: Value) -> Self {
        self.config[name] = value;
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.config.as_object_mut().unwrap().remove(name);
        self
    }

    pub fn tensor(mut self, name: &str, draft: Draft) -> Self {
        self.tensors.insert(name.to_owned(), draft);
        self
    }

    pub fn weights(&self) -> Vec<u8> {
        let views = self
            .tensors
            .iter()
            .map(|(name, (kind, shape, bytes))| (name, TensorView::new(*kind, shape.clone(), bytes).unwrap()));
        safetensors::serialize(views, None).unwrap()
    }

    pub fn write(&self, folder: &Path) {
        std::fs::write(folder.join(peft::CONFIG), self.config.to_string()).unwrap();
        std::fs::write(folder.join(peft::WEIGHTS), self.weights()).unwrap();
    }

    pub fn open(&self) -> Result<AdapterFile> {
        let folder = tempfile::tempdir().unwrap();
        self.write(folder.path());
        AdapterFile::open(folder.path(), &config())
    }

    /// The pairs' scales.
    fn scales(&self) -> Vec<f32> {
        self.open().unwrap().factors.values().map(|factors| factors.scale).collect()
    }
}

#[test]
fn every_module_of_every_layer_reads_back() {
    let modules: Vec<_> = (0..2).flat_map(|layer| Module::ALL.map(|module| (layer, module))).collect();
    let adapter = Folder::of(&modules).open().unwrap();
    assert_eq!(adapter.factors.keys().copied().collect::<Vec<_>>(), modules);
    assert_eq!((adapter.rank, adapter.base_model.as_deref()), (4, Some("some/base")));
    assert_eq!((adapter.kv_shareable, &adapter.invocation_tokens), (false, &None));
    for ((_, module), factors) in &adapter.factors {
        let (width, outputs) = module.shape(&config());
        let expected = Factors {
            rank: 4,
            scale: 2.0,
            a: ramp(4 * width as usize, 1),
            // Rows of Q and K too lie in the checkpoint's order, which is the engine's.
            b: ramp(4 * outputs as usize, 2),
        };
        assert_eq!(factors, &expected, "{module}");
    }
}

#[test]
fn a_folder_and_the_configuration_in_it_are_the_same_adapter() {
    let folder = tempfile::tempdir().unwrap();
    Folder::sample().write(folder.path());
    let by_folder = AdapterFile::open(folder.path(), &config()).unwrap();
    let by_file = AdapterFile::open(&folder.path().join("adapter_config.json"), &config()).unwrap();
    assert_eq!(by_folder, by_file);
    assert_eq!(by_folder.path, folder.path());
}

#[test]
fn half_types_and_saved_state_dicts_are_read() {
    let a = ramp(4 * 32, 3);
    let b = ramp(16 * 4, 4);
    let a16 = a.iter().flat_map(|&v| f16::from_f32(v).to_le_bytes()).collect();
    let b16 = b.iter().flat_map(|&v| bf16::from_f32(v).to_le_bytes()).collect();
    let path = "base_model.model.layers.1.self_attn.q_proj";
    let adapter = Folder::of(&[])
        .tensor(&format!("{path}.lora_A.default.weight"), (Kind::F16, vec![4, 32], a16))
        .tensor(&format!("{path}.lora_B.default.weight"), (Kind::BF16, vec![16, 4], b16))
        .open()
        .unwrap();
    let factors = &adapter.factors[&(1, Module::Query)];
    assert_eq!((&factors.a, &factors.b), (&a, &b));
}

#[test]
fn scales_follow_alpha_rank_and_stabilisation() {
    assert_eq!(Folder::sample().scales(), [2.0, 2.0]);
    assert_eq!(Folder::sample().set("lora_alpha", json!(6.5)).scales(), [1.625, 1.625]);
    assert_eq!(Folder::sample().set("use_rslora", json!(true)).scales(), [4.0, 4.0]);
}

#[test]
fn patterns_set_rank_and_alpha_of_single_modules() {
    let folder = Folder::sample()
        .pair(0, Module::Query, 2)
        .set("rank_pattern", json!({"layers.0.self_attn.q_proj": 2}))
        .set("alpha_pattern", json!({r"model\.layers\.\d+\.mlp\..*": 2, "layers.1": 99}));
    let adapter = folder.open().unwrap();
    let of = |key| (adapter.factors[&key].rank, adapter.factors[&key].scale);
    assert_eq!(of((0, Module::Query)), (2, 4.0));
    assert_eq!(of((1, Module::Down)), (4, 0.5));
    assert_eq!(adapter.rank, 4);
    let stabilised = folder.set("use_rslora", json!(true)).scales();
    assert_eq!(stabilised, [8.0 / 2f32.sqrt(), 1.0]);
}

#[test]
fn shareable_keys_and_values_are_stated_or_implied() {
    let read = |folder: Folder| {
        let adapter = folder.open().unwrap();
        (adapter.kv_shareable, adapter.invocation_tokens)
    };
    let stated = |value: bool| json!({"kv_shareable": value, "more": 1});
    assert_eq!(read(Folder::sample().set("ruminate", stated(true))), (true, None));
    assert_eq!(read(Folder::sample().set("ruminate", stated(false))), (false, None));
    assert_eq!(read(Folder::sample().set("ruminate", json!({}))), (false, None));
    let activated = || Folder::sample().set("alora_invocation_tokens", json!([5, 99]));
    assert_eq!(read(activated()), (true, Some(vec![5, 99])));
    assert_eq!(read(activated().set("ruminate", stated(false))), (false, Some(vec![5, 99])));
    assert_eq!(read(Folder::sample().set("alora_invocation_tokens", json!([]))), (false, None));
}

#[test]
fn settings_that_change_nothing_are_accepted() {
    for (name, value) in [
        ("init_lora_weights", json!("gaussian")),
        ("init_lora_weights", json!("eva")),
        ("init_lora_weights", json!("loftq")),
        ("init_lora_weights", json!(false)),
        ("init_lora_weights", Value::Null),
        ("eva_config", json!({"rho": 2.0})),
        ("corda_config", json!({"corda_method": "ipm"})),
        ("loftq_config", json!({"loftq_bits": 4})),
        ("target_modules", json!("all-linear")),
        ("target_modules", json!(r".*\.(q|k)_proj")),
        ("target_modules", json!(["model.layers.0.self_attn.q_proj", "v_proj"])),
        ("target_modules", Value::Null),
        ("use_rslora", Value::Null),
        ("trainable_token_indices", json!([])),
        ("exclude_modules", json!(["lm_head"])),
        ("layers_to_transform", json!([0, 1])),
        ("my_note", json!("hello")),
    ] {
        let opened = Folder::sample().set(name, value.clone()).open();
        assert!(opened.is_ok(), "{name} = {value}: {:?}", opened.err());
    }
}
