//! The oracle: for every viewer and tick, the decoded view equals the visible part of the world in
//! that tick, bit for bit. At a slower cadence it equals the visible part in the viewer's last full
//! turn, and nearby players and objects are newer. Worlds, inputs, objects, holds, lost links and
//! cadences are random.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    rc::Rc,
    sync::Arc,
};

use parlour_shared::{
    ids::{ObjectId, PlayerId, SessionId, Slot, Tick},
    map::{Door, Map, Spawn},
    message::{Move, MoveHeading},
    motion::{Direction, Heading, Position as Place, Segment, Speeds, Velocity, WallGrid},
    snapshot::{Identity, PlayerIdentity},
};
use parlour_sim::{
    CurrentPosition, Dropped, InRoom, Interest, Motion, ObjectInterest, ObjectSlots, OnDrop, OwnerLeaves,
    Player, RateLimits, Room, RoomRules, RoomTypeConfig, Rooms, Seat, Seats, SimConfig, Skin,
};
use parlour_testing::{
    Color, MoverOrder, ObjectOrder, SessionActions as _, TestWorld, generous_rules, objects_plugin,
    solids_plugin, true_objects,
};
use parlour_tick::{Cadence, Pace, PaceLevel};
use proptest::prelude::*;

/// An event of a session before a tick.
#[derive(Clone, Debug)]
enum Act {
    Open,
    Close,
    Join(u8),
    Leave,
    Walk { heading: MoveHeading, ahead: u8 },
    Skin(u16),
    Hold,
    Release,
    Drop,
    Resume,
    Spawn { kind: usize, place: Place },
    Object(u8, ObjectAct),
}

/// Kinds with components, and kinds of solid bodies of several sizes. One of them passes walls.
const KINDS: [&str; 7] = ["chair", "bell", "crate", "gate", "truck", "ball", "spirit"];

/// What happens to an object. The number next to it chooses one of those that were spawned.
#[derive(Clone, Debug)]
enum ObjectAct {
    Despawn,
    Paint(Option<u32>),
    Ring,
    Turn(Velocity),
    Teleport(Place),
    Push(Velocity, u32),
    PickUp(Place),
    PutDown,
    Ride(Place),
    GetOff,
    Take(OwnerLeaves),
    Release,
}

#[derive(Clone, Debug)]
struct Plan {
    seed: u64,
    all: bool,
    near_px: u32,
    refresh_ticks: u32,
    capacity: u32,
    walls: Vec<(u16, u16)>,
    ticks: Vec<Vec<(u8, Act)>>,
    /// The pace of the first half and that of the second half.
    paces: [Pace; 2],
    /// The rule `cadence` of rooms with the map `two`.
    cadence_of_two: Cadence,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        2 => Just(Act::Open),
        1 => Just(Act::Close),
        3 => (0..4_u8).prop_map(Act::Join),
        1 => Just(Act::Leave),
        6 => (0..9_usize, any::<bool>(), 0..6_u8).prop_map(|(direction, sprint, ahead)| {
            let heading = MoveHeading::Keys { direction: Direction::ALL[direction], sprint };
            Act::Walk { heading, ahead }
        }),
        4 => (any::<u8>(), 0..3_u8, 0..6_u8).prop_map(|(angle, speed, ahead)| {
            let heading = MoveHeading::Angle { angle, speed };
            Act::Walk { heading, ahead }
        }),
        1 => (0..5_u16).prop_map(Act::Skin),
        1 => Just(Act::Hold),
        2 => Just(Act::Release),
        1 => Just(Act::Drop),
        2 => Just(Act::Resume),
        4 => (0..KINDS.len(), place()).prop_map(|(kind, place)| Act::Spawn { kind, place }),
        8 => (any::<u8>(), object_act()).prop_map(|(number, act)| Act::Object(number, act)),
    ]
}

/// A position in one of the maps.
fn place() -> impl Strategy<Value = Place> {
    (0..320 * 256, 0..320 * 256).prop_map(|(x, y)| Place { x, y })
}

