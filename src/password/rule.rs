use super::PasswordPolicy;

/// One rule of a [`PasswordPolicy`], with its parameters.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Rule {
    /// At least so many characters.
    TooShort {
        /// The fewest.
        min: usize,
    },
    /// At most so many characters.
    TooLong {
        /// The most.
        max: usize,
    },
    /// A lower-case letter.
    NeedsLowercase,
    /// An upper-case letter.
    NeedsUppercase,
    /// A digit.
    NeedsDigit,
    /// Anything but a letter, a digit or a space.
    NeedsSymbol,
    /// Nothing that is guessed first.
    TooCommon,
    /// Nothing made of the address, the name of the service or the host's words.
    AboutTheAccount,
    /// At least so strong by zxcvbn.
    TooWeak {
        /// The least score, 1 to 4.
        score: u8,
    },
    /// Not the temporary password.
    Temporary,
    /// Not one of the last passwords.
    Reused {
        /// How many count, the current one included.
        last: usize,
    },
    /// Not known from a breach.
    Breached,
    /// No control characters: no NUL, no line breaks.
    ControlCharacter,
}

impl Rule {
    /// A stable name in snake_case, of what is wrong when the rule is broken.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooShort { .. } => "too_short",
            Self::TooLong { .. } => "too_long",
            Self::NeedsLowercase => "needs_lowercase",
            Self::NeedsUppercase => "needs_uppercase",
            Self::NeedsDigit => "needs_digit",
            Self::NeedsSymbol => "needs_symbol",
            Self::TooCommon => "too_common",
            Self::AboutTheAccount => "about_the_account",
            Self::TooWeak { .. } => "too_weak",
            Self::Temporary => "temporary",
            Self::Reused { .. } => "reused",
            Self::Breached => "breached",
            Self::ControlCharacter => "control_character",
        }
    }

    /// Whether it is judged only when the password is set, because that takes what the account or a look-up knows: then
    /// [`Auth::check_new_password`](crate::Auth::check_new_password) says nothing of it, and a form shows it without a result.
    pub fn is_judged_when_set(&self) -> bool {
        matches!(self, Self::Temporary | Self::Reused { .. } | Self::Breached)
    }

    /// The rule as one English sentence, which serves above the field as well as beside a refused password.
    pub fn text(&self) -> String {
        match self {
            Self::TooShort { min } => format!("Use at least {min} characters."),
            Self::TooLong { max } => format!("Use at most {max} characters."),
            Self::NeedsLowercase => "Use a lower-case letter.".into(),
            Self::NeedsUppercase => "Use an upper-case letter.".into(),
            Self::NeedsDigit => "Use a digit.".into(),
            Self::NeedsSymbol => "Use a symbol.".into(),
            Self::TooCommon => "Do not use a common password, a repetition or a sequence.".into(),
            Self::AboutTheAccount => {
                "Do not use your email address, the name of this service or words like them.".into()
            }
            Self::TooWeak { .. } => "Use something harder to guess.".into(),
            Self::Temporary => "Do not use the temporary password.".into(),
            Self::Reused { last: 1 } => "Do not use your last password again.".into(),
            Self::Reused { last } => format!("Do not use any of your last {last} passwords again."),
            Self::Breached => "Do not use a password that is known from a data breach.".into(),
            Self::ControlCharacter => "Do not use line breaks or other control characters.".into(),
        }
    }
}

/// A rule that a password broke.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Violation(Rule);

impl Violation {
    pub(crate) fn of(rule: Rule) -> Self {
        Self(rule)
    }

    /// The rule, with its parameters.
    pub fn rule(&self) -> Rule {
        self.0
    }

    /// The rule's [`code`](Rule::code).
    pub fn code(&self) -> &'static str {
        self.0.code()
    }

    /// The rule's [`text`](Rule::text).
    pub fn text(&self) -> String {
        self.0.text()
    }
}

impl PasswordPolicy {
    /// The rules in the order in which to show them: above the field, before anyone types.
    pub fn rules(&self) -> Vec<Rule> {
        let Self { max_length: max, discouraged_composition: composition, .. } = *self;
        let min = self.fewest();
        let mut rules = vec![Rule::TooShort { min }, Rule::TooLong { max }];
        let demanded = [
            (composition.lowercase, Rule::NeedsLowercase),
            (composition.uppercase, Rule::NeedsUppercase),
            (composition.digit, Rule::NeedsDigit),
            (composition.symbol, Rule::NeedsSymbol),
            (!self.danger_allow_common, Rule::TooCommon),
        ];
        rules.extend(demanded.into_iter().filter_map(|(on, rule)| on.then_some(rule)));
        rules.push(Rule::AboutTheAccount);
        #[cfg(feature = "zxcvbn")]
        rules.extend(self.min_strength.map(|score| Rule::TooWeak { score }));
        rules.extend([Rule::Temporary, self.reused()]);
        rules.extend(self.breached.map(|_| Rule::Breached));
        rules.push(Rule::ControlCharacter);
        rules
    }

    /// The rule against reuse: judged by hashing, so only once the user has proved who it is.
    pub(crate) fn reused(&self) -> Rule {
        Rule::Reused { last: self.history + 1 }
    }
}
