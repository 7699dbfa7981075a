//! Changing the password by giving the current one and a new one.

use doorward::error::{ChangePasswordError, ResumeError};
use doorward::mail::PrintingMailer;
use doorward::store::{MemoryAttempts, MemoryUsers};
use doorward::{Auth, Email, Operator, SignIn, SignInRequest, SignedIn, Site};

async fn open_account(
    auth: &Auth,
    operator: &Operator,
    email: &str,
    password: &str,
) -> Result<SignedIn, Box<dyn std::error::Error>> {
    let account = operator.provision_without_mail(Email::parse(email)?).await?;
    let request = SignInRequest::new(email, account.temporary_password.expose());
    let SignIn::PasswordChangeRequired(challenge) = auth.sign_in(request).await? else { return Err("not due".into()) };
    let SignIn::Complete(signed_in) = auth.choose_password(&challenge, password).await? else {
        return Err("more".into());
    };
    Ok(signed_in)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    let (auth, operator) = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer)
        .background(|work| drop(tokio::spawn(work)))
        .build_with_operator()?;

    tokio::runtime::Runtime::new()?.block_on(async {
        let signed_in = open_account(&auth, &operator, "ann@acme.example", "a quiet morning in May").await?;
        let before = signed_in.token().expose();

        let wrong = auth.change_password(&signed_in, "not it", "rain on the roof at night").await;
        assert!(matches!(wrong, Err(ChangePasswordError::CurrentPasswordWrong)));
        println!("the current password was wrong: nothing changed");

        // The next attempt has to wait a little, in a bucket that only this user reaches.
        let early = auth.change_password(&signed_in, "a quiet morning in May", "rain on the roof at night").await;
        let Err(ChangePasswordError::Throttled { retry_after }) = early else { return Err("too early".into()) };
        println!("too early: try again in {retry_after:?}");
        tokio::time::sleep(retry_after).await;

        let signed_in = auth.change_password(&signed_in, "a quiet morning in May", "rain on the roof at night").await?;
        // The new `SignedIn` replaces the current session; every other one has ended.
        assert!(auth.resume(&signed_in.token().expose()).await.is_ok());
        assert!(matches!(auth.resume(&before).await, Err(ResumeError::SessionEnded)));
        println!("changed: this session continues, every other one has ended");
        // Finishes background work, such as mails, before the process ends.
        auth.close().await;
        Ok(())
    })
}
