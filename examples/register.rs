//! Registration: a link by mail proves the address, and the password chosen behind it opens the account.

use std::sync::mpsc::{Sender, channel};

use doorward::config::RegistrationMode;
use doorward::mail::{Mail, MailKind};
use doorward::registration::RegisterError;
use doorward::registration::{RegistrationLinkStatus, RegistrationRequest, RegistrationValue};
use doorward::store::{BackendError, MemoryAttempts, MemoryUsers};
use doorward::{Auth, Email, Keyring, Mailer, SignIn, Site, async_trait};

/// A mailer that passes its links to this program. Yours sends mails.
#[derive(Debug)]
struct Links(Sender<String>);

#[async_trait]
impl Mailer for Links {
    async fn send(&self, _to: &Email, mail: &Mail) -> Result<(), BackendError> {
        println!("mailed: {}", mail.subject());
        if let MailKind::ConfirmRegistration { link, .. } = mail.kind() {
            self.0.send(link.expose().to_owned()).map_err(|_| BackendError::unavailable("nobody reads them"))?;
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    let (sender, mailbox) = channel();
    let auth = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), Links(sender))
        // Seals the links: nothing is stored of somebody who has not proved the address. 32 random bytes in production.
        .keyring(Keyring::new("2026-11", [7; 32])?)
        .background(|work| drop(tokio::spawn(work)))
        .configure(|config| config.registration.mode = RegistrationMode::Open)
        .build()?;

    tokio::runtime::Runtime::new()?.block_on(async {
        // The response is the same whether or not there is an account. What else was typed travels in the link.
        let name = RegistrationValue::parse("Ann")?;
        auth.request_registration(RegistrationRequest::new(Email::from_input("Ann@acme.example ")?).value(name))
            .await?;
        println!("we have mailed you how to go on");

        // The link opens a page that shows the address and the policy. Fetching it changes nothing.
        let link = mailbox.recv()?;
        let token = Auth::read_registration_token(&link)?;
        let RegistrationLinkStatus::Valid(link) = auth.inspect_registration(&token).await? else {
            return Err("the link does not work".into());
        };
        println!(
            "choose a password for {}; {:?} will be greeted",
            link.email.as_typed(),
            link.value.map(|it| it.as_str().to_owned())
        );
        for rule in auth.password_policy().rules_for_registration() {
            println!("- {}", rule.text());
        }

        // A password that breaks the policy does not use up the link.
        let Err(RegisterError::Rejected { violations }) = auth.register(&token, "acme2026").await else {
            return Err("a weak password was accepted".into());
        };
        println!("not accepted: {}", violations[0].text());

        // The account exists from here on, and its owner is signed in.
        let SignIn::Complete(ann) = auth.register(&token, "a quiet morning in May").await? else {
            return Err("another step".into());
        };
        println!("signed in as {}", ann.email().as_typed());

        // Pressed twice, or by somebody who reads the mail later: the link is used up.
        assert!(matches!(auth.register(&token, "another long password").await, Err(RegisterError::LinkInvalid)));
        println!("the link works once");
        auth.close().await;
        Ok(())
    })
}
