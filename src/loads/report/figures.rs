//! Sections `text` and `figures`.

use std::cmp::Ordering;

use crate::context::NodeError;
use crate::diag::{Code, Diagnostic, Text};
use crate::domain::money::Decimal;
use crate::domain::money::exact::Site;
use crate::domain::types::Type;
use crate::loads::report::model::{Block, Body, Column, Figure, Head};
use crate::loads::report::section::{Answer, Ask, Desk, Env, Metric, Section, Tables, Written};
use crate::loads::report::spec::{FigureSpec, FiguresSpec, Kind, TextSpec};
use crate::loads::report::value::{Lang, Value};
use crate::loads::report::words::Tone;

/// Paragraphs.
pub struct Paragraphs {
    title: Option<String>,
    texts: Vec<String>,
}

impl Paragraphs {
    /// The paragraphs of a text.
    #[must_use]
    pub fn new(spec: &TextSpec) -> Self {
        let lines = spec.body.lines().map(str::trim);
        let mut texts = vec![String::new()];
        for line in lines {
            let last = texts.len() - 1;
            match (line.is_empty(), texts[last].is_empty()) {
                (true, false) => texts.push(String::new()),
                (true, true) => {}
                (false, true) => texts[last].push_str(line),
                (false, false) => texts[last].extend([" ", line]),
            }
        }
        texts.retain(|text| !text.is_empty());
        Self { title: spec.title.as_ref().map(ToString::to_string), texts }
    }
}

impl Section for Paragraphs {
    fn heads(&self) -> Vec<Head> {
        Vec::new()
    }

    fn asks(&self, _tables: &Tables, _site: &Site) -> Result<Vec<Ask>, NodeError> {
        Ok(Vec::new())
    }

    fn block(&self, _answers: Vec<Answer>, _env: &Env<'_>) -> Block {
        Block { title: self.title.clone(), note: None, body: Body::Text(self.texts.clone()), grids: Vec::new() }
    }
}

/// Big numbers, checked.
pub struct Figures {
    title: Option<String>,
    lang: Lang,
    figures: Vec<BoundFigure>,
}

struct BoundFigure {
    metric: Metric,
    good: Option<Threshold>,
    bad: Option<Threshold>,
    note: Option<String>,
}

impl Figures {
    /// Checks the section, reporting every problem.
    pub fn bind(spec: &FiguresSpec, desk: &Desk<'_>) -> Option<Self> {
        let figures: Vec<_> = spec.values.iter().map(|figure| BoundFigure::bind(figure, spec, desk)).collect();
        let figures = figures.into_iter().collect::<Option<Vec<_>>>()?;
        Some(Self { title: spec.title.as_ref().map(ToString::to_string), lang: desk.lang, figures })
    }
}

impl BoundFigure {
    fn bind(figure: &FigureSpec, spec: &FiguresSpec, desk: &Desk<'_>) -> Option<Self> {
        let written = Written {
            title: &figure.title,
            value: &figure.value,
            filter: figure.filter.as_ref(),
            from: figure.from.as_ref().or(spec.from.as_ref()),
            kind: figure.kind,
        };
        let metric = Metric::bind(&written, desk);
        let good = Threshold::bind(figure.good.as_ref(), desk);
        let bad = Threshold::bind(figure.bad.as_ref(), desk);
        let (metric, good, bad) = (metric?, good?, bad?);
        if (good.is_some() || bad.is_some()) && !metric.is_exact(&figure.value, desk) {
            return None;
        }
        Some(Self { metric, good, bad, note: figure.note.as_ref().map(ToString::to_string) })
    }

    fn figure(&self, answer: &Answer) -> Figure {
        let value = self.metric.value(answer);
        let tone = tone(self.good, self.bad, value.decimal());
        Figure { title: self.metric.title.clone(), value, kind: self.metric.kind, tone, note: self.note.clone() }
    }
}

impl Section for Figures {
    fn heads(&self) -> Vec<Head> {
        let text = |italian, english| Column::new(self.lang.of(italian, english), Kind::Text, Type::Text);
        let columns = vec![text("Voce", "Figure"), text("Valore", "Value"), text("Giudizio", "Verdict")];
        let title = self.title.clone().unwrap_or_else(|| self.lang.of("Sintesi", "Summary").to_owned());
        vec![Head { title, columns }]
    }

    fn asks(&self, tables: &Tables, site: &Site) -> Result<Vec<Ask>, NodeError> {
        self.figures.iter().map(|figure| figure.metric.ask(tables, site)).collect()
    }

