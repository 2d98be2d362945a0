//! Paths over the walkable tiles of a map, for entities that game logic moves.
//!
//! A [`PathQueue`] answers requests in their order, with a budget of nodes per tick, so a long
//! search takes several ticks. The queue is state: the requests, and the nodes that the first of
//! them has used. A [`PathFinder`] has the memory of the search, which follows from that. A
//! [`FollowPath`] turns a path into a velocity for each tick.
//!
//! A [`Route`] puts this together for an object: it has a target, and the system [`FollowPaths`]
//! searches for the path and moves the object along it.

mod follow_path;
mod path_queue;
mod route;
mod routes;
mod tile_search;
mod visited;
mod walkable;

pub use follow_path::{FollowPath, Stretch};
pub use path_queue::{PathFinder, PathQueue, PathQueueFull, PathRequest, PathResult};
pub use route::{Route, RouteStatus};
pub(crate) use routes::declare as follow_paths;
pub use routes::{FollowPaths, PathSearches};
pub use tile_search::{SearchProgress, TileSearch};
pub use walkable::{TileCell, Walkable};
