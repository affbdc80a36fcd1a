//! Section `bridge`: how an opening amount becomes a closing one.

use crate::context::NodeError;
use crate::domain::money::Decimal;
use crate::domain::money::exact::Site;
use crate::domain::types::Type;
use crate::loads::report::model::{self, Block, Body, Column, Head, Step};
use crate::loads::report::section::{Answer, Ask, Desk, Env, Metric, Section, Tables, Written};
use crate::loads::report::spec::{BridgeSpec, Kind};
use crate::loads::report::value::{Lang, Value};

/// A bridge, checked.
pub struct Bridge {
    title: String,
    kind: Kind,
    lang: Lang,
    steps: Vec<(Metric, bool)>,
}

impl Bridge {
    /// Checks the section, reporting every problem.
    pub fn bind(spec: &BridgeSpec, desk: &Desk<'_>) -> Option<Self> {
        let kind = spec.kind.unwrap_or(Kind::Money);
        if spec.steps.len() < 2 {
            let help = "steps: [ { title: Ieri, value: … }, { title: Nuove, value: … }, { title: Oggi, value: …, total: true } ]";
            desk.wrong(&spec.title, "a bridge needs at least two amounts", help);
            return None;
        }
        let last = spec.steps.len() - 1;
        let steps = spec.steps.iter().enumerate().map(|(at, step)| {
            let from = step.from.as_ref().or(spec.from.as_ref());
            let filter = step.filter.as_ref();
            let written = Written { title: &step.title, value: &step.value, filter, from, kind: Some(kind) };
            let metric = Metric::bind(&written, desk)?;
            if step.total && at != 0 && at != last {
                desk.wrong(&step.title, "only the first and the last amount are totals", "leave `total` out");
                return None;
            }
            metric.is_exact(&step.value, desk).then_some((metric, step.total || at == 0))
        });
        let steps: Vec<Option<(Metric, bool)>> = steps.collect();
        let steps = steps.into_iter().collect::<Option<Vec<_>>>()?;
        Some(Self { title: spec.title.to_string(), kind, lang: desk.lang, steps })
    }
}

impl Section for Bridge {
    fn heads(&self) -> Vec<Head> {
        let scale = self.steps.iter().map(|(metric, _)| scale_of(&metric.ty)).max().unwrap_or_default();
        let columns = vec![
            Column::new(self.lang.of("Voce", "Step"), Kind::Text, Type::Text),
            Column::new(self.lang.of("Importo", "Amount"), self.kind, Type::Decimal { precision: 38, scale }),
        ];
        vec![Head { title: self.title.clone(), columns }]
    }

    fn asks(&self, tables: &Tables, site: &Site) -> Result<Vec<Ask>, NodeError> {
        self.steps.iter().map(|(metric, _)| metric.ask(tables, site)).collect()
    }

    fn block(&self, answers: Vec<Answer>, _env: &Env<'_>) -> Block {
        let steps = self.steps.iter().zip(&answers).map(|((metric, is_total), answer)| {
            let amount = metric.value(answer).decimal().unwrap_or(Decimal::ZERO);
            Step { title: metric.title.clone(), amount, is_total: *is_total }
        });
        let steps: Vec<Step> = steps.collect();
        let row = |step: &Step| {
            vec![Value::Text(step.title.clone()), Value::Decimal(step.amount.mantissa, step.amount.scale)]
        };
        let grids = vec![steps.iter().map(row).collect()];
        let bridge = model::Bridge { kind: self.kind, gap: gap(&steps), steps };
        Block { title: Some(self.title.clone()), note: None, body: Body::Bridge(bridge), grids }
    }
}

fn scale_of(ty: &Type) -> u8 {
    if let Type::Decimal { scale, .. } = ty { *scale } else { 0 }
}

/// What the closing amount says more than the sum of what stands before it.
fn gap(steps: &[Step]) -> Option<Decimal> {
    let (last, before) = steps.split_last()?;
    if !last.is_total || before.is_empty() {
        return None;
    }
    let sum = before.iter().try_fold(Decimal::ZERO, |sum, step| sum.add(step.amount))?;
    last.amount.sub(sum).filter(|gap| !gap.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bridge_that_does_not_add_up_says_by_how_much() {
        let step = |cents, is_total| Step { title: String::new(), amount: Decimal::new(cents, 2), is_total };
        let steps = [step(100, true), step(50, false), step(-30, false)];
        assert_eq!(gap(&[&steps[..], &[step(120, true)]].concat()), None);
        assert_eq!(gap(&[&steps[..], &[step(121, true)]].concat()), Some(Decimal::new(1, 2)));
        assert_eq!(gap(&steps), None, "no closing amount is stated");
    }
}
