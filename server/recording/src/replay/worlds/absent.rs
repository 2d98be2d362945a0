//! In which worlds, and when, there is a room that is not where it was looked for.

use super::{TimeSpan, Worlds};
use crate::replay::display;

impl Worlds {
    /// Formats the error for a room that is in no world in a time span: in which worlds and at what
    /// times it is, or the rooms that were there instead. Reads the saved worlds of all recordings,
    /// and runs a few seconds of each.
    pub(super) fn room_elsewhere(&self, room: &str, when: &str, present: &[(String, String)]) -> String {
        let mut shown = Vec::new();
        for place in self.windows(TimeSpan::default()) {
            // A recording that cannot be read was reported already.
            let found = self
                .replay(place.run)
                .and_then(|mut replay| replay.room_times(room));
            let (times, world) = (&place.run.times, display::plain(&place.world.name));
            shown.extend(found.unwrap_or_default().into_iter().map(|(first, last)| {
                let (first, last) = (self.clock(times.at(first)), self.clock(times.at(last)));
                format!("it is in {world} from {first} to {last}")
            }));
        }
        if !shown.is_empty() {
            let room = display::quoted(room);
            return format!("room {room} is in no world {when}: {}", display::list(shown));
        }
        let present: Vec<String> = present
            .iter()
            .map(|(world, room)| format!("{room} ({world})"))
            .collect();
        let present = present.iter().map(String::as_str);
        display::absent("room", room, &format!("in any world {when}"), present)
    }
}
