//! What is stored of a person, for that person to read: in plain words, and without secrets.
//!
//! Every stored struct is taken apart in full, so that a new field does not compile until it is exported here or left out on purpose.
//! **Left out are** digests and hashes of any secret, sealed secrets, codes, ids of sessions, devices and passwords, versions and
//! epochs, digests of client addresses (that there are some is exported), and fields of a newer release, of which the names are told.

use serde::Serialize;

use super::owed_mail::OwedMail;
use super::state::User;
use super::stored::{
    Assurance, Document, EmailChanges, EmailUndo, EnteredFailures, Failures, Forgiveness, NextStep, PendingEmail,
    PendingTotp, ResetState, SecondFactor, StoredChallenge, StoredDeletion, StoredDevice, StoredGrade, StoredJournal,
    StoredLink, StoredOwed, StoredPassword, StoredSession, StoredSessions, StoredTemporary, StoredTotp,
    StoredUndeliverable, TemporaryOrigin,
};
use crate::session::Authentication;
use crate::sharing::SightingsExport;
use crate::types::{Email, Span, micros, rfc3339};

/// The document of one person.
#[derive(Serialize)]
pub(crate) struct PersonExport {
    account: AccountExport,
    password: Option<PasswordExport>,
    earlier_passwords_remembered: usize,
    temporary_password: Option<TemporaryExport>,
    password_resets: ResetsExport,
    two_step_sign_in: FactorExport,
    sessions: Vec<SessionExport>,
    known_browsers: Vec<DeviceExport>,
    unfinished_sign_ins: Vec<ChallengeExport>,
    use_of_the_account: SightingsExport,
    mails_not_yet_sent: Vec<OwedExport>,
    deletion_last_undone_at: Option<String>,
    last_mailed_about_failed_sign_ins_at: Option<String>,
    history: Option<HistoryExport>,
    names_of_data_of_a_newer_release: Vec<String>,
}

#[derive(Serialize)]
struct AccountExport {
    id: String,
    email: String,
    email_as_compared: String,
    status: &'static str,
    created_at: String,
    last_sign_in_at: Option<String>,
    mail_does_not_arrive: Option<UndeliverableExport>,
    other_emails_asked_for: Vec<EmailExport>,
    earlier_emails_that_can_take_the_account_back: Vec<EmailExport>,
    deletion: Option<DeletionExport>,
}

#[derive(Serialize)]
struct EmailExport {
    email: String,
    #[serde(flatten)]
    valid: SpanExport,
}

#[derive(Serialize)]
struct UndeliverableExport {
    reported_at: String,
    reason: String,
}

#[derive(Serialize)]
struct DeletionExport {
    requested_at: String,
    deleted_from: String,
    link_to_undo_it_made_at: String,
}

#[derive(Serialize)]
struct PasswordExport {
    chosen_at: String,
    has_to_be_changed: bool,
    taken_over_from_another_system: bool,
}

#[derive(Serialize)]
struct SpanExport {
    from: String,
    until: String,
}

#[derive(Serialize)]
struct TemporaryExport {
    #[serde(flatten)]
    valid: SpanExport,
    reason: TemporaryOrigin,
}

#[derive(Serialize)]
struct ResetsExport {
    links: Vec<LinkExport>,
    confirmed: Option<SpanExport>,
    temporary_password_last_mailed_at: Option<String>,
    links_mailed_recently: Option<CountExport>,
}

#[derive(Serialize)]
struct LinkExport {
    #[serde(flatten)]
    valid: SpanExport,
    confirmed: bool,
    passwords_tried: u32,
}

/// Something counted, and until when it is remembered.
#[derive(Serialize)]
struct CountExport {
    count: u32,
    remembered_until: String,
}

#[derive(Serialize)]
struct FactorExport {
    on: bool,
    on_since: Option<String>,
    authenticator_being_set_up: Option<SpanExport>,
    recovery_codes_left: usize,
    recovery_codes_made_at: Option<String>,
    wrong_codes: Vec<WrongCodesExport>,
    last_mailed_about_a_wrong_code_at: Option<String>,
}

