//! Tests of the desk through `handle`.

mod closing;
mod durable;
mod endings;
mod groups;
mod joining;
mod journeys;
mod model;
mod moving;
mod playback;
mod standing;
mod support;
mod travelling;
