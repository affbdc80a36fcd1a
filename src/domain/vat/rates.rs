//! The dated table of rates, and the rates of a user's own classes of goods.

use std::sync::LazyLock;

use crate::domain::money::Decimal;

use super::table::read_day;

/// One rate of one country, from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Country by its VAT prefix: `EL` for Greece, `XI` for goods in Northern Ireland.
    pub country: String,
    /// `standard`, `reduced`, `super_reduced`, `parking`, `zero` or `special_territory`; a user's class in a user's table.
    pub category: String,
    /// Percent.
    pub percent: Decimal,
    /// First day, in days since 1970-01-01.
    pub from: i32,
    /// Last day, when the table says one.
    pub to: Option<i32>,
    /// Territory it is limited to, empty for the whole country.
    pub territory: String,
    /// Where this is known from.
    pub source: String,
    /// Whether the category means this rate when the country has several.
    pub usual: bool,
}

/// The rate that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Percent.
    pub percent: Decimal,
    /// Its class, as returns and registers name it.
    pub category: String,
    /// Whether the class of the goods is known to mean this rate there.
    pub certain: bool,
    /// `DE standard 19 from 2021-01-01`.
    pub words: String,
}

/// The classes that the built-in table has.
pub const CATEGORIES: &[&str] = &["standard", "reduced", "super_reduced", "parking", "zero"];

const TABLE: &str = include_str!("rates.csv");

static RATES: LazyLock<Vec<Rate>> = LazyLock::new(|| data_lines(TABLE).filter_map(read).collect());

/// All rates, by country, category and first day.
#[must_use]
pub fn rates() -> &'static [Rate] {
    &RATES
}

/// The rates of a category in force in a country on a day. The standard rate is the latest that has begun; of the other
/// categories several can be in force together.
#[must_use]
pub fn in_force(country: &str, category: &str, day: i32) -> Vec<&'static Rate> {
    let begun = rates().iter().filter(|rate| {
        rate.country == country
            && rate.category == category
            && rate.territory.is_empty()
            && rate.from <= day
            && rate.to.is_none_or(|to| day <= to)
    });
    if category == "standard" {
        return begun.max_by_key(|rate| rate.from).into_iter().collect();
    }
    begun.collect()
}

/// The one rate that a category means in a country on a day; `None` when there is none, or several and none is usual.
#[must_use]
pub fn meant(country: &str, category: &str, day: i32) -> Option<&'static Rate> {
    match in_force(country, category, day).as_slice() {
        [one] => Some(one),
        several => several.iter().find(|rate| rate.usual).copied(),
    }
}

/// The rate of a class in an area: a user's row first, then the built-in table. `area` is a country or a territory of it.
#[must_use]
pub fn find(own: &[Rate], country: &str, area: &str, class: &str, day: i32) -> Option<Found> {
    if let Some(rate) = own_rate(own, country, area, class, day) {
        let category = category_of(country, rate.percent, day).unwrap_or(if area == country {
            "reduced"
        } else {
            "special_territory"
        });
        return Some(found(rate, category, true));
    }
    if area != country {
        let mut standard =
            rates().iter().filter(|rate| rate.territory == area && rate.from <= day && class == "standard");
        return standard.next().map(|rate| found(rate, "special_territory", true));
    }
    meant(country, class, day).map(|rate| found(rate, class, class == "standard" || country == "IT"))
}

fn own_rate<'r>(own: &'r [Rate], country: &str, area: &str, class: &str, day: i32) -> Option<&'r Rate> {
    let rows =
        own.iter().filter(|rate| rate.category == class && rate.from <= day && rate.to.is_none_or(|to| day <= to));
    let here = rows.filter(|rate| rate.country == area || (rate.country == country && area == country));
    here.max_by_key(|rate| rate.from)
}

/// The rate in force with this percentage; for whoever knows the number and not the class.
#[must_use]
pub fn by_percent(country: &str, percent: Decimal, day: i32) -> Option<Found> {
    let of = |category: &&str| in_force(country, category, day).into_iter().find(|rate| rate.percent == percent);
    CATEGORIES.iter().find_map(of).map(|rate| found(rate, &rate.category, true))
}

fn category_of(country: &str, percent: Decimal, day: i32) -> Option<&'static str> {
    CATEGORIES
        .iter()
        .copied()
        .find(|category| in_force(country, category, day).iter().any(|rate| rate.percent == percent))
}

fn found(rate: &Rate, category: &str, certain: bool) -> Found {
    let place = if rate.territory.is_empty() { &rate.country } else { &rate.territory };
    let words = format!("{place} {} {}", rate.category, rate.percent.to_string_trimmed());
    Found { percent: rate.percent, category: category.to_owned(), certain, words }
}

/// A user's table: `category`, `country`, `rate`, and where they matter `valid_from`, `valid_to`.
///
/// # Errors
/// Every line that cannot be used, as number and message.
pub fn read_own(text: &str) -> Result<Vec<Rate>, Vec<(usize, String)>> {
    let (mut rates, mut problems) = (Vec::new(), Vec::new());
    let lines = (1..).zip(text.trim_start_matches('\u{feff}').lines());
    let mut lines = lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    let Some((number, header)) = lines.next() else { return Err(vec![(1, "the table of rates is empty".to_owned())]) };
    let separator = [';', '\t'].into_iter().find(|separator| header.contains(*separator)).unwrap_or(',');
    let header: Vec<&str> = header.split(separator).map(str::trim).collect();
    for needed in ["category", "country", "rate"] {
        if !header.contains(&needed) {
            problems.push((
                number,
                format!("the header has no column `{needed}`: expected category, country, rate, valid_from, valid_to"),
            ));
        }
    }
    if problems.is_empty() {
        for (number, line) in lines {
            let cells: Vec<&str> = line.split(separator).map(str::trim).collect();
            let cell = |name: &str| {
                header.iter().position(|column| *column == name).and_then(|index| cells.get(index).copied())
            };
            match read_own_line(&cell) {
                Ok(rate) => rates.push(rate),
                Err(message) => problems.push((number, message)),
            }
        }
    }
    if problems.is_empty() { Ok(rates) } else { Err(problems) }
}

