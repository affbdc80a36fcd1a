//! Places that VAT does not treat as their country code says.
//!
//! Recognised by country and postcode (Commission table of territorial status, state 2026). Where the postcodes are not
//! verified the confidence is medium at most.

/// The Member States by VAT prefix, with `EL` for Greece.
pub const MEMBERS: &[&str] = &[
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// A territory with a treatment of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Territory {
    /// Its name in the output.
    pub code: &'static str,
    /// Country code of its addresses.
    pub country: &'static str,
    /// Beginnings of its postcodes; empty when the country code alone says it.
    pub postcodes: &'static [&'static str],
    /// `eu`, `it_free`, `sm`, `va`, `xi` or `third`: what the decision table sees.
    pub zone: &'static str,
    /// Whose VAT it is when the destination is taxed.
    pub vat_country: &'static str,
    /// Whether it has a standard rate of its own.
    pub own_rate: bool,
    /// Whether the decision is certain; else the confidence is medium at most.
    pub certain: bool,
    /// What is added to the legal reference.
    pub legal: &'static str,
}

const THIRD: Territory = Territory {
    code: "",
    country: "",
    postcodes: &[],
    zone: "third",
    vat_country: "",
    own_rate: false,
    certain: true,
    legal: "",
};
const MEMBER: Territory = Territory { zone: "eu", ..THIRD };
const PLACE: &str = "; art.7 c.1 lett.b";
const IRELAND: &str = "; Protocol IE/NI";

/// All territories; the first that matches counts.
#[rustfmt::skip]
pub const TERRITORIES: &[Territory] = &[
    Territory { code: "IT-LIVIGNO", country: "IT", postcodes: &["23041"], zone: "it_free", ..THIRD },
    Territory { code: "IT-CAMPIONE", country: "IT", postcodes: &["22061"], zone: "it_free", certain: false, ..THIRD },
    Territory { code: "SM", country: "IT", postcodes: &["4789"], zone: "sm", vat_country: "IT", ..THIRD },
    Territory { code: "SM", country: "SM", zone: "sm", vat_country: "IT", ..THIRD },
    Territory { code: "VA", country: "IT", postcodes: &["00120"], zone: "va", ..THIRD },
    Territory { code: "VA", country: "VA", zone: "va", ..THIRD },
    Territory { code: "ES-CN", country: "ES", postcodes: &["35", "38"], legal: PLACE, ..THIRD },
    Territory { code: "ES-CE", country: "ES", postcodes: &["51"], legal: PLACE, ..THIRD },
    Territory { code: "ES-ML", country: "ES", postcodes: &["52"], legal: PLACE, ..THIRD },
    Territory { code: "FR-OM", country: "FR", postcodes: &["971", "972", "973", "974", "976"], ..THIRD },
    Territory { code: "AX", country: "FI", postcodes: &["22"], ..THIRD },
    Territory { code: "DE-HELGOLAND", country: "DE", postcodes: &["27498"], ..THIRD },
    Territory { code: "DE-BUESINGEN", country: "DE", postcodes: &["78266"], certain: false, ..THIRD },
    Territory { code: "GR-ATHOS", country: "EL", postcodes: &["63086"], certain: false, ..THIRD },
    Territory { code: "PT-20", country: "PT", postcodes: &["95", "96", "97", "98", "99"], vat_country: "PT", own_rate: true, certain: false, ..MEMBER },
    Territory { code: "PT-30", country: "PT", postcodes: &["90", "91", "92", "93", "94"], vat_country: "PT", own_rate: true, certain: false, ..MEMBER },
    Territory { code: "AT-JUNGHOLZ", country: "AT", postcodes: &["6691"], vat_country: "AT", own_rate: true, certain: false, ..MEMBER },
    Territory { code: "AT-MITTELBERG", country: "AT", postcodes: &["6991", "6992", "6993"], vat_country: "AT", own_rate: true, certain: false, ..MEMBER },
    Territory { code: "MC", country: "MC", vat_country: "FR", legal: "; art.7 c.1 lett.b DPR 633/72", ..MEMBER },
    Territory { code: "GB-NIR", country: "GB", postcodes: &["BT"], zone: "xi", vat_country: "XI", certain: false, legal: IRELAND, ..THIRD },
    Territory { code: "GB-NIR", country: "XI", zone: "xi", vat_country: "XI", certain: false, legal: IRELAND, ..THIRD },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn territories_fit_together() {
        for territory in TERRITORIES {
            let taxed_there = ["eu", "xi"].contains(&territory.zone);
            assert!(!taxed_there || !territory.vat_country.is_empty(), "{territory:?}");
            assert!(territory.postcodes.iter().all(|code| !code.contains(' ')), "{territory:?}");
            if territory.own_rate {
                assert!(
                    crate::domain::vat::rates().iter().any(|rate| rate.territory == territory.code),
                    "{territory:?}"
                );
            }
        }
        assert!(MEMBERS.is_sorted());
    }
}
