use super::{Auth, link, request, span};
use crate::auth::Operator;
use crate::auth::outcome::SignedIn;
use crate::engine::Found;
use crate::error::Unavailable;
use crate::error::registration::InviteError;
use crate::event::EventKind;
use crate::registration::{Invitation, Invited, RegistrationRequest, SealedRegistration};

/// # Inviting
impl Operator {
    /// Mails an invitation: a link with which its recipient opens an account and chooses the password. Nothing is stored until then,
    /// and the link is valid for 7 days by default. Unlike [`provision`](Self::provision), no password is ever mailed.
    ///
    /// # Errors
    /// [`InviteError`], for the operator.
    ///
    /// ```
    /// use doorward::registration::{InviteError};
    /// use doorward::{Email, Operator};
    ///
    /// async fn invite(operator: &Operator, email: Email) -> Result<String, InviteError> {
    ///     match operator.invite(email).await {
    ///         Ok(invited) => Ok(format!("invited until {}", invited.expires_at)),
    ///         Err(InviteError::EmailTaken) => Ok("there is an account with this address already".to_owned()),
    ///         Err(error) => Err(error),
    ///     }
    /// }
    /// ```
    pub async fn invite(&self, invitation: impl Into<Invitation>) -> Result<Invited, InviteError> {
        let (engine, Invitation { email, value }) = (self.engine(), invitation.into());
        engine.open()?;
        let Some(registrations) = &engine.requests.registrations else { return Err(InviteError::Off) };
        match engine.users.find_by_email(&email).await? {
            Found::Nobody => {}
            Found::Somebody(_) | Found::Unreadable => return Err(InviteError::EmailTaken),
        }
        let span = span(engine, |config| config.invitation_lifetime);
        let registration = SealedRegistration { email: email.clone(), value, invited: true, span };
        let kind = link(engine, registrations, &registration)?;
        engine.events.report(EventKind::Invited).email(&email).operator(self.acting()).send();
        match engine.mailing.send_to(&email, kind).await {
            Ok(()) => Ok(Invited { expires_at: span.expires_at }),
            Err(source) => Err(InviteError::MailFailed { source }),
        }
    }
}

/// # Registration: inviting
impl Auth {
    /// Mails an invitation by a member, like [`Operator::invite`](crate::Operator::invite). Whether members may invite is the host's
    /// choice: it offers the page, or does not. The response does not say whether there is an account with that address, whose owner
    /// is told in place of an invitation.
    ///
    /// A member causes at most 20 mails at once, then one every ten minutes, counted by this process.
    ///
    /// # Errors
    /// [`InviteError`].
    pub async fn invite(&self, member: &SignedIn, invitation: impl Into<Invitation>) -> Result<Invited, InviteError> {
        let (engine, Invitation { email, value }) = (&self.engine, invitation.into());
        engine.open()?;
        let Some(registrations) = &engine.requests.registrations else { return Err(InviteError::Off) };
        engine.sessions.find(member.shown()).await?.ok_or(InviteError::SessionEnded)?;
        if !engine.config.registration.allows(&email) {
            return Err(InviteError::DomainNotAllowed);
        }
        if let Err(retry_after) = registrations.admit_member(member.user_id()) {
            engine.events.report(EventKind::Busy).user_id(member.user_id()).send();
            return Err(Unavailable::Busy { retry_after }.into());
        }
        let expires_at = span(engine, |config| config.invitation_lifetime).expires_at;
        let request = RegistrationRequest { value, ..RegistrationRequest::new(email) };
        request::look_up(engine, registrations, request, Some(member.user_id())).await?;
        Ok(Invited { expires_at })
    }
}
