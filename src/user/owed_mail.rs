//! The mails that a change may owe.

use core::mem::discriminant;

use serde::{Deserialize, Serialize};

use crate::types::Email;

/// How many mails of one kind an account owes to an address at most; the oldest is dropped. Without a bound, whoever knows the password could fill
/// the account while no mail leaves; with a common one, they could push out the notice of what they did.
const MOST_OF_A_KIND: usize = 2;

/// The changes of the address that can be taken back at a time. The mail of none pushes out that of another.
pub(crate) const MOST_EMAIL_UNDOS: usize = 5;

/// What has to be mailed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OwedMail {
    Welcome,
    ResetLink,
    TemporaryPassword,
    /// The link that undoes a deletion.
    DeletionRequested,
    Notice(Notice),
    /// The way back from a change of the address.
    EmailUndo,
}

/// A mail that tells of something and carries no secret.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Notice {
    PasswordChanged,
    ResetCompleted,
    SecondFactorEnabled,
    SecondFactorDisabled {
        by_operator: bool,
    },
    RecoveryCodeUsed {
        left: usize,
    },
    RecoveryCodesRegenerated,
    WrongCode,
    NewDevice,
    SignInAfterFailures {
        failures: u32,
    },
    PasswordChangeForced,
    MarkedCompromised,
    SharingReminder,
    Registered,
    EmailChangeRequested,
    EmailConfirmed,
    /// To the address before the change.
    EmailChangedByOperator,
    /// To the address after it.
    EmailSetByOperator,
    DeletionUndone,
}

/// A mail that a transition decided.
#[derive(Clone)]
pub(crate) struct Decided {
    pub(crate) mail: OwedMail,
    /// To whom, if not to the address that the account has after the transition.
    pub(crate) to: Option<Email>,
}

impl From<Notice> for OwedMail {
    fn from(notice: Notice) -> Self {
        Self::Notice(notice)
    }
}

impl OwedMail {
    /// There is one temporary password at a time, and one link that undoes a deletion, so its mail takes the place of the one before.
    pub(super) fn at_most(self) -> usize {
        match self {
            Self::Welcome | Self::TemporaryPassword | Self::DeletionRequested => 1,
            Self::EmailUndo => MOST_EMAIL_UNDOS,
            Self::ResetLink | Self::Notice(_) => MOST_OF_A_KIND,
        }
    }

    /// Whether it says that the address to which it goes is that of the account.
    pub(super) fn welcomes_an_address(self) -> bool {
        matches!(self, Self::Notice(Notice::EmailConfirmed | Notice::EmailSetByOperator))
    }

    /// Whether it helps whoever reads it into the account. The way back from a change of the address does too, but it is meant for the
    /// address of before.
    pub(super) fn lets_in(self) -> bool {
        !matches!(self, Self::Notice(_) | Self::EmailUndo)
    }

    pub(super) fn carries_a_secret(self) -> bool {
        !matches!(self, Self::Notice(_))
    }

    pub(super) fn is_kind_of(self, other: Self) -> bool {
        match (self, other) {
            (Self::Notice(one), Self::Notice(other)) => discriminant(&one) == discriminant(&other),
            _ => discriminant(&self) == discriminant(&other),
        }
    }
}
