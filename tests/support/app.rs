use doorward::second_factor::{RecoveryCodes, TotpEnrollment};
use doorward::{AuthBuilder, Keyring, SignIn, SignedIn};
use pollster::block_on;

use super::*;

/// The authenticator app on a user's phone, on the world's clock. It knows the URI and nothing else about the host.
#[derive(Clone)]
pub struct App(totp_rs::Totp);

impl App {
    pub fn new(enrollment: &TotpEnrollment) -> Self {
        Self(totp_rs::Totp::from_url(enrollment.uri()).expect("a URI that apps understand"))
    }

    /// The code it shows now.
    pub fn code(&self, world: &World) -> String {
        self.code_in(world, 0)
    }

    /// The code it shows this many steps from now.
    pub fn code_in(&self, world: &World, steps: i64) -> String {
        self.at(unix_seconds(world).saturating_add_signed(30 * steps))
    }

    /// The code it shows at that time.
    pub fn at(&self, unix_seconds: u64) -> String {
        self.0.generate(unix_seconds).to_string()
    }

    /// The next step's code, which has not been used: advances the clock by one step.
    pub fn next(&self, world: &World) -> String {
        world.clock.advance(30 * SECOND);
        self.code(world)
    }

    /// A code with as many digits that matches no step close to now.
    pub fn wrong_code(&self, world: &World) -> String {
        self.wrong_at(unix_seconds(world))
    }

    pub fn wrong_at(&self, unix_seconds: u64) -> String {
        let near: Vec<_> = (0..7).map(|step| self.at((unix_seconds + 30 * step).saturating_sub(90))).collect();
        let moved = |by| near[3].bytes().map(|digit| char::from(b'0' + (digit - b'0' + by) % 10)).collect();
        (1..10).map(moved).find(|code| !near.contains(code)).expect("nine candidates, and fewer codes near")
    }

    /// The secret itself, for tests that search for it.
    pub fn secret(&self) -> Vec<u8> {
        self.0.secret().to_vec()
    }
}

fn unix_seconds(world: &World) -> u64 {
    u64::try_from(world.now().unix_timestamp()).expect("tests run after 1970")
}

/// What pages need besides keys: a spawner, which runs work to its end at once.
pub fn for_pages(builder: AuthBuilder) -> AuthBuilder {
    builder.background(block_on)
}

pub fn keyring() -> Keyring {
    Keyring::new("a", [7; 32]).unwrap()
}

impl World {
    /// For each code that was evaluated and rejected, how far off the phone's clock would be.
    pub fn failed_codes(&self) -> Vec<Option<i32>> {
        let steps_off = |kind| match kind {
            doorward::event::EventKind::SecondFactorFailed { steps_off } => Some(steps_off),
            _ => None,
        };
        self.observer.kinds().into_iter().filter_map(steps_off).collect()
    }

    pub fn with_keyring(change: impl FnOnce(AuthBuilder) -> AuthBuilder) -> Self {
        Self::with(|builder| change(builder.keyring(keyring())))
    }

    /// A world that pages can be built for.
    pub fn for_pages(change: impl FnOnce(AuthBuilder) -> AuthBuilder) -> Self {
        Self::with_keyring(|builder| change(for_pages(builder)))
    }

    /// A world in which Ann has a password of her own and an authenticator. The step that confirmed it is over.
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
        let app = App::new(&block_on(self.auth.begin_enrollment(signed_in)).unwrap());
        let (signed_in, codes) = block_on(self.auth.confirm_enrollment(signed_in, &app.code(self))).unwrap();
        (signed_in, app, codes)
    }

    /// The challenge that a right password, chosen or temporary, leads to.
    pub fn asked_for_a_code(&self, address: &str, password: &str) -> Challenge {
        code_challenge(self.sign_in(address, password).unwrap())
    }

    pub fn verify(
        &self,
        challenge: &Challenge,
        code: &str,
    ) -> Result<SignIn, doorward::error::VerifySecondFactorError> {
        block_on(self.auth.verify_second_factor(challenge, code))
    }

    pub fn recovery_codes_left(&self, signed_in: &SignedIn) -> usize {
        match block_on(self.auth.second_factor(signed_in)).unwrap() {
            doorward::second_factor::SecondFactorStatus::On { recovery_codes_left, .. } => recovery_codes_left,
            other => panic!("{other:?}"),
        }
    }
}

pub fn code_challenge(outcome: SignIn) -> Challenge {
    match outcome {
        SignIn::SecondFactorRequired(challenge) => challenge,
        other => panic!("no code was required: {other:?}"),
    }
}
