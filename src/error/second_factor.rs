use core::time::Duration;

use thiserror::Error;
use time::OffsetDateTime;

use super::sign_in::TOO_MANY_SESSIONS;
use super::step_up::{BY_CODE, BY_PASSWORD};
use super::{StepUp, Unavailable, WRONG_CODE, failure, one_at_a_time, please_wait};
use crate::second_factor::MalformedCode;

const ENDED: &str = "Your session has ended. Please sign in again.";
const TOO_LATE: &str = "This step has expired or was already completed. Please sign in again.";
const MALFORMED: &str = "Please enter the digits from your authenticator app, or one of your recovery codes.";
const WRONG_FIRST_CODE: &str = "This is not the code from the authenticator app that you are setting up. Please try the next one. If \
                                that fails too, let your phone set its date and time automatically.";
const RECOVERY: &str =
    "A password reset is in progress for this account. Please finish it with the temporary password from your mail.";

/// Why a code did not complete a sign-in.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum VerifySecondFactorError {
    /// The challenge is invalid, used, expired (10 minutes) or exhausted (10 tries). The user starts again at the sign-in.
    ///
    /// Status 401, code `challenge_invalid`.
    #[error("challenge invalid, used or expired")]
    ChallengeInvalid,
    /// Not a well-formed code. It was not evaluated or counted.
    ///
    /// Status 422, code `code_malformed`.
    #[error("malformed code")]
    CodeMalformed,
    /// The code is wrong, was used before, or belongs to a time step before a used one. The failure counts, and the challenge
    /// remains valid. After too many wrong codes with the password alone, every code gets this answer; a known device or the
    /// mailbox still works.
    ///
    /// Status 401, code `code_wrong`.
    #[error("the code is wrong")]
    CodeWrong,
    /// The wait after the last wrong code has not passed. This code was not evaluated.
    ///
    /// Status 429, code `throttled`.
    #[error("throttled")]
    Throttled {
        /// The remaining wait.
        retry_after: Duration,
    },
    /// The user is signed in on too many devices, and [`danger_refuse_when_full`](crate::session::SessionConfig::danger_refuse_when_full) is
    /// on: the code was not evaluated. The user signs out somewhere else, or resets the password.
    ///
    /// Status 409, code `too_many_sessions`.
    #[error("too many sessions")]
    TooManySessions,
    /// No decision was reached; retrying is safe.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(VerifySecondFactorError {
    Self::ChallengeInvalid => "challenge_invalid", 401, TOO_LATE;
    Self::CodeMalformed => "code_malformed", 422, MALFORMED;
    Self::CodeWrong => "code_wrong", 401, WRONG_CODE;
    Self::Throttled { retry_after } => "throttled", 429, please_wait(*retry_after), retry retry_after;
    Self::TooManySessions => "too_many_sessions", 409, TOO_MANY_SESSIONS;
} unavailable Unavailable);

/// Why enrolling an authenticator was not started or confirmed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EnrollmentError {
    /// The session has ended. The user signs in again.
    ///
    /// Status 401, code `session_ended`.
    #[error("the session has ended")]
    SessionEnded,
    /// The challenge is invalid, used, expired (10 minutes) or exhausted (10 tries). The user starts again at the sign-in.
    ///
    /// Status 401, code `challenge_invalid`.
    #[error("challenge invalid, used or expired")]
    ChallengeInvalid,
    /// The session's proof is over five minutes old or, with a second factor on, was not a code. Ask for what `needs` says.
    ///
    /// Status 403, code `password_proof_needed` or `code_proof_needed`.
    #[error("step-up required: {needs}")]
    StepUpRequired {
        /// What to ask for.
        needs: StepUp,
    },
    /// A confirmed reset is pending. Until it ends, knowing the password is not enough to enroll an authenticator.
    ///
    /// Status 409, code `recovery_pending`.
    #[error("a confirmed reset is pending")]
    RecoveryPending {
        /// When the reset expires.
        until: OffsetDateTime,
    },
    /// The host gave no keyring, so second factors are unavailable. A programming error, not the user's.
    ///
    /// Status 500, code `no_keyring`.
    #[error("there is no keyring to seal secrets with")]
    NoKeyring,
    /// No enrollment was started in the last ten minutes. The user starts again.
    ///
    /// Status 409, code `not_begun`.
    #[error("no enrollment in progress")]
    NotBegun,
    /// Not a well-formed TOTP code.
    ///
    /// Status 422, code `code_malformed`.
    #[error("malformed code")]
    CodeMalformed,
    /// The authenticator shows another code: it was set up with another secret, or its clock or the host's is wrong. The
    /// enrollment can still be confirmed.
    ///
    /// Status 422, code `code_wrong`.
    #[error("the code is wrong")]
    CodeWrong,
    /// The wait after the last wrong code has not passed. This code was not evaluated.
    ///
    /// Status 429, code `throttled`.
    #[error("throttled")]
    Throttled {
        /// The remaining wait.
        retry_after: Duration,
    },
    /// No decision was reached; retrying is safe.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(EnrollmentError {
    Self::SessionEnded => "session_ended", 401, ENDED;
    Self::ChallengeInvalid => "challenge_invalid", 401, TOO_LATE;
    Self::StepUpRequired { needs: StepUp::Password } => "password_proof_needed", 403, BY_PASSWORD;
    Self::StepUpRequired { needs: StepUp::SecondFactor } => "code_proof_needed", 403, BY_CODE;
    Self::RecoveryPending { until } => "recovery_pending", 409, RECOVERY;
    Self::NoKeyring => "no_keyring", 500, "Something went wrong on our side. Please contact us.";
    Self::NotBegun => "not_begun", 409, "That took too long. Please set up your authenticator app again.";
    Self::CodeMalformed => "code_malformed", 422, "Please enter the digits shown by your authenticator app.";
    Self::CodeWrong => "code_wrong", 422, WRONG_FIRST_CODE;
    Self::Throttled { retry_after } => "throttled", 429, please_wait(*retry_after), retry retry_after;
} unavailable Unavailable);

