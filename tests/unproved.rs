//! R01, R03: no order of calls gives an account or a session to somebody for an address whose mailbox they cannot read.
//!
//! An attacker has an account and a mailbox of their own, knows the victim's address, and calls whatever there is in random order,
//! with every token that came to their mailbox. The victim reads their mail and opens what looks like theirs, sometimes in the
//! attacker's browser. A failing walk prints its calls.
#![cfg(feature = "testing")]

mod support;

use doorward::config::RegistrationMode;
use doorward::{SignIn, SignedIn};
use pollster::block_on;
use support::*;

const VICTIM: &str = "victim@acme.example";
const ATTACKER: &str = "attacker@acme.example";
const OTHER: &str = "other@attacker.example";
const VICTIMS: &str = "the pear is on the table";

const WALKS: u64 = 400;
const CALLS: usize = 40;

#[derive(Clone, Copy, Debug)]
enum Call {
    RequestRegistration(&'static str),
    Register,
    RequestChange(&'static str),
    ConfirmChange,
    UndoChange,
    Invite(&'static str),
    RequestReset(&'static str),
    ConfirmReset,
    SignIn(&'static str, &'static str),
    SignInByMail(&'static str),
    ChangePassword,
    RequestDeletion,
    UndoDeletion,
    SignOutOthers,
    Wait,
    WaitADay,
    /// The victim opens the newest link in their mailbox, as what it is.
    VictimOpensMail,
    /// The same in a browser in which the attacker is signed in.
    VictimOpensMailAtTheAttackers,
}

const CALLS_OF_ALL: [Call; 25] = [
    Call::RequestRegistration(VICTIM),
    Call::RequestRegistration(ATTACKER),
    Call::Register,
    Call::Register,
    Call::RequestChange(VICTIM),
    Call::RequestChange(OTHER),
    Call::RequestChange(ATTACKER),
    Call::ConfirmChange,
    Call::ConfirmChange,
    Call::UndoChange,
    Call::Invite(VICTIM),
    Call::RequestReset(VICTIM),
    Call::RequestReset(ATTACKER),
    Call::ConfirmReset,
    Call::SignIn(VICTIM, OLD),
    Call::SignIn(VICTIM, NEW),
    Call::SignIn(ATTACKER, NEW),
    Call::SignInByMail(ATTACKER),
    Call::ChangePassword,
    Call::RequestDeletion,
    Call::UndoDeletion,
    Call::SignOutOthers,
    Call::Wait,
    Call::WaitADay,
    Call::VictimOpensMail,
];

struct Walk {
    world: World,
    /// Sessions of the attacker, the latest last.
    sessions: Vec<SignedIn>,
    calls: Vec<Call>,
    /// How often the victim got an account by their own doing.
    opened: u32,
}

impl Walk {
    fn begin() -> Self {
        let world = World::with_keyring(|builder| {
            builder.configure(|config| {
                config.registration.mode = RegistrationMode::Open;
                config.registration.mails_per_minute = 6_000;
            })
        });
        let attacker = world.open(ATTACKER, OLD);
        Self { world, sessions: vec![attacker], calls: Vec::new(), opened: 0 }
    }

    /// What came to the mailboxes of the attacker, as tokens and passwords.
    fn attackers<T>(&self, read: impl Fn(&doorward::testing::RecordedMail) -> Option<T>) -> Vec<T> {
        let mails = self.world.mailer.mails();
        mails.iter().filter(|mail| mail.to != email(VICTIM)).filter_map(read).collect()
    }

    fn victims_link(&self) -> Option<(String, &'static str)> {
        let mails = self.world.mailer.mails();
        let mine = mails.iter().rev().filter(|mail| mail.to == email(VICTIM));
        mine.filter_map(|mail| Some((mail.token()?, mail.mail.kind().name()))).next()
    }

    fn enter(&mut self, step: SignIn) {
        if let SignIn::Complete(signed_in) = step {
            self.sessions.push(signed_in);
        } else if let SignIn::PasswordChangeRequired(challenge) = step
            && let Ok(SignIn::Complete(signed_in)) = block_on(self.world.auth.choose_password(&challenge, NEW))
        {
            self.sessions.push(signed_in);
        }
    }

    fn call(&mut self, call: Call) {
        self.calls.push(call);
        let (auth, last) = (self.world.auth.clone(), self.sessions.last().cloned());
        let tokens = || self.attackers(|mail| mail.token());
        match (call, last) {
            (Call::RequestRegistration(address), _) => drop(block_on(auth.request_registration(email(address)))),
            (Call::Register, _) => {
                for token in tokens() {
                    if let Ok(step) = block_on(auth.register(&token, OLD)) {
                        self.enter(step);
                    }
                }
            }
            (Call::RequestChange(address), Some(session)) => {
                drop(block_on(auth.request_email_change(&session, email(address))));
            }
            (Call::ConfirmChange, Some(session)) => {
                for token in tokens() {
                    if let Ok(moved) = block_on(auth.confirm_email_change(&session, &token)) {
                        self.sessions.push(moved);
                    }
                }
            }
            (Call::UndoChange, _) => tokens().iter().for_each(|token| drop(block_on(auth.undo_email_change(token)))),
            (Call::Invite(address), Some(session)) => drop(block_on(auth.invite(&session, email(address)))),
            (Call::RequestReset(address), _) => drop(block_on(auth.request_reset(&email(address)))),
            (Call::ConfirmReset, _) => tokens().iter().for_each(|token| drop(block_on(auth.confirm_reset(token)))),
            (Call::SignIn(address, password), _) => {
                if let Ok(step) = self.world.try_sign_in(address, password) {
                    self.enter(step);
                }
            }
            (Call::SignInByMail(address), _) => {
                for password in self.attackers(|mail| mail.temporary_password()) {
                    if let Ok(step) = self.world.try_sign_in(address, &password) {
                        self.enter(step);
                    }
                }
            }
            (Call::ChangePassword, Some(session)) => {
                if let Ok(changed) = block_on(auth.change_password(&session, OLD, NEW)) {
                    self.sessions.push(changed);
                }
            }
            (Call::RequestDeletion, Some(session)) => drop(block_on(auth.request_deletion(&session))),
            (Call::UndoDeletion, _) => tokens().iter().for_each(|token| drop(block_on(auth.undo_deletion(token)))),
            (Call::SignOutOthers, Some(session)) => {
                if let Ok(session) = block_on(auth.sign_out_others(&session)) {
                    self.sessions.push(session);
                }
            }
            (Call::Wait, _) => self.world.clock.advance(5 * MINUTE),
            (Call::WaitADay, _) => {
                self.world.clock.advance(DAY);
                drop(block_on(auth.purge_deleted(&self.world.users, 10)));
            }
            (Call::VictimOpensMail, _) => self.victim_opens(None),
            (Call::VictimOpensMailAtTheAttackers, session) => self.victim_opens(session.as_ref()),
            (_, None) => {}
        }
    }

    /// What a person does with a link in their mailbox: they follow it, and choose a password where one is asked for.
    fn victim_opens(&mut self, signed_in: Option<&SignedIn>) {
        let Some((token, kind)) = self.victims_link() else { return };
        let auth = &self.world.auth;
        match kind {
            "confirm_registration" | "invitation" => {
                self.opened += u32::from(block_on(auth.register(&token, VICTIMS)).is_ok());
            }
            "confirm_email_change" => {
                // Without a session of the account that asked, it says to sign in, which the victim cannot.
                if let Some(own) = signed_in.filter(|it| it.email() == &email(VICTIM)) {
                    drop(block_on(auth.confirm_email_change(own, &token)));
                }
            }
            "confirm_reset" => drop(block_on(auth.confirm_reset(&token))),
            "email_changed" => drop(block_on(auth.undo_email_change(&token))),
            _ => {}
        }
    }

    /// No session of the attacker is one for the victim's address, and an account with that address is the victim's own.
    fn look(&self) {
        for session in &self.sessions {
            if let Ok(live) = block_on(self.world.auth.resume(&session.token().expose())) {
                assert_ne!(live.email(), &email(VICTIM), "{:?}", self.calls);
            }
        }
        let head = block_on(doorward::UserRepository::find_by_email(&*self.world.users, &email(VICTIM))).unwrap();
        assert!(head.is_none() || self.opened > 0, "an account for an address that was not proved: {:?}", self.calls);
    }
}

#[test]
fn r01_r03_no_order_of_calls_gives_a_session_for_an_address_that_was_not_proved() {
    let (mut state, mut opened, mut moved) = (0x9e37_79b9_7f4a_7c15_u64, 0, 0);
    for _ in 0..WALKS {
        let mut walk = Walk::begin();
        for _ in 0..CALLS {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let call = match (state >> 33) as usize % (CALLS_OF_ALL.len() + 1) {
                at if at < CALLS_OF_ALL.len() => CALLS_OF_ALL[at],
                _ => Call::VictimOpensMailAtTheAttackers,
            };
            walk.call(call);
            walk.look();
        }
        opened += u32::from(walk.opened > 0);
        moved += u32::from(walk.sessions.iter().any(|session| session.email() == &email(OTHER)));
    }
    println!("{WALKS} walks of {CALLS} calls: the victim opened an account in {opened}, the attacker moved in {moved}");
    assert!(opened > 50 && moved > 20, "the walks went nowhere: {opened}, {moved}");
}
