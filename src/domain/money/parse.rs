//! Text to exact numbers: no float on the way, no guess about separators.
//!
//! Numbers only; dates and timestamps are read by `calendar`. Errors say where the text stops being a number.

use thiserror::Error;

use super::raw::{MAX_DIGITS, fits38, pow10};

/// How numbers are written: a fact of a file's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberFormat {
    /// The byte before the decimals, `b'.'` or `b','`.
    pub decimal: u8,
    /// The byte between groups of three digits, when the file may use one: `b'.'`, `b','`, `b' '` or `b'\''`.
    /// A blank also stands for the no-break blanks that spreadsheets write, an apostrophe for the typographic one.
    pub thousands: Option<u8>,
}

impl NumberFormat {
    /// `1234.56`, as programs write.
    pub const PLAIN: Self = Self { decimal: b'.', thousands: None };
    /// `1.234,56`, as Italian offices write.
    pub const ITALIAN: Self = Self { decimal: b',', thousands: Some(b'.') };
}

impl Default for NumberFormat {
    fn default() -> Self {
        Self::PLAIN
    }
}

/// Why a text is not the number that was expected. Positions are byte offsets from the start of the text as given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NumberError {
    /// Nothing but blanks.
    #[error("expected a number, found nothing")]
    Empty,
    /// A byte that has no place in a number.
    #[error("expected a number: the character at byte {at} does not belong to one in this format")]
    NotANumber {
        /// Offset of the byte; the length of the text when something is missing at its end.
        at: usize,
    },
    /// More decimals than the type holds, and they are not zeros.
    #[error("more than {allowed} decimals: round the value before, or declare a type with more decimals")]
    TooManyDecimals {
        /// Decimals of the type.
        allowed: u8,
    },
    /// More digits than the type holds.
    #[error("too many digits: the value does not fit")]
    TooManyDigits,
    /// A thousands separator that does not stand before groups of three digits.
    #[error("the thousands separator at byte {at} does not separate groups of three digits: check the number format")]
    MisplacedThousands {
        /// Offset of the separator.
        at: usize,
    },
}

/// Reads a decimal exactly and answers its mantissa at `scale`.
///
/// Accepts a sign, surrounding blanks, thousands as `format` says, an exponent (`1e3`), and zeros beyond the scale.
///
/// # Errors
/// Says what is not a number, or what does not fit `scale` decimals and 38 digits.
#[inline]
pub fn parse_decimal(bytes: &[u8], scale: u8, format: NumberFormat) -> Result<i128, NumberError> {
    match parse_short(bytes, scale, format.decimal) {
        Some(mantissa) => Ok(mantissa),
        None => Scan::read(bytes, format)?.mantissa_at(scale),
    }
}

/// Reads a whole number; decimals are accepted only when they are zeros (`12.00`).
///
/// # Errors
/// As `parse_decimal`, and `TooManyDigits` beyond 64 bits.
#[inline]
pub fn parse_integer(bytes: &[u8], format: NumberFormat) -> Result<i64, NumberError> {
    let value = parse_decimal(bytes, 0, format)?;
    i64::try_from(value).map_err(|_| NumberError::TooManyDigits)
}

/// Reads a decimal with the scale it is written with: `12.50` is mantissa 1250 at scale 2.
///
/// # Errors
/// As `parse_decimal`.
#[inline]
pub fn parse_written(bytes: &[u8], format: NumberFormat) -> Result<(i128, u8), NumberError> {
    if let Some((mantissa, scale)) = short(bytes, format.decimal) {
        return Ok((mantissa.into(), scale));
    }
    let scan = Scan::read(bytes, format)?;
    let scale = scan.fraction.saturating_sub(scan.exponent).max(0);
    let scale = u8::try_from(scale).ok().filter(|scale| *scale <= MAX_DIGITS).ok_or(NumberError::TooManyDigits)?;
    Ok((scan.mantissa_at(scale)?, scale))
}

/// The common case: up to 18 bytes of sign, digits and one point, as mantissa and decimals. Anything else is `None` and
/// takes the full way.
#[inline]
fn short(bytes: &[u8], decimal: u8) -> Option<(i64, u8)> {
    let (negative, body) = match bytes.split_first()? {
        (b'-', body) => (true, body),
        _ => (false, bytes),
    };
    // Eighteen digits always fit 64 bits.
    if body.len() > 18 {
        return None;
    }
    let mut value: i64 = 0;
    let mut point = None;
    for (index, byte) in body.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            value = value * 10 + i64::from(digit);
        } else if *byte == decimal && point.is_none() {
            point = Some(index);
        } else {
            return None;
        }
    }
    let fraction = point.map_or(0, |index| body.len() - index - 1);
    if body.len() == usize::from(point.is_some()) {
        return None;
    }
    Some((if negative { -value } else { value }, u8::try_from(fraction).ok()?))
}

#[inline]
fn parse_short(bytes: &[u8], scale: u8, decimal: u8) -> Option<i128> {
    let (value, fraction) = short(bytes, decimal)?;
    let missing = scale.checked_sub(fraction)?;
    i128::from(value).checked_mul(pow10(missing)?).filter(|value| fits38(*value))
}

/// A number while it is read: `mantissa * 10^(zeros - fraction + exponent)`, where the mantissa never ends in zero,
/// so that a long tail of zeros costs no digits.
struct Scan {
    negative: bool,
    mantissa: u128,
    zeros: i32,
    fraction: i32,
    exponent: i32,
}

