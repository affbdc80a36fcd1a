//! Minor units of currencies, for the decimals of a displayed price.

/// Currencies without decimals and with three (ISO 4217); all others that shops use have two.
const WITHOUT: &[&str] = &[
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF",
    "XPF",
];
const WITH_THREE: &[&str] = &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

/// Decimals of prices in a currency.
#[must_use]
pub fn decimals(currency: &str) -> u8 {
    if WITHOUT.contains(&currency) {
        0
    } else if WITH_THREE.contains(&currency) {
        3
    } else {
        2
    }
}

#[cfg(test)]
mod tests {
    use super::decimals;

    #[test]
    fn minor_units() {
        assert_eq!(["EUR", "JPY", "TND", "HUF"].map(decimals), [2, 0, 3, 2]);
    }
}
