//! What a flow decides about a user: the next state, what comes of it, and the events that it is.

use time::OffsetDateTime;

use crate::event::EventKind;
use crate::types::UserId;
use crate::user::User;

/// What to do about a user.
pub(crate) enum Decision<T> {
    /// Store this state. Only then is `T` true, and only then did the events happen.
    Store(User, T, Happened),
    /// Store nothing.
    Answer(T),
}

/// The events of a change, in their order, and who caused them. They are reported once it is stored, and entered in the journal
/// with it.
#[derive(Default)]
pub(crate) struct Happened {
    pub(super) events: Vec<EventKind>,
    pub(super) request_id: Option<Box<str>>,
    pub(super) operator: Option<UserId>,
    /// Events that were reported before and are entered only.
    pub(super) reported: bool,
    /// What was reported earlier, and when. It is entered before the events, in the journal only.
    pub(super) earlier: Vec<(OffsetDateTime, &'static str)>,
}

impl Happened {
    pub(crate) fn of(events: impl IntoIterator<Item = EventKind>) -> Self {
        Self { events: events.into_iter().collect(), ..Self::default() }
    }

    /// By this operator, where the host says who it is.
    pub(crate) fn by(self, operator: Option<&UserId>) -> Self {
        Self { operator: operator.cloned(), ..self }
    }
}

impl<T> Decision<T> {
    /// A change that is no event yet.
    pub(crate) fn store(next: User, outcome: T) -> Self {
        Self::Store(next, outcome, Happened::default())
    }

    /// The change is this event too.
    pub(crate) fn reporting(self, event: EventKind) -> Self {
        self.reporting_all([event])
    }

    pub(crate) fn reporting_all(self, events: impl IntoIterator<Item = EventKind>) -> Self {
        self.with(|happened| happened.events.extend(events))
    }

    /// The change is this event before all others.
    pub(crate) fn reporting_first(self, event: EventKind) -> Self {
        self.with(|happened| happened.events.insert(0, event))
    }

    /// In the course of this request.
    pub(crate) fn on_request(self, request_id: Option<&str>) -> Self {
        self.with(|happened| happened.request_id = request_id.map(Into::into))
    }

    /// By this operator, where the host says who it is.
    pub(crate) fn by(self, operator: Option<&UserId>) -> Self {
        self.with(|happened| happened.operator = operator.cloned())
    }

    /// The change also enters what was reported earlier.
    pub(crate) fn entering_first(
        self,
        event: &'static str,
        instants: impl IntoIterator<Item = OffsetDateTime>,
    ) -> Self {
        self.with(|happened| happened.earlier.extend(instants.into_iter().map(|at| (at, event))))
    }

    /// Its events were reported before.
    pub(crate) fn already_reported(self) -> Self {
        self.with(|happened| happened.reported = true)
    }

    fn with(mut self, change: impl FnOnce(&mut Happened)) -> Self {
        if let Self::Store(_, _, happened) = &mut self {
            change(happened);
        }
        self
    }

    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Decision<U> {
        match self {
            Self::Store(next, outcome, happened) => Decision::Store(next, change(outcome), happened),
            Self::Answer(outcome) => Decision::Answer(change(outcome)),
        }
    }

    pub(crate) fn map_user(self, change: impl FnOnce(User) -> User) -> Self {
        match self {
            Self::Store(next, outcome, happened) => Self::Store(change(next), outcome, happened),
            answer @ Self::Answer(_) => answer,
        }
    }
}
