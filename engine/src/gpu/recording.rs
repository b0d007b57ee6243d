//! A step as a plain list of dispatches over buffer handles: printable, testable without a GPU, replayed many times.

use super::{Buffers, Plan, View};
use std::fmt::Write as _;

/// One dispatch and what it binds.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// What part of the model this is, for people: `layer 3 gate_up`.
    pub label: String,
    /// The dispatch.
    pub plan: Plan,
    /// The storage bindings, in the order of the kernel's binding indices.
    pub views: Vec<View>,
}

/// A list of dispatches, run in order in one compute pass.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recording {
    /// The dispatches.
    pub commands: Vec<Command>,
}

impl Recording {
    /// Adds a dispatch.
    pub fn push(&mut self, label: impl Into<String>, plan: Plan, views: &[View]) {
        self.commands.push(Command { label: label.into(), plan, views: views.to_vec() });
    }

    /// One line a dispatch: label, permutation, grid, buffers.
    pub fn describe(&self, buffers: &Buffers) -> String {
        let mut text = String::new();
        for command in &self.commands {
            let [x, y, z] = command.plan.grid;
            let names: Vec<&str> = command.views.iter().map(|v| buffers.name(v.buffer)).collect();
            let _ = writeln!(text, "{}: {} ({x}, {y}, {z}) [{}]", command.label, command.plan.shader, names.join(", "));
        }
        text
    }
}
