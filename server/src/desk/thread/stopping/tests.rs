use std::{
    sync::atomic::AtomicBool,
    thread,
    time::{Duration, Instant},
};

use parlour_recording::{Header, format::FrozenWorld, recorder::TickSender};
use parlour_shared::ids::Tick;
use parlour_sim::{RoomTypeConfig, SIMULATION, SimConfig};
use parlour_tick::{RoomStatus, TickInput, TickOutput, WorldId, WorldKind};

use super::{super::*, *};
use crate::{
    bridge::{commands::command_ring, fault::Fault, outbound, reports::report_ring, route::IoThreads, wake},
    desk::thread::desk_thread::DeskRings,
    desk::{DeskConfig, DeskRoomType, JoinRate, ThawedWorld, ThawedWorlds, WorldSharing},
    freeze_order::FreezeProgress,
    node_status::{WorldOrder, WorldRequestError},
    ticker::{CommandReceiver, ReportSender, TickReport, WorldSlot},
};

const WORLD: WorldId = WorldId(1);

/// A world that knows after which tick it is saved.
struct Sleeping(Tick);

impl Ticker for Sleeping {
    fn step(&mut self, _: &mut TickInput, _: &mut TickOutput, _: Option<&mut TickSender>) {}

    fn reclaim(&mut self, _: &mut TickInput) {}

    fn freeze(&mut self) -> Option<FrozenWorld> {
        Some(FrozenWorld {
            header: Header::new(&SimConfig::new(Vec::new()), Vec::new(), SIMULATION, 0, "test"),
            tick: self.0,
            state: Vec::new(),
        })
    }
}

/// Makes worlds after tick 1, and rebuilds them after tick 50.
struct Makes {
    creates: bool,
    rebuilds: bool,
    /// The worlds that are over, and whether their files are removed.
    closed: Mutex<Vec<(WorldId, bool)>>,
}

impl MakeWorlds for Makes {
    fn create(&self, _: WorldId, _: &str, _: &WorldKind) -> Result<Box<dyn Ticker>, String> {
        match self.creates {
            true => Ok(Box::new(Sleeping(Tick(1)))),
            false => Err("no map".to_owned()),
        }
    }

    fn rebuild(&self, _: WorldId, _: Tick) -> Result<Box<dyn Ticker>, String> {
        match self.rebuilds {
            true => Ok(Box::new(Sleeping(Tick(50)))),
            false => Err("nothing is left".to_owned()),
        }
    }

    fn close(&self, world: WorldId, removes_file: bool) {
        self.closed.lock().unwrap().push((world, removes_file));
    }

    fn keep(&self, _: &FrozenWorld) -> Result<u64, String> {
        Ok(7)
    }
}

/// The thread of a desk with one durable world that runs, and the ends of its tick thread.
struct Node {
    thread: DeskThread,
    rings: DeskRings,
    order: Arc<FreezeOrder>,
    makes: Arc<Makes>,
    commands: Option<CommandReceiver>,
    reports: ReportSender,
}

impl Node {
    fn start(rebuilds: bool) -> Self {
        let mut node = Self::new(true, rebuilds);
        assert!(matches!(node.next(), TickCommand::Start { .. }));
        node
    }

    fn new(creates: bool, rebuilds: bool) -> Self {
        let config = DeskConfig {
            // Of the second one, the test does not look at the commands.
            tick_threads: 2,
            types: vec![DeskRoomType {
                config: RoomTypeConfig::new("tag", "plaza"),
                worlds: WorldSharing::Own,
                fallback: None,
                durable: true,
                joins: JoinRate::default(),
            }],
            skins: 1,
            max_rooms: 10,
            max_worlds: 10,
        };
        let room = RoomStatus {
            room: "tag/a".to_owned(),
            room_type: "tag".to_owned(),
            capacity: 8,
            ..RoomStatus::default()
        };
        let thawed = ThawedWorlds {
            worlds: vec![ThawedWorld {
                name: "tag.a".to_owned(),
                kind: WorldKind::Own {
                    room_type: "tag".to_owned(),
                    room: Some("tag/a".to_owned()),
                },
                rooms: vec![room],
            }],
            first_id: WORLD.0,
        };
        let mut actions = Vec::new();
        let desk = Desk::new(config, thawed, Instant::now(), &mut actions);
        let metrics = Arc::new(Metrics::new(1));
        let failure = Arc::<Failure>::default();
        let (wake, woken) = wake::pair().unwrap();
        let (sender, commands) = command_ring(metrics.edge.dropped_inbound_full.clone());
        let (reports, receiver) = report_ring(wake.try_clone().unwrap());
        let makes = Arc::new(Makes {
            creates,
            rebuilds,
            closed: Mutex::default(),
        });
        let worlds: Arc<dyn MakeWorlds> = makes.clone();
        let order = Arc::<FreezeOrder>::default();
        let (thread, rings, _) = DeskThread::new(DeskStart {
            desk,
            actions,
            world: None,
            io: Vec::new(),
            ticks: vec![TickRings {
                commands: sender,
                reports: receiver,
            }],
            publisher: outbound::connect(1, &[]).unwrap().desk,
            wake: woken,
            workers: Some(Workers::start(&worlds, &wake, &metrics, &failure).unwrap()),
            view: Arc::default(),
            types: metrics.room_types(&["tag".to_owned()]),
            node: Arc::new(NodeStatus::new(1)),
            status: Arc::new(TickThreads::new(1)),
            freeze: Some(Arc::clone(&order)),
            metrics,
            failure,
            stop: Arc::new(AtomicBool::new(false)),
        });
        let mut node = Self {
            thread,
            rings,
            order,
            makes,
            commands: Some(commands),
            reports,
        };
        node.thread.perform_all(Instant::now());
        node
    }

