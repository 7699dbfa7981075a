use doorward::{AuthBuilder, Keyring, RecoveryCodes, SignIn, SignedIn, TotpEnrollment};
use pollster::block_on;

use super::*;

/// The authenticator app on somebody's phone, whose clock is that of the world.
pub struct App(totp_rs::Totp);

impl App {
    pub fn set_up(enrollment: &TotpEnrollment) -> Self {
        Self(totp_rs::Totp::from_url(enrollment.uri()).expect("a URI that apps understand"))
    }

    /// What it shows now.
    pub fn code(&self, world: &World) -> String {
        self.code_in(world, 0)
    }

    /// What it shows so many steps from now.
    pub fn code_in(&self, world: &World, steps: i64) -> String {
        let seconds = world.now().unix_timestamp() + 30 * steps;
        self.0.generate(u64::try_from(seconds).unwrap()).to_string()
    }

    /// A code that is wrong now, and in the steps around.
    pub fn wrong_code(&self, world: &World) -> String {
        let right: Vec<_> = (-2..=2).map(|steps| self.code_in(world, steps)).collect();
        (0..).map(|n| format!("{n:06}")).find(|code| !right.contains(code)).unwrap()
    }
}

pub fn keyring() -> Keyring {
    Keyring::new("a", std::array::from_fn(|index| index as u8)).unwrap()
}

impl World {
    pub fn with_keyring(change: impl FnOnce(AuthBuilder) -> AuthBuilder) -> Self {
        Self::with(|builder| change(builder.keyring(keyring())))
    }

    /// A world in which Ann has an own password and an authenticator. The step that proved it is over.
    pub fn with_enrolled_ann() -> (Self, SignedIn, App, RecoveryCodes) {
        Self::with_enrolled_ann_and(|builder| builder)
    }

    pub fn with_enrolled_ann_and(
        change: impl FnOnce(AuthBuilder) -> AuthBuilder,
    ) -> (Self, SignedIn, App, RecoveryCodes) {
        let world = Self::with_keyring(change);
        let ann = world.open(ANN, OLD);
        let (ann, app, codes) = world.enroll(&ann);
        world.clock.advance(MINUTE);
        (world, ann, app, codes)
    }

    pub fn enroll(&self, signed_in: &SignedIn) -> (SignedIn, App, RecoveryCodes) {
        let app = App::set_up(&block_on(self.auth.begin_totp(signed_in)).unwrap());
        let (signed_in, codes) = block_on(self.auth.confirm_totp(signed_in, &app.code(self))).unwrap();
        (signed_in, app, codes)
    }

    /// The challenge that a right password, own or temporary, leads to.
    pub fn asked_for_a_code(&self, address: &str, password: &str) -> Challenge {
        code_challenge(self.sign_in(address, password).unwrap())
    }

    pub fn verify(&self, challenge: &Challenge, code: &str) -> Result<SignIn, doorward::SecondFactorError> {
        block_on(self.auth.verify_second_factor(challenge, code))
    }

    pub fn recovery_codes_left(&self, signed_in: &SignedIn) -> usize {
        match block_on(self.auth.second_factor(signed_in)).unwrap() {
            doorward::SecondFactorStatus::On { recovery_codes_left, .. } => recovery_codes_left,
            other => panic!("{other:?}"),
        }
    }
}

pub fn code_challenge(outcome: SignIn) -> Challenge {
    match outcome {
        SignIn::SecondFactorRequired(challenge) => challenge,
        other => panic!("no code was asked for: {other:?}"),
    }
}
