//! Which player a person means: by name, id, or number of a session.

use parlour_shared::{
    ids::{PlayerId, SessionId},
    text::clean_name,
};
use parlour_sim::Player;

use super::{Who, words};

/// A player as a person names it: an id of eight hexadecimal digits, the number of a session, or a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlayerQuery(pub String);

/// Someone that can be named.
pub trait Called {
    /// Its session, its id and its name.
    fn called(&self) -> (SessionId, PlayerId, &str);
}

impl Called for Who {
    fn called(&self) -> (SessionId, PlayerId, &str) {
        (self.session, self.id, &self.name)
    }
}

impl Called for Player {
    fn called(&self) -> (SessionId, PlayerId, &str) {
        (self.session, self.id, &self.name)
    }
}

impl PlayerQuery {
    /// Those of some people that it means: the one with this id, else the one with this number, else all with this
    /// name, else all with the one name that differs from it only in upper and lower case. Of several such names none is
    /// meant. The server gives ids and numbers and players choose their names, so that nobody can take the place of
    /// another by taking its id as a name.
    pub fn among<'a, P: Called>(&self, people: impl IntoIterator<Item = &'a P>) -> Vec<&'a P> {
        let Self(text) = self;
        let (mut by_id, mut by_session, mut by_name) = (Vec::new(), Vec::new(), Vec::new());
        let (mut alike, folded) = (Vec::new(), folded(&self.cleaned()));
        for person in people {
            let (session, id, name) = person.called();
            if text.eq_ignore_ascii_case(&words::id(id)) {
                by_id.push(person);
            } else if *text == session.0.to_string() {
                by_session.push(person);
            } else if text == name {
                by_name.push(person);
            } else if folded == self::folded(name) {
                alike.push(person);
            }
        }
        let first = alike.first().map(|person| person.called().2);
        if alike.iter().any(|person| Some(person.called().2) != first) {
            alike.clear();
        }
        let found = [by_id, by_session, by_name, alike];
        found
            .into_iter()
            .find(|people| !people.is_empty())
            .unwrap_or_default()
    }

    /// The names that differ from it only in upper and lower case, each once.
    #[must_use]
    pub fn alike<'a, P: Called + 'a>(&self, people: impl IntoIterator<Item = &'a P>) -> Vec<&'a str> {
        let folded = folded(&self.cleaned());
        let names = people.into_iter().map(|person| person.called().2);
        let mut names: Vec<&str> = names.filter(|name| self::folded(name) == folded).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// As the server would take it as a name: what a keyboard composes in another way is the same name.
    fn cleaned(&self) -> String {
        clean_name(self.0.clone()).unwrap_or_else(|_| self.0.clone())
    }
}

/// A name without upper and lower case. First to upper case, which has one form of letters that have two in lower case.
fn folded(name: &str) -> String {
    let upper = name.chars().flat_map(char::to_uppercase);
    upper.flat_map(char::to_lowercase).collect()
}