#[derive(Serialize)]
struct WrongCodesExport {
    proved_before: Assurance,
    #[serde(flatten)]
    counted: CountExport,
    forgiven_later: u32,
    at: Vec<String>,
}

#[derive(Serialize)]
struct ProofExport {
    by: crate::session::AuthMethod,
    at: String,
}

#[derive(Serialize)]
struct SessionExport {
    label: Option<String>,
    began_at: String,
    signed_in_at: String,
    last_seen_at: String,
    proofs: Vec<ProofExport>,
    on_a_known_browser: bool,
    kept_signed_in: bool,
    client_address_remembered: bool,
}

#[derive(Serialize)]
struct DeviceExport {
    since: String,
    valid: SpanExport,
    remembered: bool,
    code_was_right_at: Option<String>,
    no_code_until: Option<String>,
    granted_in_a_reset: bool,
}

#[derive(Serialize)]
struct ChallengeExport {
    #[serde(flatten)]
    valid: SpanExport,
    next_step: NextStep,
    proved: Assurance,
    proofs: Vec<ProofExport>,
    second_factor_done: bool,
    on_a_known_browser: bool,
    keep_signed_in: bool,
    began_at: Option<String>,
    client_address_remembered: bool,
    label: Option<String>,
    tries: u32,
}

#[derive(Serialize)]
struct OwedExport {
    mail: OwedMail,
    to_an_earlier_email: Option<String>,
    decided_at: String,
    next_try_at: String,
    tries: u32,
    server_did_not_answer: bool,
}

#[derive(Serialize)]
struct HistoryExport {
    entries: u64,
    tries_to_sign_in_accounted_for: Vec<String>,
    failures_entered_since: Option<String>,
    failures_entered: u32,
}

impl User {
    /// What is stored of it.
    pub(crate) fn export(&self) -> PersonExport {
        let Self { id: _, email: _, version: _, document } = self;
        let Document {
            status: _,
            epoch,
            created_at: _,
            last_sign_in_at: _,
            failures_noticed_at,
            password,
            earlier_passwords,
            temporary,
            reset,
            second_factor,
            challenges,
            devices,
            sessions,
            sightings,
            owed,
            undeliverable: _,
            deletion: _,
            deletion_undone_at,
            email_changes: _,
            to_mail: _,
            journal,
            journal_entries: _,
            registration: _,
            extra,
        } = &**document;
        let current = |StoredSessions { epoch: of, open: _, extra: _ }: &&StoredSessions| of == epoch;
        let newer = owed.newer().iter().map(|_| "a mail not yet sent".to_owned());
        PersonExport {
            account: self.export_account(),
            password: password.as_ref().map(PasswordExport::of),
            earlier_passwords_remembered: earlier_passwords.len(),
            temporary_password: temporary.as_ref().map(TemporaryExport::of),
            password_resets: ResetsExport::of(reset),
            two_step_sign_in: FactorExport::of(second_factor),
            sessions: sessions.iter().filter(current).flat_map(|it| &it.open).map(SessionExport::of).collect(),
            known_browsers: devices.iter().map(DeviceExport::of).collect(),
            unfinished_sign_ins: challenges.iter().map(ChallengeExport::of).collect(),
            use_of_the_account: sightings.export(),
            mails_not_yet_sent: owed.known.iter().map(OwedExport::of).collect(),
            deletion_last_undone_at: deletion_undone_at.map(rfc3339),
            last_mailed_about_failed_sign_ins_at: failures_noticed_at.map(rfc3339),
            history: journal.as_ref().map(HistoryExport::of),
            names_of_data_of_a_newer_release: extra.keys().cloned().chain(newer).collect(),
        }
    }

