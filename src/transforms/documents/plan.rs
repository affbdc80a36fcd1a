//! How a checked `documents` step runs: lines in one form, rejects, sales, refunds, net and VAT, output columns.

use polars::prelude::{DataType, Expr, LazyFrame, NULL, SortMultipleOptions, concat, concat_str, lit, when};

use crate::context::NodeError;
use crate::domain::documents::decide::{self, is_one_of};
use crate::domain::documents::period;
use crate::domain::documents::words::{ACCESSORY, AMOUNT as SUM_BACK, FEE, PAYMENT, RETURN, SHIPPING};
use crate::domain::money::exact::Site;
use crate::domain::types::{Schema, Type};
use crate::transforms::StepCx;
use crate::transforms::documents::columns::{Column, Columns};
use crate::transforms::documents::sales::in_sequence;
use crate::transforms::documents::{Accessories, DeferredMode};
use crate::transforms::names::column;

pub(super) const ROW: &str = "__d_row";
pub(super) const LID: &str = "__d_lid";
pub(super) const PIECE: &str = "__d_piece";
pub(super) const ORDER: &str = "__d_order";
pub(super) const LINE: &str = "__d_line";
pub(super) const UNIT: &str = "__d_unit";
pub(super) const DAY: &str = "__d_day";
pub(super) const BUYER: &str = "__d_buyer";
pub(super) const KIND: &str = "__d_kind";
pub(super) const EVENT: &str = "__d_event";
pub(super) const AMOUNT: &str = "__d_amount";
pub(super) const PAID: &str = "__d_paid";
pub(super) const PHYSICAL: &str = "__d_physical";
pub(super) const FIRST: &str = "__d_first";
pub(super) const DOC: &str = "__d_doc";
pub(super) const KEY: &str = "__d_key";
pub(super) const SHARED: &str = "__d_shared";
pub(super) const ORIGINAL: &str = "__d_original";
pub(super) const ORIGINAL_LINE: &str = "__d_original_line";
pub(super) const ORIGINAL_KIND: &str = "__d_original_kind";
pub(super) const ORIGINAL_KEY: &str = "__d_original_key";
pub(super) const ORIGINAL_DAY: &str = "__d_original_day";
pub(super) const ORIGINAL_NUMBER: &str = "__d_original_number";
pub(super) const GROSS: &str = "__d_gross";
pub(super) const NET: &str = "__d_net";
pub(super) const VAT: &str = "__d_vat";

/// Working columns of lines that go through all of the work.
const CARRIED: [&str; 14] = [ROW, LID, PIECE, ORDER, LINE, UNIT, DAY, KIND, EVENT, AMOUNT, PAID, DOC, KEY, SHARED];

/// A checked step.
pub(super) struct Plan {
    pub accessories: Accessories,
    pub deferred: DeferredMode,
    pub optional_invoices: bool,
    pub input: Schema,
    pub columns: Columns,
    pub charges: Vec<(&'static str, Column)>,
    pub originals: Option<Originals>,
    pub prefix: String,
}

/// The table of earlier lines.
pub(super) struct Originals {
    /// Whether it says the numbers of its documents.
    pub number: bool,
}

impl Plan {
    /// The columns that come out.
    ///
    /// # Errors
    /// The names that the table has already.
    pub(super) fn schema(&self, input: &Schema) -> Result<Schema, Vec<String>> {
        let mut schema = input.clone();
        let mut taken = Vec::new();
        for (word, ty) in self.outputs() {
            let name = self.named(word);
            if schema.insert(name.clone(), ty).is_some() {
                taken.push(name);
            }
        }
        if taken.is_empty() { Ok(schema) } else { Err(taken) }
    }

    fn outputs(&self) -> Vec<(&'static str, Type)> {
        let unit = Type::Decimal { precision: 18, scale: 8 };
        let rate = self.columns.vat("rate").map_or(Type::PERCENT, |(_, ty)| ty.clone());
        let (unit_name, line_name) =
            if self.columns.is_net() { ("unit_net", "line_net") } else { ("unit_gross", "line_gross") };
        vec![
            ("kind", Type::Text),
            ("key", Type::Text),
            ("type", Type::Text),
            ("day", Type::Date),
            ("date", Type::Date),
            ("issue_by", Type::Date),
            ("register", Type::Text),
            ("period", Type::Text),
            ("refund", Type::Bool),
            ("order", Type::Text),
            ("line", Type::Text),
            ("original_order", Type::Text),
            ("original_line", Type::Text),
            ("original_key", Type::Text),
            ("original_number", Type::Text),
            ("original_date", Type::Date),
            ("split", Type::Bool),
            ("line_kind", Type::Text),
            ("quantity", Type::QUANTITY),
            (unit_name, unit),
            (line_name, Type::MONEY),
            ("rate", rate),
            ("gross", Type::MONEY),
            ("net", Type::MONEY),
            ("vat", Type::MONEY),
            ("paid", Type::MONEY),
            ("trace", Type::Text),
        ]
    }

    pub(super) fn named(&self, word: &str) -> String {
        format!("{}_{word}", self.prefix)
    }

