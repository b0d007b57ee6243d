//! Adapters on the device: which rows they change, and how they come and go.

#![allow(clippy::unwrap_used, clippy::panic, reason = "clippy.toml allows them in tests, but not in their helpers")]

use ruminate::Error;
use ruminate::adapter::{AdapterFile, AdapterLimits, AdapterOptions, Module};
use ruminate::gpu::{Gpu, GpuOptions, Tier};
use ruminate::kernels::lora::LoraFormat;
use ruminate::model::Precision;
use ruminate::sample::StopConditions;
use ruminate::session::{Engine, EngineOptions, Event, Request};
use ruminate_tests::{Golden, goldens, goldens_folder, relative_error};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const TIERS: [Tier; 3] = [Tier::Portable, Tier::Software, Tier::Subgroup];

fn gpu(tier: Tier) -> Arc<Gpu> {
    pollster::block_on(Gpu::open(&GpuOptions { tier: Some(tier), ..GpuOptions::default() })).unwrap()
}

/// Those that the device at hand can run, that of cooperative matrices too.
fn all_tiers() -> Vec<Arc<Gpu>> {
    let matrix = GpuOptions { tier: Some(Tier::Matrix), ..GpuOptions::default() };
    TIERS.map(gpu).into_iter().chain(pollster::block_on(Gpu::open(&matrix))).collect()
}

fn engine(gpu: &Arc<Gpu>, golden: &Golden, precision: Precision) -> Engine {
    let options = EngineOptions { branches: 4, precision: Some(precision), ..EngineOptions::default() };
    Engine::load(gpu.clone(), &golden.model, &options, &mut |_| true).unwrap()
}

fn is_quantized(golden: &Golden) -> bool {
    ["-q4", "-q8"].iter().any(|kind| golden.name.contains(kind))
}

fn options(format: LoraFormat) -> AdapterOptions {
    AdapterOptions { format, ..AdapterOptions::default() }
}

#[test]
fn chunks_and_single_rows_agree_under_an_adapter() {
    for tier in TIERS {
        let gpu = gpu(tier);
        for golden in goldens() {
            let mut engine = engine(&gpu, &golden, Precision::Float);
            let ids = &golden.ids[..24.min(golden.ids.len())];
            for (format, modules) in
                [(LoraFormat::F16, &Module::ALL[..]), (LoraFormat::Int8, &[Module::Value, Module::Up])]
            {
                let file = AdapterFile::synthetic(&engine.config, 7, 20, modules);
                engine.add_adapter("a", &file, options(format)).unwrap();
                let branch = engine.open_branch().unwrap();
                engine.set_adapter(branch, Some("a")).unwrap();
                let chunked = pollster::block_on(engine.logits(branch, ids)).unwrap();
                engine.truncate_branch(branch, 0).unwrap();
                let mut single = Vec::new();
                for &id in ids {
                    single.extend(pollster::block_on(engine.decode_logits(&[(branch, id)])).unwrap());
                }
                let error = relative_error(&chunked, &single);
                assert!(error <= 2e-3, "{tier} {} {format:?}: {error:e}", golden.name);
                engine.truncate_branch(branch, 0).unwrap();
                engine.set_adapter(branch, None).unwrap();
                let base = pollster::block_on(engine.logits(branch, ids)).unwrap();
                assert!(relative_error(&chunked, &base) > 0.05, "{tier} {}: the adapter does nothing", golden.name);
                engine.close_branch(branch).unwrap();
            }
        }
    }
}

