//! What is drawn. Views read the studio's state, and ask it for things.

mod chat;
mod chrome;
mod compare;
mod controls;
mod downloads;
mod gauge;
mod lane;
mod machine;
mod markdown;
mod plots;
mod rows;
mod sidebar;
mod thinking;
mod timeline;
mod words;

pub use chat::ChatView;
pub use compare::CompareView;
pub use machine::MachineView;
pub use thinking::ThinkingView;
pub(crate) use words::{count, seconds};
