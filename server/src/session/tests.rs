//! Random schedules of sends, acks, lost links, races and replayed keys, against a client that
//! notes what it receives.

use std::collections::VecDeque;

use parlour_shared::rng::{Purpose, Stream};
use proptest::prelude::*;

use super::*;

/// The bytes that may wait. A message takes 4 and its payload, so about 40 messages fit.
const LIMIT: usize = 400;

/// What is on its way to the client.
#[derive(Clone, Debug)]
enum OnTheWay {
    Welcome { key: String, resumed: Option<Resumed> },
    Message(u32),
}

struct Node {
    session: SessionState,
    now: Instant,
    random: Stream,
    /// The messages of the server so far: message n has the number n as its contents.
    sent: u32,
    /// Those of the client that the server has handled.
    handled: Vec<u32>,
    /// The present link: what is on its way to the client and to the server.
    link: Option<(VecDeque<OnTheWay>, VecDeque<u32>)>,
    client: Client,
}

/// A client that obeys the protocol.
#[derive(Default)]
struct Client {
    key: String,
    /// How many numbered messages it has received, as it says to the server.
    received: u32,
    /// The messages that it was given.
    given: Vec<u32>,
    resets: u32,
    /// Its own messages: the number of the last one, and those that may not have been heard.
    said: u32,
    unheard: VecDeque<u32>,
    is_welcome: bool,
    old_keys: Vec<String>,
}

fn payload(number: u32) -> Vec<u8> {
    let mut payload = vec![ServerKind::Custom as u8];
    payload.extend_from_slice(&number.to_le_bytes());
    payload
}

fn number(payload: &[u8]) -> u32 {
    u32::from_le_bytes(*payload[1..].first_chunk().unwrap())
}

impl Node {
    fn new(seed: u64) -> Self {
        let mut random = Stream::new(seed, 0, Purpose::Game);
        let key = key(&mut random);
        let mut node = Self {
            session: SessionState::new(key.clone()),
            now: Instant::now(),
            random,
            sent: 0,
            handled: Vec::new(),
            link: Some(Default::default()),
            client: Client::default(),
        };
        let key = key.to_text();
        node.send_over_link(OnTheWay::Welcome { key, resumed: None });
        node
    }

    fn send_over_link(&mut self, what: OnTheWay) {
        if let Some((to_client, _)) = &mut self.link {
            to_client.push_back(what);
        }
    }

    fn send(&mut self) {
        self.sent += 1;
        self.session.note_sent(&payload(self.sent), None, LIMIT);
        // Snapshots are not numbered.
        self.session.note_sent(&[ServerKind::Snapshot as u8], None, LIMIT);
        self.send_over_link(OnTheWay::Message(self.sent));
    }

    fn say(&mut self) {
        if !self.client.is_welcome {
            return;
        }
        self.client.said += 1;
        self.client.unheard.push_back(self.client.said);
        if let Some((_, to_server)) = &mut self.link {
            to_server.push_back(self.client.said);
        }
    }

    fn deliver_to_client(&mut self) {
        let Some(what) = self
            .link
            .as_mut()
            .and_then(|(to_client, _)| to_client.pop_front())
        else {
            return;
        };
        let client = &mut self.client;
        match what {
            OnTheWay::Message(number) => {
                client.received += 1;
                client.given.push(number);
            }
            OnTheWay::Welcome { key, resumed } => {
                let before = std::mem::replace(&mut client.key, key);
                client.old_keys.push(before);
                client.is_welcome = true;
                let Some(resumed) = resumed else { return };
                assert!(resumed.reset || resumed.received == client.received);
                client.resets += u32::from(resumed.reset);
                client.received = resumed.received;
                // It sends again what was not heard.
                client.unheard.retain(|number| *number > resumed.heard);
                if let Some((_, to_server)) = &mut self.link {
                    to_server.extend(&client.unheard);
                }
            }
        }
    }

    fn deliver_to_server(&mut self) {
        if let Some(number) = self
            .link
            .as_mut()
            .and_then(|(_, to_server)| to_server.pop_front())
        {
            self.session.note_heard(ClientKind::Chat);
            self.handled.push(number);
        }
    }

    /// An ack travels at once: it says no more than what was received.
    fn ack(&mut self) {
        if self.link.is_some() && self.client.is_welcome {
            self.session.acknowledge(self.client.received).unwrap();
        }
    }

    fn cut(&mut self) {
        if self.link.take().is_some() {
            self.client.is_welcome = false;
            self.session.drop_link(self.now);
            assert_eq!(self.session.dropped(), Some(self.now));
        }
    }

