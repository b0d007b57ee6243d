//! Low-rank adapters on the command line.

use anyhow::{Result, bail};
use ruminate::adapter::AdapterOptions;
use ruminate::kernels::lora::LoraFormat;
use ruminate::session::Engine;
use std::path::PathBuf;
use std::str::FromStr;

/// Which adapters to load, and how.
#[derive(clap::Args)]
pub struct AdapterArgs {
    /// Load a LoRA adapter (a PEFT folder or a GGUF file) under a name, scaled if a factor is given; may be repeated
    #[arg(long = "adapter", value_name = "NAME=PATH[@SCALE]")]
    adapters: Vec<Named>,
    /// How adapters' factors are held: int8 or f16
    #[arg(long, value_name = "FORMAT", default_value = "int8")]
    adapter_format: LoraFormat,
    /// Whether adapters may continue on KV that the base wrote: they can if they were trained with the prompt
    /// un-adapted [default: what their files say]
    #[arg(long, value_name = "BOOL")]
    kv_shareable: Option<bool>,
}

/// NAME=PATH[@SCALE]
#[derive(Debug, Clone, PartialEq)]
struct Named {
    alias: String,
    path: PathBuf,
    scale: f32,
}

impl FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (alias, path) = text.split_once('=').ok_or("give NAME=PATH")?;
        // A path may hold an @ of its own.
        let scaled = path.rsplit_once('@').and_then(|(path, scale)| Some((path, scale.parse().ok()?)));
        let (path, scale) = scaled.unwrap_or((path, 1.0));
        Ok(Self { alias: alias.to_owned(), path: path.into(), scale })
    }
}

impl AdapterArgs {
    /// Loads them all.
    pub fn load(&self, engine: &mut Engine) -> Result<()> {
        for Named { alias, path, scale } in &self.adapters {
            let options =
                AdapterOptions { format: self.adapter_format, scale: *scale, kv_shareable: self.kv_shareable };
            engine.load_adapter(alias, path, options)?;
        }
        Ok(())
    }

    /// The name of the only adapter; an error where there are several.
    pub fn only(&self) -> Result<Option<&str>> {
        match &self.adapters[..] {
            [] => Ok(None),
            [one] => Ok(Some(&one.alias)),
            _ => bail!("several adapters are given; this command takes one"),
        }
    }

    /// The name of the first adapter.
    pub fn first(&self) -> Option<&str> {
        self.adapters.first().map(|named| named.alias.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_paths_and_scales() {
        let named = |alias: &str, path: &str, scale| Named { alias: alias.into(), path: path.into(), scale };
        assert_eq!("a=x/y".parse(), Ok(named("a", "x/y", 1.0)));
        assert_eq!("a=x/y@0.5".parse(), Ok(named("a", "x/y", 0.5)));
        assert_eq!("a=x@y/z".parse(), Ok(named("a", "x@y/z", 1.0)));
        assert!("x/y".parse::<Named>().is_err());
    }
}
