//! The wording of a reasoned response as tokens, from a bundle and its base's tokenizer.

use crate::reason::Bundle;
use crate::text::Tokenizer;
use crate::{Error, Result};

/// What a budget forces, and how many tokens that takes. Shared by all branches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetRules {
    /// The response's forced beginning; at least one token.
    pub begin: Vec<u32>,
    /// What closes the thoughts and asks for the answer; at least one token.
    pub closing: Vec<u32>,
    /// The text that closes the thoughts.
    pub think_close: String,
    /// Most tokens of an answer after `closing`, the end of the turn counted.
    pub answer_tokens: usize,
    /// Tokens that end the turn.
    pub end_ids: Vec<u32>,
    /// A reminder shortly before the end.
    pub warning: Option<Warning>,
}

/// A reminder that the thoughts are to come to an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// It is given once at most this many tokens of thought are left, itself counted.
    pub tokens_left: usize,
    /// Its tokens.
    pub tokens: Vec<u32>,
}

impl BudgetRules {
    /// Tokenizes a bundle's wording, control tokens that are written out counted.
    ///
    /// # Errors
    /// [`Error::File`] if the tokenizer does not spell a wording or one of the bundle's budgets is smaller than
    /// [`Self::smallest`]; [`Error::Invalid`] if a wording cannot be tokenized.
    pub fn new(bundle: &Bundle, tokenizer: &Tokenizer) -> Result<Self> {
        let response = &bundle.manifest.response;
        let fail = |field: &str, problem: String, remedy: &str| {
            Error::file(&bundle.file(), format!("field {field}: {problem}"), remedy)
        };
        let tokens = |field: &str, text: &str| wording(bundle, tokenizer, field, text);
        // Sampled tokens are to be able to close the thoughts.
        tokens("response.think_close", &response.think_close)?;
        let warning = response.soft_warning.as_ref().map(|warning| {
            let tokens = tokens("response.soft_warning.text", &warning.text)?;
            let tokens_left = warning.tokens_left as usize;
            if tokens.len() > tokens_left {
                let problem = format!("{tokens_left} is less than the {} tokens of its text", tokens.len());
                return Err(fail("response.soft_warning.tokens_left", problem, "Warn earlier, or with fewer words"));
            }
            Ok(Warning { tokens_left, tokens })
        });
        if tokenizer.end_ids().is_empty() {
            let problem = "the base's tokenizer has no token that ends a turn".to_owned();
            return Err(fail("base", problem, "Give the bundle's own base"));
        }
        let rules = Self {
            begin: tokens("response.begin", &response.begin)?,
            closing: tokens("response.closing", &response.closing)?,
            think_close: response.think_close.clone(),
            answer_tokens: response.answer_tokens as usize,
            end_ids: tokenizer.end_ids().to_vec(),
            warning: warning.transpose()?,
        };
        let budgets = &bundle.manifest.budgets;
        for &budget in budgets.choices.iter().chain([&budgets.default]) {
            if (budget as usize) < rules.smallest() {
                let problem = format!("{budget} tokens are less than the {} that must fit", rules.smallest());
                return Err(fail("budgets", problem, "Give larger budgets"));
            }
        }
        Ok(rules)
    }

    /// The smallest budget, in tokens: the beginning, the closing and the answer.
    pub fn smallest(&self) -> usize {
        self.begin.len() + self.closing.len() + self.answer_tokens
    }

    /// Refuses a budget below [`Self::smallest`].
    pub fn check(&self, budget: usize) -> Result<()> {
        if budget >= self.smallest() {
            return Ok(());
        }
        Err(Error::Invalid(format!(
            "a budget of {budget} tokens: the forced beginning, the closing and the answer need {}. Give at least that",
            self.smallest()
        )))
    }
}

/// The tokens of what a field of a bundle says, at least one.
///
/// # Errors
/// [`Error::File`] if the tokenizer has no tokens that spell it.
pub(in crate::reason) fn wording(bundle: &Bundle, tokenizer: &Tokenizer, field: &str, text: &str) -> Result<Vec<u32>> {
    tokenizer.spell(text)?.filter(|tokens| !tokens.is_empty()).ok_or_else(|| {
        let problem = format!("field {field}: the base's tokenizer has no tokens that spell {text:?}");
        Error::file(&bundle.file(), problem, "Give the bundle's own base")
    })
}
