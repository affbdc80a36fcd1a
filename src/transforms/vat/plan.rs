//! How a checked `vat` step runs: inputs become text, batches are decided, rows without a decision leave.

use std::sync::Arc;

use polars::prelude::{
    AllowedOptimizations, DataFrame, DataType, Expr, Field as PolarsField, LazyFrame, NULL, PlSmallStr, col, lit,
};

use crate::context::NodeError;
use crate::context::counters::named_apart;
use crate::domain::money::Decimal;
use crate::domain::money::exact::{Exact, Site};
use crate::domain::types::{Schema, Type};
use crate::domain::vat::Settings;
use crate::domain::vat::refusal::CAUSES;
use crate::expr::Typed;
use crate::transforms::StepCx;
use crate::transforms::reject::{Rule, reject};
use crate::transforms::vat::columns::{Field, day};
use crate::transforms::vat::kernel::{
    self, CODE, COUNTS, Combinations, DAY, HUNDREDTHS, Kernel, OUTPUTS, PART, Part, REFUSED,
};
use crate::transforms::vat::threshold::{Counting, OVER, SAN_MARINO};
use crate::transforms::vat::vies::{ANSWER, Answers, CONSULTATION, Row};

/// A checked VAT step.
pub struct VatPlan {
    /// Tax point.
    pub date: Option<Typed>,
    /// The inputs and flags that the table has.
    pub fields: Vec<Field>,
    /// What the seller's settings say.
    pub seller: Vec<(&'static str, String)>,
    /// Own tables and choices.
    pub settings: Settings,
    /// Stored answers of VIES.
    pub answers: Option<Answers>,
    /// Thresholds.
    pub counting: Option<Counting>,
    /// What the output columns begin with.
    pub prefix: String,
    /// Columns of the input.
    pub input: Vec<String>,
    /// Columns that name a row.
    pub key: Vec<String>,
}

/// The type of the rate: two decimals, as an invoice writes them.
const RATE: Type = Type::Decimal { precision: 5, scale: 2 };
/// Position of the rate among the outputs.
const RATE_AFTER: &str = "rate_category";
/// What the report says of rows with low confidence.
const CERTAIN: &str = "vat has high or medium confidence";

impl VatPlan {
    /// The columns that come out.
    ///
    /// # Errors
    /// The names that the table has already.
    pub fn schema(&self, input: &Schema) -> Result<Schema, Vec<String>> {
        let mut schema = input.clone();
        let mut taken = Vec::new();
        for (name, ty) in self.outputs() {
            if schema.insert(name.clone(), ty).is_some() {
                taken.push(name);
            }
        }
        if taken.is_empty() { Ok(schema) } else { Err(taken) }
    }

    fn outputs(&self) -> Vec<(String, Type)> {
        let mut outputs = Vec::new();
        for (name, _) in OUTPUTS {
            outputs.push((self.named(name), Type::Text));
            if *name == RATE_AFTER {
                outputs.push((self.named("rate"), RATE));
            }
        }
        if self.answers.is_some() {
            outputs.push((self.named("consultation"), Type::Text));
        }
        if self.counting.is_some() {
            let money = Type::Decimal { precision: 18, scale: 2 };
            outputs.push((self.named("threshold_total"), money.clone()));
            outputs.push((self.named("threshold_left"), money));
        }
        outputs
    }

    fn named(&self, output: &str) -> String {
        format!("{}_{output}", self.prefix)
    }

    /// Lowers the step.
    ///
    /// # Errors
    /// The engine cannot make the tables or does not know the time zone of Italy.
    pub fn lower(&self, mut frames: Vec<LazyFrame>, step: &StepCx) -> Result<LazyFrame, NodeError> {
        let site = Site::from(step.site.as_str());
        let mut parts = self.parts();
        let mut combinations = None;
        let mut frame = self.prepare(frames.swap_remove(0), &site)?;
        if let Some(answers) = &self.answers {
            frame = answers.join(frame, frames.swap_remove(0), &self.vies_row(), &site)?;
            parts.retain(|(part, _)| *part != Part::Input("vat_id_valid"));
            parts.push((Part::Input("vat_id_valid"), ANSWER.to_owned()));
        }
        if let Some(counting) = &self.counting {
            parts.retain(|(part, _)| *part != Part::Input("over_10k"));
            let kept = Arc::new(Combinations::default());
            let counted = self.count(counting.prepare(frame, self.sold(), &site), &parts, &kept, step);
            frame = counting.apply(counted)?;
            combinations = Some(kept);
            parts.push((Part::Input("over_10k"), OVER.to_owned()));
            parts.push((Part::Flag("sm_distance_sales_prev_year".to_owned()), SAN_MARINO.to_owned()));
        }
        let decided = self.decide(frame, parts, combinations, step);
        let rest = reject(decided, refusal_rules(), &self.key, step);
        Ok(rest.select(self.selection(&site)))
    }

    fn parts(&self) -> Vec<(Part, String)> {
        let part = |(index, field): (usize, &Field)| match field {
            Field::Input(name, _) => (Part::Input(name), input_of(index)),
            Field::Flag(name, _) => (Part::Flag(name.clone()), input_of(index)),
        };
        self.fields.iter().enumerate().map(part).collect()
    }

