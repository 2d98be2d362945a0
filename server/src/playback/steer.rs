//! Parses the texts that steer a playback: a moment, an offset from the present one, or a speed.

use parlour_recording::{
    format::Times,
    replay::{Moment, MomentError, ParseMomentError},
};
use parlour_shared::{ids::Tick, limits::TICK_RATE};
use thiserror::Error;

use super::SPEEDS;

/// The longest offset, in seconds: three years, beyond both ends of any recording.
const LONGEST: f64 = 1e8;

/// Why a text is not a moment of a recording, or not a speed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SteerError {
    /// The text is not a moment.
    #[error("{0}; +10s and -10s count from the present")]
    Unclear(#[from] ParseMomentError),
    /// The moment is not in the recording.
    #[error(transparent)]
    Moment(#[from] MomentError),
    /// The text is not a speed.
    #[error("{0:?} is not a speed: write a number from 0.1 to 16")]
    Speed(String),
}

/// Returns the tick that a text names. Offsets count from `now`, and stop at the ends of the
/// recording.
pub(super) fn tick_of(text: &str, now: Tick, times: &Times) -> Result<Tick, SteerError> {
    if let Some(seconds) = offset(text) {
        let (first, last) = times.range().ok_or(MomentError::Empty)?;
        let tick = i64::from(now.0) + (seconds * f64::from(TICK_RATE)).round() as i64;
        let within = tick.clamp(first.0.into(), last.0.into());
        return Ok(u32::try_from(within).map_or(last, Tick));
    }
    let moment: Moment = text.parse()?;
    Ok(moment.tick(times)?)
}

/// Parses an offset such as `+10s`, `-2.5s` or `+1m 30s`, in seconds.
fn offset(text: &str) -> Option<f64> {
    let (sign, length) = match text.split_at_checked(1)? {
        ("+", length) => (1.0, length),
        ("-", length) => (-1.0, length),
        _ => return None,
    };
    let plain = |digits: &&str| digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let seconds = match length.strip_suffix('s').filter(plain) {
        Some(digits) => digits.parse().ok()?,
        None => humantime::parse_duration(length).ok()?.as_secs_f64(),
    };
    Some(sign * LONGEST.min(seconds))
}

/// Parses a speed, in thousandths of the recorded speed.
pub(super) fn speed_of(text: &str) -> Result<u32, SteerError> {
    let speed: Option<f64> = text.parse().ok().filter(|speed: &f64| speed.is_finite());
    speed
        .map(|speed| (speed.clamp(0.0, 100.0) * 1000.0).round() as u32)
        .filter(|speed| SPEEDS.contains(speed))
        .ok_or_else(|| SteerError::Speed(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_are_numbers_from_a_tenth_to_sixteen() {
        assert_eq!(speed_of("0.1"), Ok(100));
        assert_eq!(speed_of("16"), Ok(16_000));
        assert_eq!(speed_of("2.5"), Ok(2500));
        for wrong in ["", "x", "0", "-1", "0.05", "16.1", "1e9", "NaN", "inf"] {
            assert_eq!(speed_of(wrong), Err(SteerError::Speed(wrong.into())), "{wrong}");
        }
    }

    #[test]
    fn offsets_have_a_sign_and_a_unit() {
        assert_eq!(offset("+10s"), Some(10.0));
        assert_eq!(offset("-2.5s"), Some(-2.5));
        assert_eq!(offset("+1m 30s"), Some(90.0), "units can be combined");
        assert_eq!(offset("-1500ms"), Some(-1.5));
        assert_eq!(offset("+1000000000s"), Some(LONGEST));
        for wrong in ["10s", "+10", "+s", "+-1s", "+1e3s", "+.s", "s", "", "+é"] {
            assert_eq!(offset(wrong), None, "{wrong}");
        }
    }
}
