use super::{Auth, opened};
use crate::auth::outcome::SignIn;
use crate::auth::respond::{events_of, respond};
use crate::crypto::{Purpose, sha256};
use crate::engine::{Engine, Happened, Holder, SHORT_WHILE};
use crate::error::Unavailable;
use crate::error::registration::RegisterError;
use crate::event::EventKind;
use crate::hashing::PasswordHash;
use crate::registration::RegistrationLink;
use crate::store::Insert;
use crate::types::{Password, RegistrationToken, base64url};
use crate::user::{Fresh, Passed, Step, User};

/// # Registration: opening the account
impl Auth {
    /// Opens the account that a link stands for, with this password, and signs in. Call it for an explicit POST, never for a GET. The
    /// token is mended as by [`read_registration_token`](Self::read_registration_token).
    ///
    /// **The insert is the claim:** the repository's unique address decides, so however many confirm one link at once, and whoever
    /// else wants that address, there is one account. Its owner is mailed a welcome without a secret. Where a second factor is
    /// required, the step that follows is the enrolment.
    ///
    /// # Errors
    /// [`RegisterError`]. A rejected password does not use up the link.
    ///
    /// ```
    /// use doorward::registration::{RegisterError};
    /// use doorward::{Auth, SignIn};
    ///
    /// async fn submit(auth: &Auth, token: &str, password: &str) -> Result<SignIn, String> {
    ///     match auth.register(token, password).await {
    ///         Ok(step) => Ok(step),
    ///         Err(RegisterError::Rejected { violations }) => {
    ///             Err(violations.iter().map(|violation| violation.text()).collect::<Vec<_>>().join("\n"))
    ///         }
    ///         Err(error) => Err(error.user_message()),
    ///     }
    /// }
    /// ```
    pub async fn register(&self, token: &str, password: &str) -> Result<SignIn, RegisterError> {
        let engine = &self.engine;
        engine.open()?;
        let Ok(token) = RegistrationToken::from_link(token) else {
            engine.events.report_about(EventKind::RegistrationLinkDamaged, None);
            return Err(RegisterError::LinkDamaged);
        };
        let Some((registrations, link)) = opened(engine, &token).await? else { return Err(refused(engine, None)) };
        let checked = engine.new_passwords.check_first(&link.email, &Password::new(password)).await?;
        let password = checked.map_err(|violations| RegisterError::Rejected { violations })?;
        // One at a time: each costs a hash, and all but one of them for nothing.
        let name =
            base64url::encode(sha256(Purpose::RegistrationLink, &[link.email.canonical().as_bytes()]).as_bytes());
        let Some(_turn) = registrations.under_way.enter(&name, usize::MAX) else {
            return Err(RegisterError::InProgress { retry_after: SHORT_WHILE });
        };
        // Whoever goes away keeps the place until the hash is done: one link buys no more of them.
        let permit = engine.hashing.permit_in(Holder::Bucket(name.into()))?;
        let fresh = Fresh::draw().map_err(Unavailable::from)?;
        let hash = engine.new_passwords.hash_first(permit, password).await?;
        let (step, user) = insert(engine, link, &hash, &fresh).await?;
        engine.mailing.notify(&user).await;
        Ok(respond(engine, step, &user))
    }
}

async fn insert(
    engine: &Engine,
    link: RegistrationLink,
    hash: &PasswordHash,
    fresh: &Fresh,
) -> Result<(Step, User), RegisterError> {
    let (id, email) = (fresh.user_id.clone(), link.email.clone());
    let hash = engine.hashing.keep(hash, &id).map_err(Unavailable::from)?;
    let Passed { step, user } = User::register(link, id, hash, &engine.config.sign_in_rules(), engine.now(), fresh);
    let happened = Happened::of([EventKind::Registered].into_iter().chain(events_of(&step, 0)));
    match engine.users.insert(user, happened).await? {
        (Insert::Stored, user) => Ok((step, user)),
        (Insert::EmailTaken, _) => Err(refused(engine, Some(&email))),
        // 128 random bits that somebody has already.
        (Insert::IdTaken, _) => Err(Unavailable::Contended.into()),
    }
}

fn refused(engine: &Engine, email: Option<&crate::types::Email>) -> RegisterError {
    let report = engine.events.report(EventKind::RegistrationLinkRejected);
    match email {
        Some(email) => report.email(email).send(),
        None => report.send(),
    }
    RegisterError::LinkInvalid
}
