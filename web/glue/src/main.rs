//! `ruminate-glue IN.wasm FOLDER`: writes the JavaScript module and the wasm that go together.

use anyhow::{Result, bail};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [input, folder] = &args[..] else { bail!("give a wasm file and a folder") };
    Bindgen::new().input_path(input).web(true)?.typescript(false).omit_default_module_path(true).generate(folder)
}