/// The offset of something that is carried.
fn offset() -> impl Strategy<Value = Place> {
    (-20 * 256..20 * 256, -20 * 256..20 * 256).prop_map(|(x, y)| Place { x, y })
}

fn velocity() -> impl Strategy<Value = Velocity> {
    let keys = (0..9_usize).prop_map(|direction| Heading::walk(Direction::ALL[direction]).velocity());
    let free = (-500..500_i16, -500..500_i16).prop_map(|(x, y)| Velocity { x, y });
    prop_oneof![keys, free]
}

fn object_act() -> impl Strategy<Value = ObjectAct> {
    let leaves = [OwnerLeaves::Release, OwnerLeaves::Keep, OwnerLeaves::Despawn];
    prop_oneof![
        2 => Just(ObjectAct::Despawn),
        2 => prop::option::of(any::<u32>()).prop_map(ObjectAct::Paint),
        1 => Just(ObjectAct::Ring),
        4 => velocity().prop_map(ObjectAct::Turn),
        1 => place().prop_map(ObjectAct::Teleport),
        2 => (velocity(), 1..30_u32).prop_map(|(velocity, ticks)| ObjectAct::Push(velocity, ticks)),
        1 => offset().prop_map(ObjectAct::PickUp),
        1 => Just(ObjectAct::PutDown),
        1 => offset().prop_map(ObjectAct::Ride),
        1 => Just(ObjectAct::GetOff),
        1 => (0..3_usize).prop_map(move |n| ObjectAct::Take(leaves[n])),
        1 => Just(ObjectAct::Release),
    ]
}

fn pace() -> impl Strategy<Value = Pace> {
    prop_oneof![
        4 => Just(Pace::default()),
        2 => (0..4_usize).prop_map(|cadence| Pace::Fixed(Cadence::ALL[cadence])),
        4 => (0..7_u8).prop_map(|level| Pace::Adaptive(PaceLevel::new(level).unwrap())),
    ]
}

fn plan() -> impl Strategy<Value = Plan> {
    let tick = prop::collection::vec((0..12_u8, act()), 0..5);
    (
        any::<u64>(),
        any::<bool>(),
        20..300_u32,
        1..=6_u32,
        prop_oneof![Just(3_u32), Just(100)],
        prop::collection::vec((0..20_u16, 0..20_u16), 0..40),
        prop::collection::vec(tick, 20..120),
        [pace(), pace()],
        (0..4_usize).prop_map(|cadence| Cadence::ALL[cadence]),
    )
        .prop_map(
            |(seed, all, near_px, refresh_ticks, capacity, walls, ticks, paces, cadence_of_two)| Plan {
                seed,
                all,
                near_px,
                refresh_ticks,
                capacity,
                walls,
                ticks,
                paces,
                cadence_of_two,
            },
        )
}

/// Two maps of 20 x 20 tiles with random walls, spawn points at free positions, and doors between
/// the maps.
fn maps(plan: &Plan) -> Vec<Arc<Map>> {
    let map = |name: &str, to: &str| {
        let mut walls = WallGrid::new(20, 20, 16);
        for &(column, row) in &plan.walls {
            walls.block(column, row);
        }
        let places = (0..400).map(|n| Place::from_px(8 + 16 * (n % 20), 8 + 16 * (n / 20)));
        let mut spawns: Vec<Spawn> = places
            .filter(|place| walls.is_free(*place))
            .step_by(37)
            .map(|position| Spawn {
                name: "default".into(),
                position,
            })
            .collect();
        spawns.truncate(8);
        let door = Door {
            x: 100,
            y: 100,
            w: 40,
            h: 40,
            to_map: to.into(),
            to_spawn: "default".into(),
        };
        Arc::new(Map {
            name: name.into(),
            walls,
            spawns,
            doors: vec![door],
            objects: Vec::new(),
        })
    };
    vec![map("one", "two"), map("two", "one")]
}

