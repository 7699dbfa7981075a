use async_trait::async_trait;

use doorward::mail::Mail;
use doorward::store::BackendError;
use doorward::{Email, Mailer};

/// Prints mails to standard output, for trying the crate on your own machine. **Mails hold secrets**: never use it where output
/// is kept.
#[derive(Clone, Copy, Debug, Default)]
pub struct PrintingMailer;

#[async_trait]
impl Mailer for PrintingMailer {
    async fn send(&self, to: &Email, mail: &Mail) -> Result<(), BackendError> {
        let rule = "─".repeat(72);
        println!("{rule}\nTo: {}\nSubject: {}\n\n{}{rule}", to.as_typed(), mail.subject(), mail.text());
        Ok(())
    }
}
