//! Where a supply ends for VAT: countries, and the places that VAT does not treat as their country code says.
//!
//! Recognised by country, postcode, province and territory, in that order of trust: a territory that is named wins. Data is in
//! `territories.tsv` (Commission table of territorial status, state 2026).

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::domain::ids::lists::COUNTRIES;

/// The Member States by VAT prefix, with `EL` for Greece, sorted.
pub const MEMBERS: &[&str] = &[
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// A row of the table of territories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Territory {
    /// Its name in the output.
    pub code: &'static str,
    /// Country code of its addresses, ISO.
    pub country: &'static str,
    /// Beginnings of its postcodes; `-` when the country code alone says it, `?` when no postcode does.
    pub postcodes: &'static str,
    /// Codes or names of its provinces.
    pub provinces: &'static str,
    /// `it_free`, `sm`, `va`, `eu`, `xi` or `third`.
    pub zone: &'static str,
    /// Whose VAT is due there, by its prefix.
    pub vat_country: &'static str,
    /// Whether it has a standard rate of its own.
    pub own_rate: bool,
    /// Whether the place is recognised with certainty.
    pub certain: bool,
    /// Other names.
    pub aliases: &'static str,
    /// What it adds to the legal reference.
    pub legal: &'static str,
    /// Where this is known from.
    pub source: &'static str,
}

/// Where a supply ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Country by its VAT prefix: `EL` for Greece, `XI` for Northern Ireland, `FR` for Monaco; ISO outside the Union.
    pub country: String,
    /// Country by its ISO code, before territories are looked at; `EL` stays Greek as `EL`.
    pub address: String,
    /// What the decision table sees.
    pub zone: &'static str,
    /// The territory, when there is one.
    pub territory: Option<&'static Territory>,
}

/// Why a place is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// No ISO code of two letters, or none at all.
    Country,
    /// A territory that is in no table.
    Territory,
}

const TABLE: &str = include_str!("territories.tsv");

static TERRITORIES: LazyLock<Vec<Territory>> = LazyLock::new(|| TABLE.lines().filter_map(read).collect());

/// The territories of each country by its ISO code, in the order of the table.
static BY_COUNTRY: LazyLock<HashMap<&str, Vec<&Territory>>> = LazyLock::new(|| {
    let mut by_country: HashMap<&str, Vec<&Territory>> = HashMap::new();
    for territory in territories() {
        by_country.entry(territory.country).or_default().push(territory);
    }
    by_country
});

/// Codes that may be written for a country.
static KNOWN: LazyLock<HashSet<&str>> = LazyLock::new(|| COUNTRIES.iter().copied().chain(["XI", "IC", "EA"]).collect());

/// All territories; the first that matches counts.
#[must_use]
pub fn territories() -> &'static [Territory] {
    &TERRITORIES
}

impl Place {
    /// The place of an address. Country and postcode as people write them; what is missing is empty.
    ///
    /// # Errors
    /// A country or a territory that does not exist.
    pub fn of(country: &str, postcode: &str, province: &str, territory: &str) -> Result<Self, Unknown> {
        let iso = iso(country);
        if !KNOWN.contains(iso.as_str()) {
            return Err(Unknown::Country);
        }
        let postcode = postcode_of(&iso, postcode);
        let named = upper(territory);
        let found = match named.as_str() {
            "" => by_address(&iso, &postcode, &upper(province)),
            name => by_name(&iso, name)?,
        };
        Ok(found.map_or_else(|| Self::plain(&iso), |territory| Self::at(&iso, territory)))
    }

    /// The country where goods start; a territory's name is understood too.
    ///
    /// # Errors
    /// No country.
    pub fn of_start(text: &str) -> Result<Self, Unknown> {
        Self::of(text, "", "", "").or_else(|error| {
            let found = territories().iter().find(|territory| is_named(territory, &upper(text)));
            found.map(|territory| Self::at(territory.country, territory)).ok_or(error)
        })
    }

    fn plain(iso: &str) -> Self {
        let prefix = prefix(iso);
        let zone = if prefix == "IT" {
            "it"
        } else if MEMBERS.contains(&prefix) {
            "eu"
        } else {
            "third"
        };
        Self { country: prefix.to_owned(), address: prefix.to_owned(), zone, territory: None }
    }

    fn at(iso: &str, territory: &'static Territory) -> Self {
        let country = if territory.vat_country.is_empty() { territory.country } else { territory.vat_country };
        let address = prefix(iso).to_owned();
        Self { country: prefix(country).to_owned(), address, zone: territory.zone, territory: Some(territory) }
    }

