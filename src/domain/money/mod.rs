//! Exact decimal numbers: the value type, the columnar kernels below it, and the doors to text.
//!
//! Here live arithmetic, rounding, parsing and formatting of decimals of at most 38 digits. Nothing here knows floats,
//! files, currencies or data frames; a result that leaves 38 digits is `None`, never a wrapped number.
//! Rounding is always half away from zero, as Italian and EU invoices round.

pub mod decimal;
pub mod exact;
pub mod format;
pub mod parse;
pub mod raw;
pub mod wide;

pub use decimal::Decimal;
pub use format::format_decimal;
pub use parse::{NumberError, NumberFormat, parse_decimal, parse_integer};
pub use raw::{MAX_DIGITS, add_raw, cmp_raw, div_raw, fits38, mul_raw, pow10, rem_raw, rescale_raw, sub_raw};