    fn block(&self, answers: Vec<Answer>, env: &Env<'_>) -> Block {
        let figures: Vec<Figure> =
            self.figures.iter().zip(&answers).map(|(figure, answer)| figure.figure(answer)).collect();
        let row = |figure: &Figure| {
            let verdict = figure.tone.word(env.lang).to_owned();
            vec![Value::Text(figure.title.clone()), figure.value.clone(), Value::Text(verdict)]
        };
        let grids = vec![figures.iter().map(row).collect()];
        Block { title: self.title.clone(), note: None, body: Body::Figures(figures), grids }
    }
}

/// A comparison with a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    holds: [bool; 3],
    number: Decimal,
}

/// The signs of comparisons, the longer ones first, and for which order they hold: less, equal, greater.
const SIGNS: [(&str, [bool; 3]); 8] = [
    (">=", [false, true, true]),
    ("<=", [true, true, false]),
    ("<>", [true, false, true]),
    ("!=", [true, false, true]),
    ("==", [false, true, false]),
    (">", [false, false, true]),
    ("<", [true, false, false]),
    ("=", [false, true, false]),
];

impl Threshold {
    /// The outer `None` says that a problem was reported.
    fn bind(written: Option<&Text>, desk: &Desk<'_>) -> Option<Option<Self>> {
        let Some(written) = written else { return Some(None) };
        let threshold = Self::parse(written);
        if threshold.is_none() {
            let message = format!("`{written}` is not a comparison with a number");
            let problem = Diagnostic::error(Code::BadValue, written.place(), message);
            desk.cx.report(problem.help("write it as `>= 99%`, `= 0` or `> 1000`"));
        }
        threshold.map(Some)
    }

    /// `>= 99%`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (sign, holds) = SIGNS.into_iter().find(|(sign, _)| text.starts_with(sign))?;
        let number = text[sign.len()..].trim();
        let (number, is_share) = match number.strip_suffix('%') {
            Some(number) => (number.trim(), true),
            None => (number, false),
        };
        let number: Decimal = number.parse().ok()?;
        let number = if is_share { Decimal::checked_new(number.mantissa, number.scale + 2)? } else { number };
        Some(Self { holds, number })
    }

    /// Whether it holds for a number.
    #[must_use]
    pub fn holds(self, value: Decimal) -> bool {
        match value.cmp(&self.number) {
            Ordering::Less => self.holds[0],
            Ordering::Equal => self.holds[1],
            Ordering::Greater => self.holds[2],
        }
    }
}

fn tone(good: Option<Threshold>, bad: Option<Threshold>, value: Option<Decimal>) -> Tone {
    let Some(value) = value else { return Tone::Plain };
    let holds = |threshold: Option<Threshold>| threshold.is_some_and(|threshold| threshold.holds(value));
    match (good, bad) {
        (None, None) => Tone::Plain,
        _ if holds(bad) => Tone::Bad,
        _ if holds(good) => Tone::Good,
        (None, Some(_)) => Tone::Good,
        (Some(_), None) => Tone::Bad,
        (Some(_), Some(_)) => Tone::Warning,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds() {
        let cases = [
            (">= 99%", (99, 2), true),
            (">= 99%", (989, 3), false),
            ("= 0", (0, 2), true),
            ("<> 0", (1, 2), true),
            ("> 1000", (100_000, 2), false),
            ("> 1000", (100_001, 2), true),
            ("<= -1.5", (-150, 2), true),
        ];
        for (text, (mantissa, scale), holds) in cases {
            assert_eq!(Threshold::parse(text).unwrap().holds(Decimal::new(mantissa, scale)), holds, "{text}");
        }
        for wrong in ["", "99", ">= many", "≥ 1", "> 1,5"] {
            assert_eq!(Threshold::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn between_good_and_bad_is_a_warning() {
        let (good, bad) = (Threshold::parse(">= 99%"), Threshold::parse("< 90%"));
        let verdict = |mantissa| tone(good, bad, Some(Decimal::new(mantissa, 2)));
        assert_eq!([verdict(99), verdict(95), verdict(89)], [Tone::Good, Tone::Warning, Tone::Bad]);
        assert_eq!(tone(None, Threshold::parse("> 0"), Some(Decimal::ZERO)), Tone::Good);
        assert_eq!(tone(good, None, None), Tone::Plain);
    }

    #[test]
    fn empty_lines_divide_paragraphs() {
        let spec = TextSpec { title: None, body: Text::from("uno\n due\n\n\n<b>tre</b>\n") };
        assert_eq!(Paragraphs::new(&spec).texts, ["uno due", "<b>tre</b>"]);
    }
}
