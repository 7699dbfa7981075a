//! The second step of a sign-in: a code from the authenticator app, or a recovery code. Then both steps in one.
use doorward::error::VerifySecondFactorError;
use doorward::mail::PrintingMailer;
use doorward::second_factor::SecondFactorPolicy;
use doorward::store::{MemoryAttempts, MemoryUsers};
use doorward::{Auth, Email, Keyring, SignIn, SignInRequest, Site};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
        let (auth, operator) = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer)
            .background(|work| drop(tokio::spawn(work)))
            .keyring(Keyring::new("2026-11", std::array::from_fn(|index| index as u8))?)
            .configure(|config| config.second_factor.policy = SecondFactorPolicy::Required)
            .build_with_operator()?;
        let (email, password) = ("ann@acme.example", "a quiet morning in May");
        let account = operator.provision_without_mail(Email::parse(email)?).await?;
        let request = SignInRequest::new(email, account.temporary_password.expose());
        let SignIn::PasswordChangeRequired(challenge) = auth.sign_in(request).await? else { return Ok(()) };

        // The policy requires a second factor, so the new password leads to enrolling one.
        let SignIn::EnrollmentRequired(challenge) = auth.choose_password(&challenge, password).await? else {
            return Ok(());
        };
        let enrollment = auth.begin_required_enrollment(&challenge).await?;
        let app = totp_rs::Totp::from_url(enrollment.uri())?;
        let now = time::OffsetDateTime::now_utc().unix_timestamp() as u64;
        let (_, recovery_codes) = auth.confirm_required_enrollment(&challenge, &app.generate(now).to_string()).await?;

        // From now on a password leads to a challenge.
        let request = SignInRequest::new(email, password);
        let SignIn::SecondFactorRequired(challenge) = auth.sign_in(request).await? else { return Ok(()) };
        match auth.verify_second_factor(&challenge, "000000").await {
            Err(VerifySecondFactorError::CodeWrong) => println!("wrong code; the challenge is still valid"),
            outcome => println!("a lucky guess: {outcome:?}"),
        }
        // The app's next code: the one used for enrollment cannot be replayed.
        let outcome = auth.verify_second_factor(&challenge, &app.generate(now + 30).to_string()).await?;
        let SignIn::Complete(ann) = outcome else { return Ok(()) };
        println!("the app's next code: signed in");

        // A form with three fields: the same response whatever is wrong. Recovery codes work too.
        let device = ann.device_token().map(|token| token.expose()).unwrap_or_default();
        let recovery_code = recovery_codes.expose().next().unwrap_or_default();
        tokio::time::sleep(std::time::Duration::from_millis(300)).await; // the wait after a sign-in
        let request = SignInRequest::new(email, password).code(recovery_code).device(&device);
        assert!(matches!(auth.sign_in(request).await?, SignIn::Complete(_)));
        println!("password and recovery code in one form: signed in");
        // Finishes background work, such as mails, before the process ends.
        auth.close().await;
        Ok(())
    })
}
