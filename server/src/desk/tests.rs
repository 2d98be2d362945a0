//! Tests of the desk through `handle`.

mod journeys;
mod model;
