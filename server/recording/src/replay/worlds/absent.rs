//! In which worlds, and when, there is a room that is not where it was looked for.

use super::{TimeSpan, Worlds};
use crate::replay::display;

impl Worlds {
    /// Formats the error for a room that is in no world in a time span: the saved worlds that
    /// contain it, or the rooms that were there instead. Reads the saved worlds of all recordings.
    pub(super) fn room_elsewhere(&self, room: &str, when: &str, present: &[(String, String)]) -> String {
        let mut shown = Vec::new();
        for place in self.windows(TimeSpan::default()) {
            // A recording that cannot be read was reported already.
            let saved = self.replay(place.run).and_then(|mut replay| replay.saved_rooms());
            if let Some((first, last)) = saved.unwrap_or_default().get(room) {
                let (times, world) = (&place.run.times, display::plain(&place.world.name));
                let (first, last) = (self.clock(times.at(*first)), self.clock(times.at(*last)));
                shown.push(match first == last {
                    true => format!("the world saved at {first} in {world} has it"),
                    false => format!("the worlds saved from {first} to {last} in {world} have it"),
                });
            }
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
