//! Finds a player by name, id, or session number.

use std::borrow::Borrow;

use parlour_shared::text::clean_name;
use parlour_sim::PlayerInfo;

use super::display;

/// A player as a person writes it: an id of eight hexadecimal digits, a session number, or a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlayerQuery(pub String);

impl PlayerQuery {
    /// Returns the matching players: the player with this id, else the player with this session
    /// number, else all with this name, else all with the only name that differs only in case. If
    /// several names differ only in case, none matches. Ids and numbers come from the server and
    /// names from players, so this order prevents a player from impersonating another by using its
    /// id as a name.
    pub fn among<'a>(&self, players: impl IntoIterator<Item = &'a PlayerInfo>) -> Vec<&'a PlayerInfo> {
        let Self(text) = self;
        let (mut by_id, mut by_session, mut by_name) = (Vec::new(), Vec::new(), Vec::new());
        let (mut alike, folded) = (Vec::new(), folded(&self.cleaned()));
        for player in players {
            if text.eq_ignore_ascii_case(&display::id(player.id)) {
                by_id.push(player);
            } else if *text == player.session.0.to_string() {
                by_session.push(player);
            } else if *text == player.name {
                by_name.push(player);
            } else if folded == self::folded(&player.name) {
                alike.push(player);
            }
        }
        if alike.iter().any(|player| player.name != alike[0].name) {
            alike.clear();
        }
        let found = [by_id, by_session, by_name, alike];
        found
            .into_iter()
            .find(|players| !players.is_empty())
            .unwrap_or_default()
    }

    /// Formats an error that it matches none of these players in a place, such as `in the
    /// recording`, and lists similar names or all.
    pub fn absent<'a>(&self, place: &str, players: impl IntoIterator<Item = &'a PlayerInfo>) -> String {
        let mut names: Vec<&str> = players.into_iter().map(|player| player.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        if names.iter().any(|name| self.is_like(name)) {
            names.retain(|name| self.is_like(name));
        }
        display::absent("player", &self.0, place, names)
    }

    /// Returns whether a name is similar: one contains the other, or both have the same first
    /// letters.
    fn is_like(&self, name: &str) -> bool {
        let (name, asked) = (name.to_lowercase(), self.0.to_lowercase());
        let first = |text: &str| text.chars().take(2).collect::<String>();
        name.contains(&asked) || asked.contains(&name) || first(&name) == first(&asked)
    }

    /// Normalizes the text as the server normalizes names, so that different ways to type a name
    /// match.
    fn cleaned(&self) -> String {
        clean_name(self.0.clone()).unwrap_or_else(|_| self.0.clone())
    }
}

/// If several players have the same name, lists them and explains how to choose one. Returns `None`
/// for fewer than two.
pub fn describe_namesakes<P: Borrow<PlayerInfo>>(players: &[P]) -> Option<String> {
    let [first, _, ..] = players else {
        return None;
    };
    let shown = players.iter().map(Borrow::borrow).map(|player| {
        let room = player.room.as_deref().map_or("no room".into(), display::plain);
        format!(
            "{} (session {}, in {room})",
            display::id(player.id),
            player.session.0
        )
    });
    let (name, count) = (display::quoted(&first.borrow().name), players.len());
    Some(format!(
        "{count} players are named {name}: {}. Use an id",
        display::list(shown)
    ))
}

/// Folds the case of a name. It is converted to upper case first, because some upper-case letters
/// have two lower-case forms.
fn folded(name: &str) -> String {
    let upper = name.chars().flat_map(char::to_uppercase);
    upper.flat_map(char::to_lowercase).collect()
}
