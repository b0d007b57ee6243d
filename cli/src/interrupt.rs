//! Ctrl-C: ends a generation; anywhere else, or again before that was obeyed, the program.

use anyhow::{Context, Result};
use std::sync::atomic::{AtomicBool, Ordering};

/// What shells report for a program that Ctrl-C ended.
pub const EXIT_CODE: u8 = 130;

static IS_LISTENING: AtomicBool = AtomicBool::new(false);
static IS_REQUESTED: AtomicBool = AtomicBool::new(false);

/// Takes Ctrl-C over; once, at the start.
pub fn install() -> Result<()> {
    ctrlc::set_handler(|| {
        if !IS_LISTENING.load(Ordering::SeqCst) || IS_REQUESTED.swap(true, Ordering::SeqCst) {
            std::process::exit(EXIT_CODE.into());
        }
    })
    .context("cannot listen for Ctrl-C")
}

/// While this lives, Ctrl-C is only noted.
pub struct Listening;

impl Listening {
    /// Begins with no request.
    pub fn start() -> Self {
        IS_REQUESTED.store(false, Ordering::SeqCst);
        IS_LISTENING.store(true, Ordering::SeqCst);
        Self
    }

    /// Goes on listening after a request that was obeyed.
    pub fn again(&self) {
        IS_REQUESTED.store(false, Ordering::SeqCst);
    }

    /// Whether Ctrl-C was pressed.
    pub fn is_requested(&self) -> bool {
        IS_REQUESTED.load(Ordering::SeqCst)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        IS_LISTENING.store(false, Ordering::SeqCst);
    }
}
