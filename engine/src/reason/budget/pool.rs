//! One budget for all branches of a question.

use super::BudgetRules;
use crate::{Error, Result};

/// Shares a total number of tokens out among branches. What one leaves over goes to those that still run, in equal
/// parts, so that a share only ever grows and the total is never exceeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetPool {
    /// Tokens that branches which ended have left.
    tokens: usize,
    /// Branches that have not ended.
    branches: usize,
}

impl BudgetPool {
    /// `total` tokens for `branches`, whether they run already or wait.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the shares are smaller than [`BudgetRules::smallest`], or there are no branches.
    pub fn new(rules: &BudgetRules, total: usize, branches: usize) -> Result<Self> {
        let needed = rules.smallest().saturating_mul(branches);
        if branches == 0 || total < needed {
            return Err(Error::Invalid(format!(
                "{total} tokens for {branches} branches: each needs at least {}. Raise the total, or take fewer branches",
                rules.smallest()
            )));
        }
        Ok(Self { tokens: total, branches })
    }

    /// The budget of each branch that has not ended; 0 once all have.
    pub fn share(&self) -> usize {
        self.tokens.checked_div(self.branches).unwrap_or(0)
    }

    /// A branch ended after `tokens`, at most its share. The new [`Self::share`] is for all that have not ended.
    pub fn end(&mut self, tokens: usize) -> usize {
        self.tokens = self.tokens.saturating_sub(tokens);
        self.branches = self.branches.saturating_sub(1);
        self.share()
    }
}
