//! Three uses of the journal: recent activity, an outbox, and an export to a SIEM. Run it with `cargo run --example journal`.

use std::error::Error;
use std::sync::Arc;

use doorward::journal::{Journal, JournalCursor, JournalEntry};
use doorward::mail::PrintingMailer;
use doorward::store::{MemoryAttempts, MemoryUsers};
use doorward::{Auth, Email, Site, UserId};
use serde_json::{Value, json};

/// What a page shows as recent activity.
fn in_words(entry: &JournalEntry) -> &str {
    match &*entry.event {
        "user_created" => "Your account was opened.",
        "user_archived" => "Your account was deactivated.",
        "user_updated:reactivated" => "Your account was reactivated.",
        "authn_login_success" | "authn_login_successafterfail" => "You signed in.",
        "authn_password_change" => "You changed your password.",
        other => other,
    }
}

/// An entry as an event of the Open Cybersecurity Schema Framework (OCSF 1.3): Authentication (3002) for sign-ins, and Account
/// Change (3001) for the rest. <https://schema.ocsf.io/1.3.0/classes/account_change>
fn ocsf(entry: &JournalEntry) -> Value {
    let (class, activity) = match &*entry.event {
        "authn_login_success" | "authn_login_successafterfail" | "authn_login_fail" => (3002, 1), // Logon
        "user_created" | "user_created:imported" => (3001, 1),                                    // Create
        "user_updated:reactivated" => (3001, 2),                                                  // Enable
        "authn_password_change" => (3001, 3),                                                     // Password Change
        "authn_password_change:reset" => (3001, 4),                                               // Password Reset
        "user_archived" => (3001, 5),                                                             // Disable
        "user_deleted" => (3001, 6),                                                              // Delete
        _ => (3001, 99),                                                                          // Other
    };
    let failed = entry.event.contains("_fail") && !entry.event.contains("after");
    json!({
        "class_uid": class,
        "category_uid": 3, // Identity & Access Management
        "activity_id": activity,
        "type_uid": class * 100 + activity,
        "severity_id": if failed { 2 } else { 1 }, // Low, Informational
        "status_id": if failed { 2 } else { 1 },   // Failure, Success
        "time": entry.at.unix_timestamp_nanos() / 1_000_000,
        "user": { "uid": entry.user_id.as_str() },
        "actor": { "user": { "uid": entry.operator.as_ref().unwrap_or(&entry.user_id).as_str() } },
        "metadata": {
            "version": "1.3.0",
            "product": { "name": "Acme", "vendor_name": "Acme" },
            "event_code": &*entry.event,
            "uid": format!("{}:{}", entry.user_id, entry.seq), // to recognise one that is sent twice
            "correlation_uid": entry.request_id.as_deref(),
        },
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    pollster::block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    // With SQLite or PostgreSQL: `SqliteStore::connect(url).await?.with_journal()`, then `migrate`.
    let users = Arc::new(MemoryUsers::new().with_journal());
    let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    let (_auth, operator) = Auth::builder(site, users.clone(), MemoryAttempts::new(), PrintingMailer)
        .index_key([7; 32]) // 32 random bytes from outside the store: chains the entries
        .build_with_operator()?;

    let ann = operator.provision(Email::parse("ann@acme.example")?).await?.user_id;
    let boss = operator.on_behalf_of(&UserId::parse("boss")?);
    boss.deactivate(&ann).await?;
    boss.reactivate(&ann).await?;

    println!("Recent activity:");
    for entry in users.latest(&ann, None, 10).await? {
        println!("  {} {}", entry.at.date(), in_words(&entry));
    }

    println!("The outbox, from where it stopped:");
    let mut kept = JournalCursor::default().to_string(); // in a table or a file of yours
    loop {
        let page = users.follow(kept.parse()?, 2).await?;
        if page.entries.is_empty() {
            break;
        }
        for entry in &page.entries {
            println!("  to the queue: {}", ocsf(entry)); // and wait until the queue has it
        }
        kept = page.next.to_string(); // only now: what is sent again after a crash has the same uid
    }

    let checked = operator.check_journal(&*users, &ann).await?;
    assert_eq!((checked.entries, checked.first_break), (3, None));
    println!("{} entries, all as they were stored", checked.entries);
    Ok(())
}
