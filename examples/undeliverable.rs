//! A mail provider reports a bounce. Run it with `cargo run --example undeliverable`.

use std::error::Error;
use std::sync::Arc;

use doorward::account::{UndeliverableReason, UserStatus};
use doorward::error::Unavailable;
use doorward::mail::PrintingMailer;
use doorward::store::{MemoryAttempts, MemoryUsers, UserDirectory};
use doorward::{Auth, Email, Operator, Site};

/// One entry of the provider's webhook. Verify its signature before you read it.
async fn bounced(operator: &Operator, recipient: &str, kind: &str) -> Result<(), Unavailable> {
    let reason = match kind {
        "hard_bounce" => UndeliverableReason::HardBounce,
        "complaint" => UndeliverableReason::Complaint,
        // A transient bounce: the provider tries again.
        _ => return Ok(()),
    };
    let Ok(email) = Email::parse(recipient) else { return Ok(()) };
    // After an error, answer 503, so that the provider repeats the report.
    operator.report_undeliverable(&email, reason).await
}

fn main() -> Result<(), Box<dyn Error>> {
    pollster::block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    let users = Arc::new(MemoryUsers::new());
    let (_auth, operator) =
        Auth::builder(site, users.clone(), MemoryAttempts::new(), PrintingMailer).build_with_operator()?;
    // A slip: her name is spelt with an e.
    let ann = operator.provision(Email::parse("ann@acme.example")?).await?;

    bounced(&operator, "ann@acme.example", "soft_bounce").await?;
    bounced(&operator, "ann@acme.example", "hard_bounce").await?;
    // The answer does not say whether there is such an account.
    bounced(&operator, "nobody@acme.example", "hard_bounce").await?;

    let seen = users.list(UserStatus::Active, None, 10).await?.remove(0).undeliverable;
    let seen = seen.ok_or("it was recorded")?;
    println!("no mail reaches ann@acme.example: {} since {}", seen.reason.as_str(), seen.since);

    // Nobody has signed in yet, so the operator corrects the address, and the welcome is mailed there.
    operator.correct_email(&ann.user_id, Email::parse("anne@acme.example")?).await?;
    assert_eq!(users.list(UserStatus::Active, None, 10).await?.remove(0).undeliverable, None);
    println!("corrected: nothing was reported of anne@acme.example");
    Ok(())
}
