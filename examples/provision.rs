//! Opening an account: the system generates the first password and mails it.

use doorward::account::Provision;
use doorward::error::ProvisionError;
use doorward::mail::PrintingMailer;
use doorward::store::{MemoryAttempts, MemoryUsers};
use doorward::{Auth, Email, Site, UserId};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    let (auth, operator) = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer)
        .background(|work| drop(tokio::spawn(work)))
        .build_with_operator()?;

    tokio::runtime::Runtime::new()?.block_on(async {
        // Prints the welcome mail; a real mailer sends it.
        let ann = operator.provision(Email::parse("ann@acme.example")?).await?;
        println!("opened {}, first password works until {}", ann.user_id, ann.expires_at);

        // A host with ids of its own gives them.
        let bob = Provision::new(Email::parse("bob@acme.exmaple")?).id(UserId::parse("4711")?);
        let bob = operator.provision(bob).await?;

        // The address was mistyped: until the first sign-in it can be corrected, and the old mail opens nothing.
        operator.correct_email(&bob.user_id, Email::parse("bob@acme.example")?).await?;

        // An address is taken once, however it is written.
        let again = operator.provision(Email::parse("Ann@ACME.example")?).await;
        assert!(matches!(again, Err(ProvisionError::EmailTaken)));
        println!("not opened twice: there is an account of Ann@ACME.example already");

        // The first operator of an installation that cannot mail yet.
        let first = operator.provision_without_mail(Email::parse("operator@acme.example")?).await?;
        println!("the operator's first password, shown and not mailed: {}", first.temporary_password.expose());
        // What is left for after the answers, mails, is done before the process ends.
        auth.close().await;
        Ok(())
    })
}
