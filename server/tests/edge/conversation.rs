//! Well-behaved clients see each other.

use parlour_shared::{
    codec::SNAPSHOT_OPCODE,
    message::{ClientMessage, Move},
    motion::Direction,
    snapshot::Snapshot,
    view::View,
};

use crate::support::{Client, Got, TestServer, start, start_with};

/// A client that keeps a view, as every real one does.
struct Walker {
    client: Client,
    view: View,
    slot: parlour_shared::ids::Slot,
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

    /// Reads snapshots until `is` accepts the view.
    fn until(&mut self, is: impl Fn(&View) -> bool) {
        while !is(&self.view) {
            if let Got::Binary(payload) = self.client.next()
                && payload[0] == SNAPSHOT_OPCODE
            {
                let mut snapshot = Snapshot::default();
                snapshot.read(&payload).unwrap();
                self.view.apply(&snapshot).unwrap();
            }
        }
    }
}

fn they_see_each_other_walk(server: &TestServer) {
    let mut ann = Walker::new(server, "ann");
    let mut bob = Walker::new(server, "bob");
    let (a, b) = (ann.slot, bob.slot);
    ann.until(|view| view.get(b).is_some_and(|seen| seen.name == "bob"));
    bob.until(|view| view.get(a).is_some_and(|seen| seen.name == "ann"));
    ann.client.say(&ClientMessage::Move(Move {
        seq: 1,
        direction: Direction::East,
        ..Move::default()
    }));
    let walks = |view: &View| {
        view.get(a)
            .is_some_and(|seen| seen.segment.gait != Default::default())
    };
    bob.until(walks);
    ann.until(walks);
    assert_eq!(ann.view.get(a).unwrap().segment, bob.view.get(a).unwrap().segment);
}

#[test]
fn neighbours_see_each_other_walk() {
    they_see_each_other_walk(&start());
}

#[test]
fn neighbours_on_different_threads_see_each_other_walk() {
    let server = start_with(|options| options.io_threads = 4);
    for _ in 0..4 {
        they_see_each_other_walk(&server);
    }
}
