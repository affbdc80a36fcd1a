//! Lengths of time as people write them: `30s`, `15m`, `2h`, `3d`.

use std::time::Duration;

/// What a message says is expected.
pub const EXPECTED: &str = "write a number with its unit: `30s`, `15m`, `2h`, `3d`";

/// A number and its unit: seconds, minutes, hours or days of 24 hours.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let unit = text.chars().next_back()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let number: u32 = text[..text.len() - 1].trim().parse().ok()?;
    Some(Duration::from_secs(u64::from(number) * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_needed() {
        for (text, seconds) in
            [("30s", Some(30)), ("15 m", Some(900)), ("2h", Some(7_200)), ("3d", Some(259_200)), ("0s", Some(0))]
        {
            assert_eq!(parse_duration(text).map(|found| found.as_secs()), seconds, "{text}");
        }
        for text in ["", "15", "m", "15 minuti", "-1m", "1.5h", "99999999999d", "3D"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
