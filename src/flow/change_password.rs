//! Changing the password by somebody who is signed in.

use std::sync::Arc;

use crate::account::Session;
use crate::engine::{Admission, Committed, Decision, Engine, Hashed, SignedIn, judge_and_hash};
use crate::error::{ChangePasswordError, Unavailable};
use crate::event::EventKind;
use crate::hashing;
use crate::mail::MailKind;
use crate::types::Password;
use crate::user::{Judged, Recovery, User};

pub(crate) async fn change_password(
    engine: &Arc<Engine>,
    session: &Session,
    current: &Password,
    new: &Password,
) -> Result<SignedIn, ChangePasswordError> {
    engine.open()?;
    let found = engine.users.find_by_id(session.user_id()).await.map_err(Unavailable::from)?;
    let Some(user) = found else { return ended(engine, session) };
    may_change(engine, &user, session)?;
    let checked = match engine.check_new_password(&user, new).await? {
        Ok(checked) => checked,
        Err(violations) => return Err(ChangePasswordError::Rejected { violations }),
    };

    let (permit, charged) = match engine.charge_signed_in(user.id()).await? {
        Admission::Admitted(charged) => charged,
        Admission::Throttled { retry_after } => {
            engine.report(EventKind::Throttled { retry_after }).user(&user).send();
            return Err(ChangePasswordError::Throttled { retry_after });
        }
    };
    let judged = Judged::password_of(&user);
    let evaluable = engine.evaluable(user.email(), Some(&user), judged.as_ref());
    // The first of these is the current password, against which the new one is compared as text: one hash fewer.
    let earlier = user.refused_hashes(engine.config.password.history).split_off(usize::from(judged.is_some()));
    let refused = engine.readable(&user, &earlier);
    let (params, typed) = (engine.config.hashing.params, current.clone());
    let verdict = permit.run(move |memory| {
        if !evaluable.verify(&typed, memory) {
            return (Verdict::Wrong, 1);
        }
        if typed.ct_eq(checked.password()).into() {
            return (Verdict::Right(Ok(Hashed::Reused)), 1);
        }
        let (hashed, hashes) = judge_and_hash(&checked, &refused, params, memory);
        (Verdict::Right(hashed), 1 + hashes)
    });
    let (judged, hashed) = match (verdict.await.map_err(|_| Unavailable::Closed)?, judged) {
        (Verdict::Right(hashed), Some(judged)) => (judged, hashed.map_err(Unavailable::from)?),
        _ => {
            engine.report(EventKind::PasswordChangeFailed).user(&user).send();
            return Err(ChangePasswordError::CurrentPasswordWrong);
        }
    };
    let hash = match hashed {
        Hashed::New(hash) => hash,
        Hashed::Reused => {
            // The current password was right: nothing was guessed.
            engine.refund(&charged, engine.now()).await;
            return Err(ChangePasswordError::Rejected { violations: engine.reused(&user) });
        }
    };

    let credential = engine.new_credential(&user, &hash)?;
    let (devices, fresh_proof) = (engine.config.device_limits(), engine.config.second_factor.fresh_proof);
    let changed = engine
        .commit(user, |user, fresh| match may_change(engine, user, session) {
            Ok(()) if judged.holds_for(user) => {
                let (session, device, user) =
                    user.change_password(session, credential.clone(), &devices, fresh_proof, engine.now(), fresh);
                Decision::Store(user.clone(), Ok((session, device, user)))
            }
            Ok(()) => Decision::Answer(ended(engine, session)),
            Err(error) => Decision::Answer(Err(error)),
        })
        .await?;
    let Committed::Done(changed) = changed else { return ended(engine, session) };
    let (session, device, user) = changed?;

    engine.report(EventKind::PasswordChanged).user(&user).send();
    engine.refund(&charged, engine.now()).await;
    engine.notify(&user, MailKind::PasswordChanged { at: engine.now() }).await;
    Ok(SignedIn::new(&user, session, device))
}

enum Verdict {
    Wrong,
    Right(Result<Hashed, hashing::HashingError>),
}

/// Whether the session is still one, and no recovery is under way.
fn may_change(engine: &Engine, user: &User, session: &Session) -> Result<(), ChangePasswordError> {
    if !engine.is_in_session(user, session) {
        return ended(engine, session);
    }
    match user.recovery(engine.now()) {
        Recovery::Open { until } => Err(ChangePasswordError::RecoveryPending { until }),
        Recovery::None => Ok(()),
    }
}

fn ended<T>(engine: &Engine, session: &Session) -> Result<T, ChangePasswordError> {
    engine.report(EventKind::SessionRejected).user_id(session.user_id()).send();
    Err(ChangePasswordError::SessionEnded)
}
