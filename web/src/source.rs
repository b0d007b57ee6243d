//! Files that JavaScript reads.

use js_sys::Uint8Array;
use ruminate::formats::ReadAt;
use ruminate::{Error, Result};
use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::Range;
use std::path::PathBuf;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// A file on a server, in the cache, or on disk: `npm/source.js`.
    pub type Source;

    #[wasm_bindgen(method, getter)]
    fn name(this: &Source) -> String;

    #[wasm_bindgen(method, getter)]
    fn size(this: &Source) -> f64;

    #[wasm_bindgen(method, catch)]
    async fn read(this: &Source, start: f64, end: f64) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    async fn finish(this: &Source) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method)]
    fn close(this: &Source);
}

/// A [`Source`] for the engine.
pub struct File {
    source: Source,
    /// What JavaScript threw while reading.
    thrown: RefCell<Option<JsValue>>,
}

impl File {
    /// Of a source.
    pub fn new(source: Source) -> Self {
        Self { source, thrown: RefCell::new(None) }
    }

    /// Its name, or its address.
    pub fn name(&self) -> PathBuf {
        self.source.name().into()
    }

    /// Fetches what was not read, and checks the whole.
    ///
    /// # Errors
    /// What JavaScript throws.
    pub async fn finish(&self) -> Result<(), JsValue> {
        self.source.finish().await.map(drop)
    }

    /// Lets go of the file.
    pub fn close(&self) {
        self.source.close();
    }

    /// Its size in bytes. A wasm module has 4 GiB, so [`Error::File`] for more.
    pub fn size(&self) -> Result<usize> {
        let size = self.source.size();
        let fits = (0.0..f64::from(u32::MAX)).contains(&size);
        let fail = || Error::file(&self.name(), format!("it has {size} bytes"), "Take a model of less than 4 GiB");
        fits.then_some(size as usize).ok_or_else(fail)
    }

    /// What JavaScript threw while reading, which says more than the engine's error.
    pub fn thrown(self) -> Option<JsValue> {
        self.thrown.into_inner()
    }
}

impl ReadAt for File {
    async fn read(&self, range: Range<usize>) -> Result<Cow<'_, [u8]>> {
        let length = range.len();
        let problem = match self.source.read(range.start as f64, range.end as f64).await {
            Ok(bytes) => match bytes.dyn_into::<Uint8Array>() {
                Ok(bytes) if bytes.length() as usize == length => return Ok(Cow::Owned(bytes.to_vec())),
                _ => "its source gave something else than the bytes asked for".to_owned(),
            },
            Err(thrown) => {
                let told = format!("{thrown:?}");
                *self.thrown.borrow_mut() = Some(thrown);
                told
            }
        };
        Err(Error::file(&self.name(), problem, "Load it again"))
    }
}