    fn export_account(&self) -> AccountExport {
        let document = &self.document;
        let undeliverable = document.undeliverable.as_ref().map(|reported| {
            let StoredUndeliverable { since, reason, extra: _ } = reported;
            UndeliverableExport { reported_at: rfc3339(*since), reason: reason.to_string() }
        });
        let deletion = document.pending_deletion().map(|deletion| {
            let StoredDeletion { requested_at, link: _, span, extra: _ } = deletion;
            DeletionExport {
                requested_at: rfc3339(*requested_at),
                deleted_from: rfc3339(span.expires_at),
                link_to_undo_it_made_at: rfc3339(span.issued_at),
            }
        });
        let EmailChanges { pending, undo, extra: _ } = &document.email_changes;
        let asked_for = |pending: &PendingEmail| {
            let PendingEmail { digest: _, email, epoch: _, span, extra: _ } = pending;
            EmailExport::of(email, span)
        };
        let earlier = |undo: &EmailUndo| {
            let EmailUndo { digest: _, email, span, factor: _, recovery_codes: _, extra: _ } = undo;
            EmailExport::of(email, span)
        };
        AccountExport {
            id: self.id.to_string(),
            email: self.email.as_typed().to_owned(),
            email_as_compared: self.email.canonical().to_owned(),
            status: self.status().as_str(),
            created_at: rfc3339(document.created_at),
            last_sign_in_at: document.last_sign_in_at.map(rfc3339),
            mail_does_not_arrive: undeliverable,
            other_emails_asked_for: pending.iter().map(asked_for).collect(),
            earlier_emails_that_can_take_the_account_back: undo.iter().map(earlier).collect(),
            deletion,
        }
    }
}

impl EmailExport {
    fn of(email: &Email, span: &Span) -> Self {
        Self { email: email.as_typed().to_owned(), valid: SpanExport::of(span) }
    }
}

impl SpanExport {
    fn of(span: &Span) -> Self {
        let Span { issued_at, expires_at } = span;
        Self { from: rfc3339(*issued_at), until: rfc3339(*expires_at) }
    }
}

impl CountExport {
    fn of(attempts: &crate::throttle::Attempts) -> Self {
        Self { count: attempts.failures(), remembered_until: rfc3339(attempts.expires_at()) }
    }
}

impl PasswordExport {
    fn of(password: &StoredPassword) -> Self {
        let StoredPassword { id: _, hash: _, imported, set_at, change_required, extra: _ } = password;
        Self {
            chosen_at: rfc3339(*set_at),
            has_to_be_changed: *change_required,
            taken_over_from_another_system: *imported,
        }
    }
}

impl TemporaryExport {
    fn of(temporary: &StoredTemporary) -> Self {
        let StoredTemporary { digest: _, span, origin, extra: _ } = temporary;
        Self { valid: SpanExport::of(span), reason: *origin }
    }
}

impl ResetsExport {
    fn of(reset: &ResetState) -> Self {
        let ResetState { links, opened, mailed_at, cooldown, extra: _ } = reset;
        let link = |link: &StoredLink| {
            let StoredLink { digest: _, span, confirmed, tries, extra: _ } = link;
            LinkExport { valid: SpanExport::of(span), confirmed: *confirmed, passwords_tried: *tries }
        };
        Self {
            links: links.iter().map(link).collect(),
            confirmed: opened.as_ref().map(SpanExport::of),
            temporary_password_last_mailed_at: mailed_at.map(rfc3339),
            links_mailed_recently: cooldown.as_ref().map(CountExport::of),
        }
    }
}

impl FactorExport {
    fn of(factor: &SecondFactor) -> Self {
        let SecondFactor { totp, pending, recovery_codes, codes_issued_at, failures, warned_at, extra: _ } = factor;
        let since = |totp: &StoredTotp| {
            let StoredTotp { secret: _, params: _, enrolled_at, last_step: _, extra: _ } = totp;
            rfc3339(*enrolled_at)
        };
        let begun = |pending: &PendingTotp| {
            let PendingTotp { secret: _, params: _, span, extra: _ } = pending;
            SpanExport::of(span)
        };
        Self {
            on: totp.is_some(),
            on_since: totp.as_ref().map(since),
            authenticator_being_set_up: pending.as_ref().map(begun),
            recovery_codes_left: recovery_codes.len(),
            recovery_codes_made_at: codes_issued_at.map(rfc3339),
            wrong_codes: failures.iter().map(WrongCodesExport::of).collect(),
            last_mailed_about_a_wrong_code_at: warned_at.map(rfc3339),
        }
    }
}