fn config(plan: &Plan) -> SimConfig {
    let mut config = SimConfig::new(maps(plan));
    config.seed = plan.seed;
    config.skins = ["a", "b", "c", "d"].map(String::from).to_vec();
    config.rules = RoomRules {
        interest: if plan.all { Interest::All } else { Interest::Near },
        near_px: plan.near_px,
        speeds: Speeds::new(&[640, 1024, 4096]).unwrap(),
        refresh_ticks: plan.refresh_ticks,
        capacity: plan.capacity,
        empty_ticks: 10,
        rates: RateLimits {
            custom: generous_rules().rates.custom,
            ..RateLimits::default()
        },
        ..RoomRules::default()
    };
    let mut two = RoomTypeConfig::new("two", "two");
    two.rules = RoomRules {
        cadence: plan.cadence_of_two,
        on_drop: OnDrop::Continue,
        ..config.rules
    };
    config.room_types.push(two);
    config
}

/// A player and its view. A player that leaves and joins again in one tick has a new view, and is
/// near nobody.
type Stay = (PlayerId, u8);

/// The players of all rooms by slot, read from the world without the code under test.
type Rows = BTreeMap<(String, Slot), (Stay, Place)>;

/// A second, simple implementation of nearness: all pairs, in the ticks in which a room is checked,
/// with hysteresis.
#[derive(Default)]
struct NearOracle {
    pairs: BTreeSet<(String, Stay, Stay)>,
}

impl NearOracle {
    fn update(&mut self, rows: &Rows, checked: &BTreeSet<String>, near_px: u32) {
        let present: BTreeSet<(&str, Stay)> = rows
            .iter()
            .map(|((room, _), (player, _))| (room.as_str(), *player))
            .collect();
        self.pairs.retain(|(room, one, other)| {
            present.contains(&(room.as_str(), *one)) && present.contains(&(room.as_str(), *other))
        });
        let enter = i64::from(near_px) * 256;
        let leave = enter + enter / 6;
        for ((room, _), (one, a)) in rows.iter().filter(|((room, _), _)| checked.contains(room)) {
            for (_, (other, b)) in rows
                .iter()
                .filter(|((there, _), (other, _))| there == room && other != one)
            {
                let key = (room.clone(), *one, *other);
                let (dx, dy) = (i64::from(a.x - b.x), i64::from(a.y - b.y));
                let radius = if self.pairs.contains(&key) { leave } else { enter };
                if dx * dx + dy * dy <= radius * radius {
                    self.pairs.insert(key);
                } else {
                    self.pairs.remove(&key);
                }
            }
        }
    }
}

/// The session ids of a plan. A session that was closed opens again with a new id.
#[derive(Default)]
struct SessionIds {
    /// How often each session was closed.
    closed: [u64; 12],
    /// The number of objects that were ordered so far, at least as many as were spawned.
    ordered: u32,
}

fn apply(world: &mut TestWorld, ids: &mut SessionIds, who: u8, act: &Act) {
    let session = u64::from(who) + 100 * ids.closed[usize::from(who)];
    let open = world.clients.contains_key(&SessionId(session));
    match act {
        Act::Open if !open => world.open(session),
        Act::Open => world.join(session, "one"),
        _ if !open => world.open_and_join(session, "one/2"),
        Act::Close => {
            world.close(session);
            ids.closed[usize::from(who)] += 1;
        }
        Act::Join(room) => {
            world.join(session, ["one", "two", "one/2", "two/2"][usize::from(*room)]);
        }
        Act::Leave => world.leave(session),
        Act::Walk { heading, ahead } => {
            let tick = if *ahead == 0 {
                Tick(0)
            } else {
                world.now().after(u32::from(*ahead))
            };
            let heading = *heading;
            world.command(
                session,
                Move {
                    seq: 0,
                    tick,
                    heading,
                },
            );
        }
        Act::Skin(skin) => world.skin(session, *skin),
        Act::Hold => world.hold(session),
        Act::Release => world.release(session),
        Act::Drop => world.drop_link(session),
        Act::Resume => world.resume(session),
        Act::Spawn { kind, place } => {
            ids.ordered += 1;
            let has_color = *kind < 2 && ids.ordered.is_multiple_of(3);
            let order = ObjectOrder::Spawn {
                kind: KINDS[*kind].into(),
                place: *place,
                color: has_color.then_some(Color(ids.ordered)),
            };
            world.custom(session, "order", &order);
        }
        Act::Object(number, act) => {
            let id = ObjectId(1 + u32::from(*number) % ids.ordered.max(1));
            apply_to_object(world, session, id, act);
        }
    }
}