#[test]
fn base_rows_beside_adapted_ones_are_bit_identical() {
    for gpu in all_tiers() {
        let tier = gpu.caps.tier;
        for golden in goldens() {
            // Weights that are not quantized are multiplied as floats.
            let precisions = [Precision::Float, Precision::Int16, Precision::Int8];
            for precision in
                precisions.into_iter().filter(|&precision| is_quantized(&golden) || precision == Precision::Float)
            {
                let mut engine = engine(&gpu, &golden, precision);
                let (small, large) = (
                    AdapterFile::synthetic(&engine.config, 1, 4, &Module::ALL),
                    AdapterFile::synthetic(&engine.config, 2, 64, &Module::ALL),
                );
                let ids = &golden.ids[..6];
                let rows = |engine: &mut Engine, adapters: [Option<&str>; 4]| -> Vec<f32> {
                    let branches: Vec<_> = adapters.iter().map(|_| engine.open_branch().unwrap()).collect();
                    for (&branch, adapter) in branches.iter().zip(adapters) {
                        engine.set_adapter(branch, adapter).unwrap();
                    }
                    let mut logits = Vec::new();
                    for &id in ids {
                        let step: Vec<_> = branches.iter().map(|&branch| (branch, id)).collect();
                        logits.extend(pollster::block_on(engine.decode_logits(&step)).unwrap());
                    }
                    branches.into_iter().for_each(|branch| engine.close_branch(branch).unwrap());
                    logits
                };
                let base = rows(&mut engine, [None; 4]);
                engine.add_adapter("small", &small, options(LoraFormat::F16)).unwrap();
                engine.add_adapter("large", &large, options(LoraFormat::Int8)).unwrap();
                let mixed = rows(&mut engine, [None, Some("small"), None, Some("large")]);
                let vocab = engine.config.vocab as usize;
                for (i, (mixed, base)) in mixed.chunks(vocab).zip(base.chunks(vocab)).enumerate() {
                    let same = mixed.iter().zip(base).all(|(a, b)| a.to_bits() == b.to_bits());
                    assert_eq!(
                        same,
                        i % 2 == 0,
                        "{tier} {} {precision:?}: row {} of step {}",
                        golden.name,
                        i % 4,
                        i / 4
                    );
                }
                // Each adapted row is what it is alone.
                let alone = rows(&mut engine, [Some("large"), None, Some("small"), None]);
                for (i, (mixed, alone)) in mixed.chunks(vocab * 4).zip(alone.chunks(vocab * 4)).enumerate() {
                    let error = relative_error(&mixed[3 * vocab..], &alone[..vocab]);
                    assert!(error <= 1e-5, "{tier} {}: step {i}: {error:e}", golden.name);
                }
            }
        }
    }
}

/// A prompt of the base in one chunk with prompts of adapters: what follows has the same bits as without them.
#[test]
fn base_prompts_beside_adapted_ones_are_bit_identical() {
    for gpu in all_tiers() {
        let tier = gpu.caps.tier;
        for golden in goldens().iter().filter(|golden| ["tiny-llama", "tiny-qwen2-q8_0"].contains(&&*golden.name)) {
            // Weights that are not quantized are multiplied as floats.
            let precisions = [Precision::Float, Precision::Int16, Precision::Int8];
            for precision in
                precisions.into_iter().filter(|&precision| is_quantized(golden) || precision == Precision::Float)
            {
                let options = EngineOptions {
                    branches: 3,
                    positions: Some(512),
                    precision: Some(precision),
                    ..EngineOptions::default()
                };
                let mut engine = Engine::load(gpu.clone(), &golden.model, &options, &mut |_| true).unwrap();
                for (alias, rank) in [("small", 4), ("large", 64)] {
                    let file = AdapterFile::synthetic(&engine.config, u64::from(rank), rank, &Module::ALL);
                    engine.add_adapter(alias, &file, self::options(LoraFormat::Int8)).unwrap();
                }
                let mut run = |adapters: [Option<&str>; 3]| -> Vec<Vec<(u32, u32)>> {
                    let branches = adapters.map(|adapter| {
                        let branch = engine.open_branch().unwrap();
                        engine.set_adapter(branch, adapter).unwrap();
                        branch
                    });
                    let mut batch = engine.batch().unwrap();
                    for (&branch, length) in branches.iter().zip([13, 20, 17]) {
                        let prompt = golden.ids[..length.min(golden.ids.len())].to_vec();
                        let stop = StopConditions { max_tokens: Some(6), ..StopConditions::default() };
                        batch
                            .start(branch, Request { prompt, stop, close_at_end: true, ..Request::default() })
                            .unwrap();
                    }
                    let mut told = vec![Vec::new(); 3];
                    let mut steps = 0;
                    while let Some((branch, event)) = pollster::block_on(batch.next()).unwrap() {
                        let index = branches.iter().position(|&other| other == branch).unwrap();
                        match event {
                            Event::Prefill { done, total } => {
                                assert!(done == total && told.iter().all(Vec::is_empty), "one chunk has all prompts");
                                steps += 1;
                            }
                            Event::Token { id, logprob, .. } => told[index].push((id, logprob.to_bits())),
                            Event::Failed { error } => panic!("{error}"),
                            _ => {}
                        }
                    }
                    assert_eq!(steps, 3);
                    told
                };
                let base = run([None; 3]);
                let mixed = run([Some("small"), None, Some("large")]);
                let what = format!("{tier} {} {precision:?}", golden.name);
                assert_eq!(mixed[1], base[1], "{what}");
                assert!(mixed[0] != base[0] && mixed[2] != base[2], "{what}: the adapters do nothing");
            }
        }
    }
}

