//! Timestamps as text (ISO 8601, the forms that platforms really send) to and from UTC microseconds.
//!
//! A time without zone is UTC unless the caller names a zone. Where clocks skip an hour the text is an error, where they repeat
//! one the earlier instant is meant.

use chrono_tz::Tz;
use thiserror::Error;

use super::{
    DateFormat, MICROS_PER_DAY,
    date::{days_from_civil, format_date, push_padded},
    earliest, local_from_micros,
};

/// Why a text is not a timestamp. Positions are byte offsets from the start of the text as given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TimestampError {
    /// Nothing but blanks.
    #[error("expected a timestamp, found nothing")]
    Empty,
    /// A text that stops being a timestamp at some byte.
    #[error("expected a timestamp such as `2026-12-31T23:59:59Z`: the text differs at byte {at}")]
    Form {
        /// Offset of the first byte that does not belong; the length of the text when something is missing.
        at: usize,
    },
    /// A day, hour, minute or second that does not exist.
    #[error("this day or time of day does not exist")]
    NoSuchTime,
    /// A local time that clocks skip when summer time starts.
    #[error("this local time does not exist in {zone}: clocks skip it when summer time starts")]
    Skipped {
        /// The zone in which the time was to be read.
        zone: Tz,
    },
    /// An instant before or after what a column can hold.
    #[error("this instant is too far in the past or in the future")]
    OutOfRange,
}

/// Reads a timestamp and answers its microseconds since 1970-01-01 in UTC.
///
/// Accepts `T` or a blank before the time, no seconds, fractions after a point or comma (beyond microseconds they are cut off),
/// `Z`, `+01:00`, `+0100` or `+01` with or without a blank before, and a date alone, which is its midnight. `zone` is used only
/// for a text that does not say its own.
///
/// # Errors
/// Says where the text stops being a timestamp, or why the instant does not exist.
#[inline]
pub fn parse_timestamp(bytes: &[u8], zone: Option<Tz>) -> Result<i64, TimestampError> {
    let end = bytes.trim_ascii_end().len();
    let at = bytes.len() - bytes.trim_ascii_start().len();
    if at >= end {
        return Err(TimestampError::Empty);
    }
    let mut reader = Reader { text: &bytes[..end], at };
    let days = reader.read_date()?;
    let time = if reader.accept(b"Tt ").is_some() { reader.read_time()? } else { 0 };
    let local = i64::from(days)
        .checked_mul(MICROS_PER_DAY)
        .and_then(|midnight| midnight.checked_add(time))
        .ok_or(TimestampError::OutOfRange)?;
    let offset = reader.read_offset()?;
    if reader.at < end {
        return Err(reader.differs());
    }
    match (offset, zone) {
        (Some(offset), _) => local.checked_sub(offset).ok_or(TimestampError::OutOfRange),
        (None, Some(zone)) => {
            let reading = local_from_micros(local).ok_or(TimestampError::OutOfRange)?;
            earliest(reading, zone).ok_or(TimestampError::Skipped { zone })
        }
        (None, None) => Ok(local),
    }
}

