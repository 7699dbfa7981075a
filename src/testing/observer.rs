use std::sync::{Arc, Mutex, PoisonError};

use doorward::Observer;
use doorward::event::{Event, EventKind};

/// An observer that remembers every event. Clones share what they remember.
#[derive(Clone, Debug, Default)]
pub struct RecordingObserver(Arc<Mutex<Vec<Event>>>);

impl RecordingObserver {
    /// An observer that has seen nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every event so far, the oldest first.
    pub fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What happened, without the rest.
    pub fn kinds(&self) -> Vec<EventKind> {
        self.events().into_iter().map(|event| event.kind).collect()
    }

    /// How often that happened.
    pub fn count(&self, kind: &EventKind) -> usize {
        self.events().iter().filter(|event| event.kind == *kind).count()
    }
}

impl Observer for RecordingObserver {
    fn observe(&self, event: &Event) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
    }
}
