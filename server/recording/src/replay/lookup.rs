//! Where in a recording a player is that is not where it was looked for.

use std::collections::BTreeMap;

use parlour_shared::ids::{PlayerId, SessionId, Tick};
use parlour_sim::{SavedPlayer, SavedState, Simulation};
use parlour_tick::EventKind;

use super::{Called, PlayerQuery, Replay, ReplayError, Who, words};
use crate::format::Item;

/// Names that are listed.
const MOST: usize = 10;

/// Someone who was there.
struct Person {
    who: Who,
    from: Tick,
    to: Option<Tick>,
}

impl Called for Person {
    fn called(&self) -> (SessionId, PlayerId, &str) {
        self.who.called()
    }
}

/// Says when the player was there; or who was there with a name like it. Reads the whole recording, and runs nothing: the
/// id of a session that is not in any saved world is not known. `when` says where the player was looked for, as in `in
/// ticks 1 to 9`.
pub(super) fn where_else(
    replay: &mut Replay,
    query: &PlayerQuery,
    when: &str,
) -> Result<String, ReplayError> {
    let last = replay.last_tick().unwrap_or_default();
    let people = people(replay)?;
    let called = words::quoted(&query.0);
    let found: Vec<String> = query
        .among(people.values())
        .into_iter()
        .take(MOST)
        .map(|person| {
            let (name, session) = (words::plain(&person.who.name), person.who.session.0);
            let (from, to) = (person.from.0, person.to.unwrap_or(last).0);
            format!("{name} (session {session}) is in ticks {from} to {to}")
        })
        .collect();
    if !found.is_empty() {
        return Ok(format!("{called} is not there {when}: {}", found.join(", ")));
    }
    let mut names: Vec<&str> = people.values().map(|person| person.who.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let like: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| is_like(name, &query.0))
        .collect();
    let listed = if like.is_empty() { &names } else { &like };
    let mut shown: Vec<String> = listed.iter().take(MOST).map(|name| words::plain(name)).collect();
    if listed.len() > MOST {
        shown.push(format!("and {} more", listed.len() - MOST));
    }
    Ok(match shown.is_empty() {
        true => format!("{called} is not in it: nobody is"),
        false => format!("{called} is not in it; there are {}", shown.join(", ")),
    })
}

fn people(replay: &mut Replay) -> Result<BTreeMap<SessionId, Person>, ReplayError> {
    let world = replay.fresh();
    let beginning = replay.tape.beginning();
    let mut people: BTreeMap<SessionId, Person> = BTreeMap::new();
    for item in replay.tape.read_from(beginning) {
        match item? {
            Item::Keyframe { tick, state } => {
                for player in saved(&world, &state) {
                    let who = Who::from(player);
                    let person = people.entry(who.session);
                    person
                        .and_modify(|person| person.who = who.clone())
                        .or_insert(Person {
                            who,
                            from: tick,
                            to: None,
                        });
                }
            }
            Item::Tick(record) => {
                for event in &record.input.events {
                    match &event.kind {
                        EventKind::Open { name } => {
                            let who = Who {
                                session: event.session,
                                id: PlayerId::default(),
                                name: name.clone(),
                                room: None,
                            };
                            let person = Person {
                                who,
                                from: record.tick,
                                to: None,
                            };
                            people.insert(event.session, person);
                        }
                        EventKind::Close => {
                            if let Some(person) = people.get_mut(&event.session) {
                                person.to = Some(record.tick);
                            }
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    Ok(people)
}

/// The players of a saved world; nobody in one that cannot be read.
pub(super) fn saved(world: &Simulation, state: &[u8]) -> impl Iterator<Item = SavedPlayer> {
    let census = SavedState::parse(state).map(|saved| world.census(&saved));
    census.unwrap_or_default().players.into_values()
}

/// Names like it: one within the other, or with the same first letters.
fn is_like(name: &str, asked: &str) -> bool {
    let (name, asked) = (name.to_lowercase(), asked.to_lowercase());
    let first = |text: &str| text.chars().take(2).collect::<String>();
    name.contains(&asked) || asked.contains(&name) || first(&name) == first(&asked)
}
