/// Settings of the notices to users about their own accounts. Whether a new browser is one is
/// [`DeviceConfig::new_device_notice`](crate::config::DeviceConfig::new_device_notice).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NoticeConfig {
    /// After how many failed attempts a right password is worth a mail to the owner
    /// ([`MailKind::SignInAfterFailures`](crate::mail::MailKind::SignInAfterFailures)), 1 to 100; default 10, as many as PCI DSS
    /// 4.0.1, 8.3.4 allows before it wants a lock. `None` turns the mail off.
    ///
    /// The failures are those of the bucket in which the sign-in was charged: of the device for a known device, otherwise of the
    /// account. The mail is sent when the password was right, whether or not a code comes next, and at most once a day per
    /// account, like the mail about a wrong code. Failures alone never cause it, so nobody can flood a mailbox. A temporary
    /// password is charged in no bucket and causes none.
    ///
    /// [`Config::throttle`](crate::Config::throttle) stops counting at its longest wait, by default after 15 failures; a higher
    /// number here counts as that one.
    pub after_failures: Option<u32>,
}

impl Default for NoticeConfig {
    fn default() -> Self {
        Self { after_failures: Some(10) }
    }
}
