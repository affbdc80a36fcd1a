//! ECDSA verification on P-256 and P-384 for a given digest, for the pairs of curve and digest that the cryptographic
//! library leaves out (P-256 with SHA-512 is met in signed invoices) and for signatures that are two plain integers.
//!
//! Here: verification alone, of public data, so nothing runs in constant time. Never here: anything with a private key.

/// A curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
}

/// 384 bits, the least significant first.
type Number = [u64; 6];

const ZERO: Number = [0; 6];
const ONE: Number = [1, 0, 0, 0, 0, 0];

/// The numbers of a curve `y² = x³ - 3x + b`.
struct Parameters {
    bytes: usize,
    prime: Number,
    order: Number,
    b: Number,
    base: (Number, Number),
}

const P256: Parameters = Parameters {
    bytes: 32,
    prime: [0xffff_ffff_ffff_ffff, 0x0000_0000_ffff_ffff, 0, 0xffff_ffff_0000_0001, 0, 0],
    order: [0xf3b9_cac2_fc63_2551, 0xbce6_faad_a717_9e84, 0xffff_ffff_ffff_ffff, 0xffff_ffff_0000_0000, 0, 0],
    b: [0x3bce_3c3e_27d2_604b, 0x651d_06b0_cc53_b0f6, 0xb3eb_bd55_7698_86bc, 0x5ac6_35d8_aa3a_93e7, 0, 0],
    base: (
        [0xf4a1_3945_d898_c296, 0x7703_7d81_2deb_33a0, 0xf8bc_e6e5_63a4_40f2, 0x6b17_d1f2_e12c_4247, 0, 0],
        [0xcbb6_4068_37bf_51f5, 0x2bce_3357_6b31_5ece, 0x8ee7_eb4a_7c0f_9e16, 0x4fe3_42e2_fe1a_7f9b, 0, 0],
    ),
};

const P384: Parameters = Parameters {
    bytes: 48,
    prime: [
        0x0000_0000_ffff_ffff,
        0xffff_ffff_0000_0000,
        0xffff_ffff_ffff_fffe,
        0xffff_ffff_ffff_ffff,
        0xffff_ffff_ffff_ffff,
        0xffff_ffff_ffff_ffff,
    ],
    order: [
        0xecec_196a_ccc5_2973,
        0x581a_0db2_48b0_a77a,
        0xc763_4d81_f437_2ddf,
        0xffff_ffff_ffff_ffff,
        0xffff_ffff_ffff_ffff,
        0xffff_ffff_ffff_ffff,
    ],
    b: [
        0x2a85_c8ed_d3ec_2aef,
        0xc656_398d_8a2e_d19d,
        0x0314_088f_5013_875a,
        0x181d_9c6e_fe81_4112,
        0x988e_056b_e3f8_2d19,
        0xb331_2fa7_e23e_e7e4,
    ],
    base: (
        [
            0x3a54_5e38_7276_0ab7,
            0x5502_f25d_bf55_296c,
            0x59f7_41e0_8254_2a38,
            0x6e1d_3b62_8ba7_9b98,
            0x8eb1_c71e_f320_ad74,
            0xaa87_ca22_be8b_0537,
        ],
        [
            0x7a43_1d7c_90ea_0e5f,
            0x0a60_b1ce_1d7e_819d,
            0xe9da_3113_b5f0_b8c0,
            0xf8f4_1dbd_289a_147c,
            0x5d9e_98bf_9292_dc29,
            0x3617_de4a_9626_2c6f,
        ],
    ),
};

/// Whether two integers, big-endian, are the signature of a digest by an uncompressed public key.
pub(super) fn verify(curve: Curve, key: &[u8], digest: &[u8], signature: (&[u8], &[u8])) -> bool {
    let curve = match curve {
        Curve::P256 => &P256,
        Curve::P384 => &P384,
    };
    check(curve, key, digest, signature).unwrap_or(false)
}

fn check(curve: &Parameters, key: &[u8], digest: &[u8], signature: (&[u8], &[u8])) -> Option<bool> {
    let (scalars, field) = (Modulus::of(curve.order), Modulus::of(curve.prime));
    let in_range = |number: &Number| *number != ZERO && is_less(number, &curve.order);
    let r = number(signature.0).filter(in_range)?;
    let s = number(signature.1).filter(in_range)?;
    let public = public_key(curve, &field, key)?;
    let digest = reduce(number(digest.get(..curve.bytes).unwrap_or(digest))?, &curve.order);
    let inverse = scalars.inverse(&scalars.enter(&s));
    let share = |number: &Number| scalars.leave(&scalars.multiply(&scalars.enter(number), &inverse));
    let base = Point { x: field.enter(&curve.base.0), y: field.enter(&curve.base.1), z: field.enter(&ONE) };
    let sum = field.combine((&share(&digest), &base), (&share(&r), &public));
    if sum.z == ZERO {
        return Some(false);
    }
    let inverse = field.inverse(&sum.z);
    let x = field.leave(&field.multiply(&sum.x, &field.multiply(&inverse, &inverse)));
    Some(reduce(x, &curve.order) == r)
}

