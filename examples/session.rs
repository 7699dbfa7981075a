//! Sessions: resuming, listing and ending them.

use doorward::error::ResumeError;
use doorward::mail::PrintingMailer;
use doorward::store::{MemoryAttempts, MemoryUsers};
use doorward::{Auth, Email, SignIn, SignInRequest, Site};

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
        // The token goes into a cookie as it is, and comes back with every request.
        let cookie = desk.token().expose();
        let desk = auth.resume(&cookie).await?;

        let request =
            SignInRequest::new("ann@acme.example", "a quiet morning in May").keep_signed_in(true).label("her phone");
        let SignIn::Complete(phone) = auth.sign_in(request).await? else { return Err("more".into()) };
        assert!(phone.max_age().is_some() && desk.max_age().is_none(), "of the cookie");
        for session in auth.sessions(&desk).await? {
            let label = session.label.as_deref().unwrap_or("unknown browser");
            println!(
                "{label}{}, last seen {}",
                if session.is_current { " (this one)" } else { "" },
                session.last_seen_at
            );
        }

        // Ending a session from elsewhere takes a proof from the last five minutes. Its browser stays known.
        auth.revoke_session(&desk, phone.session().id).await?;
        assert!(matches!(auth.resume(&phone.token().expose()).await, Err(ResumeError::SessionEnded)));

        // One call ends every other session. This one gets a new token, so copies of its cookie are dead too.
        let moved = auth.sign_out_others(&desk).await?;
        assert!(matches!(auth.resume(&cookie).await, Err(ResumeError::SessionEnded)));
        assert!(auth.resume(&moved.token().expose()).await.is_ok());
        auth.sign_out(&moved).await?;
        assert!(matches!(auth.resume(&moved.token().expose()).await, Err(ResumeError::SessionEnded)));
        println!("every session has ended");
        // Finishes background work, such as mails, before the process ends.
        auth.close().await;
        Ok(())
    })
}
