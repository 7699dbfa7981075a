//! Step-up: "Confirm it's you", before a sensitive action.
use doorward::error::ReauthenticateError;
use doorward::mail::PrintingMailer;
use doorward::store::{MemoryAttempts, MemoryUsers};
use doorward::{Auth, Email, SignIn, SignInRequest, Site};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
        let (auth, operator) = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer)
            .background(|work| drop(tokio::spawn(work)))
            .build_with_operator()?;
        let ann = operator.provision_without_mail(Email::parse("ann@acme.example")?).await?;
        let request = SignInRequest::new("ann@acme.example", ann.temporary_password.expose());
        let SignIn::PasswordChangeRequired(challenge) = auth.sign_in(request).await? else { return Ok(()) };
        let SignIn::Complete(ann) = auth.choose_password(&challenge, "a quiet morning in May").await? else {
            return Ok(());
        };

        // A wrong password is counted, in a bucket that only this user reaches.
        match auth.reauthenticate(&ann, "a guess").await {
            Err(ReauthenticateError::PasswordWrong) => println!("wrong password"),
            outcome => println!("{outcome:?}"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(300)).await; // the wait after one failure

        // Set the cookie to the new token. The session records what was proved, and when: check it before your own sensitive actions.
        let ann = auth.reauthenticate(&ann, "a quiet morning in May").await?;
        for proven in &ann.session().methods {
            println!("{:?} at {}", proven.method, proven.at);
        }
        // Finishes background work, such as mails, before the process ends.
        auth.close().await;
        Ok(())
    })
}
