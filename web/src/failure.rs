//! Errors on their way to JavaScript.

use ruminate::Error;
use wasm_bindgen::JsValue;

/// An `Error` with the kind in its property `code`: `file`, `adapter`, `memory`, `lost`, `kernel`, `overflow`, `context`,
/// `pages`, `kv`, `invalid` or `cancelled`. What is wrong with a file has its name in the property `file`.
pub fn failure(error: &Error) -> JsValue {
    let code = match error {
        Error::File { .. } | Error::Tensor { .. } => "file",
        Error::Adapter { .. } => "adapter",
        Error::OutOfMemory { .. } | Error::AdaptersFull { .. } => "memory",
        Error::DeviceLost(_) => "lost",
        Error::Kernel { .. } => "kernel",
        Error::Overflow { .. } => "overflow",
        Error::ContextFull { .. } => "context",
        Error::PagesFull { .. } | Error::PagesTooFew { .. } => "pages",
        Error::KvMismatch { .. } | Error::KvNotShareable { .. } => "kv",
        Error::Cancelled => "cancelled",
        _ => "invalid",
    };
    let thrown = js_sys::Error::new(&error.to_string());
    // Setting a property of a fresh object cannot fail.
    let _ = js_sys::Reflect::set(&thrown, &"code".into(), &code.into());
    if let Error::File { file, .. } | Error::Tensor { file, .. } = error {
        let _ = js_sys::Reflect::set(&thrown, &"file".into(), &file.to_string_lossy().as_ref().into());
    }
    thrown.into()
}
