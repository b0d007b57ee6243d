//! Every kernel on the browser's GPU against its CPU twin.

use crate::asked::{SelfTesting, read};
use crate::failure::failure;
use crate::model::{goes_on, to_json};
use js_sys::Function;
use ruminate::gpu::Gpu;
use ruminate::kernels::TABLES;
use ruminate::selftest::{Progress, Report, Selection};
use ruminate::{Error, Result};
use serde_json::json;
use wasm_bindgen::prelude::*;

/// Runs it. `tell(event)`: see `ruminate.d.ts`. Returns `{report, text}` in JSON.
#[wasm_bindgen]
pub async fn self_test(asked: String, tell: Function) -> Result<String, JsValue> {
    run(&asked, &tell).await.map_err(|error| failure(&error))
}

async fn run(asked: &str, tell: &Function) -> Result<String> {
    let asked: SelfTesting = read(asked)?;
    let tiers = asked.tiers()?;
    let gpu = Gpu::open(&asked.gpu(None)).await?;
    let default = gpu.caps.tier;
    let mut report = Report::new(&gpu);
    report.adapter.clone_from(&asked.adapter);
    report.system.clone_from(&asked.browser);
    drop(gpu);
    let selection = Selection { tiers: &tiers, tables: TABLES, filter: &asked.filter };
    let mut tier = String::new();
    let mut progress = |progress: Progress<'_>| {
        let told = match progress {
            Progress::Tier(entry) => {
                tier.clone_from(&entry.tier);
                json!({
                    "stage": "tier", "tier": tier, "limits": entry.limits, "skipped": entry.skipped,
                    "isDefault": entry.is_default,
                })
            }
            Progress::Kernel(kernel) => json!({"stage": "kernel", "tier": tier, "kernel": kernel}),
            Progress::Case(case, _) => json!({"stage": "case", "tier": tier, "name": case.kernel, "label": case.label}),
            Progress::Done(share) => json!({"stage": "share", "done": share, "total": 1}),
        };
        goes_on(tell.call1(&JsValue::NULL, &told.to_string().into()))
    };
    report.run(&selection, default, async |tier| Gpu::open(&asked.gpu(Some(tier))).await, &mut progress).await?;
    if report.counts().0 == 0 {
        let problem = format!("there is nothing to test: no kernel's name contains {:?}", asked.filter);
        return Err(Error::Invalid(format!("{problem} in the tiers that this device has")));
    }
    to_json(&json!({"report": report, "text": report.to_string()}))
}
