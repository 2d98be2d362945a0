//! Requests for paths, and the nodes per tick that their searches may use.

use std::collections::VecDeque;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::{SearchProgress, TileCell, TileSearch, Walkable};
use crate::{space::HalfSize, state::StableId};

/// Requests for paths, in order. State: game logic declares it with
/// [`state_resource`](crate::SimulationApp::state_resource) or as a part of a resource of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathQueue {
    waiting: VecDeque<PathRequest>,
    /// The nodes that the search of the first request has used.
    used: u32,
}

/// A request for a path between the centres of two tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathRequest {
    /// The entity that asks.
    pub requester: StableId,
    /// Its room.
    pub room: StableId,
    /// The size of its body.
    pub size: HalfSize,
    /// The first tile.
    pub from: TileCell,
    /// The last tile.
    pub to: TileCell,
}

/// The queue is full. Ask again in a later tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} requests for paths are already waiting", PathQueue::MOST)]
pub struct PathQueueFull;

/// The result of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathResult<'a> {
    /// The tiles at which the path turns, without the first tile and with the last one. Between two
    /// of them it is straight or exactly diagonal.
    Found(&'a [TileCell]),
    /// No path leads there.
    NoPath,
    /// The search was given up after [`PathQueue::MOST_NODES`].
    TooFar,
}

/// The memory of the searches. It follows from the [`PathQueue`], and is not state.
#[derive(Debug, Default)]
pub struct PathFinder {
    search: TileSearch,
    /// The request of the search, if it has begun.
    request: Option<PathRequest>,
    path: Vec<TileCell>,
}

impl PathQueue {
    /// The most requests that can wait. A further one is refused.
    pub const MOST: usize = 4_096;
    /// The most nodes of one search. Afterwards it is given up, so that a target behind a wall does
    /// not delay all others.
    pub const MOST_NODES: u32 = 50_000;

    /// Adds a request.
    ///
    /// # Errors
    /// If [`Self::MOST`] requests are waiting.
    pub fn push(&mut self, request: PathRequest) -> Result<(), PathQueueFull> {
        if self.waiting.len() >= Self::MOST {
            return Err(PathQueueFull);
        }
        self.waiting.push_back(request);
        Ok(())
    }

    /// Removes all requests of an entity.
    pub fn cancel(&mut self, requester: StableId) {
        if self
            .waiting
            .front()
            .is_some_and(|first| first.requester == requester)
        {
            self.used = 0;
        }
        self.waiting.retain(|request| request.requester != requester);
    }

    /// Returns the number of requests that wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Returns whether no request waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Searches for this tick: uses at most `nodes` nodes, and calls `answer` for each request that
    /// is done. `map` returns the map of a request, or `None` if its room or entity no longer
    /// exists: such a request is dropped. Each request costs at least one node.
    pub fn run<'a>(
        &mut self,
        nodes: u32,
        finder: &mut PathFinder,
        map: impl Fn(&PathRequest) -> Option<Walkable<'a>>,
        mut answer: impl FnMut(&PathRequest, PathResult<'_>),
    ) {
        let mut left = nodes;
        while left > 0
            && let Some(request) = self.waiting.front().copied()
        {
            let Some(map) = map(&request) else {
                self.finish();
                left -= 1;
                continue;
            };
            finder.resume(map, &request, self.used);
            let most = left.min(Self::MOST_NODES.saturating_sub(self.used));
            let before = finder.search.nodes();
            let progress = finder.search.run(map, most);
            let spent = finder.search.nodes() - before;
            left -= spent.max(1).min(left);
            let result = match progress {
                SearchProgress::Found => {
                    finder.search.path(map, &mut finder.path);
                    PathResult::Found(&finder.path)
                }
                SearchProgress::NoPath => PathResult::NoPath,
                SearchProgress::Suspended if finder.search.nodes() >= Self::MOST_NODES => PathResult::TooFar,
                SearchProgress::Suspended => {
                    self.used = finder.search.nodes();
                    return;
                }
            };
            answer(&request, result);
            finder.request = None;
            self.finish();
        }
    }

    fn finish(&mut self) {
        self.waiting.pop_front();
        self.used = 0;
    }
}

impl PathFinder {
    /// Brings the search to the point at which the request has used this many nodes. That is the
    /// case already, except in a world that was just loaded, and for a new request.
    fn resume(&mut self, map: Walkable<'_>, request: &PathRequest, used: u32) {
        if self.request != Some(*request) || self.search.nodes() != used {
            self.search.begin(map, request.from, request.to);
            self.search.run(map, used);
            self.request = Some(*request);
        }
    }
}

impl Serialize for PathQueue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.waiting, self.used).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PathQueue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (waiting, used) = <(VecDeque<PathRequest>, u32)>::deserialize(deserializer)?;
        if waiting.len() > Self::MOST || used >= Self::MOST_NODES || (waiting.is_empty() && used > 0) {
            return Err(D::Error::custom("not a queue of requests for paths"));
        }
        Ok(Self { waiting, used })
    }
}
