//! Probes of an engine.

use super::engine::Engine;
use crate::Result;
use crate::model::Probe;

impl Engine {
    /// Puts a probe under a name, for [`super::Request::probe`], in place of what had that name. [`crate::Error::Invalid`]
    /// if it does not fit the model.
    pub fn load_probe(&mut self, name: &str, probe: Probe) -> Result<()> {
        probe.check(&self.config)?;
        self.probes.load(&self.gpu, &mut self.buffers, name, probe)?;
        // Those that read probes bind what was replaced.
        self.replays.retain(|shape, _| !shape.probed);
        Ok(())
    }
}
