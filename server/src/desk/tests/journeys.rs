//! Whatever happens in whatever order, everybody is in exactly one place, and every message is
//! handled once and in order.

use proptest::prelude::*;

use super::model::{Node, Op};

fn ops(most: usize) -> impl Strategy<Value = Vec<Op>> {
    let op = (any::<u8>(), any::<u16>()).prop_map(|(kind, pick)| Op { kind, pick });
    proptest::collection::vec(op, 0..most)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everybody_is_in_one_place(
        seed in any::<u64>(), wildness in 0_usize..=8, in_games in any::<bool>(), ops in ops(1000)
    ) {
        let mut node = Node::new(seed, wildness);
        if in_games {
            node.begin_games();
        }
        for op in ops {
            node.step(op);
        }
        node.settle();
    }
}