#[test]
fn names_stand_for_generations_that_rows_keep() {
    let gpu = gpu(Tier::Portable);
    let golden = &goldens()[0];
    let mut engine = engine(&gpu, golden, Precision::Float);
    let config = engine.config.clone();
    let files: Vec<_> =
        (1..4).map(|seed| AdapterFile::synthetic(&config, seed, 8 * seed as u32, &Module::ALL)).collect();
    let id = golden.ids[0];
    let logits = |engine: &mut Engine, branch| {
        engine.truncate_branch(branch, 0).unwrap();
        pollster::block_on(engine.decode_logits(&[(branch, id)])).unwrap()
    };
    let [old, new] = [0, 1].map(|_| engine.open_branch().unwrap());
    let base = logits(&mut engine, new);
    let first = engine.add_adapter("name", &files[0], AdapterOptions::default()).unwrap();
    engine.set_adapter(old, Some("name")).unwrap();
    let before = logits(&mut engine, old);
    assert_ne!(before, base);

    // Replacing the name, and loading another beside it, changes nothing for the branch that has the old one.
    let second = engine.add_adapter("name", &files[1], AdapterOptions::default()).unwrap();
    engine.add_adapter("other", &files[2], AdapterOptions::default()).unwrap();
    assert_ne!(first.id, second.id);
    engine.set_adapter(new, Some("name")).unwrap();
    assert_eq!(logits(&mut engine, old), before);
    let replaced = logits(&mut engine, new);
    assert_ne!(replaced, before);

    // Unloading takes the name, not what rows use; the memory goes with the last of them.
    engine.unload_adapter("name").unwrap();
    assert_eq!(logits(&mut engine, new), replaced);
    assert!(engine.set_adapter(new, Some("name")).unwrap_err().to_string().contains("other"));
    assert_eq!(engine.adapter_bytes(), first.bytes + second.bytes + engine.adapters().map(|a| a.bytes).sum::<u64>());
    engine.set_adapter(old, None).unwrap();
    assert_eq!(logits(&mut engine, new), replaced);
    assert_eq!(logits(&mut engine, old), base);
    engine.close_branch(new).unwrap();
    assert_eq!(engine.adapter_bytes(), engine.adapters().map(|a| a.bytes).sum::<u64>());
}

