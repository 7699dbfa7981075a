use std::sync::{Arc, Mutex, PoisonError};

use doorward::Observer;
use doorward::event::{Event, EventKind};

/// An observer that records every event. Clones share the record.
#[derive(Clone, Debug, Default)]
pub struct RecordingObserver(Arc<Mutex<Vec<Event>>>);

impl RecordingObserver {
    /// An observer without any events yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// All events so far, the oldest first.
    pub fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The kinds of all events so far.
    pub fn kinds(&self) -> Vec<EventKind> {
        self.events().into_iter().map(|event| event.kind).collect()
    }

    /// How often this kind occurred.
    pub fn count(&self, kind: &EventKind) -> usize {
        self.events().iter().filter(|event| event.kind == *kind).count()
    }
}

impl Observer for RecordingObserver {
    fn observe(&self, event: &Event) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
    }
}
