use core::time::Duration;

use thiserror::Error;
use time::OffsetDateTime;

use super::step_up::{BY_CODE, BY_PASSWORD};
use super::{StepUp, Unavailable, failure, one_at_a_time, please_wait};
use crate::second_factor::MalformedCode;

const ENDED: &str = "Your session has ended. Please sign in again.";
const TOO_LATE: &str = "That took too long or was done already. Please sign in again.";
const MALFORMED: &str = "Please enter the digits of your authenticator app, or one of your recovery codes.";
const WRONG: &str = "This code is not right, or was used before.";
const RECOVERY: &str =
    "A password reset is under way for this account. Please finish it with the password from your mail.";

/// Why a code did not complete a sign-in.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum VerifySecondFactorError {
    /// The challenge is not one, was used, is over ten minutes old, or was tried ten times. The user starts again at the
    /// sign-in.
    #[error("the challenge does not work (any more)")]
    ChallengeInvalid,
    /// The text is no code. It was not evaluated and not counted.
    #[error("malformed code")]
    CodeMalformed,
    /// Wrong, used before, or of a step before one that was used. It is counted, and the challenge still works. It is also
    /// the answer to every code once too many were wrong after the password alone: a known device or the mailbox goes on.
    #[error("the code is wrong")]
    CodeWrong,
    /// The wait after the last wrong code is not over. This one was not evaluated.
    #[error("throttled")]
    Throttled {
        /// The rest of the wait.
        retry_after: Duration,
    },
    /// Nothing was decided.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(VerifySecondFactorError {
    Self::ChallengeInvalid => "challenge_invalid", 401, TOO_LATE;
    Self::CodeMalformed => "code_malformed", 422, MALFORMED;
    Self::CodeWrong => "code_wrong", 401, WRONG;
    Self::Throttled { retry_after } => "throttled", 429, please_wait(*retry_after), retry retry_after;
} unavailable Unavailable);

/// Why an authenticator was not begun or confirmed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EnrollmentError {
    /// The session ended meanwhile. The user signs in again.
    #[error("the session has ended")]
    SessionEnded,
    /// The challenge is not one, was used, is over ten minutes old, or was tried ten times. The user starts again at the
    /// sign-in.
    #[error("the challenge does not work (any more)")]
    ChallengeInvalid,
    /// What the session proved is over five minutes old, or, where a second factor is on already, was not a code: ask for what
    /// `needs` says.
    #[error("a fresh proof is needed: {needs}")]
    StepUpRequired {
        /// Which one.
        needs: StepUp,
    },
    /// A confirmed reset waits to be completed; until then who merely knows the password enrolls nothing.
    #[error("a confirmed reset waits for its completion")]
    RecoveryPending {
        /// When the reset expires.
        until: OffsetDateTime,
    },
    /// The host gave no keyring, so there is no two-factor sign-in here. A mistake of the program, not of its user.
    #[error("there is no keyring to seal secrets with")]
    NoKeyring,
    /// No authenticator was begun, or over ten minutes ago. The user begins again.
    #[error("no authenticator was begun")]
    NotBegun,
    /// The text is no code of an authenticator.
    #[error("malformed code")]
    CodeMalformed,
    /// The authenticator shows another code: it was set up with another key, or its clock or the host's is wrong. What was
    /// begun can still be confirmed.
    #[error("the code is wrong")]
    CodeWrong,
    /// The wait after the last wrong code is not over. This one was not evaluated.
    #[error("throttled")]
    Throttled {
        /// The rest of the wait.
        retry_after: Duration,
    },
    /// Nothing was decided.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(EnrollmentError {
    Self::SessionEnded => "session_ended", 401, ENDED;
    Self::ChallengeInvalid => "challenge_invalid", 401, TOO_LATE;
    Self::StepUpRequired { needs: StepUp::Password } => "password_proof_needed", 403, BY_PASSWORD;
    Self::StepUpRequired { needs: StepUp::SecondFactor } => "code_proof_needed", 403, BY_CODE;
    Self::RecoveryPending { until } => "recovery_pending", 409, RECOVERY;
    Self::NoKeyring => "no_keyring", 500, "Something went wrong on our side.";
    Self::NotBegun => "not_begun", 409, "That took too long. Please set up your authenticator app again.";
    Self::CodeMalformed => "code_malformed", 422, "Please enter the digits that your authenticator app shows.";
    Self::CodeWrong => "code_wrong", 422, "This is not the code of the authenticator app that you are setting up.";
    Self::Throttled { retry_after } => "throttled", 429, please_wait(*retry_after), retry retry_after;
} unavailable Unavailable);

