//! An authenticator app, and a host whose users may have one.

use doorward::{AuthBuilder, Keyring, RecoveryCodes, SignedIn, TotpEnrollment};
use pollster::block_on;
use totp_rs::Totp;

use super::{SECOND, World};

/// What a phone shows. It knows the URI and nothing else of the host.
#[derive(Clone)]
pub struct App(Totp);

impl App {
    pub fn new(enrollment: &TotpEnrollment) -> Self {
        Self(Totp::from_url(enrollment.uri()).expect("authenticators read the URI"))
    }

    /// The code that it shows at that time.
    pub fn at(&self, unix_seconds: u64) -> String {
        self.0.generate(unix_seconds).to_string()
    }

    pub fn code_at(&self, world: &World) -> String {
        self.at(unix_seconds(world))
    }

    /// A code of a step that none was accepted of yet: the clock moves on by one.
    pub fn next(&self, world: &World) -> String {
        world.clock.advance(30 * SECOND);
        self.code_at(world)
    }

    /// As many digits that are no code around that time.
    pub fn wrong_at(&self, unix_seconds: u64) -> String {
        let near: Vec<_> = (0..7).map(|step| self.at((unix_seconds + 30 * step).saturating_sub(90))).collect();
        let moved = |by| near[3].bytes().map(|digit| char::from(b'0' + (digit - b'0' + by) % 10)).collect();
        (1..10).map(moved).find(|code| !near.contains(code)).expect("seven codes are near, of which one was moved")
    }

    pub fn wrong(&self, world: &World) -> String {
        self.wrong_at(unix_seconds(world))
    }

    /// The secret itself, for tests that look for it.
    pub fn secret(&self) -> Vec<u8> {
        self.0.secret().to_vec()
    }
}

fn unix_seconds(world: &World) -> u64 {
    use doorward::Clock;

    u64::try_from(world.clock.now().unix_timestamp()).expect("tests run after 1970")
}

impl World {
    /// A world that can seal what authenticators share with it.
    pub fn with_keyring(change: impl FnOnce(AuthBuilder) -> AuthBuilder) -> Self {
        Self::with(|builder| change(builder.keyring(Keyring::new("a", [7; 32]).unwrap())))
    }

    /// Turns the second factor on, as somebody who has just signed in. The code that proves it is used up.
    pub fn enroll(&self, signed_in: &SignedIn) -> (SignedIn, App, RecoveryCodes) {
        let app = App::new(&block_on(self.auth.begin_totp(signed_in)).unwrap());
        let (signed_in, codes) = block_on(self.auth.confirm_totp(signed_in, &app.code_at(self))).unwrap();
        (signed_in, app, codes)
    }
}