    /// The client comes back, whether or not the server has noticed that the old link is gone.
    fn resume(&mut self) {
        // A client that was never welcomed has no session to resume.
        if self.client.key.is_empty() {
            return;
        }
        let next = key(&mut self.random);
        let (given, received) = (self.client.key.clone(), self.client.received);
        let resumed = self.session.resume(&given, received, next.clone()).unwrap();
        self.client.is_welcome = false;
        self.link = Some(Default::default());
        self.send_over_link(OnTheWay::Welcome {
            key: next.to_text(),
            resumed: Some(resumed),
        });
        let missed: Vec<u32> = self
            .session
            .missed()
            .map(|missed| number(missed.payload))
            .collect();
        assert!(!resumed.reset || missed.is_empty());
        for number in missed {
            self.send_over_link(OnTheWay::Message(number));
        }
    }

    /// Somebody has an old key, or claims to have received what was not sent.
    fn attack(&mut self) {
        let before = format!("{:?}", self.session);
        let next = key(&mut self.random);
        // The last key may be valid until an ack.
        let old = self.client.old_keys.split_last().map_or(&[][..], |(_, old)| old);
        for key in old.iter().map(String::as_str).chain(["", "0123"]) {
            let refused = self.session.resume(key, 0, next.clone());
            assert_eq!(refused, Err(ResumeError::WrongKey));
        }
        let too_many = self.sent + 1;
        let key = self.client.key.clone();
        let refused = self.session.resume(&key, too_many, next);
        assert!(refused.is_err(), "{refused:?}");
        assert!(self.session.acknowledge(too_many).is_err());
        assert_eq!(format!("{:?}", self.session), before, "it changed nothing");
    }

    /// All that can arrive arrives.
    fn finish(&mut self) {
        self.resume();
        for _ in 0..10_000 {
            self.deliver_to_client();
            self.deliver_to_server();
        }
        let client = &self.client;
        if client.key.is_empty() {
            return;
        }
        let one_by_one: Vec<u32> = (1..=client.said).collect();
        assert_eq!(
            self.handled, one_by_one,
            "each message of the client is handled once"
        );
        let given = &client.given;
        assert!(given.is_sorted() && given.windows(2).all(|pair| pair[0] < pair[1]));
        if client.resets == 0 {
            let one_by_one: Vec<u32> = (1..=self.sent).collect();
            assert_eq!(*given, one_by_one, "each message of the server arrives once");
        } else {
            // Gaps only where the server has reported them.
            let gaps = given.windows(2).filter(|pair| pair[1] != pair[0] + 1).count();
            assert!(gaps as u32 <= client.resets);
        }
        assert!(self.session.waiting_bytes() <= LIMIT);
    }
}

fn key(random: &mut Stream) -> ResumeKey {
    let bits = std::array::from_fn(|_| random.below(256) as u8);
    ResumeKey::new(bits)
}

fn run(seed: u64, steps: &[u8]) {
    let mut node = Node::new(seed);
    for step in steps {
        match step % 16 {
            0..=4 => node.send(),
            5 | 6 => node.say(),
            7..=9 => node.deliver_to_client(),
            10 | 11 => node.deliver_to_server(),
            12 => node.ack(),
            13 => node.cut(),
            14 => node.resume(),
            _ => node.attack(),
        }
    }
    node.finish();
}

proptest! {
    // With 20,000 cases this takes about 5 s in a release build.
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_message_arrives_once_in_both_directions_or_the_client_is_told(
        seed: u64,
        steps in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        run(seed, &steps);
    }
}

#[test]
fn more_messages_than_fit_are_a_reset() {
    let mut node = Node::new(1);
    node.deliver_to_client();
    node.cut();
    (0..100).for_each(|_| node.send());
    assert!(node.session.waiting_bytes() <= LIMIT);
    node.resume();
    node.deliver_to_client();
    assert_eq!((node.client.resets, node.client.received), (1, 100));
    node.send();
    node.finish();
    assert_eq!(node.client.given, [101]);
}

#[test]
fn a_key_is_valid_until_its_successor_is_used() {
    let mut node = Node::new(2);
    node.deliver_to_client();
    let first = node.client.key.clone();
    node.cut();
    // The welcome with the next key gets lost.
    node.resume();
    node.cut();
    node.resume();
    node.deliver_to_client();
    assert_ne!(node.client.key, first);
    node.ack();
    let next = key(&mut node.random);
    let replayed = node.session.resume(&first, 0, next);
    assert_eq!(replayed, Err(ResumeError::WrongKey));
}