/// Why the second factor was not turned off, or its recovery codes not made anew.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SecondFactorError {
    /// The session ended meanwhile. The user signs in again.
    #[error("the session has ended")]
    SessionEnded,
    /// There is no second factor to change.
    #[error("no second factor is on")]
    NotEnrolled,
    /// The session proved no code within five minutes: ask for one and call
    /// [`reauthenticate_with_code`](crate::Auth::reauthenticate_with_code). The password is not enough here.
    #[error("a fresh proof is needed: {needs}")]
    StepUpRequired {
        /// Which one.
        needs: StepUp,
    },
    /// A confirmed reset waits to be completed; until then nothing of this changes.
    #[error("a confirmed reset waits for its completion")]
    RecoveryPending {
        /// When the reset expires.
        until: OffsetDateTime,
    },
    /// The policy demands a second factor, so it cannot be turned off. Another authenticator can be enrolled in its place.
    #[error("the policy demands a second factor")]
    RequiredByPolicy,
    /// Nothing was decided.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(SecondFactorError {
    Self::SessionEnded => "session_ended", 401, ENDED;
    Self::NotEnrolled => "not_enrolled", 409, "Two-factor sign-in is not on.";
    Self::StepUpRequired { needs: StepUp::Password } => "password_proof_needed", 403, BY_PASSWORD;
    Self::StepUpRequired { needs: StepUp::SecondFactor } => "code_proof_needed", 403, BY_CODE;
    Self::RecoveryPending { until } => "recovery_pending", 409, RECOVERY;
    Self::RequiredByPolicy => "required_by_policy", 409, "Two-factor sign-in is required here.";
} unavailable Unavailable);

/// Why somebody who is signed in did not prove once more who it is.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReauthenticateError {
    /// The session ended meanwhile. The user signs in again.
    #[error("the session has ended")]
    SessionEnded,
    /// The password is wrong. It is counted, in a lane that strangers cannot reach.
    #[error("the password is wrong")]
    PasswordWrong,
    /// The text is no code. It was not evaluated and not counted.
    #[error("malformed code")]
    CodeMalformed,
    /// The code is wrong, was used before, or there is no second factor. It is counted.
    #[error("the code is wrong")]
    CodeWrong,
    /// The wait after the last try is not over: a moment after one that was right, such as the same form sent twice, and longer
    /// after wrong ones. This one was not evaluated.
    #[error("throttled")]
    Throttled {
        /// The rest of the wait.
        retry_after: Duration,
    },
    /// Nothing was decided.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(ReauthenticateError {
    Self::SessionEnded => "session_ended", 401, ENDED;
    Self::PasswordWrong => "password_wrong", 422, "The password is not right.";
    Self::CodeMalformed => "code_malformed", 422, MALFORMED;
    Self::CodeWrong => "code_wrong", 422, WRONG;
    Self::Throttled { retry_after } => "throttled", 429, one_at_a_time(*retry_after), retry retry_after;
} unavailable Unavailable);

/// Why something takes one more proof of who it is.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StepUpError {
    /// The session ended meanwhile. The user signs in again.
    #[error("the session has ended")]
    SessionEnded,
    /// What the session proved is older than [`SecondFactorConfig::fresh_proof`](crate::second_factor::SecondFactorConfig::fresh_proof), five
    /// minutes by default, or was not a code where a second factor is on: ask for what `needs` says.
    #[error("a fresh proof is needed: {needs}")]
    StepUpRequired {
        /// Which one.
        needs: StepUp,
    },
    /// Nothing was decided.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(StepUpError {
    Self::SessionEnded => "session_ended", 401, ENDED;
    Self::StepUpRequired { needs: StepUp::Password } => "password_proof_needed", 403, BY_PASSWORD;
    Self::StepUpRequired { needs: StepUp::SecondFactor } => "code_proof_needed", 403, BY_CODE;
} unavailable Unavailable);

impl From<MalformedCode> for VerifySecondFactorError {
    fn from(_: MalformedCode) -> Self {
        Self::CodeMalformed
    }
}

impl From<MalformedCode> for ReauthenticateError {
    fn from(_: MalformedCode) -> Self {
        Self::CodeMalformed
    }
}
