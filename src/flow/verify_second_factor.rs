//! The second step of a sign-in: a code of the authenticator, or a recovery code.

use std::sync::Arc;

use crate::engine::{CodeOutcome, Engine, SignIn};
use crate::error::VerifySecondFactorError;
use crate::event::EventKind;
use crate::second_factor::TypedCode;
use crate::types::Challenge;
use crate::user::{Passed, User};

pub(crate) async fn verify_second_factor(
    engine: &Arc<Engine>,
    challenge: &Challenge,
    typed: &str,
    remember: bool,
) -> Result<SignIn, VerifySecondFactorError> {
    engine.open()?;
    let Some(user) = engine.find_claimed(&challenge.0.user_id).await? else { return refused(engine, None) };
    let (limits, rules) = (engine.config.challenge_limits(), engine.config.sign_in_rules());
    // The challenge first: to whoever made one up no id is told from another.
    if user.second_factor_challenge(challenge, &limits, engine.now()).is_none() {
        return refused(engine, Some(&user));
    }
    let code = TypedCode::parse(typed)?;
    let remember = engine.config.second_factor.remember_device.filter(|_| remember);
    let outcome = engine
        .with_code(
            user.clone(),
            &code,
            Some(challenge),
            |user, now| user.second_factor_challenge(challenge, &limits, now).map(|proved| (proved.proof, proved)),
            |user, proved, accepted, now, fresh| {
                let Passed { step, user } =
                    user.pass_second_factor(challenge, proved, accepted, remember, &rules, now, fresh);
                (step, user)
            },
        )
        .await?;
    match outcome {
        CodeOutcome::Right(step, user) => Ok(engine.conclude(step, &user, 0, None).await),
        CodeOutcome::Wrong => Err(VerifySecondFactorError::CodeWrong),
        CodeOutcome::Throttled { retry_after } => Err(VerifySecondFactorError::Throttled { retry_after }),
        CodeOutcome::Refused => refused(engine, Some(&user)),
    }
}

fn refused(engine: &Engine, user: Option<&User>) -> Result<SignIn, VerifySecondFactorError> {
    engine.report_about(EventKind::ChallengeRejected, user);
    Err(VerifySecondFactorError::ChallengeInvalid)
}