    /// Lowers the step; the table of earlier lines is the second input.
    pub(super) fn lower(&self, mut inputs: Vec<LazyFrame>, step: &StepCx) -> Result<LazyFrame, NodeError> {
        let site = Site::from(step.site.as_str());
        let earlier = (inputs.len() > 1).then(|| inputs.swap_remove(1));
        let lines = self.normalise(inputs.swap_remove(0), &site)?;
        let lines = self.checked(lines, step, &site).cache();
        let sales = self.sales(&lines, &site)?;
        let all = if self.may_return() {
            let sales = sales.cache();
            let refunds = self.refunds(&lines, &sales, earlier, step, &site)?;
            concat([sales.with_columns(no_original()), refunds], in_sequence())?
        } else {
            sales.with_columns(no_original())
        };
        let amounts = self.amounts(all.cache(), &site)?;
        let sorted = amounts.sort([ROW, LID, PIECE], SortMultipleOptions::default());
        Ok(sorted.select(self.output_columns(&site)))
    }

    /// Whether a row can be a refund at all.
    fn may_return(&self) -> bool {
        self.columns.get("event").is_some() || self.columns.get("original").is_some()
    }

    /// The input columns and the working columns.
    pub(super) fn carried(&self) -> Vec<Expr> {
        self.input.names().chain(CARRIED).map(column).collect()
    }

    fn output_columns(&self, site: &Site) -> Vec<Expr> {
        let kind = || column(DOC);
        let tipo = decide::tipo_documento(&kind(), &self.vat_text("tipo_documento"), &column(ORIGINAL_KIND));
        let issued = column(KEY).is_not_null();
        let date = when(kind().eq(lit(decide::DEFERRED))).then(period::month_end(column(DAY))).otherwise(column(DAY));
        let within = when(kind().eq(lit(decide::DEFERRED)))
            .then(period::days_after(period::month_end(column(DAY)), 15))
            .when(is_one_of(&kind(), &[decide::INVOICE, decide::SIMPLIFIED, decide::DEPOSIT_INVOICE]))
            .then(period::days_after(column(DAY), 12))
            .otherwise(lit(NULL));
        let dated = |day: Expr| when(issued.clone()).then(day).otherwise(lit(NULL));
        let register = when(is_one_of(&column(KIND), &PAYMENT)).then(lit("none")).otherwise(self.vat_text("register"));
        let oss = is_one_of(&self.vat_text("register"), &["oss_records"]);
        let original_day = when(column(ORIGINAL_DAY).is_not_null()).then(column(ORIGINAL_DAY)).otherwise(column(DAY));
        let (unit, line, quantity) = self.invoice_amounts(&issued, site);
        let values = [
            kind(),
            column(KEY),
            when(issued.clone()).then(tipo).otherwise(lit(NULL)),
            column(DAY),
            dated(date),
            within,
            register,
            period::quarter(when(oss).then(original_day).otherwise(lit(NULL))),
            column(EVENT).eq(lit(RETURN)),
            column(ORDER),
            column(LINE),
            column(ORIGINAL),
            column(ORIGINAL_LINE),
            column(ORIGINAL_KEY),
            column(ORIGINAL_NUMBER),
            column(ORIGINAL_DAY),
            when(issued.clone()).then(self.vat_text("scheme").eq(lit("IT_SPLIT_PAYMENT"))).otherwise(lit(NULL)),
            line_word(),
            quantity,
            unit,
            line,
            self.invoice_rate(),
            column(GROSS),
            column(NET),
            column(VAT),
            column(PAID),
            self.trace(),
        ];
        let named = self.outputs().into_iter().zip(values).map(|((word, _), value)| value.alias(self.named(word)));
        self.input.names().map(column).chain(named).collect()
    }

    /// `corrispettivi > share of 10.00 by the value of the goods 80.00 of 100.00`.
    fn trace(&self) -> Expr {
        let decided = concat_str([self.vat_text("document"), lit("/"), self.vat_text("register")], "", true);
        let refund = concat_str(
            [
                lit(" > gives back "),
                column(ORIGINAL),
                lit(" ("),
                column(ORIGINAL_KIND),
                lit(" of "),
                column(ORIGINAL_DAY).cast(DataType::String),
                lit(")"),
            ],
            "",
            false,
        );
        let share = concat_str([lit(" > "), column(SHARED)], "", false);
        concat_str([decided, refund.fill_null(lit("")), share.fill_null(lit(""))], "", true)
    }

    /// Columns of this step's output that a table of earlier lines must have.
    pub(super) fn original_columns(&self) -> Vec<String> {
        let mut names: Vec<String> =
            ["kind", "key", "day", "date", "refund", "order", "line", "original_order", "original_line", "line_kind"]
                .map(|word| self.named(word))
                .to_vec();
        names.push(self.named(self.amount_word()));
        names.extend(self.columns.treatment.iter().map(|(name, _)| name.clone()));
        names
    }

    /// The output column that has the amounts as they were given.
    pub(super) fn amount_word(&self) -> &'static str {
        if self.columns.is_net() { "net" } else { "gross" }
    }
}

fn no_original() -> Vec<Expr> {
    let none = |name: &str, dtype: DataType| lit(NULL).cast(dtype).alias(name);
    vec![
        none(ORIGINAL, DataType::String),
        none(ORIGINAL_LINE, DataType::String),
        none(ORIGINAL_KIND, DataType::String),
        none(ORIGINAL_KEY, DataType::String),
        none(ORIGINAL_DAY, DataType::Date),
        none(ORIGINAL_NUMBER, DataType::String),
    ]
}

/// The kind of line as the invoice load knows it: wrapping is a fee, a sum given back an item.
fn line_word() -> Expr {
    let accessory = is_one_of(&column(KIND), &ACCESSORY).and(column(KIND).neq(lit(SHIPPING)));
    when(accessory).then(lit(FEE)).when(column(KIND).eq(lit(SUM_BACK))).then(lit("item")).otherwise(column(KIND))
}
