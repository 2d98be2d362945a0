//! The arguments that select what a replay shows. They conflict with each other.

pub(super) const VERIFY: &str = "verify";
pub(super) const DIFF: &str = "diff";
pub(super) const SERVE: &str = "serve";
pub(super) const DUMP: &str = "dump";
pub(super) const FOLLOW: &str = "follow";
pub(super) const EXPORT: &str = "export";
