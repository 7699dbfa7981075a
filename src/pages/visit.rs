//! A sign-in under way, as its cookie carries it.

use serde::{Deserialize, Serialize};

use super::answer::Sorry;
use crate::types::Challenge;

/// Sealed. What has been proved is in the challenge, which `Auth` judges; the rest is for display and for the way back.
#[derive(Clone, Default, Deserialize, Serialize)]
pub(super) struct Visit {
    /// The address that signs in.
    pub(super) email: String,
    /// The path to go to afterwards, if not home.
    pub(super) then: Option<String>,
    pub(super) step: Option<Step>,
    /// Whether it is the first sign-in of that user.
    #[serde(default)]
    pub(super) newcomer: bool,
}

/// The next step of a sign-in, with the text of its challenge.
#[derive(Clone, Deserialize, Serialize)]
pub(super) enum Step {
    Code(String),
    Password(String),
    Authenticator(String),
}

impl Visit {
    /// A challenge is valid for its own step only, so each page asks for its own kind.
    fn challenge(&self, of: impl Fn(&Step) -> Option<&String>) -> Result<Challenge, Sorry> {
        let text = self.step.as_ref().and_then(of).ok_or(Sorry::NoSteps)?;
        Challenge::parse(text).map_err(|_| Sorry::NoSteps)
    }

    pub(super) fn code_challenge(&self) -> Result<Challenge, Sorry> {
        self.challenge(|step| if let Step::Code(text) = step { Some(text) } else { None })
    }

    pub(super) fn authenticator_challenge(&self) -> Result<Challenge, Sorry> {
        self.challenge(|step| if let Step::Authenticator(text) = step { Some(text) } else { None })
    }

    pub(super) fn password_challenge(&self) -> Result<Challenge, Sorry> {
        self.challenge(|step| if let Step::Password(text) = step { Some(text) } else { None })
    }
}