/// The point of an uncompressed key, when it lies on the curve.
fn public_key(curve: &Parameters, field: &Modulus, key: &[u8]) -> Option<Point> {
    let coordinates = key.strip_prefix(&[4]).filter(|rest| rest.len() == 2 * curve.bytes)?;
    let (x, y) = coordinates.split_at(curve.bytes);
    let in_field = |number: &Number| is_less(number, &curve.prime);
    let (x, y) = (number(x).filter(in_field)?, number(y).filter(in_field)?);
    let (x, y, b) = (field.enter(&x), field.enter(&y), field.enter(&curve.b));
    let cube = field.multiply(&field.multiply(&x, &x), &x);
    let triple = field.add(&field.add(&x, &x), &x);
    let right = field.add(&field.subtract(&cube, &triple), &b);
    (field.multiply(&y, &y) == right).then_some(Point { x, y, z: field.enter(&ONE) })
}

/// A number out of big-endian bytes; none when it has more than 384 bits.
fn number(bytes: &[u8]) -> Option<Number> {
    let significant = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
    if significant.len() > 48 {
        return None;
    }
    let mut number = ZERO;
    for (place, byte) in significant.iter().rev().enumerate() {
        number[place / 8] |= u64::from(*byte) << (place % 8 * 8);
    }
    Some(number)
}

fn is_less(left: &Number, right: &Number) -> bool {
    left.iter().rev().lt(right.iter().rev())
}

/// A number below twice the modulus, below the modulus.
fn reduce(number: Number, modulus: &Number) -> Number {
    if is_less(&number, modulus) { number } else { difference(&number, modulus).0 }
}

/// The sum modulo 2^384 and what is carried over.
fn total(left: &Number, right: &Number) -> (Number, bool) {
    let (mut out, mut carry) = (ZERO, false);
    for ((out, left), right) in out.iter_mut().zip(left).zip(right) {
        let (sum, first) = left.overflowing_add(*right);
        let (sum, second) = sum.overflowing_add(u64::from(carry));
        (*out, carry) = (sum, first | second);
    }
    (out, carry)
}

/// The difference modulo 2^384 and whether it is negative.
fn difference(left: &Number, right: &Number) -> (Number, bool) {
    let (mut out, mut borrow) = (ZERO, false);
    for ((out, left), right) in out.iter_mut().zip(left).zip(right) {
        let (rest, first) = left.overflowing_sub(*right);
        let (rest, second) = rest.overflowing_sub(u64::from(borrow));
        (*out, borrow) = (rest, first | second);
    }
    (out, borrow)
}

/// Arithmetic modulo an odd number, on numbers in Montgomery's form (times 2^384).
struct Modulus {
    modulus: Number,
    /// The negative inverse of the modulus modulo 2^64.
    inverse: u64,
    /// 2^768.
    square: Number,
}

/// A point in Jacobian coordinates, in Montgomery's form; `z` is zero at infinity.
#[derive(Clone, Copy)]
struct Point {
    x: Number,
    y: Number,
    z: Number,
}

impl Modulus {
    fn of(modulus: Number) -> Self {
        // Newton's iteration doubles the valid bits: 1, 2, 4, … 64.
        let inverse =
            (0..6).fold(1_u64, |inverse, _| inverse.wrapping_mul(2_u64.wrapping_sub(modulus[0].wrapping_mul(inverse))));
        let mut field = Self { modulus, inverse: inverse.wrapping_neg(), square: ONE };
        for _ in 0..768 {
            field.square = field.add(&field.square, &field.square);
        }
        field
    }

    fn enter(&self, number: &Number) -> Number {
        self.multiply(number, &self.square)
    }

    fn leave(&self, number: &Number) -> Number {
        self.multiply(number, &ONE)
    }

    fn add(&self, left: &Number, right: &Number) -> Number {
        let (sum, carry) = total(left, right);
        if carry { difference(&sum, &self.modulus).0 } else { reduce(sum, &self.modulus) }
    }

