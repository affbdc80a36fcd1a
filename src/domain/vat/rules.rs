//! The decision table: conditions and outcomes, read from `rules.tsv`.

use std::sync::LazyLock;

use super::rates::data_lines;

/// What the seller is: it decides which rows of the table count at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seller {
    /// Flat-rate scheme (RF19), else ordinary (RF01).
    pub forfettario: bool,
    /// Registered for the Union one-stop shop.
    pub oss: bool,
    /// More than 10 000 euro of distance sales and digital services to EU consumers, this year or last year.
    pub over_10k: bool,
}

/// One row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    conditions: [&'static str; 9],
    /// What it decides.
    pub outcome: Outcome,
}

/// What a rule decides; empty is null. The words are those of the trade's own documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Name of the rule, for the trace.
    pub id: &'static str,
    /// `IT_DOMESTIC`, `OSS_UNION`, `EXPORT`, …
    pub scheme: &'static str,
    /// `IT`, `destination` or empty.
    pub country: &'static str,
    /// Where the rate is looked up: `domestic`, `destination` or `none`.
    pub rate: &'static str,
    /// Code of the `Natura` element, empty when VAT is charged.
    pub natura: &'static str,
    /// `none`, `invoice_mandatory`, `invoice_on_request`, `invoice_optional` or `hold`.
    pub document: &'static str,
    /// `TD01` or `none`.
    pub tipo: &'static str,
    /// Register the sale goes to.
    pub register: &'static str,
    /// `CodiceDestinatario`, or the word that says which code of the buyer it is.
    pub code: &'static str,
    /// `none`, `goods` or `services`.
    pub intrastat: &'static str,
    /// `high`, `medium` or `low`; low rows should warn, not decide.
    pub confidence: &'static str,
    /// Legal reference up to 2026.
    pub legal: &'static str,
}

/// Values of the conditions that vary by row, in the order in which a key joins them.
pub const KINDS: &[&str] = &["goods", "digital", "print"];
/// Where the supply ends.
pub const ZONES: &[&str] = &["it", "it_free", "sm", "va", "eu", "xi", "third"];
/// Who buys; `legal` is a body without VAT number.
pub const BUYERS: &[&str] = &["consumer", "legal", "business", "pa"];
/// Answer of VIES; `unavailable` also when nobody asked.
pub const VIES: &[&str] = &["yes", "no", "unavailable"];
/// Whether an invoice was asked for, in time or late.
pub const INVOICE: &[&str] = &["no", "yes", "late"];
/// Which kind of rate the article has.
pub const HINTS: &[&str] = &["standard", "reduced", "super_reduced"];

const TABLE: &str = include_str!("rules.tsv");

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| data_lines(TABLE).filter_map(read).collect());

/// All rules in order.
#[must_use]
pub fn rules() -> &'static [Rule] {
    &RULES
}

/// The decisions of a seller: for each combination of the conditions, joined by `|`, the first rule that matches.
/// Combinations that no rule covers are absent.
#[must_use]
pub fn decisions(seller: Seller) -> Vec<(String, &'static Outcome)> {
    let mut decisions = Vec::new();
    let mut visit = |values: [&str; 6]| {
        if let Some(rule) = rules().iter().find(|rule| rule.matches(values, seller)) {
            decisions.push((values.join("|"), &rule.outcome));
        }
    };
    for kind in KINDS {
        for zone in ZONES {
            for buyer in BUYERS {
                for vies in VIES {
                    for invoice in INVOICE {
                        for hint in HINTS {
                            visit([kind, zone, buyer, vies, invoice, hint]);
                        }
                    }
                }
            }
        }
    }
    decisions
}

impl Rule {
    fn matches(&self, values: [&str; 6], seller: Seller) -> bool {
        let yes_no = |flag| if flag { "yes" } else { "no" };
        let regime = if seller.forfettario { "forfettario" } else { "ordinary" };
        let fixed = [yes_no(seller.oss), yes_no(seller.over_10k), regime];
        self.conditions.iter().zip(values.into_iter().chain(fixed)).all(|(condition, value)| accepts(condition, value))
    }
}

fn accepts(condition: &str, value: &str) -> bool {
    condition == "*" || condition.split('/').any(|word| word == value)
}

fn read(line: &'static str) -> Option<Rule> {
    let cells: [&'static str; 21] = line.split('\t').collect::<Vec<_>>().try_into().ok()?;
    let [
        id,
        kind,
        zone,
        buyer,
        vies,
        invoice,
        hint,
        oss,
        over,
        regime,
        scheme,
        country,
        rate,
        natura,
        document,
        tipo,
        register,
        code,
        intrastat,
        confidence,
        legal,
    ] = cells;
    let outcome =
        Outcome { id, scheme, country, rate, natura, document, tipo, register, code, intrastat, confidence, legal };
    Some(Rule { conditions: [kind, zone, buyer, vies, invoice, hint, oss, over, regime], outcome })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_and_uses_known_words() {
        assert_eq!(rules().len(), data_lines(TABLE).count());
        let words: [&[&str]; 9] =
            [KINDS, ZONES, BUYERS, VIES, INVOICE, HINTS, &["yes", "no"], &["yes", "no"], &["ordinary", "forfettario"]];
        for rule in rules() {
            for (condition, known) in rule.conditions.iter().zip(words) {
                assert!(
                    *condition == "*" || condition.split('/').all(|word| known.contains(&word)),
                    "{condition}: {rule:?}"
                );
            }
            let outcome = rule.outcome;
            assert!(["none", "domestic", "destination"].contains(&outcome.rate), "{outcome:?}");
            assert!(["high", "medium", "low"].contains(&outcome.confidence), "{outcome:?}");
            assert_eq!(outcome.rate == "destination", outcome.country == "destination", "{outcome:?}");
        }
    }

    #[test]
    fn no_rule_is_out_of_reach() {
        let mut reached: Vec<&str> = Vec::new();
        for flags in 0..8 {
            let seller = Seller { forfettario: flags & 1 > 0, oss: flags & 2 > 0, over_10k: flags & 4 > 0 };
            reached.extend(decisions(seller).iter().map(|(_, outcome)| outcome.id));
        }
        for rule in rules() {
            assert!(reached.contains(&rule.outcome.id), "{}", rule.outcome.id);
        }
    }

    #[test]
    fn an_unknown_vies_answer_never_frees_from_vat() {
        for oss in [false, true] {
            let seller = Seller { forfettario: false, oss, over_10k: true };
            for (key, outcome) in decisions(seller) {
                let unsure =
                    key.contains("|business|unavailable|") && (key.contains("|eu|") || key.starts_with("goods|xi|"));
                assert!(!unsure || outcome.document == "hold", "{key}: {outcome:?}");
            }
        }
    }
}
