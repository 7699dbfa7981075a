//! From a request to its answer: what is refused before a page sees it, and what every answer has.

use http::header::{self, HeaderValue};
use http::request::Parts;
use http::{Method, StatusCode};

use super::answer::{Answer, Sorry, redirect};
use super::browser::Browser;
use super::call::Call;
use super::fields::Fields;
use super::reader::{Reader, bearer, is_form, is_json, is_untyped};
use super::routes::{Route, Verb};
use super::state::Pages;
use super::{
    accounts, assets, authenticator, choose_password, confirm, cross_site, email, forgot, headers, leaving,
    registration, reset, second_step, security, sign_in, welcome,
};
use crate::auth::SignedIn;

/// A request that may be answered. Nothing of its body has been read.
pub(super) struct Admitted {
    route: Route,
    pub(super) verb: Verb,
    operator: Option<SignedIn>,
}

/// What is decided by the head of a request. Cross-site requests come first: whatever else is wrong with them, nothing is done.
pub(super) async fn admit(pages: &Pages, request: &Parts, reader: &Reader) -> Result<Admitted, Sorry> {
    if pages.is_cross_site(&request.method, &request.headers) {
        return Err(Sorry::Foreign);
    }
    let route = pages.route(request.uri.path()).ok_or(Sorry::NotFound)?;
    // Before anything else is wrong with the request: that would reveal the page.
    let operator = match route.is_for_operators() {
        true => Some(pages.operator(request, reader).await?),
        false => None,
    };
    let verb = route.verb(&request.method).ok_or(Sorry::Method(route))?;
    // An app may leave out the type with an empty body. A form of another site has one, and no bearer token.
    let is_read = is_form(request) || is_json(request) || is_untyped(request) && bearer(request).is_some();
    if verb == Verb::Post && !is_read {
        return Err(Sorry::Malformed(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    Ok(Admitted { route, verb, operator })
}

fn call(pages: &Pages, request: &Parts, reader: Reader, admitted: Admitted, body: &[u8]) -> Result<Call, Sorry> {
    let Admitted { route, verb, operator } = admitted;
    let malformed = |member: Option<String>| member.map_or(Sorry::Malformed(StatusCode::BAD_REQUEST), Sorry::Member);
    let form = match is_form(request) {
        true => Fields::parse(body),
        false => Fields::parse_json(body).map_err(malformed)?,
    };
    if verb == Verb::Post && !is_form(request) {
        let missing = route.required().iter().find(|member| !form.has(member));
        missing.map_or(Ok(()), |member| Err(Sorry::Member((*member).to_owned())))?;
    }
    let query = Fields::parse(request.uri.query().unwrap_or_default().as_bytes());
    let is_given = route == Route::RegisterSend && pages.shared.hooks.before_registration.is_some();
    let head = is_given.then(|| Box::new(request.clone()));
    Ok(Call { browser: Browser::of(pages, request, reader, &form), query, form, operator, head })
}

pub(super) async fn answer(
    pages: &Pages,
    request: &Parts,
    reader: Reader,
    admitted: Admitted,
    body: &[u8],
) -> Result<Answer, Sorry> {
    let (route, verb) = (admitted.route, admitted.verb);
    if let Some(fixed) = fixed(pages, route) {
        return Ok(fixed);
    }
    let call = call(pages, request, reader, admitted, body)?;
    match route {
        _ if route.is_for_operators() => accounts::answer(route, verb, call).await,
        _ if route.is_of_registration() => registration::answer(route, verb, call).await,
        _ if route.is_of_email() => email::answer(route, verb, call).await,
        _ if route.is_of_leaving() => leaving::answer(route, verb, call).await,
        _ => handle(route, verb, call).await,
    }
}

async fn handle(route: Route, verb: Verb, call: Call) -> Result<Answer, Sorry> {
    use Verb::{Get, Post};
    match (route, verb) {
        (Route::SignIn, Get) => sign_in::show(call).await,
        (Route::SignIn, Post) => sign_in::submit(call).await,
        (Route::SecondStep, Get) => second_step::show(call).await,
        (Route::SecondStep, Post) => second_step::submit(call).await,
        (Route::ChoosePassword, Get) => choose_password::show(call).await,
        (Route::ChoosePassword, Post) => choose_password::submit(call).await,
        (Route::CheckPassword, _) => choose_password::check(call).await,
        (Route::Authenticator | Route::AuthenticatorConfirm, Get) => authenticator::offer(call).await,
        (Route::Authenticator, Post) => authenticator::begin_required(call).await,
        (Route::AuthenticatorConfirm, Post) => authenticator::confirm_required(call).await,
        (Route::SignOut, Get) => sign_in::offer_sign_out(call).await,
        (Route::SignOut, Post) => sign_in::sign_out(call).await,
        (Route::Forgot | Route::ForgotChange | Route::ForgotSend, Get) => forgot::show(call).await,
        (Route::Forgot, Post) => forgot::check(call).await,
        (Route::ForgotChange, Post) => forgot::change(call).await,
        (Route::ForgotSend, Post) => forgot::send(call).await,
        (Route::ForgotSent, _) => forgot::sent(call).await,
        (Route::ResetConfirm, Get) => reset::show(call).await,
        (Route::ResetConfirm, Post) => reset::submit(call).await,
        (Route::ResetDone, _) => reset::done(call).await,
        (Route::Confirm, Get) => confirm::show(call).await,
        (Route::Confirm, Post) => confirm::submit(call).await,
        (Route::SecurityPassword, Post) => security::change_password(call).await,
        (Route::SecurityAuthenticator, Post) => authenticator::begin(call).await,
        (Route::SecurityAuthenticatorConfirm, Post) => authenticator::confirm(call).await,
        (Route::SecurityAuthenticatorOff, Post) => security::turn_off(call).await,
        (Route::SecurityRecoveryCodes, Post) => authenticator::new_recovery_codes(call).await,
        (Route::SecurityDeviceSignOut, Post) => security::sign_out_device(call).await,
        (Route::SecuritySessionSignOut, Post) => security::sign_out_session(call).await,
        (Route::SecurityOthersSignOut, Post) => security::sign_out_others(call).await,
        (
            Route::Security
            | Route::SecurityPassword
            | Route::SecurityAuthenticator
            | Route::SecurityAuthenticatorConfirm
            | Route::SecurityAuthenticatorOff
            | Route::SecurityRecoveryCodes
            | Route::SecurityDeviceSignOut
            | Route::SecuritySessionSignOut
            | Route::SecurityOthersSignOut,
            _,
        ) => security::show(call).await,
        (Route::Welcome, _) => welcome::show(call).await,
        // Fixed, or one of the above.
        _ => Err(Sorry::NotFound),
    }
}

/// What is the same whoever asks for it, and whatever they accept.
fn fixed(pages: &Pages, route: Route) -> Option<Answer> {
    Some(match route {
        Route::WellKnownChangePassword => redirect(&pages.security_path()),
        Route::Style => assets::style(),
        Route::Script => assets::script(),
        Route::Icon => assets::icon(),
        Route::OpenApi => assets::openapi(pages),
        _ => return None,
    })
}

/// What every answer has, whatever became of the request.
pub(super) fn finish(pages: &Pages, request: &Parts, reader: &Reader, answer: Result<Answer, Sorry>) -> Answer {
    if let Err(Sorry::Foreign) = answer {
        pages.shared.auth.report_cross_site(cross_site::named_origin(&request.headers));
    }
    let mut answer = answer.unwrap_or_else(|sorry| sorry.answer(pages, reader));
    let (length, status) = (answer.body().len(), answer.status());
    let headers = answer.headers_mut();
    if status == StatusCode::UNAUTHORIZED {
        // Required by RFC 9110. No browser asks for a password because of it.
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    // One path answers people and programs, and in several languages.
    headers.append(header::VARY, HeaderValue::from_static("Accept, Accept-Language, Authorization, Cookie"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    headers::protect(headers, pages.shared.origin.starts_with("https:"));
    if request.method == Method::HEAD {
        // It only asks: nothing changes in the browser either.
        headers.remove(header::SET_COOKIE);
        answer.body_mut().clear();
    }
    answer
}
