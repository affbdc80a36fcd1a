//! From a VAT-inclusive order line to a line of the invoice (specification, section 6, point 1).
//!
//! Here: judging one line and working out its net price, discount and total. Not here: discounts and shipping of the whole
//! order (`build`), totals by rate (`summary`).

use crate::domain::money::Decimal;

use super::amount::{CENT, HUNDRED, TOO_LARGE, exactly, less_percent, net_of_vat, tidy, within};
use super::codes::{AdjustmentKind, DocumentType, Natura};
use super::model::{Adjustment, AdjustmentAmount, ArticleCode, Line, OtherData};
use super::reject::{BuildError, Reason};
use super::request::{Discount, GrossLine};
use super::text::{Charset, Texts};

/// A line that passed its checks, with the amounts that the order implies.
#[derive(Clone, Copy, Debug)]
pub struct Appraised<'a> {
    source: &'a GrossLine,
    /// Not negative: the sign is in the price.
    quantity: Decimal,
    price: Decimal,
    /// VAT rate with two decimals.
    pub rate: Decimal,
    /// Price times quantity less discount, on the cent.
    computed: Decimal,
    /// What was paid for the line before the discount of the order, on the cent; without VAT when the line is net.
    pub paid: Decimal,
}

impl Appraised<'_> {
    /// Natura of the line.
    #[must_use]
    pub const fn natura(&self) -> Option<Natura> {
        self.source.natura
    }

    /// Whether its amounts are without VAT.
    #[must_use]
    pub const fn is_net(&self) -> bool {
        self.source.net
    }

    /// The rate that its amounts include.
    const fn included(&self) -> Decimal {
        if self.source.net { Decimal::ZERO } else { self.rate }
    }

    /// The law behind the natura, as the order says it.
    #[must_use]
    pub fn riferimento_normativo(&self) -> Option<&str> {
        self.source.riferimento_normativo.as_deref()
    }
}

/// Judges a line of a document of this kind; `index` counts from zero and names it in messages.
///
/// # Errors
/// Everything that is wrong with the line.
pub fn appraise(line: &GrossLine, index: usize, kind: DocumentType) -> Result<Appraised<'_>, Vec<BuildError>> {
    let mut problems = Vec::new();
    if matches!(line.details.period, (Some(first), Some(last)) if last < first) {
        problems.push((Reason::BadPeriod, "period_end", String::new()));
    }
    let rate = rate(line, kind).map_err(|reason| problems.push(reason)).ok();
    if line.quantity.is_zero() || exactly(line.quantity, 8).is_none() {
        problems.push((Reason::BadQuantity, "quantity", line.quantity.to_string()));
    }
    let amounts = amounts(line).map_err(|problem| problems.push(problem)).ok();
    match (rate, amounts) {
        (Some(rate), Some((computed, paid))) if problems.is_empty() => {
            let price = if line.quantity.is_negative() { -line.unit_price } else { line.unit_price };
            Ok(Appraised { source: line, quantity: line.quantity.abs(), price, rate, computed, paid })
        }
        _ => Err(problems
            .into_iter()
            .map(|(reason, field, value)| BuildError::new(reason, format!("lines[{index}].{field}"), value))
            .collect()),
    }
}

