//! "Forgot your password?": a link by mail, then a temporary password by mail.

use std::sync::Mutex;

use async_trait::async_trait;
use doorward::{
    Auth, BackendError, ConfirmResetError, Email, LinkStatus, Mail, MailKind, Mailer, MemoryAttempts, MemoryUsers, Site,
};

/// A mailer that keeps the last link. Yours sends mails.
#[derive(Debug, Default)]
struct LastLink(Mutex<String>);

#[async_trait]
impl Mailer for LastLink {
    async fn send(&self, _to: &Email, mail: &Mail) -> Result<(), BackendError> {
        if let MailKind::ConfirmReset { link, .. } = mail.kind() {
            *self.0.lock().unwrap() = link.expose().to_owned();
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    let mailbox = std::sync::Arc::new(LastLink::default());
    // A server gives `.background(…)` as well, so that mails leave after the answer.
    let auth = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), mailbox.clone()).build()?;

    pollster::block_on(async {
        auth.provision(Email::parse("ann@acme.example")?).await?;

        // The address is entered twice. The answer is the same for every address.
        let email = Email::confirmed("ann@acme.example", "Ann@acme.example")?;
        let answer = auth.request_reset(&email).await?;
        println!("the next mail can be asked for from {}", answer.next_request_at);

        // The link opens a page. Fetching it changes nothing; the page's button is what confirms.
        let link = mailbox.0.lock().unwrap().clone();
        let (_, token) = link.split_once("token=").ok_or("a link carries a token")?;
        assert_eq!(auth.inspect_reset(token).await?, LinkStatus::Usable);
        let confirmed = auth.confirm_reset(token).await?;
        println!("a temporary password was mailed; it works until {}", confirmed.expires_at);

        // Pressed twice: the password that is on its way still works.
        let again = auth.confirm_reset(token).await;
        assert!(matches!(again, Err(ConfirmResetError::AlreadyConfirmed { .. })));
        Ok(())
    })
}
