//! What a generator writes: uses of one account, by session, browser and client address. It knows nothing of the rule.

/// One use of the account that its server would note. Ids are small numbers, unequal between different things.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    /// Seconds since the beginning.
    pub(super) at: u32,
    pub(super) session: u32,
    pub(super) device: u32,
    pub(super) address: u32,
}

/// A cookie jar: the device that it holds, and its session.
pub(super) struct Browser {
    pub(super) device: u32,
    session: u32,
    last_used: f64,
}

/// The requests so far, and the ids that are taken.
pub(super) struct Traffic {
    requests: Vec<Seen>,
    next: u32,
    /// The host's sessions end after so many seconds without use.
    session_idle: f64,
}

impl Traffic {
    pub(super) fn new(session_idle: f64) -> Self {
        Self { requests: Vec::new(), next: 0, session_idle }
    }

    /// An id that nothing else has.
    pub(super) fn id(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    pub(super) fn browser(&mut self) -> Browser {
        Browser { device: self.id(), session: 0, last_used: f64::NEG_INFINITY }
    }

    /// A request at that second. Those of one browser may be told in any order within a day.
    pub(super) fn request(&mut self, browser: &mut Browser, at: f64, address: u32) {
        if at - browser.last_used > self.session_idle {
            browser.session = self.id();
        }
        browser.last_used = browser.last_used.max(at);
        let (session, device) = (browser.session, browser.device);
        self.requests.push(Seen { at: at.max(0.0) as u32, session, device, address });
    }

    /// The cookies are gone: the next use is a sign-in at an unknown device.
    pub(super) fn forget(&mut self, browser: &mut Browser) {
        browser.device = self.id();
        browser.last_used = f64::NEG_INFINITY;
    }

    /// What is noted, in the order of time: each sign-in, and a session in use at most every five minutes.
    pub(super) fn finish(self) -> Vec<Seen> {
        let mut seen = self.requests;
        seen.sort_unstable_by_key(|seen| seen.at);
        let mut noted: Vec<Option<u32>> = vec![None; self.next as usize + 1];
        seen.retain(|seen| {
            let last = &mut noted[seen.session as usize];
            let due = last.is_none_or(|last| seen.at >= last + 300);
            if due {
                *last = Some(seen.at);
            }
            due
        });
        seen
    }
}