#[test]
fn limits_refuse_and_leave_what_is_there() {
    let gpu = gpu(Tier::Portable);
    let golden = &goldens()[0];
    let adapters = AdapterLimits { count: 2, bytes: 40 << 20 };
    let options = EngineOptions { adapters, ..EngineOptions::default() };
    let mut engine = Engine::load(gpu, &golden.model, &options, &mut |_| true).unwrap();
    let file = AdapterFile::synthetic(&engine.config, 1, 8, &Module::ALL);
    for alias in ["a", "b"] {
        engine.add_adapter(alias, &file, AdapterOptions::default()).unwrap();
    }
    let error = engine.add_adapter("c", &file, AdapterOptions::default()).unwrap_err().to_string();
    assert!(error.contains("2 of 2") && error.contains("Unload"), "{error}");
    engine.add_adapter("b", &file, AdapterOptions::default()).unwrap();
    engine.unload_adapter("b").unwrap();
    for bad in ["", "base"] {
        assert!(engine.add_adapter(bad, &file, AdapterOptions::default()).is_err());
    }
    let scale = AdapterOptions { scale: f32::NAN, ..AdapterOptions::default() };
    assert!(engine.add_adapter("d", &file, scale).is_err());
    assert_eq!(engine.adapters().map(|a| a.alias.as_str()).collect::<Vec<_>>(), ["a"]);
}

#[test]
fn a_base_of_another_name_is_told() {
    let gpu = gpu(Tier::Portable);
    let golden = goldens().into_iter().find(|golden| golden.name == "tiny-llama").unwrap();
    let mut engine = engine(&gpu, &golden, Precision::Float);
    let path = goldens_folder().join("adapters/llama-r8");
    let file = AdapterFile::open(&path, &engine.config).unwrap();
    assert_eq!(file.base_model.as_deref(), Some("tiny-llama"));
    for (base, differs) in
        [("tiny-llama", false), ("models/Tiny_Llama-f16.gguf", false), ("meta-llama/Llama-3.2-1B", true), ("", false)]
    {
        let file = AdapterFile { base_model: Some(base.to_owned()), ..file.clone() };
        let info = engine.add_adapter("a", &file, AdapterOptions::default()).unwrap();
        assert_eq!(info.other_base.as_deref(), differs.then_some(base));
    }
}

/// Once adapters are loaded, what adapted rows run is compiled beforehand as well.
#[test]
fn adapters_are_warmed_up_with_the_base() {
    let gpu = gpu(Tier::Software);
    let mut engine = engine(&gpu, &goldens()[0], Precision::Float);
    let compiles = |engine: &mut Engine| {
        let is_called = AtomicBool::new(false);
        engine.warm_up(2, true, &|_| is_called.store(true, Ordering::Relaxed)).unwrap();
        is_called.into_inner()
    };
    assert!(compiles(&mut engine) && !compiles(&mut engine));
    let file = AdapterFile::synthetic(&engine.config, 1, 8, &Module::ALL);
    engine.add_adapter("a", &file, AdapterOptions::default()).unwrap();
    assert!(compiles(&mut engine) && !compiles(&mut engine));
}

