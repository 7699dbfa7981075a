use crate::types::MAX_PASSWORD_BYTES;

/// The rules for new passwords. What users read ([`rules`](Self::rules)) and what is enforced ([`check`](Self::check)) come
/// from the same settings.
///
/// The default follows NIST SP 800-63B-4 section 3.1.1.2 and ASVS 5.0 section 6.2: at least 15 characters, no composition
/// rules, nothing common, nothing about the account itself. A password stays valid when the policy changes; it is never checked
/// again at sign-in.
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
    /// The minimum number of characters, in Unicode code points. The default `None` means 15, or 8 where a second factor is
    /// [`Required`](crate::second_factor::SecondFactorPolicy::Required); lower values need
    /// [`danger_allow_short`](Self::danger_allow_short).
    pub min_length: Option<usize>,
    /// The maximum number of characters, 64 to 1,024; default 256. It bounds the work; passwords are never truncated.
    pub max_length: usize,
    /// Words of the host that no password may be made of, such as the names of the company and its products. The name of the
    /// [`Site`](crate::Site) and the user's address always count and need not be listed.
    pub context_words: Vec<String>,
    /// How many passwords before the last one are rejected as well, at most 24; default none. Standards advise against it: it
    /// teaches people to number their passwords.
    pub history: usize,
    /// Kinds of characters that a password must contain; default none. **Discouraged**: NIST SP 800-63B-4 and ASVS 5.0 (6.2.5)
    /// forbid such rules, since they make passwords predictable. For hosts that have no choice.
    pub discouraged_composition: Composition,
    /// The minimum zxcvbn score, 1 to 4; default none. Requires the feature `zxcvbn`.
    #[cfg(feature = "zxcvbn")]
    #[cfg_attr(docsrs, doc(cfg(feature = "zxcvbn")))]
    pub min_strength: Option<u8>,
    /// Accepts common passwords; default `false`.
    pub danger_allow_common: bool,
    /// Accepts a [`min_length`](Self::min_length) of 8 to 14; default `false`. If the user table is stolen, such a password can
    /// be brute-forced offline in weeks rather than never.
    pub danger_allow_short: bool,
    /// Whether every sign-in needs a second factor. Set by the builder.
    pub(crate) second_factor_required: bool,
    /// Set by [`AuthBuilder::breached_passwords`](crate::AuthBuilder::breached_passwords).
    pub(crate) breached: Option<BreachLookup>,
}

/// The kinds of characters that a password must contain. **Discouraged**, see [`PasswordPolicy::discouraged_composition`].
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
    /// The password is accepted and an event is emitted. People can go on while a remote service is down.
    FailOpen,
    /// The change fails as unavailable. No password is set unchecked.
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

/// A setting that is out of bounds.
pub(crate) struct PolicyFault {
    pub(crate) field: &'static str,
    pub(crate) problem: &'static str,
}

/// NIST SP 800-63B-4, 3.1.1.2: 15 characters where a password can be the only factor, otherwise 8.
fn least(second_factor_required: bool) -> usize {
    if second_factor_required { 8 } else { 15 }
}

impl PasswordPolicy {
    /// The effective minimum number of characters.
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