type Problem = (Reason, &'static str, String);

/// The rate with two decimals, in agreement with the natura; an internal reverse charge (TD16) has both.
fn rate(line: &GrossLine, kind: DocumentType) -> Result<Decimal, Problem> {
    let is_fraction = line.rate > Decimal::ZERO && line.rate < Decimal::ONE;
    let rate = exactly(line.rate, 2).filter(|rate| !rate.is_negative() && *rate <= HUNDRED && !is_fraction);
    let rate = rate.ok_or_else(|| (Reason::BadRate, "rate", line.rate.to_string()))?;
    match line.natura {
        None if rate.is_zero() => Err((Reason::MissingNatura, "natura", String::new())),
        Some(natura) if !rate.is_zero() && kind != DocumentType::Td16 => {
            Err((Reason::UnexpectedNatura, "natura", natura.to_string()))
        }
        _ => Ok(rate),
    }
}

/// What the line costs by its price and what was paid by its total; the two may differ by the rounding of a displayed price.
fn amounts(line: &GrossLine) -> Result<(Decimal, Decimal), Problem> {
    if let Discount::Percent(percent) = line.discount
        && (percent.is_negative() || percent > HUNDRED)
    {
        return Err((Reason::BadDiscount, "discount", percent.to_string()));
    }
    let computed = discounted(line).and_then(|amount| amount.rescale(2)).filter(|amount| amount.abs() < TOO_LARGE);
    let computed = computed.ok_or_else(|| (Reason::AmountTooLarge, "unit_price", line.unit_price.to_string()))?;
    let Some(total) = line.total else { return Ok((computed, computed)) };
    let paid = exactly(total, 2).ok_or_else(|| (Reason::FractionOfCent, "total", total.to_string()))?;
    let tolerance = line.quantity.abs().mul(Decimal::new(5, 3)).and_then(|rounding| rounding.add(CENT)).unwrap_or(CENT);
    if within(computed, paid, tolerance) {
        Ok((computed, paid))
    } else {
        Err((Reason::LineTotalMismatch, "total", total.to_string()))
    }
}

fn discounted(line: &GrossLine) -> Option<Decimal> {
    match line.discount {
        Discount::None => line.unit_price.mul(line.quantity),
        Discount::Percent(percent) => less_percent(line.unit_price.mul(line.quantity)?, percent),
        Discount::PerUnit(amount) => line.unit_price.sub(amount)?.mul(line.quantity),
        Discount::Line(amount) => line.unit_price.mul(line.quantity)?.sub(amount),
    }
}

/// Net price, discount per unit and net total of a line.
struct NetPrice {
    unit: Decimal,
    adjustment: Option<Adjustment>,
    total: Decimal,
}

/// The line of the invoice, for which `due` is paid, VAT included; its number is given later.
///
/// # Errors
/// A description that cannot be written, or an amount beyond eleven integer digits.
pub fn finish(line: &Appraised<'_>, due: Decimal, index: usize, texts: &mut Texts) -> Result<Line, BuildError> {
    let too_large =
        || BuildError::new(Reason::AmountTooLarge, format!("lines[{index}].unit_price"), line.price.to_string());
    let net = net_price(line, due)
        .filter(|net| net.unit.abs() < TOO_LARGE && net.total.abs() < TOO_LARGE)
        .ok_or_else(too_large)?;
    let descrizione = texts.fit("Descrizione", &line.source.description, Charset::Latin, 1000);
    if descrizione.is_empty() {
        return Err(BuildError::new(
            Reason::MissingDescription,
            format!("lines[{index}].description"),
            line.source.description.clone(),
        ));
    }
    Ok(Line {
        numero_linea: 0,
        tipo_cessione_prestazione: line.source.kind,
        codici_articolo: line.source.codes.iter().filter_map(|code| article_code(code, texts)).collect(),
        descrizione,
        quantita: Some(tidy(line.quantity)),
        unita_misura: texts.fit_optional("UnitaMisura", line.source.unit.as_deref(), Charset::Basic, 10),
        prezzo_unitario: tidy(net.unit),
        sconti: net.adjustment.into_iter().collect(),
        prezzo_totale: tidy(net.total),
        aliquota_iva: line.rate,
        ritenuta: false,
        natura: line.natura(),
        data_inizio_periodo: line.source.details.period.0,
        data_fine_periodo: line.source.details.period.1,
        riferimento_amministrazione: texts.fit_optional(
            "RiferimentoAmministrazione",
            line.source.details.reference.as_deref(),
            Charset::Basic,
            20,
        ),
        altri_dati: line.source.details.other.iter().filter_map(|other| other_data(other, texts)).collect(),
    })
}

/// Further data without a type say nothing and are left out.
fn other_data(source: &OtherData, texts: &mut Texts) -> Option<OtherData> {
    Some(OtherData {
        tipo_dato: texts.fit_optional("TipoDato", Some(&source.tipo_dato), Charset::Basic, 10)?,
        riferimento_testo: texts.fit_optional(
            "RiferimentoTesto",
            source.riferimento_testo.as_deref(),
            Charset::Latin,
            60,
        ),
        riferimento_numero: source.riferimento_numero,
        riferimento_data: source.riferimento_data,
    })
}

/// A code without a value says nothing and is left out.
fn article_code(code: &ArticleCode, texts: &mut Texts) -> Option<ArticleCode> {
    let codice_tipo = texts.fit_optional("CodiceTipo", Some(&code.codice_tipo), Charset::Basic, 35)?;
    let codice_valore = texts.fit_optional("CodiceValore", Some(&code.codice_valore), Charset::Latin, 35)?;
    Some(ArticleCode { codice_tipo, codice_valore })
}

/// A percentage stays one while it says the whole truth; every other reduction becomes a net amount per unit, so that
/// 00423 holds to the last decimal. A total that no discount explains is the price.
fn net_price(line: &Appraised<'_>, due: Decimal) -> Option<NetPrice> {
    let is_plain = due == line.computed;
    let unit = net_of_vat(line.price, line.included(), 8)?;
    match line.source.discount {
        Discount::None if is_plain => priced(line.quantity, unit, None),
        Discount::None if due == line.paid => priced(line.quantity, unit_of(line, due)?, None),
        Discount::Percent(percent) if is_plain => match exactly(percent, 2).filter(|percent| !percent.is_zero()) {
            Some(percent) => priced(line.quantity, unit, Some(AdjustmentAmount::Percentuale(percent))),
            None => priced_by_amount(line, unit, due),
        },
        // The reduction as it was given, net of VAT, when it explains what is due.
        Discount::PerUnit(amount) if is_plain && !amount.is_zero() => {
            let reduction = tidy(net_of_vat(amount, line.included(), 8)?);
            priced(line.quantity, unit, Some(AdjustmentAmount::Importo(reduction)))
        }
        _ => priced_by_amount(line, unit, due),
    }
}

/// The net price of one unit when the whole line costs `due`.
fn unit_of(line: &Appraised<'_>, due: Decimal) -> Option<Decimal> {
    due.mul(HUNDRED)?.div(HUNDRED.add(line.included())?.mul(line.quantity)?, 8)
}

fn priced_by_amount(line: &Appraised<'_>, unit: Decimal, due: Decimal) -> Option<NetPrice> {
    let reduction = unit.sub(unit_of(line, due)?)?;
    priced(line.quantity, unit, (!reduction.is_zero()).then_some(AdjustmentAmount::Importo(tidy(reduction))))
}

fn priced(quantity: Decimal, unit: Decimal, reduction: Option<AdjustmentAmount>) -> Option<NetPrice> {
    let (tipo, amount, price) = match reduction {
        None => return Some(NetPrice { unit, adjustment: None, total: unit.mul(quantity)?.rescale(8)? }),
        Some(AdjustmentAmount::Percentuale(percent)) => {
            (AdjustmentKind::Discount, AdjustmentAmount::Percentuale(percent), less_percent(unit, percent)?)
        }
        Some(AdjustmentAmount::Importo(amount)) => {
            let tipo = if amount.is_negative() { AdjustmentKind::Surcharge } else { AdjustmentKind::Discount };
            (tipo, AdjustmentAmount::Importo(amount.abs()), unit.sub(amount)?)
        }
    };
    Some(NetPrice { unit, adjustment: Some(Adjustment { tipo, amount }), total: price.mul(quantity)?.rescale(8)? })
}

#[cfg(test)]
#[path = "tests/lines.rs"]
mod tests;