#[test]
fn bytes_of_all_adapters_are_limited() {
    let gpu = gpu(Tier::Portable);
    let golden = &goldens()[0];
    let mut engine = engine(&gpu, golden, Precision::Float);
    let [small, large] = [8, 24].map(|rank| AdapterFile::synthetic(&engine.config, 1, rank, &Module::ALL));
    let bytes = engine.add_adapter("a", &small, AdapterOptions::default()).unwrap().bytes;
    drop(engine);
    // Two of the small ones to the byte; halves take more.
    let adapters = AdapterLimits { bytes: 2 * bytes, ..AdapterLimits::DEFAULT };
    let small_engine = EngineOptions { adapters, ..EngineOptions::default() };
    let mut engine = Engine::load(gpu, &golden.model, &small_engine, &mut |_| true).unwrap();
    engine.add_adapter("a", &small, AdapterOptions::default()).unwrap();
    let error = engine.add_adapter("b", &small, options(LoraFormat::F16)).unwrap_err();
    assert!(matches!(&error, Error::AdaptersFull { adapter, .. } if adapter == "b"), "{error}");
    engine.add_adapter("b", &small, AdapterOptions::default()).unwrap();
    let branch = engine.open_branch().unwrap();
    engine.set_adapter(branch, Some("a")).unwrap();
    let before = pollster::block_on(engine.decode_logits(&[(branch, 1)])).unwrap();
    let error = engine.add_adapter("c", &small, AdapterOptions::default()).unwrap_err().to_string();
    let said = format!("{} of {} bytes are in use, it needs {bytes}", 2 * bytes, 2 * bytes);
    assert!(error.contains(&said) && error.contains("Unload"), "{error}");
    // What replaces another has its bytes, unless rows use that.
    assert!(matches!(engine.add_adapter("b", &large, AdapterOptions::default()), Err(Error::AdaptersFull { .. })));
    engine.add_adapter("b", &small, AdapterOptions::default()).unwrap();
    assert!(matches!(engine.add_adapter("a", &small, AdapterOptions::default()), Err(Error::AdaptersFull { .. })));
    engine.unload_adapter("b").unwrap();
    engine.add_adapter("a", &small, AdapterOptions::default()).unwrap();
    assert_eq!(engine.adapter_bytes(), 2 * bytes);
    engine.truncate_branch(branch, 0).unwrap();
    assert_eq!(pollster::block_on(engine.decode_logits(&[(branch, 1)])).unwrap(), before);
}

#[test]
fn scales_that_leave_the_numbers_are_refused() {
    let gpu = gpu(Tier::Portable);
    let mut engine = engine(&gpu, &goldens()[0], Precision::Float);
    let mut file = AdapterFile::synthetic(&engine.config, 1, 8, &Module::ALL);
    for (alpha, scale) in [(f32::MAX, 1.0), (1e30, 1e30), (1e-30, f32::MAX)] {
        file.factors.values_mut().for_each(|factors| {
            factors.scale = alpha;
            factors.b.fill(3.0);
        });
        let loaded = AdapterOptions { scale, ..options(LoraFormat::Int8) };
        let error = engine.add_adapter("a", &file, loaded).err().map(|error| error.to_string());
        match alpha < 1.0 {
            true => assert_eq!(error, None),
            false => assert!(error.is_some_and(|said| said.contains("layer 0") && said.contains("smaller scale"))),
        }
    }
}

#[test]
fn factors_beyond_a_binding_are_refused_and_rows_go_on() {
    let limited = GpuOptions { tier: Some(Tier::Portable), max_binding: Some(512 << 10), ..GpuOptions::default() };
    let gpu = pollster::block_on(Gpu::open(&limited)).unwrap();
    let golden = &goldens()[0];
    let small_engine = EngineOptions { context: Some(64), chunk: Some(32), ..EngineOptions::default() };
    let mut engine = Engine::load(gpu, &golden.model, &small_engine, &mut |_| true).unwrap();
    let small = AdapterFile::synthetic(&engine.config, 1, 16, &Module::ALL);
    let large = AdapterFile::synthetic(&engine.config, 2, 256, &Module::ALL);
    engine.add_adapter("small", &small, AdapterOptions::default()).unwrap();
    let branch = engine.open_branch().unwrap();
    engine.set_adapter(branch, Some("small")).unwrap();
    let before = pollster::block_on(engine.decode_logits(&[(branch, 1)])).unwrap();
    let mut load = |i| engine.add_adapter(&format!("large {i}"), &large, options(LoraFormat::F16));
    let error = (0..6).find_map(|i| load(i).err()).unwrap().to_string();
    assert!(error.contains("adapter large") && error.contains("binding"), "{error}");
    engine.truncate_branch(branch, 0).unwrap();
    assert_eq!(pollster::block_on(engine.decode_logits(&[(branch, 1)])).unwrap(), before);
}
