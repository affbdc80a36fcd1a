//! Numbers, dates and sizes as they are written in Italy.
//!
//! Here: the text of a value in the file to the text for a reader; none when the value is not what its type says, so that
//! it is shown as it stands. Not here: which element has which type (`part`).

use chrono::NaiveDate;

/// `1234.5` as `1.234,50`: exact, with at least so many decimals and no zeros behind those.
pub(super) fn number(text: &str, decimals: usize) -> Option<String> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let fraction = format!("{:0<decimals$}", fraction.trim_end_matches('0'));
    let comma = if fraction.is_empty() { "" } else { "," };
    Some(format!("{sign}{}{comma}{fraction}", grouped(whole.trim_start_matches('0'))))
}

fn grouped(digits: &str) -> String {
    if digits.is_empty() {
        return "0".to_owned();
    }
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

/// `2026-11-24` as `24/11/2026`; what stands behind the day (time, offset) stays.
pub(super) fn date(text: &str) -> Option<String> {
    let (day, rest) = text.split_at_checked(10)?;
    let day = NaiveDate::parse_from_str(day, "%Y-%m-%d").ok()?;
    let rest = rest.strip_prefix('T').map_or_else(|| rest.to_owned(), |time| format!(" {time}"));
    Some(format!("{}{rest}", day.format("%d/%m/%Y")))
}

/// How much a text in Base64 holds: `345 byte`, `12,3 kB`.
pub(super) fn size(base64: &str) -> String {
    let bytes = base64.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=').count() * 3 / 4;
    let (unit, name) = match bytes {
        0..1000 => return format!("{bytes} byte"),
        1000..1_000_000 => (1000, "kB"),
        _ => (1_000_000, "MB"),
    };
    let tenths = bytes * 10 / unit;
    format!("{},{} {name}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact() {
        let cases = [
            ("1234.56", 2, "1.234,56"),
            ("-1234567.5", 2, "-1.234.567,50"),
            ("0.10000001", 2, "0,10000001"),
            ("10.00000000", 2, "10,00"),
            ("100", 0, "100"),
            ("22.00", 0, "22"),
            ("000.50", 0, "0,5"),
            ("+5.00", 2, "5,00"),
        ];
        for (text, decimals, expected) in cases {
            assert_eq!(number(text, decimals).as_deref(), Some(expected));
        }
        for text in ["", "-", "1,5", "1e5", "1.5.5", ".5", "x"] {
            assert_eq!(number(text, 2), None, "{text}");
        }
    }

    #[test]
    fn dates_keep_what_stands_behind_the_day() {
        assert_eq!(date("2026-11-24").as_deref(), Some("24/11/2026"));
        assert_eq!(date("2026-11-24Z").as_deref(), Some("24/11/2026Z"));
        assert_eq!(date("2026-11-24T10:05:00").as_deref(), Some("24/11/2026 10:05:00"));
        assert_eq!(date("2026-02-30"), None);
        assert_eq!(date("24/11/2026"), None);
    }

    #[test]
    fn sizes_are_those_of_the_content() {
        assert_eq!(size("QUJD\nREU="), "5 byte");
        assert_eq!(size(&"A".repeat(16_400)), "12,3 kB");
        assert_eq!(size(&"A".repeat(4_000_000)), "3,0 MB");
    }
}
