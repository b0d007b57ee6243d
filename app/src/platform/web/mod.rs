//! In a browser: the window in the page, the engine in a worker, each an instance of this same wasm.

mod catalogue;
mod disk;
mod host;
mod page;

pub use disk::Disk;
pub use host::Host;

/// A number that nobody can tell before.
pub fn random() -> u64 {
    // 53 bits, of which the upper ones are used.
    (js_sys::Math::random() * 2f64.powi(64)) as u64
}
