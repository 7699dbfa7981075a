//! Provisioning an account: the system generates the first password and mails it.

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
        println!("provisioned {}, first password valid until {}", ann.user_id, ann.expires_at);

        // A host with its own ids passes them in.
        let bob = Provision::new(Email::parse("bob@acme.exmaple")?).id(UserId::parse("4711")?);
        let bob = operator.provision(bob).await?;

        // The address was mistyped. Until the first sign-in it can be corrected; the password mailed before becomes invalid.
        operator.correct_email(&bob.user_id, Email::parse("bob@acme.example")?).await?;

        // An address can be used only once, however it is written.
        let again = operator.provision(Email::parse("Ann@ACME.example")?).await;
        assert!(matches!(again, Err(ProvisionError::EmailTaken)));
        println!("not provisioned twice: Ann@ACME.example already has an account");

        // The first operator of an installation that cannot send mail yet.
        let first = operator.provision_without_mail(Email::parse("operator@acme.example")?).await?;
        println!("the operator's first password, shown instead of mailed: {}", first.temporary_password.expose());
        // Finishes background work, such as mails, before the process ends.
        auth.close().await;
        Ok(())
    })
}
