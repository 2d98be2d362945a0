//! Tests of the desk through `handle`.
