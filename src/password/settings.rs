use crate::types::MAX_PASSWORD_BYTES;

/// What a new password must be. It shows itself ([`rules`](Self::rules)) and is enforced
/// ([`check`](Self::check)) from the same settings, so what users read is what happens.
///
/// The default is that of NIST SP 800-63B-4 section 3.1.1.2 and ASVS 5.0 section 6.2: at least 15 characters, no rules of
/// composition, nothing common, nothing about the account itself. A password that is set stays good when the policy
/// changes; it is never checked again at sign-in.
///
/// ```
/// use doorward::Password;
/// use doorward::password::{PasswordPolicy, PolicyContext};
///
/// let policy = PasswordPolicy::default();
/// let shown: Vec<_> = policy.rules().iter().map(|rule| rule.text()).collect();
/// assert_eq!(shown[0], "Use at least 15 characters.");
///
/// let context = PolicyContext::new("Acme");
/// assert!(policy.check(&Password::new("a quiet morning in May"), &context).is_ok());
///
/// let violations = policy.check(&Password::new("acme2026"), &context).unwrap_err();
/// let codes: Vec<_> = violations.iter().map(|violation| violation.code()).collect();
/// assert_eq!(codes, ["too_short", "about_the_account"]);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PasswordPolicy {
    /// The fewest characters, in Unicode code points; default none given, which is 15, or 8 where a second factor is
    /// [`Required`](crate::second_factor::SecondFactorPolicy::Required). At least that, unless
    /// [`danger_allow_short`](Self::danger_allow_short).
    pub min_length: Option<usize>,
    /// The most characters; default 256, between 64 and 1,024. It bounds work; nothing is ever cut off.
    pub max_length: usize,
    /// Words of the host's that no password may be made of, such as the names of the company and its products. The name of
    /// the [`Site`](crate::Site) and the user's address are refused without being listed.
    pub context_words: Vec<String>,
    /// How many passwords before the last one are refused as well, at most 24; default none. Standards advise against it:
    /// it teaches people to count.
    pub history: usize,
    /// Characters that a password must contain; default none. **Discouraged**: NIST SP 800-63B-4 and ASVS 5.0 (6.2.5)
    /// forbid such rules, since they make passwords predictable. For hosts that have no choice.
    pub discouraged_composition: Composition,
    /// The least score of zxcvbn that is accepted, 1 to 4; default none. Exists with the feature `zxcvbn`.
    #[cfg(feature = "zxcvbn")]
    #[cfg_attr(docsrs, doc(cfg(feature = "zxcvbn")))]
    pub min_strength: Option<u8>,
    /// Accepts common passwords; default no.
    pub danger_allow_common: bool,
    /// Accepts a [`min_length`](Self::min_length) of 8 to 14; default no. A password is then guessed offline in weeks
    /// rather than never, should the user table be stolen.
    pub danger_allow_short: bool,
    /// Whether the password is never the only factor. Set by the builder.
    pub(crate) second_factor_required: bool,
    /// Set by [`AuthBuilder::breached_passwords`](crate::AuthBuilder::breached_passwords).
    pub(crate) breached: Option<BreachLookup>,
}

/// Which kinds of characters a password must contain. **Discouraged**, see
/// [`PasswordPolicy::discouraged_composition`].
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct Composition {
    /// A lower-case letter.
    pub lowercase: bool,
    /// An upper-case letter.
    pub uppercase: bool,
    /// A digit.
    pub digit: bool,
    /// Anything but a letter, a digit or a space.
    pub symbol: bool,
}

impl Composition {
    pub(crate) fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// What happens when the look-up of breached passwords fails.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum BreachLookup {
    /// The password is accepted, and an event tells. People can go on while a remote service is down.
    FailOpen,
    /// The change is refused as unavailable. Nothing unchecked is ever set.
    FailClosed,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self {
            min_length: None,
            max_length: 256,
            context_words: Vec::new(),
            history: 0,
            discouraged_composition: Composition::default(),
            #[cfg(feature = "zxcvbn")]
            min_strength: None,
            danger_allow_common: false,
            danger_allow_short: false,
            second_factor_required: false,
            breached: None,
        }
    }
}

/// A setting is out of bounds.
pub(crate) struct PolicyFault {
    pub(crate) field: &'static str,
    pub(crate) problem: &'static str,
}

/// NIST SP 800-63B-4, 3.1.1.2: 15 characters where a password is the only factor, 8 where it never is.
fn least(second_factor_required: bool) -> usize {
    if second_factor_required { 8 } else { 15 }
}

impl PasswordPolicy {
    /// The fewest characters.
    pub(crate) fn fewest(&self) -> usize {
        self.min_length.unwrap_or(least(self.second_factor_required))
    }

    pub(crate) fn validate(&self, second_factor_required: bool) -> Result<(), PolicyFault> {
        let fault = |field, problem| Err(PolicyFault { field, problem });
        let fewest = self.min_length.unwrap_or(least(second_factor_required));
        if fewest < 8 {
            return fault("password.min_length", "is below 8");
        }
        if fewest < least(second_factor_required) && !self.danger_allow_short {
            return fault("password.min_length", "is below 15 (see danger_allow_short)");
        }
        if self.max_length < fewest {
            return fault("password.max_length", "is below the minimum");
        }
        if self.max_length < 64 {
            return fault("password.max_length", "is below 64");
        }
        if self.max_length > MAX_PASSWORD_BYTES / 4 {
            return fault("password.max_length", "is above 1,024");
        }
        if self.history > 24 {
            return fault("password.history", "is above 24");
        }
        #[cfg(feature = "zxcvbn")]
        if self.min_strength.is_some_and(|score| !(1..=4).contains(&score)) {
            return fault("password.min_strength", "is not 1 to 4");
        }
        Ok(())
    }
}
