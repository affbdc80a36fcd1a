//! Order lines in one form: keys as text, days of Italy, canonical words, amounts with their sign.

use polars::prelude::{
    DataType, Expr, LazyFrame, NULL, NamedFrom, PlSmallStr, Series, TimeZone, concat_str, lit, when,
};

use crate::context::NodeError;
use crate::domain::calendar::BUSINESS_ZONE;
use crate::domain::documents::decide::{self, Decision, is_one_of, no_text};
use crate::domain::documents::period;
use crate::domain::documents::words::{DEPOSIT, DISCOUNT, EVENTS, ITEM, LINE_KINDS, PAYMENT, RETURN, SALE, Words};
use crate::domain::money::Decimal;
use crate::domain::money::exact::{Exact, Rounding, Site, decimal_dtype};
use crate::domain::types::Type;
use crate::transforms::documents::DeferredMode;
use crate::transforms::documents::columns::Column;
use crate::transforms::documents::plan::{
    AMOUNT, BUYER, DAY, DOC, EVENT, KEY, KIND, LID, LINE, ORDER, ORIGINAL, ORIGINAL_LINE, PAID, PHYSICAL, PIECE, Plan,
    ROW, SHARED, UNIT,
};
use crate::transforms::names::column;

/// What happened when an advance is received: a sale with a document of its own.
pub(super) const RECEIVED: &str = "deposit";

impl Plan {
    /// The lines with the columns that this step works with.
    pub(super) fn normalise(&self, frame: LazyFrame, site: &Site) -> Result<LazyFrame, NodeError> {
        let kind = self.word("line_kind", LINE_KINDS, lit(ITEM));
        let original = self.code("original");
        let event = match self.columns.get("event") {
            Some(_) => self.word("event", EVENTS, returned(&original)),
            None => returned(&original),
        };
        let frame = frame.with_row_index(ROW, None).with_columns([
            self.code("order").alias(ORDER),
            self.code("line").alias(LINE),
            self.code("buyer").alias(BUYER),
            kind.alias(KIND),
            event.alias(EVENT),
            self.line_amount(site).expr().alias(AMOUNT),
            original.alias(ORIGINAL),
            self.code("original_line").alias(ORIGINAL_LINE),
            self.physical().alias(PHYSICAL),
        ]);
        let zero = Exact::literal(Decimal::ZERO, site);
        let received = column(EVENT)
            .eq(lit(SALE))
            .and(column(KIND).eq(lit(DEPOSIT)))
            .and(amount(site).compare(&zero, std::cmp::Ordering::is_gt));
        let frame = frame.with_columns([
            when(received.fill_null(lit(false))).then(lit(RECEIVED)).otherwise(column(EVENT)).alias(EVENT),
            self.event_day()?.alias(DAY),
            signed(site).expr().alias(AMOUNT),
            Exact::literal(Decimal::new(0, 2), site).expr().alias(PAID),
            column(ROW).cast(DataType::Int64).alias(LID),
            column(ROW).cast(DataType::Int64).alias(PIECE),
            no_text().alias(SHARED),
        ]);
        let frame = frame.with_column(self.unit().alias(UNIT));
        let frame = frame.with_column(self.decision().kind().alias(DOC));
        Ok(frame.with_column(document_key(&column(DOC), &self.vat_text("tipo_documento")).alias(KEY)))
    }

    /// A code as text; null when there is no such column, or nothing in it.
    pub(super) fn code(&self, canonical: &str) -> Expr {
        let Some((name, ty)) = self.columns.get(canonical) else { return no_text() };
        let text = column(name);
        let text = if *ty == Type::Text { text.str().strip_chars(lit(NULL)) } else { text.cast(DataType::String) };
        when(text.clone().eq(lit(""))).then(lit(NULL)).otherwise(text)
    }

    /// A VAT column that is text; null when there is none, or nothing in it.
    pub(super) fn vat_text(&self, word: &str) -> Expr {
        self.columns.vat(word).map_or_else(no_text, |(name, _)| column(name))
    }