impl Scan {
    fn read(bytes: &[u8], format: NumberFormat) -> Result<Self, NumberError> {
        let end = bytes.trim_ascii_end().len();
        let mut at = bytes.len() - bytes.trim_ascii_start().len();
        if at >= end {
            return Err(NumberError::Empty);
        }
        let text = &bytes[..end];
        let negative = text[at] == b'-';
        if matches!(text[at], b'-' | b'+') {
            at += 1;
        }
        let mut scan = Self { negative, mantissa: 0, zeros: 0, fraction: 0, exponent: 0 };
        at = scan.read_digits(text, at, format)?;
        if at < end {
            scan.exponent = read_exponent(text, at + 1)?;
        }
        Ok(scan)
    }

    /// Reads up to the end or to the `e` of an exponent, and answers where it stopped.
    fn read_digits(&mut self, text: &[u8], start: usize, format: NumberFormat) -> Result<usize, NumberError> {
        let mut groups = Groups::default();
        let mut point = false;
        let mut digits = 0;
        let mut at = start;
        while at < text.len() {
            let byte = text[at];
            if byte.is_ascii_digit() {
                self.push(byte - b'0')?;
                self.fraction += i32::from(point);
                groups.length += usize::from(!point);
                digits += 1;
            } else if byte == format.decimal && !point {
                groups.close()?;
                point = true;
            } else if let Some(length) = format.thousands.and_then(|mark| separator_length(&text[at..], mark)) {
                groups.open(at, point)?;
                at += length - 1;
            } else if matches!(byte, b'e' | b'E') && digits > 0 {
                break;
            } else {
                return Err(NumberError::NotANumber { at });
            }
            at += 1;
        }
        if digits == 0 {
            return Err(NumberError::NotANumber { at: start });
        }
        if !point {
            groups.close()?;
        }
        Ok(at)
    }

    fn push(&mut self, digit: u8) -> Result<(), NumberError> {
        if digit == 0 {
            self.zeros = self.zeros.saturating_add(i32::from(self.mantissa != 0));
            return Ok(());
        }
        if self.zeros == 0 && self.mantissa <= u128::from(u64::MAX) {
            // The common case, which cannot overflow and needs no checks.
            self.mantissa = self.mantissa * 10 + u128::from(digit);
            return Ok(());
        }
        let shift = u8::try_from(self.zeros.saturating_add(1)).unwrap_or(u8::MAX);
        let raised = pow10(shift).and_then(|power| self.mantissa.checked_mul(power.unsigned_abs()));
        self.mantissa =
            raised.and_then(|value| value.checked_add(u128::from(digit))).ok_or(NumberError::TooManyDigits)?;
        self.zeros = 0;
        Ok(())
    }

    fn mantissa_at(&self, scale: u8) -> Result<i128, NumberError> {
        if self.mantissa == 0 {
            return Ok(0);
        }
        let shift =
            self.zeros.saturating_sub(self.fraction).saturating_add(self.exponent).saturating_add(i32::from(scale));
        if shift < 0 {
            return Err(NumberError::TooManyDecimals { allowed: scale });
        }
        let power = u8::try_from(shift).ok().and_then(pow10).ok_or(NumberError::TooManyDigits)?;
        let value = i128::try_from(self.mantissa).ok().and_then(|mantissa| mantissa.checked_mul(power));
        let value = value.filter(|value| fits38(*value)).ok_or(NumberError::TooManyDigits)?;
        Ok(if self.negative { -value } else { value })
    }
}

/// The groups of digits before the point: once a separator is used, the first holds one to three and the others three.
#[derive(Default)]
struct Groups {
    length: usize,
    last_separator: Option<usize>,
}

impl Groups {
    fn open(&mut self, at: usize, after_point: bool) -> Result<(), NumberError> {
        let whole = if self.last_separator.is_some() { self.length == 3 } else { (1..=3).contains(&self.length) };
        if after_point || !whole {
            return Err(NumberError::MisplacedThousands { at });
        }
        self.length = 0;
        self.last_separator = Some(at);
        Ok(())
    }

    fn close(&self) -> Result<(), NumberError> {
        match self.last_separator {
            Some(at) if self.length != 3 => Err(NumberError::MisplacedThousands { at }),
            _ => Ok(()),
        }
    }
}

/// How many bytes of the text are one thousands separator, when it starts with one.
fn separator_length(text: &[u8], mark: u8) -> Option<usize> {
    let variants: &[&[u8]] = match mark {
        b' ' => &[b" ", "\u{a0}".as_bytes(), "\u{202f}".as_bytes(), "\u{2009}".as_bytes()],
        b'\'' => &[b"'", "\u{2019}".as_bytes()],
        _ => return (text.first() == Some(&mark)).then_some(1),
    };
    variants.iter().find(|variant| text.starts_with(variant)).map(|variant| variant.len())
}

fn read_exponent(text: &[u8], start: usize) -> Result<i32, NumberError> {
    let negative = text.get(start) == Some(&b'-');
    let signed = matches!(text.get(start), Some(b'-' | b'+'));
    let digits = start + usize::from(signed);
    if digits >= text.len() {
        return Err(NumberError::NotANumber { at: text.len() });
    }
    let mut exponent: i32 = 0;
    for (index, byte) in text.iter().enumerate().skip(digits) {
        if !byte.is_ascii_digit() {
            return Err(NumberError::NotANumber { at: index });
        }
        exponent = exponent.saturating_mul(10).saturating_add(i32::from(byte - b'0')).min(100_000);
    }
    Ok(if negative { -exponent } else { exponent })
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
