//! The forced change: a temporary password allows one thing only, choosing your own password.

use doorward::error::ChoosePasswordError;
use doorward::mail::PrintingMailer;
use doorward::store::{MemoryAttempts, MemoryUsers};
use doorward::{Auth, Challenge, Email, SignIn, SignInRequest, Site};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    let (auth, operator) = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer)
        .background(|work| drop(tokio::spawn(work)))
        .build_with_operator()?;

    tokio::runtime::Runtime::new()?.block_on(async {
        let ann = operator.provision_without_mail(Email::parse("ann@acme.example")?).await?;
        let request = SignInRequest::new("ann@acme.example", ann.temporary_password.expose());
        let SignIn::PasswordChangeRequired(challenge) = auth.sign_in(request).await? else {
            return Err("a temporary password must lead to choosing a new one".into());
        };
        // The challenge can travel in a hidden form field.
        let field = challenge.expose();

        // The rules are shown above the field, before anyone types.
        for rule in auth.password_policy().rules() {
            println!("- {}", rule.text());
        }
        let challenge = Challenge::parse(&field)?;
        match auth.choose_password(&challenge, "acme2026").await {
            Err(ChoosePasswordError::Rejected { violations }) => {
                let codes: Vec<_> = violations.iter().map(|violation| violation.code()).collect();
                assert_eq!(codes, ["too_short", "about_the_account"]);
                println!("acme2026 is rejected: {}", codes.join(", "));
            }
            _ => return Err("every broken rule must be listed at once".into()),
        }
        // A rejected password does not use up the challenge.
        let SignIn::Complete(signed_in) = auth.choose_password(&challenge, "a quiet morning in May").await? else {
            return Err("an accepted password must sign in".into());
        };
        println!("signed in as {}", signed_in.user_id());
        // Finishes background work, such as mails, before the process ends.
        auth.close().await;
        Ok(())
    })
}