    /// The rate in percent; null when there is none.
    pub(super) fn rate(&self, site: &Site) -> Exact {
        match self.columns.vat("rate") {
            Some(rate) => number(rate, RATE_DECIMALS, site),
            None => Exact::new(lit(NULL).cast(decimal_dtype(0)), 0, site),
        }
    }

    /// The canonical word; null for what is none, `absent` where nothing is written.
    fn word(&self, canonical: &str, words: Words, absent: Expr) -> Expr {
        if self.columns.get(canonical).is_none() {
            return absent;
        }
        let value = self.code(canonical).str().to_lowercase();
        let pairs = || words.iter().flat_map(|(word, written)| written.iter().map(|text| (*text, *word)));
        let series = |texts: Vec<&str>| lit(Series::new(PlSmallStr::EMPTY, texts));
        let (written, canonical) =
            (series(pairs().map(|(text, _)| text).collect()), series(pairs().map(|(_, word)| word).collect()));
        let known = value.clone().replace_strict(written, canonical, Some(no_text()), Some(DataType::String));
        when(value.is_null()).then(absent).otherwise(known)
    }

    /// The amount as it is written, of the whole line.
    fn line_amount(&self, site: &Site) -> Exact {
        let whole = self.columns.get("gross").or(self.columns.get("net"));
        if let Some(whole) = whole {
            return number(whole, AMOUNT_DECIMALS, site).rescale(2, Rounding::HalfUp);
        }
        let (Some(unit), Some(quantity)) =
            (self.columns.get("unit_gross").or(self.columns.get("unit_net")), self.columns.get("quantity"))
        else {
            return Exact::new(lit(NULL).cast(decimal_dtype(2)), 2, site);
        };
        let product = number(unit, AMOUNT_DECIMALS, site).times(&number(quantity, QUANTITY_DECIMALS, site));
        let line = match self.columns.get("discount") {
            Some(discount) => {
                let zero = Exact::literal(Decimal::ZERO, site);
                let discount = number(discount, AMOUNT_DECIMALS, site).absolute();
                let discount = discount.or_else(discount.clone().expr().is_not_null(), &zero);
                let negative = product.compare(&zero, std::cmp::Ordering::is_lt);
                product.plus(&discount).or_else(negative, &product.minus(&discount))
            }
            None => product,
        };
        line.rescale(2, Rounding::HalfUp)
    }

    /// Whether the goods are such that shipping follows them.
    fn physical(&self) -> Expr {
        let kind = self.code("product_kind").str().to_lowercase();
        is_one_of(&kind, &["digital", "digitale", "service", "servizio", "voucher_spv", "voucher_mpv"]).not()
    }

    /// The day of what happened: of the refund, else of the supply.
    fn event_day(&self) -> Result<Expr, NodeError> {
        let supply = self.day("supply_date")?;
        let refund = self.day("refund_date")?;
        let refunded = column(EVENT).eq(lit(RETURN)).and(refund.clone().is_not_null()).fill_null(lit(false));
        Ok(when(refunded).then(refund).otherwise(supply))
    }

    /// A day in Italy; null when there is no such column.
    pub(super) fn day(&self, canonical: &str) -> Result<Expr, NodeError> {
        let Some((name, ty)) = self.columns.get(canonical) else { return Ok(lit(NULL).cast(DataType::Date)) };
        if *ty != Type::Timestamp {
            return Ok(column(name));
        }
        let zone = TimeZone::opt_try_new(Some(BUSINESS_ZONE.name()))?;
        let local = zone.map_or_else(|| column(name), |zone| column(name).dt().convert_time_zone(zone));
        Ok(local.dt().date())
    }

