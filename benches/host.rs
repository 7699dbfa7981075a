//! A host with one account, in memory.
#![allow(dead_code)] // each bench uses a part of it

use std::num::NonZeroUsize;
use std::time::Duration;

use doorward::hashing::{HashBackend, HashParams};
use doorward::mail::PrintingMailer;
use doorward::store::{MemoryAttempts, MemoryUsers};
use doorward::{Auth, AuthBuilder, Email, Operator, SignIn, SignInRequest, SignedIn, Site};

pub const EMAIL: &str = "ann@acme.example";
pub const PASSWORD: &str = "a quiet morning in May";

/// One hashing thread, and negligible waits between attempts.
pub fn host(params: HashParams, backend: HashBackend) -> (Auth, Operator) {
    host_with(params, backend, |builder| builder)
}

pub fn host_with(
    params: HashParams,
    backend: HashBackend,
    change: impl FnOnce(AuthBuilder) -> AuthBuilder,
) -> (Auth, Operator) {
    let site = Site::new("Acme", "https://acme.example", "help@acme.example").unwrap();
    let builder = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer)
        // Notices would be printed among the figures.
        .background(drop)
        .configure(|config| {
            config.hashing.params = params;
            config.hashing.backend = backend;
            config.hashing.threads = NonZeroUsize::new(1);
            config.throttle.first_step = Duration::from_millis(1);
            config.throttle.free = 1_000;
            config.danger_allow("throttle");
        });
    change(builder).build_with_operator().unwrap()
}

/// Creates the account, and signs in from a browser that is known from then on.
pub fn open_account((auth, operator): (&Auth, &Operator)) -> SignedIn {
    pollster::block_on(async {
        let account = operator.provision_without_mail(Email::parse(EMAIL).unwrap()).await.unwrap();
        let request = SignInRequest::new(EMAIL, account.temporary_password.expose());
        let Ok(SignIn::PasswordChangeRequired(challenge)) = auth.sign_in(request).await else {
            panic!("no password change was due")
        };
        complete(auth.choose_password(&challenge, PASSWORD).await.unwrap())
    })
}

pub fn sign_in(auth: &Auth, device: &str) -> SignedIn {
    // A success leaves a millisecond of spacing.
    std::thread::sleep(Duration::from_millis(2));
    complete(pollster::block_on(auth.sign_in(SignInRequest::new(EMAIL, PASSWORD).device(device))).unwrap())
}

fn complete(outcome: SignIn) -> SignedIn {
    match outcome {
        SignIn::Complete(signed_in) => signed_in,
        _ => panic!("not complete"),
    }
}

pub fn device(signed_in: &SignedIn) -> String {
    signed_in.device_token().expect("a device token").expose()
}
