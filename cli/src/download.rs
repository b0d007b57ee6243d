//! `ruminate download`: fetches a model into the folder where `--model` finds it.

use crate::loading;
use crate::table::{self, Table};
use anyhow::Result;
use ruminate::installed;
use ruminate_download::{FileName, Hub, KNOWN, fetch};

#[derive(clap::Args)]
pub struct Args {
    /// OWNER/NAME/FILE.gguf; lists known ones when left out
    file: Option<String>,
}

/// Prints the file's path. Ctrl-C ends the program: what has come stays, and the same command goes on with it.
pub fn run(args: &Args) -> Result<()> {
    let Some(file) = &args.file else {
        let mut table = Table::new(&["name", ">MB", "licence", "file"]);
        for known in KNOWN {
            table.push([known.name.into(), known.megabytes.to_string(), known.licence.into(), known.file.into()]);
        }
        return table::print(&table.plain());
    };
    let file: FileName = file.parse()?;
    let bar = loading::bar("downloading", "{bytes} of {total_bytes} {bytes_per_sec} {eta}");
    let came = fetch(&Hub::new(None)?, &file, &installed::models_folder()?, &mut |progress| {
        bar.set_length(progress.total);
        bar.set_position(progress.done);
        true
    });
    bar.finish_and_clear();
    println!("{}", came?.display());
    Ok(())
}
