//! The page of a report: texts are escaped, numbers are typed, drawings have their measures.

use super::*;
use crate::domain::money::Decimal;
use crate::domain::types::Type;
use crate::loads::report::brief::summary;
use crate::loads::report::model::{Block, Body, Bridge, Column, Figure, Origin, Row, Step, TableBody};
use crate::loads::report::spec::Kind;
use crate::loads::report::value::{Lang, Value};
use crate::loads::report::words::Tone;

const HOSTILE: &str = "<script>alert('x')</script></td></table>\0\u{202e}\"&";

fn document() -> Document {
    let column = |title: &str, kind| Column::new(title, kind, Type::Text);
    let columns = vec![column(HOSTILE, Kind::Text), column("Importo", Kind::Money), column("Stato", Kind::Status)];
    let row = |text: &str, cents, status: &str| Row {
        values: vec![Value::Text(text.to_owned()), Value::Decimal(cents, 2), Value::Text(status.to_owned())],
        sources: Vec::new(),
    };
    let rows = vec![row(HOSTILE, -150, "blocker"), row(&"é".repeat(10_000), 1, HOSTILE)];
    let body = TableBody { columns, width: 2, end: 3, rows, count: 200_000, group: None, groups: Vec::new() };
    let figure =
        Figure { title: HOSTILE.to_owned(), value: Value::Integer(3), kind: Kind::Count, tone: Tone::Bad, note: None };
    let step = |cents, is_total| Step { title: HOSTILE.to_owned(), amount: Decimal::new(cents, 2), is_total };
    let bridge =
        Bridge { kind: Kind::Money, steps: vec![step(100, true), step(-30, false)], gap: Some(Decimal::new(1, 2)) };
    let block = |body| Block { title: Some(HOSTILE.to_owned()), note: None, body, grids: Vec::new() };
    Document {
        lang: Lang::It,
        currency: "EUR".to_owned(),
        title: HOSTILE.to_owned(),
        subtitle: Some(HOSTILE.to_owned()),
        blocks: vec![block(Body::Figures(vec![figure])), block(Body::Table(body)), block(Body::Bridge(bridge))],
        origin: Origin {
            run: "r1".to_owned(),
            pipeline: "p".to_owned(),
            inputs: vec![(HOSTILE.to_owned(), HOSTILE.to_owned(), "00".repeat(32))],
            files: vec![("XLSX", "a b\".xlsx".to_owned())],
            ..Origin::default()
        },
    }
}

#[test]
fn hostile_texts_stay_texts() {
    let page = html(&document());
    assert_eq!(page.matches("<script>").count(), 1, "only our own script");
    assert_eq!(page.matches("</table>").count(), page.matches("<table").count());
    assert!(!page.contains('\0') && !page.contains('\u{202e}') && !page.contains("alert('x')"));
    assert!(page.contains("href=\"./a%20b%22.xlsx\""), "{page}");
    assert!(page.len() < 60_000, "a long text is cut: {}", page.len());
    assert!(page.contains("2 di 200.000 righe") && page.contains("199.998"), "{page}");
    assert!(page.contains("data-k=\"-1.50\">−1,50</td>"), "{page}");
    assert!(page.contains("I conti non tornano"), "{page}");
}

#[test]
fn the_page_loads_nothing() {
    let page = html(&document());
    for wrong in ["http://", "https://", "src=", "@import", "url("] {
        assert!(!page.contains(wrong), "{wrong}");
    }
    assert!(page.contains("default-src 'none'") && page.contains("<html lang=\"it\">"));
}

#[test]
fn a_message_holds_the_same_and_no_markup_of_others() {
    let brief = summary(&document());
    assert!(!brief.html.contains("<script>") && !brief.html.contains('\0'), "{}", brief.html);
    assert!(
        brief.text.contains("\\<script>")
            && !brief.text.replace("\\<", "").contains('<')
            && !brief.text.contains('\u{202e}'),
        "{}",
        brief.text
    );
    assert!(brief.text.contains("199.998"), "{}", brief.text);
    assert!(brief.subject.ends_with("2 voci da risolvere") && !brief.subject.contains('\n'), "{}", brief.subject);
    assert!(brief.text.lines().all(|line| line.chars().count() < 400));
}
