//! `parlour replay FILE --diff OTHER` as a process.