    fn drain(&mut self) {
        self.thread.drain(&mut self.rings);
        self.thread.flush();
    }

    /// Waits for the next command to the tick thread.
    fn next(&mut self) -> TickCommand {
        let began = Instant::now();
        loop {
            self.drain();
            if let Some(Ok(command)) = self.commands.as_mut().map(CommandReceiver::pop) {
                return command;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "no command");
            thread::park_timeout(Duration::from_millis(1));
        }
    }

    fn report(&mut self, report: TickReport) {
        self.reports.send(report);
        self.reports.flush();
    }

    fn panics(&mut self) {
        self.report(TickReport::Panicked {
            world: WORLD,
            tick: Tick(51),
            fault: Fault::default(),
            lost: Vec::new(),
            remains: None,
        });
    }

    /// The tick thread has dropped the world. Waits until it is forgotten, and returns whether its
    /// file is removed.
    fn ends(&mut self) -> bool {
        self.report(TickReport::Ended {
            world: WORLD,
            lost: Vec::new(),
            ticker: None,
        });
        let began = Instant::now();
        loop {
            self.drain();
            if let Some((WORLD, removes_file)) = self.makes.closed.lock().unwrap().pop() {
                return removes_file;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "it is not forgotten");
            thread::park_timeout(Duration::from_millis(1));
        }
    }

    /// Orders that the world is saved, and waits until it was taken from its tick thread.
    fn order(&mut self) {
        self.order.request();
        assert!(matches!(self.next(), TickCommand::Take { world: WORLD }));
    }

    /// Waits until the world is saved, or cannot be.
    fn result(&mut self) -> FreezeProgress {
        let order = Arc::clone(&self.order);
        let began = Instant::now();
        loop {
            self.drain();
            // Does not give up the worlds that wait.
            if order.is_done() {
                return order.wait(Duration::ZERO, || true);
            }
            assert!(began.elapsed() < Duration::from_secs(30), "no result");
            thread::park_timeout(Duration::from_millis(1));
        }
    }

    #[track_caller]
    fn assert_saved_after(&mut self, tick: u32) {
        let progress = self.result();
        let saved: Vec<_> = progress
            .saved
            .iter()
            .map(|world| (world.name.as_str(), world.tick, world.rooms, world.bytes))
            .collect();
        assert_eq!(saved, [("tag.a", tick, 1, 7)]);
    }
}

fn taken() -> TickReport {
    TickReport::Taken {
        world: WORLD,
        tick: Tick(31),
        ticker: Box::new(Sleeping(Tick(30))),
    }
}

#[test]
fn a_world_that_runs_is_taken_from_its_thread_and_saved() {
    let mut node = Node::start(true);
    node.order();
    node.report(taken());
    node.assert_saved_after(30);
}

#[test]
fn a_world_that_has_just_left_for_a_different_thread_is_saved() {
    let mut node = Node::start(true);
    node.order();
    let slot = WorldSlot::new(WORLD, Box::new(Sleeping(Tick(30))), IoThreads::default());
    node.report(TickReport::Left {
        world: WORLD,
        slot: Box::new(slot),
    });
    node.assert_saved_after(30);
}

#[test]
fn a_world_that_panics_before_it_is_taken_is_saved_when_it_is_rebuilt() {
    let mut node = Node::start(true);
    node.order();
    node.panics();
    node.assert_saved_after(50);
}

#[test]
fn a_world_that_is_restored_at_that_moment_is_taken_and_saved() {
    let mut node = Node::start(true);
    node.panics();
    assert!(matches!(node.next(), TickCommand::Restore { .. }));
    node.order();
    node.report(TickReport::Restored { world: WORLD });
    node.report(taken());
    node.assert_saved_after(30);
}

#[test]
fn a_world_whose_thread_has_ended_is_rebuilt_and_saved() {
    let mut node = Node::start(true);
    node.commands = None;
    node.order.request();
    node.assert_saved_after(50);
}

