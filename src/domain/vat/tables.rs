//! The data of this room as frames that can be joined to rows: places, decisions, rates.

use polars::prelude::{Column, DataFrame, IntoLazy, LazyFrame, NamedFrom, PolarsResult, Series};

use crate::domain::money::Decimal;

use super::rates::{change_days, in_force, meant, rates};
use super::rules::{Outcome, Seller, decisions};
use super::territory::{MEMBERS, TERRITORIES, Territory};

/// Column that all the tables are joined by, on their side.
pub const KEY: &str = "__vat_join";

/// Name of an attribute's column.
pub const ZONE: &str = "__vat_zone";
/// Name of the territory, null for the rest of a country.
pub const TERRITORY: &str = "__vat_territory";
/// VAT country when the destination is taxed.
pub const DESTINATION: &str = "__vat_destination";
/// Where the destination's rate is looked up: a country or a territory.
pub const AREA: &str = "__vat_area";
/// Whether the place is certain.
pub const CERTAIN: &str = "__vat_certain";
/// What the place adds to the legal reference.
pub const PLACE_LEGAL: &str = "__vat_place_legal";
/// Percentage in hundredths.
pub const HUNDREDTHS: &str = "__vat_hundredths";
/// Category of the rate that was found.
pub const CATEGORY: &str = "__vat_category";
/// Which period between two changes of rates a day lies in, from 1; 0 is before the table begins.
pub const ERA: &str = "__vat_era";

/// A column of a decision: its name and what it takes from the outcome.
type Field = (&'static str, fn(&Outcome) -> &'static str);

/// The columns of a decision, by the names of the output without prefix.
pub const OUTCOME: &[Field] = &[
    ("rule", |outcome| outcome.id),
    ("scheme", |outcome| outcome.scheme),
    ("country", |outcome| outcome.country),
    ("rate", |outcome| outcome.rate),
    ("natura", |outcome| outcome.natura),
    ("document", |outcome| outcome.document),
    ("tipo_documento", |outcome| outcome.tipo),
    ("register", |outcome| outcome.register),
    ("codice_destinatario", |outcome| outcome.code),
    ("intrastat", |outcome| outcome.intrastat),
    ("confidence", |outcome| outcome.confidence),
    ("legal_ref", |outcome| outcome.legal),
];

/// Name of a decision's column while it is not output yet.
#[must_use]
pub fn outcome_column(name: &str) -> String {
    format!("__vat_out_{name}")
}

/// The key of a territory in [`places`].
#[must_use]
pub fn territory_key(index: usize) -> String {
    format!("#{index}")
}

/// Attributes of Italy, of the Member States and of the territories; all other places are third countries.
///
/// # Errors
/// The engine cannot make the table.
pub fn places() -> PolarsResult<LazyFrame> {
    let members = MEMBERS.iter().map(|country| ((*country).to_owned(), member(country)));
    let territories = TERRITORIES.iter().enumerate().map(|(index, territory)| (territory_key(index), *territory));
    let (keys, places): (Vec<String>, Vec<Territory>) = members.chain(territories).unzip();
    let text = |name: &str, value: fn(&Territory) -> &'static str| texts(name, places.iter().map(value));
    let area = |place: &Territory| if place.own_rate { place.code } else { place.vat_country };
    frame(vec![
        Series::new(KEY.into(), keys),
        text(ZONE, |place| place.zone),
        text(TERRITORY, |place| place.code),
        text(DESTINATION, |place| place.vat_country),
        text(AREA, area),
        Series::new(CERTAIN.into(), places.iter().map(|place| place.certain).collect::<Vec<_>>()),
        text(PLACE_LEGAL, |place| place.legal),
    ])
}

fn member(country: &'static str) -> Territory {
    let zone = if country == "IT" { "it" } else { "eu" };
    Territory {
        code: "",
        country,
        postcodes: &[],
        zone,
        vat_country: country,
        own_rate: false,
        certain: true,
        legal: "",
    }
}

/// What a seller's sales come to, by the key of all conditions.
///
/// # Errors
/// The engine cannot make the table.
pub fn decision_table(seller: Seller) -> PolarsResult<LazyFrame> {
    let (keys, outcomes): (Vec<String>, Vec<&Outcome>) = decisions(seller).into_iter().unzip();
    let mut columns = vec![Series::new(KEY.into(), keys)];
    columns.extend(
        OUTCOME.iter().map(|(name, value)| texts(&outcome_column(name), outcomes.iter().map(|outcome| value(outcome)))),
    );
    frame(columns)
}

/// The rates in force in each era, by key: `DE:standard`, `PT-30:standard`, and `IT@22.0000` for an Italian rate that
/// is known by its percentage.
///
/// # Errors
/// The engine cannot make the table.
pub fn rate_table() -> PolarsResult<LazyFrame> {
    let (mut keys, mut eras, mut percents, mut categories) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (era, day) in (1i32..).zip(change_days()) {
        for (key, percent, category) in rates_on(day) {
            keys.push(key);
            eras.push(era);
            percents.push(percent);
            categories.push(category);
        }
    }
    frame(vec![
        Series::new(KEY.into(), keys),
        Series::new(ERA.into(), eras),
        Series::new(HUNDREDTHS.into(), percents),
        Series::new(CATEGORY.into(), categories),
    ])
}

const CATEGORIES: [&str; 3] = ["standard", "reduced", "super_reduced"];

fn rates_on(day: i32) -> Vec<(String, i64, &'static str)> {
    let mut found = Vec::new();
    let mut countries: Vec<&'static str> = rates().iter().map(|rate| rate.country).collect();
    countries.dedup();
    for country in countries {
        for rate in CATEGORIES.iter().filter_map(|category| meant(country, category, day)) {
            found.push((format!("{country}:{}", rate.category), rate));
        }
    }
    for rate in rates().iter().filter(|rate| !rate.territory.is_empty() && rate.from <= day) {
        found.push((format!("{}:standard", rate.territory), rate));
    }
    for rate in CATEGORIES.iter().flat_map(|category| in_force("IT", category, day)) {
        found.extend(rate.percent.rescale(4).map(|percent| (format!("IT@{percent}"), rate)));
    }
    let hundredths = |percent: Decimal| i64::try_from(percent.rescale(2)?.mantissa).ok();
    found.into_iter().filter_map(|(key, rate)| Some((key, hundredths(rate.percent)?, rate.category))).collect()
}

/// Texts, of which the empty ones are null.
fn texts(name: &str, values: impl Iterator<Item = &'static str>) -> Series {
    Series::new(name.into(), values.map(|value| Some(value).filter(|value| !value.is_empty())).collect::<Vec<_>>())
}

fn frame(columns: Vec<Series>) -> PolarsResult<LazyFrame> {
    Ok(DataFrame::new_infer_height(columns.into_iter().map(Column::from).collect())?.lazy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_unique() {
        let seller = Seller { forfettario: false, oss: true, over_10k: true };
        for (table, keys) in
            [(places(), vec![KEY]), (decision_table(seller), vec![KEY]), (rate_table(), vec![KEY, ERA])]
        {
            let table = table.unwrap().collect().unwrap();
            let unique =
                table.clone().lazy().group_by(keys.iter().map(|key| polars::prelude::col(*key)).collect::<Vec<_>>());
            assert_eq!(unique.agg([polars::prelude::len()]).collect().unwrap().height(), table.height(), "{keys:?}");
        }
    }
}
