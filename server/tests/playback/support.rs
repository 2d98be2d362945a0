//! A recorded day, a server that serves it, and who watches.

mod day;
mod house;
mod json;
mod spectator;

pub(crate) use day::{DAY, Day, LAST};
pub(crate) use house::House;
pub(crate) use json::Json;
pub(crate) use spectator::{Spectator, eventually};
