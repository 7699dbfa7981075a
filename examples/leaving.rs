//! Leaving: a copy of what is stored, the deletion, and a change of mind. Run it with `cargo run --example leaving`.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use doorward::leaving::{DeletionRequested, UndoLinkStatus};
use doorward::mail::{Mail, MailKind};
use doorward::store::{BackendError, MemoryAttempts, MemoryUsers};
use doorward::{Auth, Email, Mailer, SignIn, SignInRequest, SignedIn, Site, async_trait};

/// A mailer that passes its links to this program. Yours sends mails.
#[derive(Debug)]
struct Links(Sender<String>);

#[async_trait]
impl Mailer for Links {
    async fn send(&self, _to: &Email, mail: &Mail) -> Result<(), BackendError> {
        println!("mailed: {}", mail.subject());
        if let MailKind::DeletionRequested { link, .. } = mail.kind() {
            self.0.send(link.expose().to_owned()).map_err(|_| BackendError::unavailable("nobody reads them"))?;
        }
        Ok(())
    }
}

async fn sign_in(auth: &Auth, password: &str) -> Result<SignedIn, Box<dyn std::error::Error>> {
    match auth.sign_in(SignInRequest::new("ann@acme.example", password)).await? {
        SignIn::Complete(ann) => Ok(ann),
        SignIn::PasswordChangeRequired(challenge) => {
            match auth.choose_password(&challenge, "a quiet morning in May").await? {
                SignIn::Complete(ann) => Ok(ann),
                _ => Err("another step".into()),
            }
        }
        _ => Err("another step".into()),
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let site = Site::new("Acme", "https://acme.example", "help@acme.example")?.deletion_path("/account/keep")?;
    let (sender, mailbox) = channel();
    let users = Arc::new(MemoryUsers::new().with_journal());
    let (auth, operator) = Auth::builder(site, users.clone(), MemoryAttempts::new(), Links(sender))
        .configure(|config| config.deletion.grace = Duration::from_secs(7 * 24 * 60 * 60))
        .build_with_operator()?;

    pollster::block_on(async {
        let new = operator.provision_without_mail(Email::parse("ann@acme.example")?).await?;
        let ann = sign_in(&auth, new.temporary_password.expose()).await?;

        // A copy of everything, with the journal. Ask for the password or a code first if the proof is too old.
        println!("{}", auth.export(&ann, Some(&*users)).await?);

        // The account is closed at once. Delete the cookies, and show when it will be gone.
        let DeletionRequested::Scheduled { gone_at, .. } = auth.request_deletion(&ann).await? else {
            return Err("there is a grace".into());
        };
        println!("gone on {gone_at}");
        assert!(auth.resume(&ann.token().expose()).await.is_err());

        // The link opens a page with a button. Fetching it changes nothing; the POST behind the button does.
        let token = Auth::read_deletion_token(&mailbox.recv()?)?;
        assert_eq!(auth.inspect_deletion(&token).await?, UndoLinkStatus::Valid { gone_at });
        auth.undo_deletion(&token).await?;
        println!("kept: sign in again");
        let ann = sign_in(&auth, "a quiet morning in May").await?;
        println!("signed in as {}", ann.email().as_typed());

        // From a timer, unless a worker of owed mails does it.
        assert_eq!(auth.purge_deleted(&users, 1_000).await?, 0, "nobody's time is over");
        Ok(())
    })
}
