//! Signing in: every outcome that a page has to answer.

use doorward::{Auth, Email, MemoryAttempts, MemoryUsers, PrintingMailer, SignIn, SignInError, SignInRequest, Site};

/// What a sign-in page does with a form.
async fn answer(auth: &Auth, email: &str, password: &str, device_cookie: &str) -> String {
    match auth.sign_in(SignInRequest::new(email, password).device(device_cookie)).await {
        // Keep the session on the server, and the device token in a long-lived cookie.
        Ok(SignIn::Complete(signed_in)) => format!("session {}", signed_in.session().encode()),
        Ok(SignIn::SecondFactorRequired(challenge)) => format!("ask for a code ({})", challenge.expose()),
        Ok(SignIn::EnrollmentRequired(challenge)) => format!("set up an authenticator app ({})", challenge.expose()),
        Ok(SignIn::PasswordChangeRequired(challenge)) => format!("choose a password ({})", challenge.expose()),
        Err(SignInError::Throttled { retry_after }) => format!("please wait {retry_after:?}"),
        Err(error) => {
            let refusal = auth.refusal(&error);
            format!("{} {}; help: {}", refusal.http_status, refusal.message, refusal.support)
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    let auth = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer).build()?;

    pollster::block_on(async {
        let ann = auth.provision_revealing(Email::parse("ann@acme.example")?).await?;
        let mailed = ann.temporary_password.expose();

        let wrong = answer(&auth, "ann@acme.example", "not it", "").await;
        assert_eq!(wrong, "401 Email and Password do not match; help: help@acme.example");
        // The next try comes too early and is not evaluated. The mailed password passes all the same.
        assert!(answer(&auth, "ann@acme.example", "not it either", "").await.starts_with("please wait"));
        assert!(answer(&auth, "Ann@Acme.example", mailed, "").await.starts_with("choose a password"));
        Ok(())
    })
}
