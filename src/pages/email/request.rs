use crate::email_change::EmailChangeRequest;
use crate::error::RequestEmailChangeError;
use crate::pages::answer::{Answer, Sorry};
use crate::pages::call::Call;
use crate::pages::member::Member;
use crate::pages::notice::Notice;
use crate::pages::security;
use crate::types::Email;

/// Where a step-up leads back to.
const PLACE: &str = "/security#address";

/// The same for a free and a taken address.
pub(super) async fn submit(call: Call) -> Result<Answer, Sorry> {
    let Call { browser, form, .. } = call;
    let member = Member::of(browser, PLACE).await?;
    let typed = form.get("email");
    let Ok(new) = Email::from_input(typed) else {
        let refusal = member.browser.invalid(422, "email_malformed");
        return security::refused(member, "email", &refusal, typed).await;
    };
    let request = member.browser.vouch_for_email_change(EmailChangeRequest::new(new));
    let error = match member.browser.auth().request_email_change(&member.signed_in, request).await {
        Ok(_) => return Ok(member.browser.saying(Notice::EmailRequested).go("/security")),
        Err(error) => error,
    };
    let field = match &error {
        RequestEmailChangeError::SameEmail
        | RequestEmailChangeError::Throttled { .. }
        | RequestEmailChangeError::TooManyChanges { .. } => "email",
        RequestEmailChangeError::RecoveryPending { .. } => "",
        _ => return Err(member.browser.sorry(&error, PLACE)),
    };
    let refusal = member.browser.auth().error_response(&error);
    security::refused(member, field, &refusal, typed).await
}
