//! The cache of a board rule: a kept answer is that of the rule, and the cache has a bound.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::collections::VecDeque;

use bevy_ecs::prelude::*;
use parlour_sim::{AnswerCache, BoardRule};
use parlour_testing::allocations::{CountingAllocator, on_this_thread};
use proptest::prelude::*;
use serde::Serialize;

#[global_allocator]
static COUNTING: CountingAllocator = CountingAllocator;

#[derive(Component, Clone, Debug, PartialEq, Eq, Serialize)]
struct Board(Vec<u8>);

struct Sums;

impl BoardRule for Sums {
    type Board = Board;
    type Question = u8;
    type Answer = u64;
    const KEY: &'static str = "board";
    const MOST_ANSWERS: usize = 12;

    fn answer(board: &Board, question: &u8) -> u64 {
        let weights = 1 + u64::from(*question)..;
        let cells = board.0.iter().zip(weights);
        cells.map(|(cell, weight)| u64::from(*cell) * weight).sum()
    }
}

/// A cache as a list: the versions in the order of use, each with its questions.
#[derive(Default)]
struct Oracle(VecDeque<(Board, Vec<u8>)>);

impl Oracle {
    /// Returns whether the answer is kept, and keeps it.
    fn ask(&mut self, board: &Board, question: u8) -> bool {
        let known = self.0.iter().position(|(version, _)| version == board);
        let version = known.and_then(|at| self.0.remove(at));
        self.0.push_back(version.unwrap_or((board.clone(), Vec::new())));
        if self.0.len() > AnswerCache::<Sums>::MOST_VERSIONS {
            self.0.pop_front();
        }
        if self.0.back().unwrap().1.contains(&question) {
            return true;
        }
        if self.len() == Sums::MOST_ANSWERS {
            // Versions without answers do not exist: each was asked about.
            if self.0.len() > 1 {
                self.0.pop_front();
            } else {
                self.0[0].1.clear();
            }
        }
        self.0.back_mut().unwrap().1.push(question);
        false
    }

    fn len(&self) -> usize {
        self.0.iter().map(|(_, questions)| questions.len()).sum()
    }
}

proptest! {
    /// Whether an answer is computed or kept, it is that of the rule. An allocation shows that it
    /// was computed.
    #[test]
    fn every_answer_is_that_of_the_rule_and_the_oldest_version_is_forgotten_first(
        asked in prop::collection::vec((0..12_u8, 0..16_u8), 1..200)
    ) {
        let mut cache = AnswerCache::<Sums>::default();
        let mut oracle = Oracle::default();
        for (board, question) in asked {
            let board = Board(vec![board; 20]);
            let is_kept = oracle.ask(&board, question);
            let before = on_this_thread();
            let answer = *cache.ask(&board, &question);
            let allocated = on_this_thread() - before;
            prop_assert_eq!(answer, Sums::answer(&board, &question));
            prop_assert_eq!(allocated == 0, is_kept);
            prop_assert_eq!(cache.len(), oracle.len());
            prop_assert!(cache.len() <= Sums::MOST_ANSWERS);
        }
    }
}

#[test]
fn a_board_that_is_changed_and_changed_back_finds_its_answers() {
    let mut cache = AnswerCache::<Sums>::default();
    assert!(cache.is_empty());
    let mut board = Board(vec![1, 2]);
    assert_eq!(*cache.ask(&board, &0), 5);
    board.0[0] = 7;
    assert_eq!(*cache.ask(&board, &0), 11);
    board.0[0] = 1;
    let before = on_this_thread();
    assert_eq!(*cache.ask(&board, &0), 5);
    assert_eq!(on_this_thread(), before);
    assert_eq!(cache.len(), 2);
}
