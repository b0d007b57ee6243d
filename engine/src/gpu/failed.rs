//! Errors of what a device is asked to make: given at once where that is possible, kept for the next check in browsers.

use super::Gpu;
use crate::{Error, Result};
use std::sync::{Arc, Mutex, PoisonError};

/// The first error that was told after the fact.
#[derive(Debug, Clone, Default)]
pub(super) struct Failed(Arc<Mutex<Option<Error>>>);

impl Failed {
    pub fn set(&self, error: Error) {
        tracing::error!("{error}");
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }

    pub fn take(&self) -> Option<Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Gpu {
    /// Gives what `make` makes. Where the device objects with an error of that kind, gives `error` of it; in browsers,
    /// which tell errors after the fact and must not be waited for, the next [`Gpu::check`] gives it.
    pub(super) fn catching<T>(
        &self,
        kind: wgpu::ErrorFilter,
        error: impl FnOnce(wgpu::Error) -> Error + 'static,
        make: impl FnOnce() -> T,
    ) -> Result<T> {
        let scope = self.device.push_error_scope(kind);
        let made = make();
        let objection = scope.pop();
        #[cfg(target_family = "wasm")]
        {
            let failed = self.failed.clone();
            wasm_bindgen_futures::spawn_local(async move {
                if let Some(objection) = objection.await {
                    failed.set(error(objection));
                }
            });
            Ok(made)
        }
        #[cfg(not(target_family = "wasm"))]
        match pollster::block_on(objection) {
            None => Ok(made),
            Some(objection) => Err(error(objection)),
        }
    }
}