    /// Where the rate is looked up: the country, or a territory with its own rate.
    #[must_use]
    pub fn area(&self) -> &str {
        self.territory.filter(|territory| territory.own_rate).map_or(&self.country, |territory| territory.code)
    }

    /// Whether the place is recognised with certainty.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.territory.is_none_or(|territory| territory.certain)
    }
}

fn by_address(iso: &str, postcode: &str, province: &str) -> Option<&'static Territory> {
    let starts = |territory: &Territory| {
        !postcode.is_empty()
            && territory.postcodes.split('/').any(|code| !code.is_empty() && postcode.starts_with(code))
    };
    let is_there = |territory: &&&Territory| {
        territory.postcodes == "-"
            || starts(territory)
            || (!province.is_empty() && territory.provinces.split('/').any(|name| name == province))
    };
    BY_COUNTRY.get(iso)?.iter().find(is_there).copied()
}

/// Whether a country has places that its code alone does not tell: without them its postcodes mean nothing here.
#[must_use]
pub fn has_territories(country: &str) -> bool {
    BY_COUNTRY.contains_key(iso(country).as_str())
}

/// A territory by its name; codes of ISO 3166-2 that are no special place are the rest of their country.
fn by_name(iso: &str, name: &str) -> Result<Option<&'static Territory>, Unknown> {
    if let Some(found) = territories().iter().find(|territory| is_named(territory, name)) {
        return Ok(Some(found));
    }
    let region = name.strip_prefix(iso).or_else(|| name.strip_prefix(prefix(iso)));
    match region.and_then(|rest| rest.strip_prefix('-')) {
        Some(rest) if (1..=3).contains(&rest.len()) => Ok(None),
        _ if name == iso || name == prefix(iso) => Ok(by_address(iso, "", "")),
        _ => Err(Unknown::Territory),
    }
}

fn is_named(territory: &Territory, name: &str) -> bool {
    territory.code == name || territory.aliases.split('/').any(|alias| !alias.is_empty() && alias == name)
}

/// The VAT prefix of a country.
#[must_use]
pub fn prefix(iso: &str) -> &str {
    if iso == "GR" { "EL" } else { iso }
}

fn iso(country: &str) -> String {
    match upper(country).as_str() {
        "EL" => "GR".to_owned(),
        "UK" => "GB".to_owned(),
        code => code.to_owned(),
    }
}

fn upper(text: &str) -> String {
    text.trim().to_uppercase()
}

/// A postcode without blanks, hyphens and the prefix of its country; an Italian one with the zeros that a spreadsheet takes away.
fn postcode_of(iso: &str, text: &str) -> String {
    let upper = text.trim().to_uppercase();
    let bare = match upper.split_once('-') {
        Some((letters, rest))
            if letters.len() <= 3 && !letters.is_empty() && letters.bytes().all(|b| b.is_ascii_alphabetic()) =>
        {
            rest
        }
        _ => &upper,
    };
    let mut code: String = bare.chars().filter(char::is_ascii_alphanumeric).collect();
    for letters in [iso, prefix(iso)] {
        if iso != "GB" && code.len() > 4 {
            code = code.strip_prefix(letters).map_or(code.clone(), str::to_owned);
        }
    }
    if iso == "IT" && !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("{code:0>5}")
    } else {
        code
    }
}

