//! Every permutation is valid WGSL for naga, keeps its contract, fits WebGPU's default limits, and translates to
//! SPIR-V, MSL and HLSL: what Vulkan, Metal and DX12 will be given.

#![allow(clippy::panic, reason = "clippy.toml allows it in tests, but not in their helpers")]

use naga::back::{hlsl, msl, spv};
use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};
use naga::{AddressSpace, Module, StorageAccess};
use ruminate_shaders::{Access, Shader, compose, permutations};

fn validated(shader: &Shader) -> (Module, ModuleInfo) {
    let module = naga::front::wgsl::parse_str(&shader.wgsl)
        .unwrap_or_else(|e| panic!("{}: {}", shader.name, e.emit_to_string(&shader.wgsl)));
    let info = Validator::new(ValidationFlags::all(), Capabilities::all())
        .validate(&module)
        .unwrap_or_else(|e| panic!("{}: {}", shader.name, e.emit_to_string(&shader.wgsl)));
    (module, info)
}

#[test]
fn every_permutation_translates() {
    let names = permutations();
    assert!(!names.is_empty());
    for name in names {
        let shader = compose(&name).unwrap();
        let (module, info) = validated(&shader);
        // Each backend wants the numbers filled in, as at pipeline creation; the defaults stand for them.
        let (module, info) =
            naga::back::pipeline_constants::process_overrides(&module, &info, None, &Default::default())
                .unwrap_or_else(|e| panic!("{name}: {e}"));
        spv::write_vec(&module, &info, &spv::Options { lang_version: (1, 3), ..Default::default() }, None)
            .unwrap_or_else(|e| panic!("{name}: SPIR-V: {e}"));
        // 8x8 tiles are what Metal has; HLSL has no cooperative matrices at all.
        let is_matrix = name.contains("TILE=");
        if !name.contains("TILE=16") {
            let options = msl::Options { lang_version: (3, 1), fake_missing_bindings: true, ..Default::default() };
            msl::write_string(&module, &info, &options, &Default::default())
                .unwrap_or_else(|e| panic!("{name}: MSL: {e}"));
        }
        if !is_matrix {
            let mut text = String::new();
            let options = hlsl::Options {
                shader_model: hlsl::ShaderModel::V6_6,
                fake_missing_bindings: true,
                ..Default::default()
            };
            hlsl::Writer::new(&mut text, &options, &Default::default())
                .write(&module, &info, None)
                .unwrap_or_else(|e| panic!("{name}: HLSL: {e}"));
        }
    }
}

#[test]
fn contracts_are_what_naga_sees() {
    for name in permutations() {
        let shader = compose(&name).unwrap();
        let (module, _) = validated(&shader);
        let mut seen: Vec<(u32, Access)> = module
            .global_variables
            .iter()
            .filter_map(|(_, v)| {
                let access = match v.space {
                    AddressSpace::Uniform => Access::Uniform,
                    AddressSpace::Storage { access } if access.contains(StorageAccess::STORE) => Access::ReadWrite,
                    AddressSpace::Storage { .. } => Access::Read,
                    AddressSpace::Handle => Access::Texture,
                    _ => return None,
                };
                Some((v.binding?.binding, access))
            })
            .collect();
        seen.sort_by_key(|(index, _)| *index);
        let stated: Vec<(u32, Access)> = shader.bindings.iter().map(|b| (b.index, b.access)).collect();
        assert_eq!(stated, seen, "{name}");
        let storage = stated.iter().filter(|(_, access)| matches!(access, Access::Read | Access::ReadWrite)).count();
        assert!(storage <= 8, "{name}: {storage} storage buffers, WebGPU's default limit is 8");
    }
}

#[test]
fn mistakes_are_named() {
    assert!(compose("nothing").unwrap_err().0.contains("no kernel file"));
}
