//! What an operator can do with an account.

use super::acting::Acting;
use crate::account::{UserOverview, UserStatus};
use crate::auth::ResetRequest;
use crate::error::{AuthError, ErrorResponse};
use crate::pages::notice::Notice;
use crate::pages::routes::Route;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Action {
    Resend,
    StartReset,
    RequireChange,
    MarkCompromised,
    SignOut,
    ResetSecondFactor,
    Deactivate,
    Reactivate,
}

impl Action {
    pub(super) const ALL: [Self; 8] = [
        Self::Resend,
        Self::StartReset,
        Self::RequireChange,
        Self::MarkCompromised,
        Self::SignOut,
        Self::ResetSecondFactor,
        Self::Deactivate,
        Self::Reactivate,
    ];

    pub(super) fn of(route: Route) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.route() == route)
    }

    pub(super) fn route(self) -> Route {
        match self {
            Self::Resend => Route::AccountResend,
            Self::StartReset => Route::AccountStartReset,
            Self::RequireChange => Route::AccountRequireChange,
            Self::MarkCompromised => Route::AccountMarkCompromised,
            Self::SignOut => Route::AccountSignOut,
            Self::ResetSecondFactor => Route::AccountResetSecondFactor,
            Self::Deactivate => Route::AccountDeactivate,
            Self::Reactivate => Route::AccountReactivate,
        }
    }

    /// The name of its title in the catalogue, which is also on its button.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Resend => "account-resend",
            Self::StartReset => "account-start-reset",
            Self::RequireChange => "account-require-change",
            Self::MarkCompromised => "account-mark-compromised",
            Self::SignOut => "account-sign-out",
            Self::ResetSecondFactor => "account-reset-second-factor",
            Self::Deactivate => "account-deactivate",
            Self::Reactivate => "account-reactivate",
        }
    }

    /// The name of what it does.
    pub(super) fn effect(self) -> &'static str {
        match self {
            Self::Resend => "account-resend-effect",
            Self::StartReset => "account-start-reset-effect",
            Self::RequireChange => "account-require-change-effect",
            Self::MarkCompromised => "account-mark-compromised-effect",
            Self::SignOut => "account-sign-out-effect",
            Self::ResetSecondFactor => "account-reset-second-factor-effect",
            Self::Deactivate => "account-deactivate-effect",
            Self::Reactivate => "account-reactivate-effect",
        }
    }

    pub(super) fn done(self) -> Notice {
        match self {
            Self::Resend => Notice::WelcomeResent,
            Self::StartReset => Notice::ResetStarted,
            Self::RequireChange => Notice::ChangeRequired,
            Self::MarkCompromised => Notice::MarkedCompromised,
            Self::SignOut => Notice::AccountSignedOut,
            Self::ResetSecondFactor => Notice::SecondFactorReset,
            Self::Deactivate => Notice::AccountDeactivated,
            Self::Reactivate => Notice::AccountReactivated,
        }
    }

    /// Whether it takes something away.
    pub(super) fn is_dangerous(self) -> bool {
        !matches!(self, Self::Resend | Self::StartReset | Self::Reactivate)
    }

    /// What operators do not do to themselves: there may be nobody to undo it, and a stolen session would lose its second factor.
    pub(super) fn is_for_others_only(self) -> bool {
        matches!(self, Self::Deactivate | Self::ResetSecondFactor)
    }

    /// Whether the operator has to say how they verified who is asking.
    pub(super) fn asks_for_a_reason(self) -> bool {
        self == Self::ResetSecondFactor
    }

    /// Whether it makes sense now. For display: what does not is refused by the call, or does nothing.
    pub(super) fn is_offered(self, account: &UserOverview, this: bool) -> bool {
        let active = account.status == UserStatus::Active;
        let is_new = !account.has_password && account.last_sign_in_at.is_none();
        let helps = match self {
            Self::Resend => active && is_new,
            Self::StartReset => active && !is_new,
            Self::RequireChange | Self::MarkCompromised => active && account.has_password,
            Self::SignOut | Self::Deactivate => active,
            Self::ResetSecondFactor => account.has_second_factor,
            Self::Reactivate => !active,
        };
        helps && !(this && self.is_for_others_only())
    }

    pub(super) async fn run(self, acting: &Acting, account: &UserOverview, reason: &str) -> Result<(), ErrorResponse> {
        let (operator, user, browser) = (&acting.operator, &account.id, acting.browser());
        let outcome: Result<(), Box<dyn AuthError>> = match self {
            Self::Resend => boxed(operator.resend_welcome(user).await),
            // What anyone can do at the sign-in page, so it has no operator.
            Self::StartReset => {
                let request = browser.vouch_for_reset(ResetRequest::new(account.email.clone()));
                boxed(browser.auth().request_reset(request).await)
            }
            Self::RequireChange => boxed(operator.require_password_change(user).await),
            Self::MarkCompromised => boxed(operator.mark_compromised(user).await),
            Self::SignOut => boxed(operator.sign_out_everywhere(user).await),
            Self::ResetSecondFactor => boxed(operator.reset_second_factor(user, reason).await),
            Self::Deactivate => boxed(operator.deactivate(user).await),
            Self::Reactivate => boxed(operator.reactivate(user).await),
        };
        outcome.map_err(|error| browser.auth().error_response(&*error))
    }
}

fn boxed<T>(outcome: Result<T, impl AuthError>) -> Result<(), Box<dyn AuthError>> {
    outcome.map(drop).map_err(|error| Box::new(error) as _)
}
