//! Decimals to text, into a buffer that the caller owns.
//!
//! No allocation per number and no locale: the caller says which byte stands for the point.

const PAIRS: [u8; 200] = two_digit_numbers();

const fn two_digit_numbers() -> [u8; 200] {
    let mut pairs = [b'0'; 200];
    let mut tens: u8 = 0;
    while tens < 10 {
        let mut units: u8 = 0;
        while units < 10 {
            let at = (tens as usize * 10 + units as usize) * 2;
            pairs[at] = b'0' + tens;
            pairs[at + 1] = b'0' + units;
            units += 1;
        }
        tens += 1;
    }
    pairs
}

/// Appends `mantissa * 10^-scale` with exactly `scale` decimals: `-1250` at scale 2 is `-12.50`.
#[inline]
pub fn format_decimal(mantissa: i128, scale: u8, decimal: u8, out: &mut Vec<u8>) {
    let mut buffer = [b'0'; 39];
    let start = write_digits(mantissa.unsigned_abs(), &mut buffer);
    let digits = &buffer[start..];
    let scale = usize::from(scale);
    if mantissa < 0 {
        out.push(b'-');
    }
    if digits.len() > scale {
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        out.extend_from_slice(whole);
        if scale > 0 {
            out.push(decimal);
            out.extend_from_slice(fraction);
        }
        return;
    }
    out.extend_from_slice(&[b'0', decimal]);
    out.resize(out.len() + scale - digits.len(), b'0');
    out.extend_from_slice(digits);
}

/// Appends a whole number without separators.
#[inline]
pub fn format_integer(value: i64, out: &mut Vec<u8>) {
    format_decimal(i128::from(value), 0, b'.', out);
}

/// Fills the buffer from its end and answers where the first digit stands.
fn write_digits(magnitude: u128, buffer: &mut [u8; 39]) -> usize {
    const CHUNK: u128 = 10_000_000_000_000_000_000;
    let mut end = buffer.len();
    let mut left = magnitude;
    loop {
        let Ok(small) = u64::try_from(left) else {
            // Nineteen digits at a time keep the slow 128-bit divisions to two.
            let chunk = u64::try_from(left % CHUNK).unwrap_or_default();
            write_small(chunk, buffer, end);
            left /= CHUNK;
            end -= 19;
            continue;
        };
        return write_small(small, buffer, end);
    }
}

/// Writes at least one digit before `end`; what stands before the first digit is left as it was, zeros.
fn write_small(value: u64, buffer: &mut [u8; 39], end: usize) -> usize {
    let mut at = end;
    let mut left = value;
    while left >= 10 {
        let pair = usize::try_from(left % 100).unwrap_or_default() * 2;
        left /= 100;
        at -= 2;
        buffer[at..at + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
        if left == 0 {
            // A pair such as `07` never ends a number: the loop would have stopped one digit before.
            return at;
        }
    }
    at -= 1;
    buffer[at] = b'0' + u8::try_from(left).unwrap_or_default();
    at
}

#[cfg(test)]
mod tests {
    use num_bigint::BigInt;
    use proptest::prelude::*;

    use super::*;

    fn formatted(mantissa: i128, scale: u8, decimal: u8) -> String {
        let mut out = Vec::new();
        format_decimal(mantissa, scale, decimal, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn points_and_leading_zeros() {
        let cases = [
            (0, 0, "0"),
            (0, 2, "0,00"),
            (5, 2, "0,05"),
            (-5, 2, "-0,05"),
            (50, 2, "0,50"),
            (100, 2, "1,00"),
            (1_234_567, 2, "12345,67"),
            (-7, 0, "-7"),
            (1, 38, "0,00000000000000000000000000000000000001"),
            (10_000_000_000_000_000_000, 0, "10000000000000000000"),
            (100_000_000_000_000_000_000_000_000_000_000_000_005, 1, "10000000000000000000000000000000000000,5"),
        ];
        for (mantissa, scale, expected) in cases {
            assert_eq!(formatted(mantissa, scale, b','), expected);
        }
        assert_eq!(formatted(i128::MIN, 0, b'.'), i128::MIN.to_string());
    }

    #[test]
    fn a_buffer_is_appended_to() {
        let mut out = b"a;".to_vec();
        format_integer(-42, &mut out);
        format_integer(0, &mut out);
        assert_eq!(out, b"a;-420");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn digits_agree_with_big_integers(value in any::<i128>(), shift in 0u32..127, scale in 0u8..=38) {
            let mantissa = value >> shift;
            let text = formatted(mantissa, scale, b'.');
            let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
            prop_assert_eq!(fraction.len(), usize::from(scale));
            let joined = format!("{whole}{fraction}");
            prop_assert_eq!(joined.parse::<BigInt>().unwrap(), BigInt::from(mantissa));
            let whole = whole.trim_start_matches('-');
            prop_assert!(whole == "0" || !whole.starts_with('0'));
        }
    }
}
