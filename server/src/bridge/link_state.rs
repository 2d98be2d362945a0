//! Whether a session has a link, and whether the link takes data.

/// The state of the link of a session, as its I/O thread last knew it. A newer state replaces an
/// older one, so one that is late or lost does no harm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LinkState {
    /// How often the session has got a new link. It wraps. What was sent over an earlier link may
    /// not have arrived, so with a new number its viewer needs a full snapshot.
    pub(crate) resumes: u32,
    /// How often messages of the session were lost, so that its client was sent nothing but the
    /// whole state. It wraps.
    pub(crate) resets: u32,
    pub(crate) flow: Flow,
}

/// Whether data can be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Flow {
    #[default]
    Open,
    /// The link takes no data.
    Held,
    /// There is no link.
    Dropped,
}

impl LinkState {
    /// Returns the state after the link stopped to take data, or takes data again.
    pub(crate) fn held(self, held: bool) -> Self {
        let flow = match self.flow {
            Flow::Dropped => Flow::Dropped,
            Flow::Open | Flow::Held if held => Flow::Held,
            Flow::Open | Flow::Held => Flow::Open,
        };
        Self { flow, ..self }
    }

    /// Returns the state after the link was lost.
    pub(crate) fn dropped(self) -> Self {
        Self {
            flow: Flow::Dropped,
            ..self
        }
    }

    /// Returns the state with a new link. `reset`: messages were lost.
    pub(crate) fn resumed(self, reset: bool) -> Self {
        Self {
            resumes: self.resumes.wrapping_add(1),
            resets: self.resets.wrapping_add(reset.into()),
            flow: Flow::Open,
        }
    }

    pub(crate) fn is_dropped(self) -> bool {
        self.flow == Flow::Dropped
    }
}
