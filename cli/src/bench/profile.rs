//! Where a step's GPU time goes, by part of the model.

use crate::table::{self, Format, Table};
use anyhow::Result;
use ruminate::gpu::{Gpu, Replay};
pub use ruminate::session::Part;
use ruminate::session::profile;

/// Times a replay of what the step buffer holds, the longest part first.
pub fn parts(gpu: &Gpu, replay: &Replay) -> Result<Vec<Part>> {
    let mut parts = pollster::block_on(profile(gpu, replay))?;
    parts.sort_by(|a, b| b.us.total_cmp(&a.us));
    Ok(parts)
}

/// The table of a test's parts.
fn as_table(test: &str, parts: &[Part]) -> Table {
    let mut table = Table::new(&["test", "part", ">dispatches", ">us", ">us each", ">%", "kernel"]);
    for p in parts {
        table.push([
            test.to_owned(),
            p.part.clone(),
            p.dispatches.to_string(),
            format!("{:.1}", p.us),
            format!("{:.2}", p.us / p.dispatches as f64),
            format!("{:.1}", p.percent),
            p.kernel.clone(),
        ]);
    }
    let (dispatches, us) = parts.iter().fold((0, 0.0), |sum, p| (sum.0 + p.dispatches, sum.1 + p.us));
    let each = us / dispatches.max(1) as f64;
    table.push([
        test.to_owned(),
        "all".into(),
        dispatches.to_string(),
        format!("{us:.1}"),
        format!("{each:.2}"),
        "100.0".into(),
        String::new(),
    ]);
    table
}

/// Prints a table for each test that has parts; JSON holds them already.
pub fn print<'a>(tests: impl Iterator<Item = (&'a str, Option<&'a Vec<Part>>)>, format: Format) -> Result<()> {
    for (test, parts) in tests.filter_map(|(test, parts)| Some((test, parts?))).filter(|_| format != Format::Json) {
        table::print("\n")?;
        as_table(test, parts).print(format, &())?;
    }
    Ok(())
}