/// Does nothing if the object is in a different room than the session.
fn apply_to_object(world: &mut TestWorld, session: u64, id: ObjectId, act: &ObjectAct) {
    let order = match *act {
        ObjectAct::Despawn => ObjectOrder::Despawn(id),
        ObjectAct::Paint(color) => ObjectOrder::Paint(id, color.map(Color)),
        ObjectAct::Ring => ObjectOrder::Ring(id),
        ObjectAct::Take(leaves) => ObjectOrder::Take(id, leaves),
        ObjectAct::Release => ObjectOrder::Release(id),
        ref moving => {
            let order = match *moving {
                ObjectAct::Turn(velocity) => MoverOrder::Turn(id, velocity),
                ObjectAct::Teleport(place) => MoverOrder::Teleport(id, place),
                ObjectAct::Push(velocity, ticks) => MoverOrder::Push(id, velocity, ticks),
                ObjectAct::PickUp(offset) => MoverOrder::PickUp(id, offset),
                ObjectAct::PutDown => MoverOrder::PutDown(id),
                ObjectAct::Ride(offset) => MoverOrder::Ride(id, offset),
                _ => MoverOrder::GetOff,
            };
            return world.custom(session, "mover", &order);
        }
    };
    world.custom(session, "order", &order);
}

fn rows(world: &TestWorld) -> Rows {
    let ecs = world.sim.world();
    let mut rows = Rows::new();
    for room in ecs.resource::<Rooms>().iter() {
        let name = &ecs.get::<Room>(room).unwrap().name;
        for (slot, player) in ecs.get::<Seats>(room).unwrap().iter() {
            assert_eq!(ecs.get::<InRoom>(player).unwrap().0, room);
            assert_eq!(ecs.get::<Seat>(player).unwrap().slot, slot);
            let who = ecs.get::<Player>(player).unwrap();
            let place = ecs.get::<Motion>(player).unwrap().segment().at(world.now());
            assert_eq!(ecs.get::<CurrentPosition>(player).unwrap().0, place);
            rows.insert((name.clone(), slot), ((who.id, who.view), place));
        }
    }
    rows
}

/// The visible state of a player or an object.
#[derive(Clone, Debug)]
struct Visible {
    identity: Identity,
    segment: Segment,
    components: Vec<(u8, Vec<u8>)>,
}

impl Visible {
    /// Returns whether both are the same in a tick and in all later ticks.
    fn equals(&self, other: &Self, now: Tick) -> bool {
        (&self.identity, &self.components) == (&other.identity, &other.components)
            && self.segment.seen_from(now) == other.segment.seen_from(now)
    }

    fn id(&self) -> (Option<PlayerId>, Option<ObjectId>) {
        let player = self.identity.player().map(|player| player.player);
        (player, self.identity.object().map(|object| object.object))
    }
}

type Sight = BTreeMap<Slot, Rc<Visible>>;

/// What each viewer could see in each of the last seven ticks of its stay, with the present tick
/// last.
#[derive(Default)]
struct SightHistory {
    seen: BTreeMap<(SessionId, String, u8), VecDeque<Sight>>,
    /// The viewers that were held. They may be sent less for a while, and one tick later if a full
    /// turn fell into the hold.
    slowed: BTreeSet<SessionId>,
    pace: Pace,
    /// The number of ticks since the pace changed.
    steady: u32,
}

/// Ticks between full ticks at the slowest pace.
const SLOWEST: usize = 6;
/// The same for a viewer that was held in its full tick.
const LONGEST: usize = SLOWEST + 1;

/// For each pace level: the ticks until all changes must be sent, and until nearby changes must be
/// sent. This repeats the table of the code under test.
const LEVEL_TICKS: [(usize, usize); 7] = [(1, 1), (2, 1), (2, 2), (3, 2), (3, 3), (6, 3), (6, 6)];

