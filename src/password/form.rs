use super::PasswordPolicy;

impl PasswordPolicy {
    /// The value of a form field's `passwordrules` attribute, from which password managers generate one that is accepted.
    ///
    /// ```
    /// let policy = doorward::password::PasswordPolicy::default();
    /// assert_eq!(policy.password_rules_attribute(), "minlength: 15; maxlength: 256; allowed: unicode;");
    /// ```
    pub fn password_rules_attribute(&self) -> String {
        let demanded = self.discouraged_composition;
        let required: String = [
            (demanded.lowercase, "required: lower; "),
            (demanded.uppercase, "required: upper; "),
            (demanded.digit, "required: digit; "),
            (demanded.symbol, "required: special; "),
        ]
        .into_iter()
        .filter_map(|(on, text)| on.then_some(text))
        .collect();
        format!("minlength: {}; maxlength: {}; {required}allowed: unicode;", self.fewest(), self.max_length)
    }
}