impl WrongCodesExport {
    fn of(failures: &Failures) -> Self {
        let Failures { assurance, attempts, forgiveness, extra: _ } = failures;
        let forgiven = |it: &Forgiveness| {
            let Forgiveness { began_at: _, left: _, redeemed, recent } = it;
            (*redeemed, recent.clone())
        };
        let (redeemed, recent) = forgiveness.as_ref().map(forgiven).unwrap_or_default();
        Self {
            proved_before: *assurance,
            counted: CountExport::of(attempts),
            forgiven_later: redeemed,
            at: recent.into_iter().filter_map(micros::from_i64).map(rfc3339).collect(),
        }
    }
}

fn proofs(methods: &[Authentication]) -> Vec<ProofExport> {
    methods.iter().map(|Authentication { method, at }| ProofExport { by: *method, at: rfc3339(*at) }).collect()
}

impl SessionExport {
    fn of(session: &StoredSession) -> Self {
        let StoredSession {
            id: _,
            digest: _,
            signed_in_at,
            last_seen_at,
            began_at,
            methods,
            device,
            kept,
            address,
            label,
            extra: _,
        } = session;
        Self {
            label: label.as_deref().map(str::to_owned),
            began_at: rfc3339(began_at.unwrap_or(*signed_in_at)),
            signed_in_at: rfc3339(*signed_in_at),
            last_seen_at: rfc3339(*last_seen_at),
            proofs: proofs(&methods.known),
            on_a_known_browser: device.is_some(),
            kept_signed_in: *kept,
            client_address_remembered: address.is_some(),
        }
    }
}

impl DeviceExport {
    fn of(device: &StoredDevice) -> Self {
        let StoredDevice {
            id: _,
            digest: _,
            grade,
            granted_at,
            factor_proved_at,
            factor_expires_at,
            provisional,
            span,
            extra: _,
        } = device;
        Self {
            since: rfc3339(*granted_at),
            valid: SpanExport::of(span),
            remembered: *grade == StoredGrade::Remembered,
            code_was_right_at: factor_proved_at.map(rfc3339),
            no_code_until: factor_expires_at.map(rfc3339),
            granted_in_a_reset: *provisional,
        }
    }
}

impl ChallengeExport {
    fn of(challenge: &StoredChallenge) -> Self {
        let StoredChallenge {
            digest: _,
            step,
            assurance,
            methods,
            factor_passed,
            device,
            kept,
            began_at,
            address,
            label,
            span,
            tries,
            extra: _,
        } = challenge;
        Self {
            valid: SpanExport::of(span),
            next_step: *step,
            proved: *assurance,
            proofs: proofs(&methods.known),
            second_factor_done: *factor_passed,
            on_a_known_browser: device.is_some(),
            keep_signed_in: *kept,
            began_at: began_at.map(rfc3339),
            client_address_remembered: address.is_some(),
            label: label.as_deref().map(str::to_owned),
            tries: *tries,
        }
    }
}

impl OwedExport {
    fn of(owed: &StoredOwed) -> Self {
        let StoredOwed { mail, by: _, since, due, tries, unanswered, link: _, to, extra: _ } = owed;
        Self {
            mail: *mail,
            to_an_earlier_email: to.as_ref().map(|to| to.as_typed().to_owned()),
            decided_at: rfc3339(*since),
            next_try_at: rfc3339(*due),
            tries: *tries,
            server_did_not_answer: *unanswered,
        }
    }
}

impl HistoryExport {
    fn of(journal: &StoredJournal) -> Self {
        let StoredJournal { entries, digest: _, failures, settled_tries, addressed_at: _, extra: _ } = journal;
        let failures = failures.map(|EnteredFailures { since, entered }| (rfc3339(since), entered));
        Self {
            entries: *entries,
            tries_to_sign_in_accounted_for: settled_tries.iter().copied().map(rfc3339).collect(),
            failures_entered: failures.as_ref().map_or(0, |failures| failures.1),
            failures_entered_since: failures.map(|failures| failures.0),
        }
    }
}
