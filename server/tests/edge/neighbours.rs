//! Clients see their neighbours walk.

use parlour_shared::{
    codec::SNAPSHOT_OPCODE,
    ids::Slot,
    message::{ClientMessage, Move, MoveHeading},
    motion::Direction,
    snapshot::Snapshot,
    view::View,
};

use crate::support::{
    raw_client::{ConnectionEvent, RawClient},
    test_server::{TestServer, start, start_with},
};

/// A client that applies its snapshots to a view, as real clients do.
struct Walker {
    client: RawClient,
    view: View,
    slot: Slot,
}

impl Walker {
    fn new(server: &TestServer, name: &str) -> Self {
        let mut client = server.player(name);
        let entered = client.join("plaza");
        let mut view = View::default();
        view.enter_room(entered.view);
        Self {
            client,
            view,
            slot: entered.slot,
        }
    }

    /// Applies snapshots until `accept` accepts the view.
    fn wait_for_view(&mut self, accept: impl Fn(&View) -> bool) {
        while !accept(&self.view) {
            if let ConnectionEvent::Binary(payload) = self.client.next_event()
                && payload[0] == SNAPSHOT_OPCODE
            {
                let mut snapshot = Snapshot::default();
                snapshot.read(&payload).unwrap();
                self.view.apply(&snapshot).unwrap();
            }
        }
    }
}

fn check_that_two_clients_see_the_same_walk(server: &TestServer) {
    let mut ann = Walker::new(server, "ann");
    let mut bob = Walker::new(server, "bob");
    let (a, b) = (ann.slot, bob.slot);
    ann.wait_for_view(|view| {
        view.get(b)
            .is_some_and(|seen| seen.player().unwrap().name == "bob")
    });
    bob.wait_for_view(|view| {
        view.get(a)
            .is_some_and(|seen| seen.player().unwrap().name == "ann")
    });
    ann.client.send(&ClientMessage::Move(Move {
        seq: 1,
        heading: MoveHeading::walk(Direction::East),
        ..Move::default()
    }));
    let walks = |view: &View| {
        view.get(a)
            .is_some_and(|seen| seen.segment.gait != Default::default())
    };
    bob.wait_for_view(walks);
    ann.wait_for_view(walks);
    assert_eq!(ann.view.get(a).unwrap().segment, bob.view.get(a).unwrap().segment);
}

#[test]
fn neighbours_see_each_other_walk() {
    check_that_two_clients_see_the_same_walk(&start());
}

#[test]
fn neighbours_on_different_io_threads_see_each_other_walk() {
    let server = start_with(|options| options.io_threads = 4);
    for _ in 0..4 {
        check_that_two_clients_see_the_same_walk(&server);
    }
}
