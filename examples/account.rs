//! Managing sessions and devices as a signed-in user.

use doorward::error::ResumeError;
use doorward::mail::PrintingMailer;
use doorward::store::{MemoryAttempts, MemoryUsers};
use doorward::{Auth, Email, Session, SignIn, SignInRequest, Site};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    let (auth, operator) = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer)
        .background(|work| drop(tokio::spawn(work)))
        .build_with_operator()?;

    tokio::runtime::Runtime::new()?.block_on(async {
        let ann = operator.provision_without_mail(Email::parse("ann@acme.example")?).await?;
        let request = SignInRequest::new("ann@acme.example", ann.temporary_password.expose());
        let SignIn::PasswordChangeRequired(challenge) = auth.sign_in(request).await? else {
            return Err("not due".into());
        };
        let SignIn::Complete(desk) = auth.choose_password(&challenge, "a quiet morning in May").await? else {
            return Err("more".into());
        };
        // The host stores the session as text and loads it on every request.
        let stored = desk.session().encode();
        let desk = auth.resume(&Session::decode(&stored)?).await?;

        let request = SignInRequest::new("ann@acme.example", "a quiet morning in May");
        let SignIn::Complete(phone) = auth.sign_in(request).await? else { return Err("more".into()) };
        assert_eq!(auth.devices(&desk).await?.len(), 2);

        // Revoking a device signs it out and forgets it.
        let lost = phone.session().device().ok_or("there is room for it")?;
        auth.revoke_device(&desk, lost).await?;
        assert!(matches!(auth.resume(phone.session()).await, Err(ResumeError::SessionEnded)));
        println!("the session on the revoked device has ended");
        println!("{} device is left", auth.devices(&desk).await?.len());

        // One call ends every session; the returned one replaces the current session.
        let moved = auth.sign_out_others(&desk).await?;
        assert!(matches!(auth.resume(desk.session()).await, Err(ResumeError::SessionEnded)));
        assert!(auth.resume(moved.session()).await.is_ok());
        // Finishes background work, such as mails, before the process ends.
        auth.close().await;
        Ok(())
    })
}