/// Appends an instant in UTC: `2026-11-24T06:02:52Z`, with three or six decimals only when they are needed.
#[inline]
pub fn format_timestamp(micros: i64, out: &mut Vec<u8>) {
    let (days, time) = (micros.div_euclid(MICROS_PER_DAY), micros.rem_euclid(MICROS_PER_DAY));
    // 64 bits of microseconds are about 107 million days: they always fit, as does the time of a day in seconds.
    format_date(i32::try_from(days).unwrap_or(0), DateFormat::Iso, out);
    let seconds = u32::try_from(time / 1_000_000).unwrap_or(0);
    let fraction = u32::try_from(time % 1_000_000).unwrap_or(0);
    for (mark, value) in [(b'T', seconds / 3600), (b':', seconds / 60 % 60), (b':', seconds % 60)] {
        out.push(mark);
        push_padded(value, 2, out);
    }
    if fraction > 0 {
        out.push(b'.');
        let is_short = fraction.is_multiple_of(1000);
        push_padded(if is_short { fraction / 1000 } else { fraction }, if is_short { 3 } else { 6 }, out);
    }
    out.push(b'Z');
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn read_date(&mut self) -> Result<i32, TimestampError> {
        let year = self.read_number(4)?;
        self.expect(b'-')?;
        let month = self.read_number(2)?;
        self.expect(b'-')?;
        let day = self.read_number(2)?;
        days_from_civil(i64::from(year), month, day).ok_or(TimestampError::NoSuchTime)
    }

    fn read_time(&mut self) -> Result<i64, TimestampError> {
        let hour = self.read_number(2)?;
        self.expect(b':')?;
        let minute = self.read_number(2)?;
        let mut second = 0;
        let mut fraction = 0;
        if self.accept(b":").is_some() {
            second = self.read_number(2)?;
            if self.accept(b".,").is_some() {
                fraction = self.read_fraction()?;
            }
        }
        if hour > 23 || minute > 59 || second > 59 {
            return Err(TimestampError::NoSuchTime);
        }
        Ok(i64::from(hour * 3600 + minute * 60 + second) * 1_000_000 + fraction)
    }

    fn read_fraction(&mut self) -> Result<i64, TimestampError> {
        let start = self.at;
        let mut micros = 0;
        let mut unit = 100_000;
        while let Some(digit) = self.text.get(self.at).filter(|byte| byte.is_ascii_digit()) {
            micros += i64::from(digit - b'0') * unit;
            unit /= 10;
            self.at += 1;
        }
        if self.at == start { Err(self.differs()) } else { Ok(micros) }
    }

    /// The distance from UTC in microseconds, when the text says one.
    fn read_offset(&mut self) -> Result<Option<i64>, TimestampError> {
        self.accept(b" ");
        if self.accept(b"Zz").is_some() {
            return Ok(Some(0));
        }
        let Some(sign) = self.accept(b"+-") else { return Ok(None) };
        let hours = self.read_number(2)?;
        let has_minutes = self.accept(b":").is_some() || self.text.get(self.at).is_some_and(u8::is_ascii_digit);
        let minutes = if has_minutes { self.read_number(2)? } else { 0 };
        if hours > 23 || minutes > 59 {
            return Err(TimestampError::NoSuchTime);
        }
        let offset = i64::from(hours * 60 + minutes) * 60_000_000;
        Ok(Some(if sign == b'-' { -offset } else { offset }))
    }

    fn read_number(&mut self, digits: usize) -> Result<u32, TimestampError> {
        let mut value = 0;
        for _ in 0..digits {
            let Some(digit) = self.text.get(self.at).filter(|byte| byte.is_ascii_digit()) else {
                return Err(self.differs());
            };
            value = value * 10 + u32::from(digit - b'0');
            self.at += 1;
        }
        Ok(value)
    }

    fn accept(&mut self, marks: &[u8]) -> Option<u8> {
        let found = self.text.get(self.at).copied().filter(|byte| marks.contains(byte));
        self.at += usize::from(found.is_some());
        found
    }

    fn expect(&mut self, mark: u8) -> Result<(), TimestampError> {
        self.accept(&[mark]).map(|_| ()).ok_or_else(|| self.differs())
    }

    const fn differs(&self) -> TimestampError {
        TimestampError::Form { at: self.at }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use chrono_tz::Europe::Rome;
    use proptest::prelude::*;

    use super::*;

    fn written(micros: i64) -> String {
        let mut out = Vec::new();
        format_timestamp(micros, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn forms_that_platforms_send() {
        let cases = [
            ("2026-11-24T06:02:52Z", None, "2026-11-24T06:02:52Z"),
            ("2026-11-24T06:02:52", None, "2026-11-24T06:02:52Z"),
            ("2026-11-24 06:02", None, "2026-11-24T06:02:00Z"),
            (" 2026-11-24 ", None, "2026-11-24T00:00:00Z"),
            ("2026-11-24T06:02:52+01:00", None, "2026-11-24T05:02:52Z"),
            ("2026-11-24 06:02:52 +0100", None, "2026-11-24T05:02:52Z"),
            ("2026-01-01T00:30:00+01", None, "2025-12-31T23:30:00Z"),
            ("2026-11-24T23:30:00-0530", None, "2026-11-25T05:00:00Z"),
            ("2026-11-24T06:02:52.5z", None, "2026-11-24T06:02:52.500Z"),
            ("2026-11-24T06:02:52,000001Z", None, "2026-11-24T06:02:52.000001Z"),
            ("2026-11-24T06:02:52.1234569Z", None, "2026-11-24T06:02:52.123456Z"),
            ("1969-12-31T23:59:59.999Z", None, "1969-12-31T23:59:59.999Z"),
            ("2026-11-24T06:02:52", Some(Rome), "2026-11-24T05:02:52Z"),
            ("2026-07-24T06:02:52", Some(Rome), "2026-07-24T04:02:52Z"),
            ("2026-11-24", Some(Rome), "2026-11-23T23:00:00Z"),
            ("2026-07-24T06:02:52Z", Some(Rome), "2026-07-24T06:02:52Z"),
            ("2026-10-25T02:30:00", Some(Rome), "2026-10-25T00:30:00Z"),
        ];
        for (text, zone, expected) in cases {
            assert_eq!(parse_timestamp(text.as_bytes(), zone).map(written).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn forms_that_are_refused() {
        let form = |at| TimestampError::Form { at };
        let cases = [
            ("", None, TimestampError::Empty),
            ("24/11/2026", None, form(2)),
            ("2026-11-24X06:02:52", None, form(10)),
            ("2026-11-24T", None, form(11)),
            (" 2026-11-24T6:02:52", None, form(13)),
            ("2026-11-24T06:02:52.", None, form(20)),
            ("2026-11-24T06:02:52+1", None, form(21)),
            ("2026-11-24T06:02:52+01:0", None, form(24)),
            ("2026-11-24T06:02:52Zx", None, form(20)),
            ("2026-02-30T06:02:52Z", None, TimestampError::NoSuchTime),
            ("2026-11-24T24:00:00Z", None, TimestampError::NoSuchTime),
            ("2026-11-24T23:59:60Z", None, TimestampError::NoSuchTime),
            ("2026-11-24T23:59:00+24:00", None, TimestampError::NoSuchTime),
            ("2026-03-29T02:30:00", Some(Rome), TimestampError::Skipped { zone: Rome }),
        ];
        for (text, zone, expected) in cases {
            assert_eq!(parse_timestamp(text.as_bytes(), zone), Err(expected), "{text}");
        }
        let message = TimestampError::Skipped { zone: Rome }.to_string();
        assert!(message.contains("Europe/Rome"), "{message}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn what_is_written_is_read_back(micros in -62_167_219_200_000_000i64..253_402_300_800_000_000) {
            let text = written(micros);
            prop_assert_eq!(parse_timestamp(text.as_bytes(), Some(Rome)), Ok(micros));
            prop_assert_eq!(DateTime::parse_from_rfc3339(&text).unwrap().timestamp_micros(), micros);
        }

        #[test]
        fn no_bytes_break_the_reader(text in "[0-9TZ:., +-]{0,40}", micros in any::<i64>()) {
            if let Err(TimestampError::Form { at }) = parse_timestamp(text.as_bytes(), Some(Rome)) {
                prop_assert!(at <= text.len());
            }
            prop_assert!(written(micros).ends_with('Z'));
        }
    }
}
