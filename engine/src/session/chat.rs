//! A conversation. What a turn shares with the turns before is not computed again.

use super::engine::Engine;
use super::generate::{Generation, Request};
use crate::Result;
use crate::cache::BranchId;
use crate::sample::{Sampling, StopConditions};
use crate::text::{Message, Role};

/// Messages, and the tokens of them whose keys and values are in a branch.
///
/// The tokens and messages live on the CPU: after a lost device, a new engine can take the chat up again.
#[derive(Debug)]
pub struct Chat {
    branch: BranchId,
    messages: Vec<Message>,
    cached: Vec<u32>,
    /// The adapter of the answers from now on.
    adapter: Option<String>,
}

impl Chat {
    /// A conversation on a branch of its own, with a system message if one is given.
    pub fn new(engine: &mut Engine, system: Option<&str>) -> Result<Self> {
        Self::resume(engine, system.map(|text| Message::new(Role::System, text)).into_iter().collect())
    }

    /// A conversation that was begun before, on a branch of its own: the next question goes on from these messages.
    pub fn resume(engine: &mut Engine, messages: Vec<Message>) -> Result<Self> {
        let branch = engine.open_branch()?;
        Ok(Self { branch, messages, cached: Vec::new(), adapter: None })
    }

    /// Gives the answers from now on an adapter by its name, or the base.
    ///
    /// A KV-shareable adapter answers on the base's KV of the conversation, and the base reads that answer anew before
    /// the next one. An activated LoRA (aLoRA) is on from its last invocation in the prompt on, if there is one. For any other adapter, the whole conversation is computed again with it.
    pub fn set_adapter(&mut self, engine: &Engine, alias: Option<&str>) -> Result<()> {
        if let Some(alias) = alias {
            engine.find_adapter(alias)?;
        }
        self.adapter = alias.map(str::to_owned);
        Ok(())
    }

    /// The messages so far.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Puts other messages in place of those so far: an answer taken back, a question edited, another conversation. What
    /// the next prompt shares with the last one stays cached.
    pub fn set_messages(&mut self, messages: Vec<Message>) {
        self.messages = messages;
    }

    /// Forgets everything but the system message. What the next prompt shares with the last one stays cached.
    pub fn reset(&mut self) {
        self.messages.retain(|message| message.role == Role::System);
    }

    /// The branch that the conversation is on.
    pub fn branch(&self) -> BranchId {
        self.branch
    }

    /// Adds the user's words and starts the answer. Stop tokens of the model are added to `stop`.
    ///
    /// Drive the [`Generation`], then give what it made to [`Chat::answered`]; without that, the question is asked
    /// again with the next one.
    pub fn ask<'e>(
        &mut self,
        engine: &'e mut Engine,
        text: &str,
        sampling: Sampling,
        stop: StopConditions,
    ) -> Result<Generation<'e>> {
        let request = self.request(engine, text, sampling, stop)?;
        let generation = engine.generate(self.branch, request);
        if generation.is_err() {
            self.messages.pop();
        }
        generation
    }

    /// Adds the user's words and makes the branch ready for the request that answers them, as [`Chat::ask`] starts it.
    pub fn request(
        &mut self,
        engine: &mut Engine,
        text: &str,
        sampling: Sampling,
        mut stop: StopConditions,
    ) -> Result<Request> {
        self.messages.push(Message::new(Role::User, text));
        let request = self.choose_adapter(engine).and_then(|response_adapter| {
            stop.tokens.extend_from_slice(engine.tokenizer()?.end_ids());
            let text = engine.template()?.render(&self.messages, true)?;
            let tokens = engine.tokenizer()?.encode(&text, true)?;
            let adapter = response_adapter.as_deref().map(|alias| engine.find_adapter(alias)).transpose()?;
            let (length, invoked_at) = (tokens.len(), adapter.and_then(|info| info.invoked_at(&tokens)));
            let prompt = self.align(engine, tokens, invoked_at.unwrap_or(usize::MAX))?;
            let adapter_from = invoked_at.map(|at| at + prompt.len() - length);
            Ok(Request { prompt, sampling, response_adapter, adapter_from, stop, ..Request::default() })
        });
        if request.is_err() {
            self.messages.pop();
        }
        request
    }

    /// Adds the answer: its text, and the tokens that [`Generation::kept`] gave.
    pub fn answered(&mut self, text: impl Into<String>, kept: &[u32]) {
        self.messages.push(Message::new(Role::Assistant, text));
        self.cached.extend_from_slice(kept);
    }

    /// Gives the branch the adapter of the next prompt; gives the one that comes on with the answer.
    fn choose_adapter(&mut self, engine: &mut Engine) -> Result<Option<String>> {
        let info = self.adapter.as_deref().map(|alias| engine.find_adapter(alias).cloned()).transpose()?;
        let (whole, answer) = match info {
            Some(info) if info.kv_shareable => (None, Some(info.alias)),
            other => (other, None),
        };
        engine.set_adapter(self.branch, whole.as_ref().map(|info| info.alias.as_str()))?;
        Ok(answer)
    }

    /// Leaves in the branch those of the conversation's `tokens` that it begins with and its adapter may read, up to
    /// `most`, and nothing else. Gives the others, one at least, which are to be appended next.
    pub(crate) fn align(&mut self, engine: &mut Engine, tokens: Vec<u32>, most: usize) -> Result<Vec<u32>> {
        let same = tokens.iter().zip(&self.cached).take_while(|(a, b)| a == b).count();
        // What others wrote (an adapted answer, another adapter's conversation) is computed again.
        let present = engine.reusable(self.branch)? as usize;
        // The last token is always computed: the answer starts from its logits.
        let shared = same.min(present).min(most).min(tokens.len().saturating_sub(1));
        engine.truncate_branch(self.branch, shared as u32)?;
        let rest = tokens[shared..].to_vec();
        self.cached = tokens;
        Ok(rest)
    }

    /// Adds a message that is not answered yet.
    pub(crate) fn say(&mut self, message: Message) {
        self.messages.push(message);
    }

    /// Takes the last message back.
    pub(crate) fn unsay(&mut self) {
        self.messages.pop();
    }
}
