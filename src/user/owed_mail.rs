//! The mails that a change may owe.

use core::mem::discriminant;

use serde::{Deserialize, Serialize};

/// How many mails of one kind an account owes at most; the oldest is dropped. Without a bound, whoever knows the password could fill
/// the account while no mail leaves; with a common one, they could push out the notice of what they did.
const MOST_OF_A_KIND: usize = 2;

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
}

/// A mail that tells of something and carries no secret.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Notice {
    PasswordChanged,
    ResetCompleted,
    SecondFactorEnabled,
    SecondFactorDisabled { by_operator: bool },
    RecoveryCodeUsed { left: usize },
    RecoveryCodesRegenerated,
    WrongCode,
    NewDevice,
    SignInAfterFailures { failures: u32 },
    PasswordChangeForced,
    MarkedCompromised,
    SharingReminder,
    Registered,
    DeletionUndone,
}

impl From<Notice> for OwedMail {
    fn from(notice: Notice) -> Self {
        Self::Notice(notice)
    }
}

impl OwedMail {
    /// There is one temporary password at a time, and one link that undoes a deletion, so its mail takes the place of the one before.
    pub(super) fn at_most(self) -> usize {
        let is_single = matches!(self, Self::Welcome | Self::TemporaryPassword | Self::DeletionRequested);
        if is_single { 1 } else { MOST_OF_A_KIND }
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