/// Returns the entry of that table for a room with this cadence.
fn max_ticks(pace: Pace, room: Cadence) -> (usize, usize) {
    const CADENCE_TICKS: [usize; 4] = [1, 2, 3, 6];
    let (all, nearby) = match pace {
        Pace::Fixed(cadence) => (CADENCE_TICKS[cadence as usize], CADENCE_TICKS[cadence as usize]),
        Pace::Adaptive(level) => LEVEL_TICKS[usize::from(level.number())],
    };
    let room = CADENCE_TICKS[room as usize];
    match (all.max(room), nearby.max(room)) {
        // Full ticks and nearby ticks would together be more than 30 a second.
        (3, 2) if room == 2 => (3, 3),
        ticks => ticks,
    }
}

/// Returns everything in a room that can be visible.
fn shown(world: &TestWorld, room: &str) -> Sight {
    let ecs = world.sim.world();
    let room = ecs.resource::<Rooms>().get(room).unwrap();
    let players = ecs.get::<Seats>(room).unwrap().iter().map(|(slot, entity)| {
        let player = ecs.get::<Player>(entity).unwrap();
        let identity = PlayerIdentity {
            player: player.id,
            name: player.name.clone(),
            skin: ecs.get::<Skin>(entity).unwrap().0,
            dropped: ecs.get::<Dropped>(entity).is_some(),
        };
        let shown = Visible {
            identity: Identity::Player(identity),
            segment: ecs.get::<Motion>(entity).unwrap().segment(),
            components: Vec::new(),
        };
        (slot, Rc::new(shown))
    });
    let slots = ecs.get::<ObjectSlots>(room).unwrap();
    let objects = true_objects(&world.sim, room).into_iter().map(|object| {
        let entity = slots.get(object.slot).unwrap();
        let shown = Visible {
            identity: Identity::Object(object.identity),
            segment: ecs.get::<Motion>(entity).unwrap().segment(),
            components: object.components,
        };
        (object.slot, Rc::new(shown))
    });
    players.chain(objects).collect()
}

/// Returns what a player sees of everything in its room.
fn visible(world: &TestWorld, shown: &Sight, rows: &Rows, near: &NearOracle, viewer: &Viewer<'_>) -> Sight {
    let &Viewer { me, own, room } = viewer;
    let ecs = world.sim.world();
    let entity = ecs.resource::<Rooms>().get(room).unwrap();
    let interest = ecs.get::<ObjectInterest>(entity).unwrap();
    let is_near = |slot: Slot| match rows.get(&(room.to_owned(), slot)) {
        Some((id, _)) => *id == me || near.pairs.contains(&(room.to_owned(), me, *id)),
        None => interest.is_near(own, slot),
    };
    let seen = shown.iter().filter(|(slot, _)| is_near(**slot));
    seen.map(|(slot, shown)| (*slot, Rc::clone(shown))).collect()
}

/// A player that looks.
struct Viewer<'a> {
    me: Stay,
    own: Slot,
    room: &'a str,
}

/// Returns whether a player or object was nearby in all remembered ticks. If the slot has a new
/// one, the result is `false`, because only full ticks send that.
fn was_nearby(history: &VecDeque<Sight>, (own, slot): (Slot, Slot), near_px: u32, now: Tick) -> bool {
    let nearby = i64::from(near_px) * 128;
    let id = |sight: &Sight| sight.get(&slot).map(|shown| shown.id());
    history.len() == LONGEST
        && history.iter().all(|sight| id(sight) == id(&history[0]))
        && history.iter().rev().zip(0..).all(|(sight, ago)| {
            let at = |slot| {
                sight
                    .get(&slot)
                    .map(|shown: &Rc<Visible>| shown.segment.at(Tick(now.0 - ago)))
            };
            let places = at(own).zip(at(slot));
            places.is_some_and(|(one, other)| one.distance_squared(other) <= nearby * nearby)
        })
}

