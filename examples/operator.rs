//! Operator actions on an account.

use doorward::error::{OperatorError, SignInError};
use doorward::mail::PrintingMailer;
use doorward::store::{MemoryAttempts, MemoryUsers};
use doorward::{Auth, Email, SignInRequest, Site, UserId};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    let (auth, operator) = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer)
        .background(|work| drop(tokio::spawn(work)))
        .build_with_operator()?;

    tokio::runtime::Runtime::new()?.block_on(async {
        let ann = operator.provision_without_mail(Email::parse("ann@acme.example")?).await?;
        let request = || SignInRequest::new("ann@acme.example", ann.temporary_password.expose());

        // A deactivated account behaves like an unknown one: the right password fails like any wrong one.
        operator.deactivate(&ann.user_id).await?;
        let refused = auth.sign_in(request()).await;
        assert!(matches!(refused, Err(SignInError::InvalidCredentials)));
        println!("deactivated: even the right password returns \"{}\"", refused.unwrap_err());

        // The earlier first password stays invalid; a new one must be mailed.
        operator.reactivate(&ann.user_id).await?;
        assert!(auth.sign_in(request()).await.is_err());
        operator.resend_welcome(&ann.user_id).await?;
        println!("reactivated: a new first password was mailed");

        operator.delete(&ann.user_id).await?;
        assert!(matches!(operator.deactivate(&ann.user_id).await, Err(OperatorError::UnknownUser)));
        assert!(matches!(operator.deactivate(&UserId::parse("nobody")?).await, Err(OperatorError::UnknownUser)));
        println!("deleted: the user no longer exists");
        // Finishes background work, such as mails, before the process ends.
        auth.close().await;
        Ok(())
    })
}