    /// What is issued together: an order, a shipment of it, a deposit, a refund.
    fn unit(&self) -> Expr {
        let order = || column(ORDER);
        // Days are written only where they are needed: writing one costs more than all else here.
        let apart = column(EVENT).eq(lit(RETURN)).or(column(EVENT).eq(lit(RECEIVED)));
        let day = || when(apart.clone()).then(column(DAY)).otherwise(lit(NULL)).dt().strftime("%Y-%m-%d");
        let joined = |parts: Vec<Expr>| concat_str(parts, "", true);
        let shipment = self.code("shipment");
        let refund = self.code("refund");
        let numbered = joined(vec![order(), lit("/"), refund.clone()]);
        let dated = joined(vec![order(), lit("/R"), day()]);
        when(column(EVENT).eq(lit(RETURN)))
            .then(when(refund.is_not_null()).then(numbered).otherwise(dated))
            .when(column(EVENT).eq(lit(RECEIVED)))
            .then(joined(vec![order(), lit("/A"), day()]))
            .when(shipment.clone().is_not_null())
            .then(joined(vec![order(), lit("/"), shipment]))
            .otherwise(order())
    }

    fn decision(&self) -> Decision {
        let document = self.vat_text("document");
        let tipo = self.vat_text("tipo_documento");
        let called = is_one_of(&tipo, &["TD24", "TD25"]);
        let deferred = match self.deferred {
            DeferredMode::AsClassified => called,
            DeferredMode::WithDdt => called.or(self.code("ddt_number").is_not_null()),
            DeferredMode::Never => lit(false),
        };
        Decision {
            document,
            tipo,
            register: self.vat_text("register"),
            line: column(KIND),
            event: column(EVENT),
            optional_invoices: self.optional_invoices,
            deferred,
        }
    }
}

/// What the rows of one document share; null for rows without a document.
fn document_key(kind: &Expr, tipo: &Expr) -> Expr {
    let is = |word: &str| is_one_of(kind, &[word]);
    let tipo = decide::tipo_documento(kind, tipo, &no_text());
    let month = period::month(when(is(decide::DEFERRED)).then(column(DAY)).otherwise(lit(NULL)));
    when(is(decide::DEFERRED))
        .then(concat_str([tipo, month, column(BUYER)], "/", false))
        .when(is(decide::SELF_INVOICE))
        .then(concat_str([column(UNIT), lit("/TD27")], "", false))
        .when(is_one_of(kind, &decide::DOCUMENTS))
        .then(column(UNIT))
        .otherwise(no_text())
}

/// A return where an original is named, else a sale.
fn returned(original: &Expr) -> Expr {
    when(original.clone().is_not_null()).then(lit(RETURN)).otherwise(lit(SALE))
}

/// The amount of a line, with two decimals.
pub(super) fn amount(site: &Site) -> Exact {
    Exact::column(AMOUNT, 2, site)
}

/// The amount with the sign that it has for the seller: discounts take away, refunds too, money stands for itself.
fn signed(site: &Site) -> Exact {
    let size = amount(site).absolute();
    let less = size.negate();
    let (kind, returned) = (column(KIND), column(EVENT).eq(lit(RETURN)));
    let discount = kind.clone().eq(lit(DISCOUNT));
    let grows = returned.clone().eq(discount.clone()).or(is_one_of(&kind, &PAYMENT).and(returned.clone().not()));
    let by_rule = size.or_else(grows.fill_null(lit(true)), &less);
    by_rule.or_else(returned.or(discount).or(is_one_of(&kind, &PAYMENT)), &amount(site))
}

/// Decimals that amounts, quantities and rates may have while they are worked with.
const AMOUNT_DECIMALS: u8 = 8;
const QUANTITY_DECIMALS: u8 = 8;
const RATE_DECIMALS: u8 = 4;

/// A column as an exact number.
pub(super) fn number((name, ty): &Column, decimals: u8, site: &Site) -> Exact {
    match ty {
        Type::Decimal { scale, .. } => Exact::column(name, *scale, site).round(decimals),
        _ => Exact::from_integer(column(name), site),
    }
}