fn check(world: &TestWorld, rows: &Rows, near: &NearOracle, plan: &Plan, sights: &mut SightHistory) {
    let (now, pace) = (world.now(), world.input.pace);
    sights.steady = if pace == sights.pace { sights.steady + 1 } else { 0 };
    sights.pace = pace;
    let mut rooms: BTreeMap<&str, Sight> = BTreeMap::new();
    for (session, client) in &world.clients {
        let Some(room) = &client.room else { continue };
        let me = (client.player, room.view);
        let shown = rooms
            .entry(&room.room)
            .or_insert_with(|| shown(world, &room.room));
        let viewer = Viewer {
            me,
            own: room.slot,
            room: &room.room,
        };
        let sight = if plan.all {
            shown.clone()
        } else {
            visible(world, shown, rows, near, &viewer)
        };
        let key = (*session, room.room.clone(), room.view);
        let history = sights.seen.entry(key).or_default();
        history.push_back(sight);
        history.drain(..history.len().saturating_sub(LONGEST));
        if client.held {
            sights.slowed.insert(*session);
        }
        if client.held || client.dropped {
            continue;
        }
        let slowed = sights.slowed.contains(session);
        let cadence = if room.room_type == "two" {
            plan.cadence_of_two
        } else {
            Cadence::Hz60
        };
        let is_every_tick = pace == Pace::Fixed(Cadence::Hz60) && cadence == Cadence::Hz60;
        let (all_ticks, nearby_ticks) = if slowed && !is_every_tick {
            (LONGEST, LONGEST)
        } else if sights.steady < SLOWEST as u32 {
            (SLOWEST, SLOWEST)
        } else {
            max_ticks(pace, cadence)
        };
        let latest = |ticks: usize| history.iter().rev().take(ticks);
        let decoded: BTreeMap<Slot, Visible> = client
            .view
            .iter()
            .map(|(slot, seen)| {
                let shown = Visible {
                    identity: seen.identity.clone(),
                    segment: seen.segment,
                    components: seen.components.to_vec(),
                };
                (slot, shown)
            })
            .collect();
        assert!(
            latest(all_ticks).any(|sight| sight.keys().eq(decoded.keys())),
            "{session:?} at {now:?} sees {:?} at {pace:?}, there were {history:?}",
            decoded.keys()
        );
        for (slot, shown) in &decoded {
            let nearby = was_nearby(history, (room.slot, *slot), plan.near_px, now);
            let ticks = if nearby { nearby_ticks } else { all_ticks };
            assert!(
                latest(ticks).any(|sight| sight.get(slot).is_some_and(|then| then.equals(shown, now))),
                "{session:?} at {now:?} sees {slot:?} as {shown:?} at {pace:?}, there were {history:?}"
            );
        }
    }
}

/// Returns the rooms whose pairs were checked in the last tick.
fn checked_rooms(world: &TestWorld, refresh_ticks: u32) -> BTreeSet<String> {
    let ecs = world.sim.world();
    let rooms = ecs
        .resource::<Rooms>()
        .iter()
        .map(|room| ecs.get::<Room>(room).unwrap());
    rooms
        .filter(|room| (world.now().0 + room.epoch.0).is_multiple_of(refresh_ticks))
        .map(|room| room.name.clone())
        .collect()
}

/// Runs a plan and checks all views after each tick.
fn run(plan: &Plan, with_objects: bool) {
    let logic = (objects_plugin, solids_plugin);
    let mut world = if with_objects {
        TestWorld::with_plugins(config(plan), logic)
    } else {
        TestWorld::new(config(plan))
    };
    let (mut near, mut ids, mut sights) = (
        NearOracle::default(),
        SessionIds::default(),
        SightHistory::default(),
    );
    for (number, events) in plan.ticks.iter().enumerate() {
        world.input.pace = plan.paces[2 * number / plan.ticks.len()];
        for (who, act) in events {
            apply(&mut world, &mut ids, *who, act);
        }
        world.tick();
        let rows = rows(&world);
        near.update(&rows, &checked_rooms(&world, plan.refresh_ticks), plan.near_px);
        check(&world, &rows, &near, plan, &mut sights);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// The orders for objects are refused here.
    #[test]
    fn every_view_equals_the_visible_world(plan in plan()) {
        run(&plan, false);
    }

    #[test]
    fn every_view_equals_the_visible_world_with_objects(plan in plan()) {
        run(&plan, true);
    }
}