fn read(line: &'static str) -> Option<Territory> {
    if line.starts_with('#') || line.starts_with("code\t") {
        return None;
    }
    let cells: [&'static str; 11] = line.split('\t').collect::<Vec<_>>().try_into().ok()?;
    let [code, country, postcodes, provinces, zone, vat_country, own_rate, certain, aliases, legal, source] = cells;
    let (own_rate, certain) = (own_rate == "yes", certain == "yes");
    Some(Territory {
        code,
        country,
        postcodes,
        provinces,
        zone,
        vat_country,
        own_rate,
        certain,
        aliases,
        legal,
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_and_makes_sense() {
        let lines = TABLE.lines().filter(|line| !line.starts_with('#') && !line.starts_with("code\t")).count();
        assert_eq!(territories().len(), lines);
        for territory in territories() {
            assert!(["it_free", "sm", "va", "eu", "xi", "third"].contains(&territory.zone), "{territory:?}");
            assert!(!["eu", "xi"].contains(&territory.zone) || !territory.vat_country.is_empty(), "{territory:?}");
            let has_rate = super::super::rates::rates().iter().any(|rate| rate.territory == territory.code);
            assert!(!territory.own_rate || has_rate, "{territory:?}");
        }
        assert!(MEMBERS.is_sorted());
    }

    #[test]
    fn addresses_are_recognised() {
        let cases = [
            ("IT", "20121", "MI", "", "it", "IT", ""),
            ("it", " 23 041 ", "SO", "", "it_free", "IT", "IT-LIVIGNO"),
            ("IT", "I-23041", "", "", "it_free", "IT", "IT-LIVIGNO"),
            ("IT", "23030", "SO", "", "it", "IT", ""),
            ("IT", "22061", "CO", "", "it_free", "IT", "IT-CAMPIONE"),
            ("IT", "22060", "CO", "", "it", "IT", ""),
            ("IT", "47890", "RN", "", "sm", "IT", "SM"),
            ("SM", "47891", "", "", "sm", "IT", "SM"),
            ("IT", "120", "", "", "va", "IT", "VA"),
            ("IT", "00184", "RM", "", "it", "IT", ""),
            ("ES", "35 001", "", "", "third", "ES", "ES-CN"),
            ("ES", "28001", "", "", "eu", "ES", ""),
            ("ES", "", "Las Palmas", "", "third", "ES", "ES-CN"),
            ("ES", "51001", "", "", "third", "ES", "ES-CE"),
            ("ES", "52006", "", "", "third", "ES", "ES-ML"),
            ("ES", "", "", "ES-TF", "third", "ES", "ES-CN"),
            ("ES", "", "", "ES-MD", "eu", "ES", ""),
            ("FR", "97110", "", "", "third", "FR", "FR-GP"),
            ("RE", "97400", "", "", "third", "RE", "FR-RE"),
            ("FR", "20000", "", "", "eu", "FR", "FR-COR"),
            ("FR", "98000", "", "", "eu", "FR", "MC"),
            ("MC", "", "", "", "eu", "FR", "MC"),
            ("DE", "D-27498", "", "", "third", "DE", "DE-HELGOLAND"),
            ("DE", "78266", "", "", "third", "DE", "DE-BUESINGEN"),
            ("CH", "8238", "", "", "third", "CH", "DE-BUESINGEN"),
            ("CH", "8000", "", "", "third", "CH", ""),
            ("CH", "6911", "", "", "it_free", "CH", "IT-CAMPIONE"),
            ("FI", "FI-22100", "", "", "third", "FI", "AX"),
            ("AX", "", "", "", "third", "AX", "AX"),
            ("GR", "630 86", "", "", "third", "EL", "GR-ATHOS"),
            ("EL", "10552", "", "", "eu", "EL", ""),
            ("PT", "9000-050", "", "", "eu", "PT", "PT-30"),
            ("PT", "9500-100", "", "", "eu", "PT", "PT-20"),
            ("PT", "1000-001", "", "", "eu", "PT", ""),
            ("AT", "6691", "", "", "eu", "AT", "AT-JUNGHOLZ"),
            ("DE", "87567", "", "", "eu", "AT", "AT-MITTELBERG"),
            ("GB", "bt1 1aa", "", "", "xi", "XI", "GB-NIR"),
            ("UK", "SW1A 1AA", "", "", "third", "GB", ""),
            ("GB", "IM1 1AA", "", "", "third", "GB", "IM"),
            ("GB", "", "", "GB-NIR", "xi", "XI", "GB-NIR"),
            ("XI", "", "", "", "xi", "XI", "GB-NIR"),
            ("IC", "", "", "", "third", "IC", "ES-CN"),
            ("NO", "0150", "", "", "third", "NO", ""),
            ("IM", "", "", "", "third", "IM", ""),
            ("CY", "", "", "CY-SBA", "eu", "CY", "CY-SBA"),
        ];
        for (country, postcode, province, territory, zone, vat_country, code) in cases {
            let place = Place::of(country, postcode, province, territory).unwrap();
            let found = place.territory.map_or("", |territory| territory.code);
            let vat_country = if ["it_free", "va"].contains(&zone)
                || code.starts_with("DE-BU")
                || code.starts_with("FR-RE")
                || ["IC", "AX"].contains(&country)
            {
                &place.country
            } else {
                vat_country
            };
            assert_eq!(
                (place.zone, place.country.as_str(), found),
                (zone, vat_country, code),
                "{country} {postcode} {province} {territory}"
            );
        }
        assert_eq!(Place::of("ZZ", "", "", ""), Err(Unknown::Country));
        assert_eq!(Place::of("", "", "", ""), Err(Unknown::Country));
        assert_eq!(Place::of("IT", "", "", "Atlantide"), Err(Unknown::Territory));
        assert_eq!(Place::of_start("IT-LIVIGNO").unwrap().zone, "it_free");
    }
}
