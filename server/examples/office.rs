//! Chairs to sit on, and zones in which near chats stay: objects of a map, owners, and who hears
//! whom.
//!
//! A player sits down on a chair with an action. Only one player sits on a chair, and it is free
//! again when the player walks away, leaves the room, or loses its connection. The map also has a
//! quiet zone, the library: what is said there to those nearby is not heard outside, and the other
//! way round.
//!
//! Run it with `cargo run -p parlour --example office`. Connect a client as the banner shows, and
//! type:
//!
//! ```text
//! {"join":{"request":1,"room":"office"}}
//! {"act":{"request":2,"target":{"object":1},"name":"sit"}}
//! {"move":{"direction":"east"}}
//! {"chat":{"request":3,"scope":"near","text":"psst"}}
//! ```
//!
//! The snapshots show who sits where. If the answer is `out_of_reach`, walk to the chair first.

use std::process::ExitCode;

use parlour::prelude::*;

/// The code of a refusal: the target is no chair.
pub(crate) const NO_CHAIR: u16 = 1;

/// The action of a player that sits down.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Sit;

/// The chair on which a player sits. Sent to all who see the player.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SitsOn(pub(crate) Option<ObjectId>);

/// The quiet zone in which a player is. Sent to all who see the player.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InZone(pub(crate) Option<ObjectId>);

/// The width and height of a quiet zone in pixels. Sent to all who see the zone.
#[derive(Component, Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Size(pub(crate) u32, pub(crate) u32);

pub(crate) struct Office;

impl Plugin for Office {
    fn build(&self, app: &mut App) {
        app.object_kind(ObjectKind::new("chair").size_px(12, 12));
        // The size of its kind is that of its middle, and each zone has its own size.
        let zone = ObjectKind::new("quiet_zone").size_px(2, 2).near_px(1_000);
        app.object_kind(zone.with::<Size>("size").placed(|place, zone| {
            zone.insert(Size(place.size_px.0, place.size_px.1));
        }));
        app.player_action::<Sit>("sit", Reach::px(48))
            .player_component::<SitsOn>("sits_on")
            .player_component::<InZone>("in_zone");
        // Near chats stay in their zone, and outside of all zones.
        app.may_hear(|world, Hearing { speaker, listener }| {
            world.get::<InZone>(speaker) == world.get::<InZone>(listener)
        });
        let systems = (sit.before(Walk), (stand_up, enter_zones).chain().after(Walk));
        app.add_systems(TickSchedule, systems.in_set(StepSet::Simulate).in_set(MaySleep));
    }
}

/// A chair belongs to the player that sits on it.
fn sit(
    mut actions: MessageReader<ActionOn<Sit>>,
    mut answers: MessageWriter<Answer<Sit>>,
    targets: Query<(&Object, &CurrentPosition)>,
    mut players: Query<&mut SitsOn>,
    kinds: Res<EntityKinds>,
    mut owners: Owners,
    mut steer: Steer,
) {
    for action in actions.read() {
        let chair = targets.get(action.target).ok();
        let Some((chair, place)) = chair.filter(|(chair, _)| kinds.find("chair") == Some(chair.kind()))
        else {
            answers.write(action.refuse(Refusal::Declined { code: NO_CHAIR }));
            continue;
        };
        let taken = owners.take(action.target, action.player, OwnerLeaves::Release);
        if let (Ok(()), Ok(mut sits_on)) = (taken, players.get_mut(action.player)) {
            steer.teleport(action.player, place.0);
            *sits_on = SitsOn(Some(chair.id()));
        }
        answers.write(match taken {
            Ok(()) => action.accept(),
            // `taken`, if someone else sits there.
            Err(error) => action.refuse(error.into()),
        });
    }
}

/// A player that is somewhere else sits no longer, and a chair on which its owner does not sit is
/// free.
fn stand_up(
    mut players: Query<(&Player, Option<&CurrentPosition>, &mut SitsOn)>,
    chairs: Query<(Entity, &Object, &CurrentPosition)>,
    mut owners: Owners,
) {
    for (player, position, mut sits_on) in &mut players {
        let Some(chair) = sits_on.0 else { continue };
        let chair = chairs.iter().find(|(_, object, _)| object.id() == chair);
        let still_sits = chair
            .is_some_and(|(chair, _, place)| owners.of(chair) == Some(player.id) && position == Some(place));
        if !still_sits {
            sits_on.0 = None;
        }
    }
    for (chair, object, _) in &chairs {
        let Some(owner) = owners.of(chair) else { continue };
        let mut sitters = players.iter().filter(|(player, ..)| player.id == owner);
        if !sitters.any(|(.., sits_on)| sits_on.0 == Some(object.id())) {
            owners.take_away(chair);
        }
    }
}

fn enter_zones(
    mut players: Query<(&InRoom, &CurrentPosition, &mut InZone)>,
    zones: Query<(&Object, &CurrentPosition, &Size)>,
) {
    for (room, position, mut in_zone) in &mut players {
        let zone = zones.iter().find(|(zone, middle, size)| {
            let Position { x, y } = middle.0;
            let (half_x, half_y) = (size.0 as i32 * UNITS_PER_PX / 2, size.1 as i32 * UNITS_PER_PX / 2);
            let area = Rect::of_body(Position { x, y }, HalfSize { half_x, half_y });
            zone.room() == room.0 && area.contains(position.0)
        });
        in_zone.set_if_neq(InZone(zone.map(|(zone, ..)| zone.id())));
    }
}

fn main() -> ExitCode {
    parlour::cli("office")
        .map("office", include_bytes!("maps/office.tmx"))
        .room_type(RoomType::new("office").plugins(Office))
        .run()
}
