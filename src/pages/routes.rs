//! Every route, in one table: what is not here does not exist, and what is here is tested with every method.

use http::Method;

/// What a route answers besides HEAD, which is GET without a body.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verb {
    Get,
    Post,
}

impl Verb {
    pub(super) fn method(self) -> Method {
        match self {
            Self::Get => Method::GET,
            Self::Post => Method::POST,
        }
    }

    fn of(method: &Method) -> Option<Self> {
        match *method {
            Method::GET | Method::HEAD => Some(Self::Get),
            Method::POST => Some(Self::Post),
            _ => None,
        }
    }
}

macro_rules! routes {
    ($($route:ident $path:literal $($verb:ident)+;)+) => {
        /// A path below the base path.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub(super) enum Route {
            $($route,)+
        }

        impl Route {
            pub(super) const ALL: &[Self] = &[$(Self::$route,)+];

            pub(super) fn path(self) -> &'static str {
                match self {
                    $(Self::$route => $path,)+
                }
            }

            pub(super) fn verbs(self) -> &'static [Verb] {
                match self {
                    $(Self::$route => &[$(Verb::$verb,)+],)+
                }
            }
        }
    };
}

// Everything that changes something is a POST. A path to which a form is sent also answers GET, for whoever reloads the page.
routes! {
    SignIn "/sign-in" Get Post;
    SecondStep "/second-step" Get Post;
    ChoosePassword "/choose-password" Get Post;
    CheckPassword "/check-password" Post;
    Authenticator "/authenticator" Get Post;
    AuthenticatorConfirm "/authenticator/confirm" Get Post;
    SignOut "/sign-out" Get Post;
    Forgot "/forgot" Get Post;
    ForgotChange "/forgot/change" Get Post;
    ForgotSend "/forgot/send" Get Post;
    ForgotSent "/forgot/sent" Get;
    Register "/register" Get Post;
    RegisterChange "/register/change" Get Post;
    RegisterSend "/register/send" Get Post;
    RegisterSent "/register/sent" Get;
    RegisterConfirm "/register/confirm" Get Post;
    ResetConfirm "/reset/confirm" Get Post;
    ResetDone "/reset/done" Get;
    EmailConfirm "/email/confirm" Get Post;
    EmailUndo "/email/undo" Get Post;
    EmailUndone "/email/undone" Get;
    LeavingUndo "/leaving/undo" Get Post;
    LeavingUndone "/leaving/undone" Get;
    Confirm "/confirm" Get Post;
    Security "/security" Get;
    SecurityPassword "/security/password" Get Post;
    SecurityEmail "/security/email" Get Post;
    SecurityAuthenticator "/security/authenticator" Get Post;
    SecurityAuthenticatorConfirm "/security/authenticator/confirm" Get Post;
    SecurityAuthenticatorOff "/security/authenticator/off" Get Post;
    SecurityRecoveryCodes "/security/recovery-codes" Get Post;
    SecurityDeviceSignOut "/security/devices/sign-out" Get Post;
    SecuritySessionSignOut "/security/sessions/sign-out" Get Post;
    SecurityOthersSignOut "/security/sessions/sign-out-others" Get Post;
    SecurityExport "/security/export" Get Post;
    SecurityDelete "/security/delete" Get Post;
    SecurityDeleted "/security/deleted" Get;
    Welcome "/welcome" Get;
    Accounts "/accounts" Get;
    AccountsFind "/accounts/find" Get Post;
    AccountsProvision "/accounts/provision" Get Post;
    Account "/accounts/account" Get;
    AccountResend "/accounts/resend" Get Post;
    AccountStartReset "/accounts/start-reset" Get Post;
    AccountChangeEmail "/accounts/change-email" Get Post;
    AccountRequireChange "/accounts/require-change" Get Post;
    AccountMarkCompromised "/accounts/mark-compromised" Get Post;
    AccountSignOut "/accounts/sign-out" Get Post;
    AccountResetSecondFactor "/accounts/reset-second-factor" Get Post;
    AccountDeactivate "/accounts/deactivate" Get Post;
    AccountReactivate "/accounts/reactivate" Get Post;
    WellKnownChangePassword "/.well-known/change-password" Get;
    Style "/pages/style.css" Get;
    Script "/pages/page.js" Get;
    Icon "/pages/icon.svg" Get;
    OpenApi "/pages/openapi.json" Get;
}

impl Route {
    /// The whole path.
    pub(super) fn whole_path(self, base: &str) -> String {
        // What is well known is so for the whole origin (RFC 8615).
        let base = if self == Self::WellKnownChangePassword { "" } else { base };
        format!("{base}{}", self.path())
    }

    /// The route of a whole path.
    pub(super) fn find(base: &str, path: &str) -> Option<Self> {
        if path == Self::WellKnownChangePassword.path() {
            return Some(Self::WellKnownChangePassword);
        }
        let below = path.strip_prefix(base)?;
        Self::ALL.iter().copied().find(|route| *route != Self::WellKnownChangePassword && route.path() == below)
    }

    /// The members that a program has to send. Of a form, what is missing is empty.
    pub(super) fn required(self) -> &'static [&'static str] {
        match self {
            Self::SignIn => &["email", "password"],
            Self::SecondStep | Self::AuthenticatorConfirm | Self::SecurityAuthenticatorConfirm => &["code"],
            Self::ChoosePassword | Self::CheckPassword => &["new_password"],
            Self::Forgot | Self::ForgotChange | Self::ForgotSend => &["email"],
            Self::Register | Self::RegisterChange | Self::RegisterSend => &["email"],
            Self::RegisterConfirm => &["new_password"],
            Self::AccountsFind | Self::AccountsProvision | Self::SecurityEmail => &["email"],
            Self::Confirm => &["proof"],
            Self::SecurityPassword => &["current_password", "new_password"],
            Self::SecurityDeviceSignOut => &["device"],
            Self::SecuritySessionSignOut => &["session"],
            Self::AccountResetSecondFactor => &["user", "reason"],
            Self::AccountChangeEmail => &["user", "email"],
            _ if self.is_for_operators() => &["user"],
            _ => &[],
        }
    }

    /// Whether it opens accounts, as far as the host lets people do so.
    pub(super) fn is_of_registration(self) -> bool {
        self.path().starts_with(Self::Register.path())
    }

    /// Whether it is about another address for an account.
    pub(super) fn is_of_email(self) -> bool {
        matches!(self, Self::SecurityEmail | Self::EmailConfirm | Self::EmailUndo | Self::EmailUndone)
    }

    /// Whether it is about leaving: a copy of what is stored, and the deletion.
    pub(super) fn is_of_leaving(self) -> bool {
        let of_settings = matches!(self, Self::SecurityExport | Self::SecurityDelete | Self::SecurityDeleted);
        of_settings || matches!(self, Self::LeavingUndo | Self::LeavingUndone)
    }

    /// Whether only operators know it.
    pub(super) fn is_for_operators(self) -> bool {
        self.path().starts_with(Self::Accounts.path())
    }

    /// How the route is asked, if it answers that method.
    pub(super) fn verb(self, method: &Method) -> Option<Verb> {
        Verb::of(method).filter(|verb| self.verbs().contains(verb))
    }

    /// The value of `Allow`.
    pub(super) fn allow(self) -> String {
        let verbs = self.verbs().iter().flat_map(|verb| match verb {
            Verb::Get => &["GET", "HEAD"][..],
            Verb::Post => &["POST"][..],
        });
        verbs.copied().collect::<Vec<_>>().join(", ")
    }
}
