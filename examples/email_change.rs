//! Another address: a link to the new one, a way back for the old one.

use std::sync::mpsc::{Sender, channel};

use doorward::email_change::{EmailLinkStatus, RequestEmailChangeError};
use doorward::mail::{Mail, MailKind};
use doorward::store::{BackendError, MemoryAttempts, MemoryUsers};
use doorward::{Auth, Email, Mailer, SignIn, SignInRequest, Site, async_trait};

/// A mailer that passes its links to this program. Yours sends mails.
#[derive(Debug)]
struct Links(Sender<String>);

#[async_trait]
impl Mailer for Links {
    async fn send(&self, to: &Email, mail: &Mail) -> Result<(), BackendError> {
        println!("to {}: {}", to.as_typed(), mail.subject());
        if let MailKind::ConfirmEmailChange { link, .. } | MailKind::EmailChanged { link, .. } = mail.kind() {
            self.0.send(link.expose().to_owned()).map_err(|_| BackendError::unavailable("nobody reads them"))?;
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    let (sender, mailbox) = channel();
    let (auth, operator) = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), Links(sender))
        // Without it, response times reveal which addresses have accounts.
        .background(|work| drop(tokio::spawn(work)))
        .build_with_operator()?;
    let token = || -> Result<String, Box<dyn std::error::Error>> {
        let link = mailbox.recv()?;
        Ok(link.split_once("token=").ok_or("a link carries a token")?.1.to_owned())
    };

    tokio::runtime::Runtime::new()?.block_on(async {
        let ann = operator.provision_without_mail(Email::parse("ann@acme.example")?).await?;
        let request = SignInRequest::new("ann@acme.example", ann.temporary_password.expose());
        let SignIn::PasswordChangeRequired(challenge) = auth.sign_in(request).await? else {
            return Err("a first sign-in".into());
        };
        let signed_in = auth.choose_password(&challenge, "a quiet morning in May").await?;
        let SignIn::Complete(ann) = signed_in else { return Err("no code is asked for".into()) };

        // The new address is entered twice. The response is the same whether or not it has an account.
        let new = Email::confirmed("ann@new.example", "Ann@new.example")?;
        let asked = match auth.request_email_change(&ann, new).await {
            Err(RequestEmailChangeError::StepUpRequired { needs }) => {
                return Err(format!("ask for a {needs} first").into());
            }
            asked => asked?,
        };
        println!("a link went to the new address, good until {}", asked.expires_at);

        // The link opens a page. Fetching it changes nothing; its button confirms, in a session of the same user.
        let confirming = token()?;
        assert!(matches!(auth.inspect_email_change(&confirming).await?, EmailLinkStatus::Valid { .. }));
        let ann = auth.confirm_email_change(&ann, &confirming).await?;
        println!("the account is now that of {}", ann.email().as_typed());

        // If it was not the owner: the mail to the old address takes the account back, for seven days.
        let undoing = token()?;
        let undone = auth.undo_email_change(&undoing).await?;
        println!("a temporary password went to the old address, good until {}", undone.expires_at);
        assert!(auth.resume(&ann.token().expose()).await.is_err(), "whoever was signed in is not any more");

        // Somebody who cannot read the old mailbox any more asks an operator.
        operator.change_email(ann.user_id(), Email::parse("ann@third.example")?).await?;

        // Finishes background work, such as mails, before the process ends.
        auth.close().await;
        Ok(())
    })
}
