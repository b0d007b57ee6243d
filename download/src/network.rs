//! The hub of models that the crate `hf-hub` knows, or another of its kind by `HF_ENDPOINT`.

use crate::{Error, FileName, Remote, Result, Source};
use hf_hub::Cache;
use hf_hub::api::sync::{Api, ApiBuilder, ApiError};
use std::io::Read;
use std::sync::mpsc;
use std::time::Duration;
use ureq::Agent;

/// For a connection, and for the first bytes of an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// For one answer. A slow one is cut here and asked for again from there, so a line that is dead is noticed.
const LONGEST: Duration = Duration::from_secs(120);

/// The hub.
pub struct Hub {
    api: Api,
    agent: Agent,
    patience: Duration,
}

impl Hub {
    /// At `endpoint`, else at `HF_ENDPOINT`, else where the crate says.
    ///
    /// # Errors
    /// [`Error::Network`] if there is no TLS.
    pub fn new(endpoint: Option<&str>) -> Result<Self> {
        Self::with_patience(endpoint, PATIENCE)
    }

    /// The same, which waits only so long for a connection, and for the first bytes of an answer.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_patience(endpoint: Option<&str>, patience: Duration) -> Result<Self> {
        let endpoint = endpoint.map(str::to_owned).or_else(|| std::env::var("HF_ENDPOINT").ok());
        // Nothing is cached there: files go to the folder of models.
        let mut builder = ApiBuilder::from_cache(Cache::new(std::env::temp_dir())).with_progress(false);
        if let Some(endpoint) = endpoint.filter(|endpoint| !endpoint.is_empty()) {
            builder = builder.with_endpoint(endpoint.trim_end_matches('/').to_owned());
        }
        let api = builder.build().map_err(|error| network("the hub", error))?;
        let config = Agent::config_builder().timeout_connect(Some(patience)).timeout_recv_response(Some(patience));
        Ok(Self { api, agent: config.timeout_recv_body(Some(LONGEST)).build().into(), patience })
    }

    fn url(&self, file: &FileName) -> String {
        self.api.model(file.repository.clone()).url(&file.file)
    }
}

impl Source for Hub {
    fn describe(&self, file: &FileName) -> Result<Remote> {
        // The crate's own requests wait for ever, so they do it on a thread that is left behind.
        let (api, url, (done, answer)) = (self.api.clone(), self.url(file), mpsc::channel());
        std::thread::spawn(move || done.send(api.metadata(&url)));
        // It asks twice: where the file is, and there.
        let answer = answer.recv_timeout(2 * self.patience).map_err(|_| network(file, "the server does not answer"))?;
        let metadata = answer.map_err(|error| match error {
            ApiError::RequestError(error) => refused(file, *error),
            error => network(file, error),
        })?;
        Ok(Remote { bytes: metadata.size() as u64, tag: metadata.etag().to_owned() })
    }

    fn open(&self, file: &FileName, from: u64) -> Result<Box<dyn Read>> {
        let request = self.agent.get(self.url(file)).header("Range", format!("bytes={from}-"));
        let response = request.call().map_err(|error| refused(file, error))?;
        let range = response.headers().get("Content-Range").and_then(|range| range.to_str().ok());
        let begins = range.is_some_and(|range| range.starts_with(&format!("bytes {from}-")));
        let mut body = response.into_body().into_reader();
        if from > 0 && !begins {
            // A server without ranges sends all of it: what is there already is skipped.
            let skipped = std::io::copy(&mut body.by_ref().take(from), &mut std::io::sink());
            skipped.map_err(|error| network(file, error))?;
        }
        Ok(Box::new(body))
    }
}

fn refused(file: &FileName, error: ureq::Error) -> Error {
    match error {
        ureq::Error::StatusCode(status) => Error::Refused { file: file.to_string(), status },
        error => network(file, error),
    }
}

fn network(file: impl ToString, error: impl ToString) -> Error {
    Error::Network { file: file.to_string(), reason: error.to_string() }
}
