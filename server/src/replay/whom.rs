//! Which player a person means: by name, id, or number of a session.

use parlour_shared::ids::{PlayerId, SessionId};
use parlour_sim::Player;

use super::{Who, words};

/// A player as a person names it: an id of eight hexadecimal digits, the number of a session, or a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whom(pub String);

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

impl Whom {
    /// Those of some people that it means: the one with this id, else the one with this number, else all with this
    /// name. The server gives ids and numbers and players choose their names, so that nobody can take the place of
    /// another by taking its id as a name.
    pub fn among<'a, P: Called>(&self, people: impl IntoIterator<Item = &'a P>) -> Vec<&'a P> {
        let Self(text) = self;
        let (mut by_id, mut by_session, mut by_name) = (Vec::new(), Vec::new(), Vec::new());
        for person in people {
            let (session, id, name) = person.called();
            if text.eq_ignore_ascii_case(&words::id(id)) {
                by_id.push(person);
            } else if *text == session.0.to_string() {
                by_session.push(person);
            } else if text == name {
                by_name.push(person);
            }
        }
        let found = [by_id, by_session, by_name];
        found
            .into_iter()
            .find(|people| !people.is_empty())
            .unwrap_or_default()
    }
}
