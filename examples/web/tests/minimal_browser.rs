//! The pages of the feature `pages` in a real browser, as the one-file host mounts them: with scripts, without, and with the keyboard
//! alone on a narrow screen.

#[path = "support/host.rs"]
mod host;
mod support;

use std::time::Duration;

use host::Host;
use support::browser::{Browser, Driver, Manner};

const ANN: &str = "ann@acme.example";
const OWN: &str = "a quiet morning in May";
const LAST: &str = "rain on the roof at night";

const DESKTOP: Manner = Manner { scripts: true, keyboard: false, pictures: false, width: 960, height: 900 };

async fn sign_in(browser: &Browser, password: &str) {
    browser.expect("Sign in").await;
    browser.fill("email", ANN).await;
    browser.fill("password", password).await;
    browser.press_within("//main", "Sign in").await;
}

/// A mailed password, a password of one's own, and back to the page that was asked for.
async fn a_first_password_is_replaced(browser: &Browser, mailed: &str) {
    browser.open("/security").await;
    sign_in(browser, "a guess").await;
    browser.expect_words("Email and Password do not match").await;
    // The wait after one failure: a quarter of a second.
    tokio::time::sleep(Duration::from_secs(1)).await;
    sign_in(browser, mailed).await;
    browser.expect("Choose your password").await;
    browser.fill("new_password", "short").await;
    browser.press("Save password").await;
    browser.expect_words("The new password was not accepted.").await;
    browser.fill("new_password", OWN).await;
    browser.press("Save password").await;
    browser.expect("My password and security").await;
}

/// Returns the recovery codes.
async fn an_authenticator_is_set_up(browser: &Browser) -> Vec<String> {
    browser.press("Set up an authenticator app").await;
    browser.expect("Authenticator app").await;
    let key = browser.texts("#key").await.remove(0).replace(' ', "");
    let app = totp_rs::Totp::from_url(format!("otpauth://totp/Acme:ann?secret={key}&issuer=Acme")).unwrap();
    browser.fill("code", "not a code").await;
    browser.press("Confirm code").await;
    browser.expect_words("Please enter the digits shown by your authenticator app.").await;
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    browser.fill("code", &app.generate(now as u64).to_string()).await;
    browser.press("Confirm code").await;
    browser.expect("Recovery codes").await;
    let codes = browser.texts("#codes code").await;
    assert_eq!(codes.len(), 10);
    browser.press("I have saved them").await;
    browser.expect("My password and security").await;
    codes
}

async fn signing_out_and_in_with_a_code(browser: &Browser, code: &str) {
    browser.press("Sign out").await;
    browser.expect_words("You are signed out.").await;
    browser.open("/security").await;
    sign_in(browser, OWN).await;
    browser.expect("Second step").await;
    browser.press("Use a recovery code").await;
    browser.fill("code", code).await;
    browser.press("Continue").await;
    browser.expect("My password and security").await;
}

async fn a_proof_and_a_new_password(browser: &Browser, code: &str) {
    browser.open("/confirm").await;
    browser.expect("Confirm it's you").await;
    browser.fill("proof", code).await;
    browser.press("Confirm").await;
    browser.expect_words("Thank you. You can continue now.").await;
    browser.fill("current_password", OWN).await;
    browser.fill("new_password", LAST).await;
    browser.press("Change password").await;
    browser.expect_words("Password changed.").await;
}

async fn a_forgotten_password(browser: &Browser, host: &mut Host) {
    browser.open("/sign-out").await;
    browser.press_within("//main", "Sign out").await;
    browser.press("Forgot your password?").await;
    browser.fill("email", "ann at acme").await;
    browser.press("Continue").await;
    browser.expect_words("Please enter one complete email address.").await;
    browser.fill("email", ANN).await;
    browser.press("Continue").await;
    browser.expect("Check the address").await;
    browser.press("Reset").await;
    browser.expect("Check your mailbox").await;
    let link = host.line(&format!("{}/reset/confirm?token=", host.url));
    browser.open(&format!("/reset/confirm?token={link}")).await;
    browser.expect("Confirm your password reset").await;
    browser.press("Confirm").await;
    browser.expect("Check your mailbox again").await;
    browser.press("Go to sign-in").await;
    sign_in(browser, &host.line("    ")).await;
    browser.expect("Second step").await;
}

async fn walk(manner: Manner) {
    let Some(driver) = Driver::start().await else { return };
    // Or another host that prints the same, such as those of `examples/frameworks`: its README has the command.
    let program = std::env::var("DOORWARD_HOST");
    let mut host = Host::start(program.as_deref().unwrap_or(env!("CARGO_BIN_EXE_minimal")));
    let mailed = host.line("ann@acme.example signs in with ");
    let browser = driver.browser(&host.url, manner).await;
    a_first_password_is_replaced(&browser, &mailed).await;
    let codes = an_authenticator_is_set_up(&browser).await;
    signing_out_and_in_with_a_code(&browser, &codes[0]).await;
    a_proof_and_a_new_password(&browser, &codes[1]).await;
    // By keyboard, the way back to the field would lead through the browser's own bars.
    if manner.scripts && !manner.keyboard {
        browser.press_within("//div[.//input[@id='new_password']]", "Show password").await;
        browser.fill("new_password", "short").await;
        browser.wait_for("#rules .broken .tag").await;
        let styled = browser.run("return getComputedStyle(document.querySelector('.card')).borderRadius").await;
        assert_ne!(styled, "0px", "the style sheet is loaded");
    }
    a_forgotten_password(&browser, &mut host).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_by_clicks() {
    walk(DESKTOP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_without_scripts() {
    walk(Manner { scripts: false, ..DESKTOP }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_by_keyboard_at_320_pixels() {
    walk(Manner { keyboard: true, width: 320, height: 640, ..DESKTOP }).await;
}
