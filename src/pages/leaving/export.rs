use http::StatusCode;
use http::header::{self, HeaderValue};

use crate::error::leaving::ExportError;
use crate::pages::answer::{Answer, Sorry, content};
use crate::pages::call::Call;
use crate::pages::member::Member;
use crate::pages::security;

/// Where a step-up leads back to.
const PLACE: &str = "/security#leaving";

/// The document, for a browser to save. `finish` adds what every answer has, `no-store` among it.
pub(super) async fn submit(call: Call) -> Result<Answer, Sorry> {
    let member = Member::of(call.browser, PLACE).await?;
    let journal = member.browser.pages.shared.hooks.journal.as_deref();
    let error = match member.browser.auth().export(&member.signed_in, journal).await {
        Ok(document) => {
            let mut answer = content(StatusCode::OK, "application/json", document);
            let saved = HeaderValue::from_static("attachment; filename=\"account.json\"");
            answer.headers_mut().insert(header::CONTENT_DISPOSITION, saved);
            return Ok(answer);
        }
        Err(error) => error,
    };
    if !matches!(error, ExportError::RecoveryPending) {
        return Err(member.browser.sorry(&error, PLACE));
    }
    let refusal = member.browser.auth().error_response(&error);
    security::refused(member, "", &refusal, "").await
}
