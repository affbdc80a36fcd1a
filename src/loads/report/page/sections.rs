//! The sections of a report in the page.

use std::fmt::Write as _;

use crate::domain::money::Decimal;
use crate::domain::types::Type;
use crate::loads::report::exceptions::STATES;
use crate::loads::report::model::{Block, Body, Bridge, Chain, CodeLine, Column, Exceptions, Figure, Trend};
use crate::loads::report::page::Page;
use crate::loads::report::page::escape::{cell, escaped};
use crate::loads::report::page::svg;
use crate::loads::report::page::table::{Opening, tag};
use crate::loads::report::spec::Kind;
use crate::loads::report::value::Value;
use crate::loads::report::words::{self, Tone};

impl Page<'_> {
    /// One section.
    pub(super) fn section(&mut self, at: usize, block: &Block) {
        match &block.title {
            Some(title) => {
                let title = escaped(title);
                let _ = writeln!(self.out, "<section id=\"s{at}\">\n<h2>{title}</h2>");
            }
            None => {
                let _ = writeln!(self.out, "<section id=\"s{at}\">");
            }
        }
        if let Some(note) = &block.note {
            let _ = writeln!(self.out, "<p class=\"soft\">{}</p>", escaped(note));
        }
        let title = block.title.as_deref().unwrap_or_default();
        match &block.body {
            Body::Text(texts) => {
                for text in texts {
                    let _ = writeln!(self.out, "<p>{}</p>", escaped(text));
                }
            }
            Body::Figures(figures) => self.figures(figures),
            Body::Table(body) => self.table(at, title, body),
            Body::Bridge(bridge) => self.bridge(at, title, bridge),
            Body::Trend(trends) => self.trends(trends),
            Body::Matches(chains) => self.matches(at, title, chains),
            Body::Exceptions(found) => self.exceptions(at, title, found),
        }
        self.push("</section>\n");
    }

    fn figures(&mut self, figures: &[Figure]) {
        self.push("<ul class=\"figures\">\n");
        for figure in figures {
            let value = self.document.style().large(&figure.value, figure.kind);
            let _ = write!(
                self.out,
                "<li class=\"figure\"><p class=\"label\">{}</p><p class=\"value\">{}</p>",
                escaped(&figure.title),
                cell(&value)
            );
            if figure.tone != Tone::Plain {
                let (class, sign) = (figure.tone.class(), figure.tone.sign());
                let word = figure.tone.word(self.document.lang);
                let _ = write!(
                    self.out,
                    "<p><span class=\"tag {class}\"><b aria-hidden=\"true\">{sign}</b>{word}</span></p>"
                );
            }
            if let Some(note) = &figure.note {
                let _ = write!(self.out, "<p class=\"note\">{}</p>", escaped(note));
            }
            self.push("</li>\n");
        }
        self.push("</ul>\n");
    }

    fn bridge(&mut self, at: usize, title: &str, bridge: &Bridge) {
        let step = self.say("Voce", "Step");
        let amount = self.say("Importo", "Amount");
        let drawn = self.say("Andamento", "Course");
        let _ = write!(
            self.out,
            "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{}\">\n<table id=\"t{at}-1\" class=\"plain\">\
             <caption class=\"vh\">{}</caption><thead><tr><th scope=\"col\">{step}</th><th scope=\"col\">{drawn}</th>\
             <th scope=\"col\" class=\"num\">{amount}</th></tr></thead><tbody>\n",
            escaped(title),
            escaped(title)
        );
        let spans = svg::spans(&bridge.steps);
        for (step, span) in bridge.steps.iter().zip(spans) {
            let class = if step.is_total { " class=\"total\"" } else { "" };
            let _ = writeln!(
                self.out,
                "<tr{class}><th scope=\"row\">{}</th><td class=\"bar\">{}</td><td class=\"num\">{}</td></tr>",
                cell(&step.title),
                svg::bar(step, span),
                self.signed(step.amount, bridge.kind, step.is_total)
            );
        }
        self.push("</tbody></table></div>\n");
        if let Some(gap) = bridge.gap {
            let words = self.say("I conti non tornano: differenza di", "It does not add up: a difference of");
            let gap = self.amount(gap, bridge.kind);
            let _ = writeln!(
                self.out,
                "<p class=\"warning\" role=\"note\"><b aria-hidden=\"true\">✕</b> {words} {}.</p>",
                escaped(&gap)
            );
        }
    }

    fn amount(&self, amount: Decimal, kind: Kind) -> String {
        self.document.style().large(&Value::Decimal(amount.mantissa, amount.scale), kind)
    }

    /// A change with its sign.
    fn signed(&self, amount: Decimal, kind: Kind, is_total: bool) -> String {
        let shown = self.amount(amount, kind);
        let plus = if is_total || amount.is_negative() || amount.is_zero() { "" } else { "+" };
        escaped(&format!("{plus}{shown}"))
    }

    fn trends(&mut self, trends: &[Trend]) {
        self.push("<ul class=\"trends\">\n");
        for trend in trends {
            self.trend(trend);
        }
        self.push("</ul>\n");
    }

    fn trend(&mut self, trend: &Trend) {
        let _ = write!(self.out, "<li class=\"trend\"><h3>{}</h3>", escaped(&trend.title));
        let Some((_, now)) = trend.points.last() else {
            let _ = writeln!(self.out, "<p class=\"now\">–</p></li>");
            return;
        };
        let _ = write!(self.out, "<p class=\"now\">{}", escaped(&self.amount(*now, trend.kind)));
        if let Some(before) = trend.points.len().checked_sub(2) {
            let change = now.sub(trend.points[before].1).unwrap_or(Decimal::ZERO);
            let words = self.say("dal precedente", "since the last");
            let shown = if change.is_zero() {
                self.say("invariato", "unchanged").to_owned()
            } else {
                format!("{} {words}", self.signed(change, trend.kind, false))
            };
            let _ = write!(self.out, "<span>{shown}</span></p>");
        } else {
            let words = self.say("prima esecuzione", "first run");
            let _ = write!(self.out, "<span>{words}</span></p>");
        }
        self.push(&svg::line(trend, self.document.style()));
        let (values, run, value) =
            (self.say("Valori", "Values"), self.say("Esecuzione", "Run"), self.say("Valore", "Value"));
        let _ = write!(
            self.out,
            "<details><summary>{values}</summary><table class=\"plain\"><caption class=\"vh\">{}</caption><thead><tr><th scope=\"col\">{run}</th>\
             <th scope=\"col\" class=\"num\">{value}</th></tr></thead><tbody>",
            escaped(&trend.title)
        );
        for (at, value) in trend.points.iter().rev() {
            let at = self.document.style().instant(*at, true);
            let value = self.amount(*value, trend.kind);
            let _ = write!(self.out, "<tr><td>{}</td><td class=\"num\">{}</td></tr>", escaped(&at), escaped(&value));
        }
        self.push("</tbody></table></details></li>\n");
    }

    fn matches(&mut self, at: usize, title: &str, chains: &[Chain]) {
        let texts = [
            (self.say("Catena", "Chain"), Kind::Text),
            (self.say("Quadrano", "Matched"), Kind::Share),
            (self.say("In importo", "By amount"), Kind::Share),
            (self.say("Quadrate", "Matches"), Kind::Count),
            (self.say("Diverse", "Different"), Kind::Count),
            (self.say("Solo a sinistra", "Left only"), Kind::Count),
            (self.say("Solo a destra", "Right only"), Kind::Count),
            (self.say("In attesa", "Pending"), Kind::Count),
            (self.say("Non quadrato", "Unmatched"), Kind::Money),
        ];
        let columns = texts.map(|(title, kind)| Column::new(title, kind, Type::Text));
        let caption =
            self.say("Quota delle righe e degli importi che quadrano", "Share of rows and of amounts that match");
        let opening = Opening { section: at, number: 1, title, caption, columns: &columns, rows: chains.len() };
        self.open_table(&opening);
        self.push("<tbody role=\"rowgroup\">\n");
        for chain in chains {
            self.push("<tr class=\"row\" role=\"row\">");
            self.cell(&columns[0], &Value::Text(chain.name.clone()));
            self.rate(&columns[1], chain.rate());
            self.rate(&columns[2], chain.rate_of_money());
            for (column, rows) in columns[3..].iter().zip(chain.rows) {
                self.cell(column, &Value::Integer(i64::try_from(rows).unwrap_or(i64::MAX)));
            }
            let unmatched = chain.unmatched().map_or(Value::Null, |sum| Value::Decimal(sum.mantissa, sum.scale));
            self.cell(&columns[8], &unmatched);
            self.push("</tr>\n");
        }
        self.push("</tbody>");
        self.close_table();
    }

    fn rate(&mut self, column: &Column, rate: Option<Decimal>) {
        let Some(rate) = rate else {
            self.cell(column, &Value::Null);
            return;
        };
        let value = Value::Decimal(rate.mantissa, rate.scale);
        let shown = self.document.style().show(&value, Kind::Share);
        let _ = write!(
            self.out,
            "<td role=\"cell\" class=\"num\" data-t=\"{}\" data-k=\"{}\"><span class=\"rate\">{}{}</span></td>",
            escaped(&column.title),
            value.plain(),
            svg::rate(rate),
            escaped(&shown)
        );
    }

    fn exceptions(&mut self, at: usize, title: &str, found: &Exceptions) {
        self.states(found);
        if found.codes.is_empty() {
            let words = self.say("Nessuna anomalia.", "No exceptions.");
            let _ = writeln!(self.out, "<p>{}</p>", escaped(words));
            return;
        }
        self.codes(at, title, found);
        if !found.buckets.is_empty() && !found.ages.is_empty() {
            self.ages(at, found);
        }
    }

    fn states(&mut self, found: &Exceptions) {
        let plural = |state: &str| match state {
            "new" => self.say("nuove", "new"),
            "open" => self.say("aperte da prima", "open before"),
            "explained" => self.say("spiegate", "explained"),
            "resolved" => self.say("risolte", "resolved"),
            _ => self.say("ignorate", "ignored"),
        };
        let counts = STATES.iter().zip(found.states).filter(|(state, rows)| *rows > 0 || **state == "open");
        let items: String = counts
            .map(|(state, rows)| {
                let rows = self.document.style().show(&count(rows), Kind::Count);
                format!("<li><strong>{rows}</strong>{}</li>", plural(state))
            })
            .collect();
        let (risk, words) = (self.amount(found.at_risk, Kind::Money), self.say("a rischio", "at risk"));
        let _ =
            writeln!(self.out, "<ul class=\"strip\">{items}<li><strong>{}</strong>{words}</li></ul>", escaped(&risk));
    }

    fn codes(&mut self, at: usize, title: &str, found: &Exceptions) {
        let mut columns = vec![
            Column::new(self.say("Gravità", "Severity"), Kind::Status, Type::Text),
            Column::new(self.say("Codice", "Code"), Kind::Text, Type::Text),
        ];
        // A state that nothing is in needs no column.
        let used: Vec<usize> = (0..STATES.len()).filter(|state| found.states[*state] > 0).collect();
        let names = used.iter().map(|state| words::status(STATES[*state], self.document.lang));
        columns.extend(names.map(|name| Column::new(capital(name), Kind::Count, Type::Integer)));
        columns.push(Column::new(self.say("A rischio", "At risk"), Kind::Money, Type::Text));
        columns.push(Column::new(self.say("Cosa fare", "What to do"), Kind::Text, Type::Text));
        let caption = self.say("Per codice, le più gravi prima", "By code, the worst first");
        let opening = Opening { section: at, number: 1, title, caption, columns: &columns, rows: found.codes.len() };
        self.open_table(&opening);
        self.push("<tbody role=\"rowgroup\">\n");
        for line in &found.codes {
            self.code(line, &columns, &used);
        }
        self.push("</tbody>");
        self.close_table();
    }

    fn code(&mut self, line: &CodeLine, columns: &[Column], used: &[usize]) {
        self.push("<tr class=\"row\" role=\"row\">");
        self.cell(&columns[0], &Value::Text(line.severity.clone()));
        let _ = write!(
            self.out,
            "<td role=\"cell\" class=\"text\" data-t=\"{}\"><span><code>{}</code><br>{}</span></td>",
            escaped(&columns[1].title),
            cell(&line.code),
            cell(&line.meaning)
        );
        for (column, state) in columns[2..].iter().zip(used) {
            self.cell(column, &count(line.states[*state]));
        }
        self.cell(&columns[columns.len() - 2], &Value::Decimal(line.amount.mantissa, line.amount.scale));
        self.cell(&columns[columns.len() - 1], &Value::Text(line.action.clone()));
        self.push("</tr>\n");
    }

    fn ages(&mut self, at: usize, found: &Exceptions) {
        let heading = self.say("Anzianità in giorni", "Age in days");
        let severity = self.say("Gravità", "Severity");
        let _ = write!(
            self.out,
            "<h3 id=\"a{at}\">{heading}</h3>\n<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"a{at}\">\
             <table class=\"plain\"><caption>{}</caption><thead><tr><th scope=\"col\">{severity}</th>",
            self.say("Dalla data dell'evento; righe e importo a rischio", "From the event; rows and amount at risk")
        );
        for bucket in &found.buckets {
            let _ = write!(self.out, "<th scope=\"col\" class=\"num\">{}</th>", escaped(&bucket.replace('-', "–")));
        }
        self.push("</tr></thead><tbody>\n");
        for (severity, cells) in &found.ages {
            let shown = words::status(severity, self.document.lang);
            let _ = write!(self.out, "<tr><th scope=\"row\">{}</th>", tag(severity, shown));
            for (rows, amount) in cells {
                if *rows == 0 {
                    self.push("<td class=\"num soft\">–</td>");
                    continue;
                }
                let rows = self.document.style().show(&count(*rows), Kind::Count);
                let amount = self.amount(*amount, Kind::Money);
                let _ = write!(
                    self.out,
                    "<td class=\"num\">{rows}<br><span class=\"soft\">{}</span></td>",
                    escaped(&amount)
                );
            }
            self.push("</tr>\n");
        }
        self.push("</tbody></table></div>\n");
    }
}

fn count(rows: u64) -> Value {
    Value::Integer(i64::try_from(rows).unwrap_or(i64::MAX))
}

/// A word with a capital at its beginning.
fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
