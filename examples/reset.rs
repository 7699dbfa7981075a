//! "Forgot your password?": a link by mail, then a temporary password by mail.

use std::sync::mpsc::{Sender, channel};

use doorward::error::ConfirmResetError;
use doorward::mail::{Mail, MailKind};
use doorward::password::ResetLinkStatus;
use doorward::store::{BackendError, MemoryAttempts, MemoryUsers};
use doorward::{Auth, Email, Mailer, SignInRequest, Site, async_trait};

/// A mailer that passes its links to this program. Yours sends mails.
#[derive(Debug)]
struct Links(Sender<String>);

#[async_trait]
impl Mailer for Links {
    async fn send(&self, _to: &Email, mail: &Mail) -> Result<(), BackendError> {
        println!("mailed: {}", mail.subject());
        if let MailKind::ConfirmReset { link, .. } = mail.kind() {
            self.0.send(link.expose().to_owned()).map_err(|_| BackendError::unavailable("nobody reads them"))?;
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    let (sender, mailbox) = channel();
    let (auth, operator) = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), Links(sender))
        // Without it, a link is stored and mailed before the response, and response times reveal which addresses have accounts.
        .background(|work| drop(tokio::spawn(work)))
        .build_with_operator()?;

    tokio::runtime::Runtime::new()?.block_on(async {
        operator.provision(Email::parse("ann@acme.example")?).await?;

        // The address is entered twice. The response is the same for every address.
        let email = Email::confirmed("ann@acme.example", "Ann@acme.example")?;
        let answer = auth.request_reset(&email).await?;
        println!("if there is such an account, a mail is on its way; at most one every {:?}", answer.cooldown);

        // The link opens a page. Fetching the page changes nothing; its button confirms.
        let link = mailbox.recv()?;
        let (_, token) = link.split_once("token=").ok_or("a link carries a token")?;
        assert_eq!(auth.inspect_reset(token).await?, ResetLinkStatus::Valid);
        let confirmed = auth.confirm_reset(token).await?;
        println!("a temporary password was mailed; it is valid until {}", confirmed.expires_at);

        // Confirming proves access to the mailbox: store this in the device cookie as after a sign-in. Otherwise someone
        // guessing at the same time makes the owner wait too.
        let cookie = confirmed.device.map(|token| token.expose()).unwrap_or_default();
        let next = SignInRequest::new("ann@acme.example", "the password from the second mail").device(&cookie);
        println!("the next sign-in presents the device: {next:?}");

        // Pressed twice: the mailed password still works.
        let again = auth.confirm_reset(token).await;
        assert!(matches!(again, Err(ConfirmResetError::AlreadyConfirmed { .. })));
        println!("confirmed twice: the same password still works");

        // Finishes background work, such as mails, before the process ends.
        auth.close().await;
        Ok(())
    })
}
