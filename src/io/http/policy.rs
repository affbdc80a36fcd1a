//! When a request is tried again, and how long after.

use std::time::Duration;

use crate::io::http::answer::Answer;

/// The first pause.
const FIRST: Duration = Duration::from_millis(500);

/// The longest pause of our own.
const LONGEST: Duration = Duration::from_mins(1);

/// The longest pause that a service may ask for before the run gives up.
const LONGEST_ASKED: Duration = Duration::from_mins(10);

/// The rules of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How long an answer may take.
    pub timeout: Duration,
    /// How often a request is sent at most.
    pub attempts: u32,
    /// How many requests are on their way at once.
    pub parallel: usize,
}

/// What an answer means for the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the last word.
    Final,
    /// The same request may have another answer later; when, if the service said so.
    Again(Option<Duration>),
    /// There were too many requests: none is to be sent for a while; how long, if the service said so.
    Slower(Option<Duration>),
}

impl Verdict {
    /// The pause that the service asks for.
    #[must_use]
    pub fn asked(self) -> Option<Duration> {
        match self {
            Self::Final => None,
            Self::Again(asked) | Self::Slower(asked) => asked,
        }
    }

    /// Whether the pause holds for all requests to the service, and not for this one only.
    #[must_use]
    pub fn holds_for_all(self) -> bool {
        matches!(self, Self::Again(Some(_)) | Self::Slower(_))
    }
}

impl Policy {
    /// Judges an answer.
    #[must_use]
    pub fn judge(&self, answer: &Answer) -> Verdict {
        match answer.status {
            429 => Verdict::Slower(answer.asks_to_wait()),
            408 | 425 | 500..=599 => Verdict::Again(answer.asks_to_wait()),
            // Some services say their limits so.
            403 if answer.retry_after.is_some() => Verdict::Slower(answer.asks_to_wait()),
            _ => Verdict::Final,
        }
    }

    /// The pause after an attempt, from 1: what the service asks for, else twice as long each time, spread by a half so that
    /// many do not come back in the same instant. `None` when it was the last.
    #[must_use]
    pub fn delay(&self, attempt: u32, asked: Option<Duration>, token: u64) -> Option<Duration> {
        if attempt >= self.attempts {
            return None;
        }
        if let Some(asked) = asked {
            return (asked <= LONGEST_ASKED).then_some(asked);
        }
        let doubled = FIRST.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(LONGEST);
        let spread = token.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(u64::from(attempt)) >> 33;
        let share = u32::try_from(spread % 1_000).unwrap_or(0);
        Some(doubled / 2 + doubled / 2 * share / 1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Policy = Policy { timeout: Duration::from_secs(30), attempts: 5, parallel: 4 };

    fn answer(status: u16, retry_after: Option<&str>) -> Answer {
        Answer { status, retry_after: retry_after.map(str::to_owned), ..Answer::default() }
    }

    #[test]
    fn only_what_may_go_well_later_is_tried_again() {
        for (status, retry_after, expected) in [
            (200, None, Verdict::Final),
            (422, None, Verdict::Final),
            (403, None, Verdict::Final),
            (403, Some("3"), Verdict::Slower(Some(Duration::from_secs(3)))),
            (429, Some("3"), Verdict::Slower(Some(Duration::from_secs(3)))),
            (429, None, Verdict::Slower(None)),
            (503, None, Verdict::Again(None)),
        ] {
            assert_eq!(POLICY.judge(&answer(status, retry_after)), expected, "{status}");
        }
    }

    #[test]
    fn a_pause_holds_for_all_when_the_service_asks_for_it() {
        for (verdict, expected) in [
            (Verdict::Final, false),
            (Verdict::Again(None), false),
            (Verdict::Again(Some(Duration::from_secs(1))), true),
            (Verdict::Slower(None), true),
            (Verdict::Slower(Some(Duration::from_secs(1))), true),
        ] {
            assert_eq!(verdict.holds_for_all(), expected, "{verdict:?}");
        }
    }

    #[test]
    fn pauses_grow_are_spread_and_end() {
        let pauses: Vec<_> = (1..=5).map(|attempt| POLICY.delay(attempt, None, 42)).collect();
        assert_eq!(pauses[4], None);
        for (attempt, pause) in pauses[..4].iter().enumerate() {
            let full = FIRST * (1 << attempt);
            let pause = pause.unwrap();
            assert!(pause >= full / 2 && pause <= full, "{attempt}: {pause:?}");
        }
        assert_ne!(POLICY.delay(1, None, 1), POLICY.delay(1, None, 2));
        assert_eq!(POLICY.delay(1, Some(Duration::from_secs(7)), 1), Some(Duration::from_secs(7)));
        assert_eq!(POLICY.delay(1, Some(Duration::from_hours(7)), 1), None);
    }
}
