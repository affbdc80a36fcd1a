//! Section `trend`: values of this run and of those before it.

use crate::context::NodeError;
use crate::domain::money::Decimal;
use crate::domain::money::exact::Site;
use crate::domain::types::Type;
use crate::loads::report::model::{self, Block, Body, Column, Head};
use crate::loads::report::section::{Answer, Ask, Desk, Env, Metric, Section, Tables, Written};
use crate::loads::report::spec::{Kind, TrendSpec};
use crate::loads::report::value::{Lang, Value};

/// A trend, checked.
pub struct Trend {
    title: String,
    lang: Lang,
    runs: u32,
    /// Names under which the values are remembered, and the values.
    values: Vec<(String, Metric)>,
}

impl Trend {
    /// Checks the section, reporting every problem.
    pub fn bind(spec: &TrendSpec, desk: &Desk<'_>) -> Option<Self> {
        let runs = spec.runs.unwrap_or(30);
        if !(2..=1000).contains(&runs) {
            desk.wrong(&spec.title, format!("`runs: {runs}` is not from 2 to 1000"), "leave it out for 30");
            return None;
        }
        let values = spec.values.iter().map(|value| {
            let (filter, from) = (value.filter.as_ref(), value.from.as_ref().or(spec.from.as_ref()));
            let written = Written { title: &value.title, value: &value.value, filter, from, kind: value.kind };
            let metric = Metric::bind(&written, desk)?;
            let name = value.name.as_ref().unwrap_or(&value.title).to_string();
            metric.is_exact(&value.value, desk).then_some((name, metric))
        });
        let values: Vec<Option<(String, Metric)>> = values.collect();
        let values = values.into_iter().collect::<Option<Vec<_>>>()?;
        Some(Self { title: spec.title.to_string(), lang: desk.lang, runs, values })
    }

    /// The names under which its values are remembered.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(|(name, _)| name.as_str())
    }
}

impl Section for Trend {
    fn heads(&self) -> Vec<Head> {
        let columns = vec![
            Column::new(self.lang.of("Valore", "Value"), Kind::Text, Type::Text),
            Column::new(self.lang.of("Esecuzione", "Run"), Kind::Time, Type::Timestamp),
            Column::new(self.lang.of("Numero", "Number"), Kind::Number, Type::Decimal { precision: 38, scale: 2 }),
        ];
        vec![Head { title: self.title.clone(), columns }]
    }

    fn asks(&self, tables: &Tables, site: &Site) -> Result<Vec<Ask>, NodeError> {
        self.values.iter().map(|(_, metric)| metric.ask(tables, site)).collect()
    }

    fn block(&self, answers: Vec<Answer>, env: &Env<'_>) -> Block {
        let trends = self.values.iter().zip(&answers).map(|((name, metric), answer)| {
            let history = (env.history)(name, self.runs - 1);
            let before = history.into_iter().filter_map(|(at, value)| Some((at, value.parse().ok()?)));
            let now = metric.value(answer).decimal().map(|value| (env.at.timestamp_micros(), value));
            let points: Vec<(i64, Decimal)> = before.chain(now).collect();
            model::Trend { title: metric.title.clone(), kind: metric.kind, points }
        });
        let trends: Vec<model::Trend> = trends.collect();
        let rows = trends.iter().flat_map(|trend| {
            let row = |(at, value): &(i64, Decimal)| {
                let title = Value::Text(trend.title.clone());
                vec![title, Value::Instant(*at), Value::Decimal(value.mantissa, value.scale)]
            };
            trend.points.iter().map(row)
        });
        let grids = vec![rows.collect()];
        Block { title: Some(self.title.clone()), note: None, body: Body::Trend(trends), grids }
    }

    fn remembered(&self, block: &Block, at: i64) -> Vec<(String, String)> {
        let Body::Trend(trends) = &block.body else { return Vec::new() };
        let now = |trend: &model::Trend| trend.points.last().filter(|point| point.0 == at).map(|point| point.1);
        let values = self.values.iter().zip(trends);
        values.filter_map(|((name, _), trend)| Some((name.clone(), now(trend)?.to_string()))).collect()
    }
}