fn read_own_line<'t>(cell: &impl Fn(&str) -> Option<&'t str>) -> Result<Rate, String> {
    let text = |name: &str| cell(name).unwrap_or_default();
    let percent = text("rate").trim_end_matches('%').replace(',', ".");
    let percent: Decimal = percent.trim().parse().map_err(|_| format!("`{}` is no rate in percent", text("rate")))?;
    if percent.is_negative() || percent > Decimal::new(50, 0) || percent.trimmed().scale > 2 {
        return Err(format!("`{percent}` is no rate of VAT: expected a percentage from 0 to 50 with two decimals"));
    }
    let day = |name: &str| match text(name) {
        "" => Ok(None),
        written => read_day(written)
            .map(Some)
            .ok_or_else(|| format!("`{name}` is `{written}`: expected a day as `2026-12-31`")),
    };
    let country = text("country").to_uppercase();
    let place = super::place::Place::of(&country, "", "", "").ok().map(|place| place.country);
    let is_area = rates().iter().any(|rate| rate.territory == country);
    let country =
        if is_area { Some(country.clone()) } else { place }.ok_or_else(|| format!("unknown country `{country}`"))?;
    if text("category").is_empty() {
        return Err("`category` is empty".to_owned());
    }
    Ok(Rate {
        country,
        category: text("category").to_lowercase(),
        percent,
        from: day("valid_from")?.unwrap_or(0),
        to: day("valid_to")?,
        territory: String::new(),
        source: "own table".to_owned(),
        usual: false,
    })
}

/// Lines of a data file without its comments and its header.
fn data_lines(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).skip(1)
}

fn read(line: &'static str) -> Option<Rate> {
    let mut cells = line.split(',');
    let mut next = || cells.next();
    let (country, category, percent) = (next()?, next()?, next()?);
    let (from, territory, source) = (next()?, next()?, next()?);
    let usual = next() == Some("yes");
    Some(Rate {
        country: country.to_owned(),
        category: category.to_owned(),
        percent: percent.parse().ok()?,
        from: read_day(from)?,
        to: None,
        territory: territory.to_owned(),
        source: source.to_owned(),
        usual,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> i32 {
        read_day(text).unwrap()
    }

    #[test]
    fn every_line_is_read_and_makes_sense() {
        assert_eq!(rates().len(), data_lines(TABLE).count());
        for rate in rates() {
            assert!(!rate.percent.is_negative() && rate.percent < Decimal::new(30, 0), "{rate:?}");
            assert!(CATEGORIES.contains(&rate.category.as_str()) || rate.category == "special_territory", "{rate:?}");
        }
    }

    #[test]
    fn rates_change_on_their_day() {
        let cases = [
            ("EE", "standard", "2025-06-30", Some("22")),
            ("EE", "standard", "2025-07-01", Some("24")),
            ("RO", "standard", "2025-07-31", Some("19")),
            ("RO", "standard", "2025-08-01", Some("21")),
            ("SK", "standard", "2024-12-31", Some("20")),
            ("SK", "standard", "2025-01-01", Some("23")),
            ("DE", "standard", "2020-12-31", Some("16")),
            ("FI", "standard", "2024-08-31", Some("24")),
            ("FI", "standard", "2026-09-15", Some("25.5")),
            ("IT", "reduced", "2026-09-15", Some("10")),
            ("IT", "super_reduced", "2026-09-15", Some("4")),
            ("FR", "reduced", "2026-09-15", None),
            ("DE", "reduced", "2026-09-15", Some("7")),
            ("IE", "zero", "2026-09-15", Some("0")),
            ("IT", "standard", "2015-12-31", None),
            ("US", "standard", "2026-09-15", None),
        ];
        for (country, category, text, expected) in cases {
            let found = meant(country, category, day(text)).map(|rate| rate.percent.to_string_trimmed());
            assert_eq!(found.as_deref(), expected, "{country} {category} {text}");
        }
    }

    #[test]
    fn every_member_state_has_a_standard_rate() {
        for country in super::super::place::MEMBERS {
            assert!(meant(country, "standard", day("2026-11-23")).is_some(), "{country}");
        }
    }

    #[test]
    fn own_classes_are_read_and_win() {
        let own = read_own("category;country;rate;valid_from;valid_to\nfood;DE;7;;\nfood;FR;5,5%;2026-01-01;\nreduced;FR;10;;2025-12-31\n").unwrap();
        let rate = |country: &str, class: &str, text: &str| {
            find(&own, country, country, class, day(text))
                .map(|found| (found.percent.to_string_trimmed(), found.category))
        };
        assert_eq!(rate("FR", "food", "2026-02-01"), Some(("5.5".to_owned(), "reduced".to_owned())));
        assert_eq!(rate("FR", "food", "2025-02-01"), None);
        assert_eq!(rate("DE", "food", "2026-02-01"), Some(("7".to_owned(), "reduced".to_owned())));
        assert_eq!(rate("AT", "food", "2026-02-01"), None);
        let problems = read_own("category,country,rate\nfood,ZZ,7\nfood,DE,x\n,DE,7\nfood,DE,77").unwrap_err();
        assert_eq!(problems.iter().map(|problem| problem.0).collect::<Vec<_>>(), [2, 3, 4, 5]);
        assert!(read_own("a,b\n1,2").is_err() && read_own("").is_err());
    }
}
