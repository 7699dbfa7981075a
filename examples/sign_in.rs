//! Signing in: every outcome a page has to handle.

use doorward::error::SignInError;
use doorward::mail::PrintingMailer;
use doorward::store::{MemoryAttempts, MemoryUsers};
use doorward::{Auth, Email, SignIn, SignInRequest, Site};

/// Handles a sign-in form.
async fn answer(auth: &Auth, email: &str, password: &str, device_cookie: &str) -> String {
    match auth.sign_in(SignInRequest::new(email, password).device(device_cookie)).await {
        Ok(SignIn::Complete(signed_in)) => {
            // Put the session's token into a cookie as it is. Put the device token into one that lasts 90 days; if there is none,
            // leave that cookie as it is.
            let device = signed_in.device_token().map(|token| token.expose());
            format!("session cookie {}; device cookie {device:?}", signed_in.token().expose())
        }
        Ok(SignIn::SecondFactorRequired(challenge)) => format!("ask for a code ({})", challenge.expose()),
        Ok(SignIn::EnrollmentRequired(challenge)) => format!("set up an authenticator app ({})", challenge.expose()),
        Ok(SignIn::PasswordChangeRequired(challenge)) => format!("choose a password ({})", challenge.expose()),
        Err(SignInError::Throttled { retry_after }) => format!("please wait {retry_after:?}"),
        Err(error) => {
            let refusal = auth.error_response(&error);
            format!("{} {}; help: {}", refusal.http_status, refusal.message, refusal.support)
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    let (auth, operator) = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer)
        .background(|work| drop(tokio::spawn(work)))
        .build_with_operator()?;

    tokio::runtime::Runtime::new()?.block_on(async {
        let ann = operator.provision_without_mail(Email::parse("ann@acme.example")?).await?;
        let mailed = ann.temporary_password.expose();

        let wrong = answer(&auth, "ann@acme.example", "not it", "").await;
        println!("a wrong password:     {wrong}");
        assert_eq!(wrong, "401 Email and Password do not match; help: help@acme.example");

        // The next attempt comes too early and is not evaluated. The mailed password is accepted all the same.
        let early = answer(&auth, "ann@acme.example", "not it either", "").await;
        println!("the next, too early:  {early}");
        assert!(early.starts_with("please wait"));

        let mailed = answer(&auth, "Ann@Acme.example", mailed, "").await;
        println!("the mailed password:  {mailed}");
        assert!(mailed.starts_with("choose a password"));
        // Finishes background work, such as mails, before the process ends.
        auth.close().await;
        Ok(())
    })
}