#[test]
fn a_world_that_cannot_be_rebuilt_or_has_ended_is_not_saved() {
    let mut node = Node::start(false);
    node.order();
    node.panics();
    let unsaved = &node.result().unsaved[0];
    assert_eq!(
        (unsaved.world.as_str(), unsaved.why.as_str()),
        ("tag.a", "nothing is left")
    );

    let mut node = Node::start(true);
    node.order();
    node.report(TickReport::Ended {
        world: WORLD,
        lost: Vec::new(),
        ticker: None,
    });
    assert_eq!(node.result().unsaved[0].why, "it has ended");
}

#[test]
fn the_file_of_a_world_that_ends_stays_once_worlds_are_being_saved() {
    let mut node = Node::start(false);
    assert!(node.ends(), "nobody saves worlds yet");

    let mut node = Node::start(false);
    node.order();
    node.panics();
    assert_eq!(node.result().unsaved[0].world, "tag.a");
    assert!(matches!(node.next(), TickCommand::End { world: WORLD }));
    assert!(!node.ends());
}

#[test]
fn the_file_of_a_saved_world_that_cannot_be_made_stays() {
    let mut node = Node::new(false, true);
    let began = Instant::now();
    while !node.thread.desk.worlds().is_empty() {
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "it is still being made"
        );
        node.drain();
    }
    node.order.request();
    let progress = node.result();
    assert!(progress.unsaved.is_empty() && progress.keeps("tag.a"));
}

#[test]
fn the_file_of_a_world_that_panics_again_stays() {
    let mut node = Node::start(true);
    node.panics();
    assert!(matches!(node.next(), TickCommand::Restore { .. }));
    node.order();
    node.panics();
    let progress = node.result();
    assert_eq!(progress.unsaved[0].why, "it panicked too often");
    assert!(progress.keeps("tag.a"));
}

#[test]
fn a_world_whose_last_room_is_removed_at_that_moment_needs_no_file() {
    let mut node = Node::start(true);
    node.order();
    node.report(TickReport::World {
        world: WORLD,
        reports: vec![parlour_tick::Report::RoomRemoved {
            room: "tag/a".to_owned(),
        }],
        closes: Vec::new(),
    });
    assert!(matches!(node.next(), TickCommand::End { world: WORLD }));
    node.report(TickReport::Ended {
        world: WORLD,
        lost: Vec::new(),
        ticker: None,
    });
    let progress = node.result();
    assert!(progress.unsaved.is_empty() && !progress.keeps("tag.a"));
}

#[test]
fn a_world_that_is_built_at_that_moment_does_not_start_and_keeps_its_file() {
    let mut node = Node::new(true, true);
    node.order.request();
    // The builder does this after it has made the world.
    node.thread.close(WorldId(9));
    let began = Instant::now();
    while node.makes.closed.lock().unwrap().is_empty() {
        assert!(began.elapsed() < Duration::from_secs(30), "the builder hangs");
        node.thread.flush();
        thread::yield_now();
    }
    let progress = node.result();
    assert!(progress.unsaved.is_empty() && progress.keeps("tag.a"));
    node.drain();
    assert!(node.commands.as_mut().unwrap().pop().is_err());
}

#[test]
fn a_world_that_was_to_move_is_not_awaited_when_it_is_saved() {
    let mut node = Node::start(true);
    let (sender, answers) = std::sync::mpsc::sync_channel(1);
    let ask = |node: &mut Node, order| {
        let sender = sender.clone();
        let answer = Box::new(move |answer| sender.send(answer).unwrap());
        let status = Arc::clone(&node.thread.node);
        status.request("tag.a", order, answer).unwrap();
        node.drain();
        answers.recv().unwrap()
    };
    assert_eq!(ask(&mut node, WorldOrder::Move { thread: 1 }), Ok(()));
    assert!(matches!(node.next(), TickCommand::Leave { world: WORLD }));
    assert!(node.thread.awaits_a_world());
    node.order();
    node.report(taken());
    node.assert_saved_after(30);
    assert!(!node.thread.awaits_a_world());
    for order in [WorldOrder::Restart, WorldOrder::Move { thread: 1 }] {
        assert_eq!(ask(&mut node, order), Err(WorldRequestError::Stopping));
    }
}

/// Takes a while to drop.
struct Large(Sleeping);

impl Ticker for Large {
    fn step(&mut self, _: &mut TickInput, _: &mut TickOutput, _: Option<&mut TickSender>) {}

    fn reclaim(&mut self, _: &mut TickInput) {}

    fn freeze(&mut self) -> Option<FrozenWorld> {
        self.0.freeze()
    }
}

impl Drop for Large {
    fn drop(&mut self) {
        thread::park_timeout(Duration::from_millis(50));
    }
}

#[test]
fn the_desk_ends_after_the_threads_that_save() {
    let mut node = Node::start(true);
    node.order();
    node.report(TickReport::Taken {
        world: WORLD,
        tick: Tick(31),
        ticker: Box::new(Large(Sleeping(Tick(30)))),
    });
    node.assert_saved_after(30);
    let makes = Arc::clone(&node.makes);
    drop(node);
    // Nobody else can write files, or holds the lock of their directory.
    assert_eq!(Arc::strong_count(&makes), 1);
}
