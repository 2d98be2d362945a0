//! Close codes: the number determines what the client should do next, and the reason fits in a
//! close frame.

use std::collections::BTreeSet;

use parlour_shared::close::{Advice, CloseCode};

#[test]
fn the_range_determines_the_advice() {
    for &code in CloseCode::ALL {
        let expected = match code.code() {
            1011..=1013 | 4000..=4099 => Advice::Resume,
            4100..=4199 => Advice::Reconnect,
            1000..=1010 | 4400..=4499 => Advice::Stop,
            number => panic!("{number} is in no range"),
        };
        assert_eq!(code.advice(), expected, "{code:?}");
    }
}

#[test]
fn a_code_without_a_name_has_the_advice_of_its_range() {
    for (codes, advice) in [
        (1001..=1001, Advice::Resume),
        (1005..=1006, Advice::Resume),
        (4006..=4099, Advice::Resume),
        (4105..=4199, Advice::Reconnect),
        (1014..=3999, Advice::Stop),
        (4200..=4999, Advice::Stop),
    ] {
        for code in codes {
            assert_eq!(Advice::for_code(code), advice, "{code}");
        }
    }
}

#[test]
fn every_code_is_found_by_its_unique_number() {
    for &code in CloseCode::ALL {
        assert_eq!(CloseCode::from_code(code.code()), Some(code));
    }
    assert!(CloseCode::ALL.is_sorted_by(|a, b| a.code() < b.code()));
    for unknown in [
        0,
        999,
        1001,
        1005,
        1006,
        1015,
        3000,
        4006,
        4200,
        4499,
        4999,
        u16::MAX,
    ] {
        assert_eq!(CloseCode::from_code(unknown), None);
    }
}

#[test]
fn reasons_are_short_printable_and_unique() {
    let reasons: BTreeSet<&str> = CloseCode::ALL.iter().map(|code| code.reason()).collect();
    assert_eq!(reasons.len(), CloseCode::ALL.len());
    for reason in reasons {
        // A close frame has at most 125 bytes, two of which are the code.
        assert!(
            (1..=123).contains(&reason.len()) && !reason.chars().any(char::is_control),
            "{reason:?}"
        );
    }
}

#[test]
fn the_table_matches_the_protocol() {
    let promised = [
        1000, 1002, 1003, 1007, 1009, 1011, 1012, 1013, 4000, 4001, 4002, 4003, 4004, 4005, 4100, 4101, 4102,
        4103, 4104, 4400, 4401, 4402, 4403, 4404, 4408, 4409, 4415, 4422, 4429, 4451,
    ];
    assert!(CloseCode::ALL.iter().map(|code| code.code()).eq(promised));
}