/// Why the second factor was not turned off, or its recovery codes not replaced.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SecondFactorError {
    /// The session has ended. The user signs in again.
    ///
    /// Status 401, code `session_ended`.
    #[error("the session has ended")]
    SessionEnded,
    /// There is no second factor to change.
    ///
    /// Status 409, code `not_enrolled`.
    #[error("no second factor is on")]
    NotEnrolled,
    /// The session has no code from the last five minutes: ask for one and call
    /// [`reauthenticate_with_code`](crate::Auth::reauthenticate_with_code). The password is not enough here.
    ///
    /// Status 403, code `password_proof_needed` or `code_proof_needed`.
    #[error("step-up required: {needs}")]
    StepUpRequired {
        /// What to ask for.
        needs: StepUp,
    },
    /// A confirmed reset is pending. Until it ends, the second factor cannot be changed.
    ///
    /// Status 409, code `recovery_pending`.
    #[error("a confirmed reset is pending")]
    RecoveryPending {
        /// When the reset expires.
        until: OffsetDateTime,
    },
    /// The policy requires a second factor, so it cannot be turned off. Another authenticator can be enrolled in its place.
    ///
    /// Status 409, code `required_by_policy`.
    #[error("the policy requires a second factor")]
    RequiredByPolicy,
    /// No decision was reached; retrying is safe.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(SecondFactorError {
    Self::SessionEnded => "session_ended", 401, ENDED;
    Self::NotEnrolled => "not_enrolled", 409, "Two-step sign-in is not on.";
    Self::StepUpRequired { needs: StepUp::Password } => "password_proof_needed", 403, BY_PASSWORD;
    Self::StepUpRequired { needs: StepUp::SecondFactor } => "code_proof_needed", 403, BY_CODE;
    Self::RecoveryPending { until } => "recovery_pending", 409, RECOVERY;
    Self::RequiredByPolicy => "required_by_policy", 409, "Two-step sign-in is required here. You can set up another authenticator app instead.";
} unavailable Unavailable);

/// Why a signed-in user's reauthentication failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReauthenticateError {
    /// The session has ended. The user signs in again.
    ///
    /// Status 401, code `session_ended`.
    #[error("the session has ended")]
    SessionEnded,
    /// The password is wrong. The failure counts in a bucket that only signed-in users can reach.
    ///
    /// Status 422, code `password_wrong`.
    #[error("the password is wrong")]
    PasswordWrong,
    /// Not a well-formed code. It was not evaluated or counted.
    ///
    /// Status 422, code `code_malformed`.
    #[error("malformed code")]
    CodeMalformed,
    /// The code is wrong or was used before, or there is no second factor. The failure counts.
    ///
    /// Status 422, code `code_wrong`.
    #[error("the code is wrong")]
    CodeWrong,
    /// The wait after the previous attempt has not passed: a moment after a success (such as a form sent twice), longer after
    /// failures. This attempt was not evaluated.
    ///
    /// Status 429, code `throttled`.
    #[error("throttled")]
    Throttled {
        /// The remaining wait.
        retry_after: Duration,
    },
    /// No decision was reached; retrying is safe.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(ReauthenticateError {
    Self::SessionEnded => "session_ended", 401, ENDED;
    Self::PasswordWrong => "password_wrong", 422, "The password is not right.";
    Self::CodeMalformed => "code_malformed", 422, MALFORMED;
    Self::CodeWrong => "code_wrong", 422, WRONG_CODE;
    Self::Throttled { retry_after } => "throttled", 429, one_at_a_time(*retry_after), retry retry_after;
} unavailable Unavailable);

/// Why an action needs a step-up first.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StepUpError {
    /// The session has ended. The user signs in again.
    ///
    /// Status 401, code `session_ended`.
    #[error("the session has ended")]
    SessionEnded,
    /// The session's proof is older than
    /// [`SecondFactorConfig::fresh_proof`](crate::second_factor::SecondFactorConfig::fresh_proof), five minutes by default, or
    /// was not a code although a second factor is on. Ask for what `needs` says.
    ///
    /// Status 403, code `password_proof_needed` or `code_proof_needed`.
    #[error("step-up required: {needs}")]
    StepUpRequired {
        /// What to ask for.
        needs: StepUp,
    },
    /// No decision was reached; retrying is safe.
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