    /// The helper columns: the tax point as a day, all other inputs as text.
    fn prepare(&self, frame: LazyFrame, site: &Site) -> Result<LazyFrame, NodeError> {
        let mut columns = Vec::with_capacity(self.fields.len() + 1);
        if let Some(date) = &self.date {
            columns.push(day(date, site)?.alias(DAY));
        }
        for (index, field) in self.fields.iter().enumerate() {
            columns.push(field.text(site).cast(DataType::String).alias(input_of(index)));
        }
        Ok(frame.with_columns(columns))
    }

    /// What the answers of VIES are joined by.
    fn vies_row(&self) -> Row {
        let helper_of = |wanted: &str| {
            let index = self.fields.iter().position(|field| matches!(field, Field::Input(name, _) if *name == wanted));
            index
                .map_or_else(|| lit(NULL).cast(DataType::String), |index| col(PlSmallStr::from_string(input_of(index))))
        };
        Row { number: helper_of("vat_id"), country: helper_of("buyer_country"), day: col(DAY) }
    }

    /// The day of the sale that a return undoes, where a flag says it.
    fn sold(&self) -> Option<Expr> {
        let is_it = |field: &Field| matches!(field, Field::Flag(name, _) if name == "original_date");
        self.fields.iter().position(is_it).map(|index| col(PlSmallStr::from_string(input_of(index))))
    }

    fn count(&self, frame: LazyFrame, parts: &[(Part, String)], kept: &Arc<Combinations>, step: &StepCx) -> LazyFrame {
        let kept = Arc::clone(kept);
        let decisions = Kernel::new(self.settings.clone(), parts.to_vec(), self.seller.clone());
        let added =
            vec![PolarsField::new(COUNTS.into(), DataType::Int32), PolarsField::new(CODE.into(), DataType::Int64)];
        map(frame, added, &format!("vat counts {}", step.site), move |batch| decisions.count(batch, &kept))
    }

    /// With `counted`, the combinations of rows that were counted.
    fn decide(
        &self,
        frame: LazyFrame,
        parts: Vec<(Part, String)>,
        counted: Option<Arc<Combinations>>,
        step: &StepCx,
    ) -> LazyFrame {
        let decisions = Kernel::new(self.settings.clone(), parts, self.seller.clone());
        let low = step.run.counters.get(&format!("{}:warn:{CERTAIN}", step.site));
        let text = |name: String| PolarsField::new(PlSmallStr::from_string(name), DataType::String);
        let mut added: Vec<PolarsField> = OUTPUTS.iter().map(|(name, _)| text(kernel::helper(name))).collect();
        added.push(PolarsField::new(HUNDREDTHS.into(), DataType::Int64));
        added.push(text(REFUSED.to_owned()));
        map(frame, added, &format!("vat {}", step.site), move |batch| match &counted {
            Some(kept) => decisions.decide_counted(batch, kept, &low),
            None => decisions.decide(batch, &low),
        })
    }

    fn selection(&self, site: &Site) -> Vec<Expr> {
        let rate = Exact::from_integer(col(HUNDREDTHS), site).times(&Exact::literal(Decimal::new(1, 2), site));
        let mut columns: Vec<Expr> = self.input.iter().map(|name| col(PlSmallStr::from_str(name))).collect();
        for (name, _) in OUTPUTS {
            columns.push(col(PlSmallStr::from_string(kernel::helper(name))).alias(self.named(name)));
            if *name == RATE_AFTER {
                columns.push(rate.clone().expr().alias(self.named("rate")));
            }
        }
        if self.answers.is_some() {
            columns.push(col(CONSULTATION).alias(self.named("consultation")));
        }
        if self.counting.is_some() {
            columns.extend(Counting::outputs(&self.prefix, site));
        }
        columns
    }
}

fn input_of(index: usize) -> String {
    format!("__vat_in{index}")
}

/// A function over batches that adds columns.
fn map(
    frame: LazyFrame,
    added: Vec<PolarsField>,
    name: &str,
    decide: impl Fn(DataFrame) -> polars::prelude::PolarsResult<DataFrame> + Send + Sync + 'static,
) -> LazyFrame {
    let schema_of = move |schema: &polars::prelude::Schema| {
        let mut out = schema.clone();
        for field in &added {
            out.with_column(field.name().clone(), field.dtype().clone());
        }
        Ok(Arc::new(out))
    };
    // The helper columns are needed whatever is read later: projections stop here.
    frame.map(decide, AllowedOptimizations::STREAMING, Some(Arc::new(schema_of)), Some(named_apart(name)))
}

/// One rule per cause; the words come with the row.
fn refusal_rules() -> Vec<Rule> {
    let part = |index: usize| {
        let skipped = format!("[^{PART}]*{PART}").repeat(index);
        col(REFUSED).str().extract(lit(format!("(?s)^{skipped}([^{PART}]*)")), 1)
    };
    let rule = |cause: &&str| {
        let is_it = col(REFUSED).is_not_null().and(col(REFUSED).str().starts_with(lit(format!("{cause}{PART}"))));
        let mut rule = Rule::new(is_it, cause, "");
        rule.value = Some(part(1));
        rule.message = part(2);
        rule.message_it = Some(part(3));
        rule
    };
    CAUSES.iter().map(rule).collect()
}