    fn subtract(&self, left: &Number, right: &Number) -> Number {
        let (rest, is_negative) = difference(left, right);
        if is_negative { total(&rest, &self.modulus).0 } else { rest }
    }

    /// Montgomery's product, digit by digit.
    fn multiply(&self, left: &Number, right: &Number) -> Number {
        let mut digits = [0_u64; 8];
        for factor in left {
            accumulate(&mut digits, *factor, right);
            let quotient = digits[0].wrapping_mul(self.inverse);
            accumulate(&mut digits, quotient, &self.modulus);
            digits.rotate_left(1);
            digits[7] = 0;
        }
        let [product @ .., carry, _] = digits;
        if carry != 0 { difference(&product, &self.modulus).0 } else { reduce(product, &self.modulus) }
    }

    /// Fermat: the power of the modulus less two.
    fn inverse(&self, number: &Number) -> Number {
        let exponent = difference(&self.modulus, &[2, 0, 0, 0, 0, 0]).0;
        let mut power = self.enter(&ONE);
        for bit in (0..384).rev() {
            power = self.multiply(&power, &power);
            if is_set(&exponent, bit) {
                power = self.multiply(&power, number);
            }
        }
        power
    }

    /// The sum of two multiples of points.
    fn combine(&self, left: (&Number, &Point), right: (&Number, &Point)) -> Point {
        let both = self.join(left.1, right.1);
        let mut sum = Point { x: ZERO, y: self.enter(&ONE), z: ZERO };
        for bit in (0..384).rev() {
            sum = self.double(&sum);
            match (is_set(left.0, bit), is_set(right.0, bit)) {
                (true, true) => sum = self.join(&sum, &both),
                (true, false) => sum = self.join(&sum, left.1),
                (false, true) => sum = self.join(&sum, right.1),
                (false, false) => {}
            }
        }
        sum
    }

    fn double(&self, point: &Point) -> Point {
        let z_square = self.multiply(&point.z, &point.z);
        let y_square = self.multiply(&point.y, &point.y);
        let twice = |number: &Number| self.add(number, number);
        let beta = twice(&twice(&self.multiply(&point.x, &y_square)));
        let line = self.multiply(&self.subtract(&point.x, &z_square), &self.add(&point.x, &z_square));
        let alpha = self.add(&twice(&line), &line);
        let x = self.subtract(&self.multiply(&alpha, &alpha), &twice(&beta));
        let y_fourth = twice(&twice(&twice(&self.multiply(&y_square, &y_square))));
        let y = self.subtract(&self.multiply(&alpha, &self.subtract(&beta, &x)), &y_fourth);
        Point { x, y, z: twice(&self.multiply(&point.y, &point.z)) }
    }

    /// The sum of two points.
    fn join(&self, left: &Point, right: &Point) -> Point {
        if left.z == ZERO {
            return *right;
        }
        if right.z == ZERO {
            return *left;
        }
        let (left_z, right_z) = (self.multiply(&left.z, &left.z), self.multiply(&right.z, &right.z));
        let (left_x, right_x) = (self.multiply(&left.x, &right_z), self.multiply(&right.x, &left_z));
        let left_y = self.multiply(&left.y, &self.multiply(&right_z, &right.z));
        let right_y = self.multiply(&right.y, &self.multiply(&left_z, &left.z));
        let (run, rise) = (self.subtract(&right_x, &left_x), self.subtract(&right_y, &left_y));
        if run == ZERO {
            return if rise == ZERO { self.double(left) } else { Point { x: ZERO, y: left.y, z: ZERO } };
        }
        let square = self.multiply(&run, &run);
        let cube = self.multiply(&square, &run);
        let shared = self.multiply(&left_x, &square);
        let x = self.subtract(&self.multiply(&rise, &rise), &self.add(&cube, &self.add(&shared, &shared)));
        let y = self.subtract(&self.multiply(&rise, &self.subtract(&shared, &x)), &self.multiply(&left_y, &cube));
        Point { x, y, z: self.multiply(&run, &self.multiply(&left.z, &right.z)) }
    }
}

/// Adds a product of a digit and a number.
fn accumulate(digits: &mut [u64; 8], factor: u64, number: &Number) {
    let mut carry = 0_u128;
    for (digit, other) in digits.iter_mut().zip(number.iter().chain(&[0, 0])) {
        carry += u128::from(*digit) + u128::from(factor) * u128::from(*other);
        #[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
        let lower = carry as u64;
        *digit = lower;
        carry >>= 64;
    }
}

fn is_set(number: &Number, bit: usize) -> bool {
    number[bit / 64] >> (bit % 64) & 1 == 1
}
